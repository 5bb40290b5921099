"""What the demo's outlets publish: invented news, and five ways of laying out a page."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from html import escape

STRIKE = (
    "About 1,400 welders and crane operators at the Norhaven shipyard stopped work on Monday "
    "after talks over night shifts broke down, the dockers' union said.",
    "The yard is building two icebreakers for the coast guard. The first, the Aurvang, was due to "
    "be handed over in March; the yard's owner, Tessaly Marine, said that date could no longer "
    "be promised.",
    "“Nobody walks off a slipway lightly,” said Ragna Olde, who leads the union at the yard. "
    "“We asked for one free weekend in three. We were offered a calendar app.”",
    "Tessaly Marine said it had put forward a fourth offer on Sunday evening and would return to "
    "the table without conditions. The harbour authority has moved two ferries to the northern "
    "quay until the gates reopen.",
    "The strike is the first at Norhaven since 1998, when a nine-day stoppage ended in a wage "
    "agreement that both sides still quote.",
)

FLAW = (
    "A flaw in the update service of Larkfield home routers lets anyone on the same network "
    "install their own firmware, the maker said on Monday. It is tracked as CVE-2026-31337.",
    "Larkfield has published version 4.2.9 for the R200 and R400 series and asks owners to install "
    "it by hand, because the automatic updater is the part that is broken.",
    "The researchers who found it, a two-person team in Tallberg, said they had seen no attack, "
    "and that they would hold back the details for thirty days.",
)

MARKET = (
    "The Norhaven exchange closed 0.4 percent higher on Monday, with shippers leading the "
    "gainers. Turnover came to 212 million crowns.",
    "Analysts said that investors were waiting for the central bank, which meets on Thursday.",
)

FERRY = (
    "The night ferry to Skarholm will sail twice on Fridays from December, the operator said, "
    "after a summer in which every cabin was sold.",
    "The second crossing leaves at 23.40 and takes cars but no lorries.",
)


@dataclass(frozen=True)
class Piece:
    """One article as one outlet publishes it."""

    slug: str
    title: str
    standfirst: str
    paragraphs: tuple[str, ...]
    author: str = ""
    credit: str = ""
    published_at: datetime | None = None


@dataclass(frozen=True)
class Outlet:
    """A news site: a name, and a way to lay out a page."""

    slug: str
    name: str
    layout: Callable[["Outlet", Piece], str]


def _paragraphs(piece: Piece) -> str:
    return "\n".join(f"<p>{escape(text, quote=False)}</p>" for text in piece.paragraphs)


def _page(outlet: Outlet, piece: Piece, head: str, body: str) -> str:
    title = escape(f"{piece.title} | {outlet.name}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}'
        f"</head><body><nav><a href='/'>Home</a> <a href='/sport'>Sport</a> "
        f"<a href='/weather'>Weather</a></nav>{body}"
        f"<footer><p>© {outlet.name}. All rights reserved.</p></footer></body></html>"
    )


def _semantic(outlet: Outlet, piece: Piece) -> str:
    body = (
        f"<main><article><header><h1>{escape(piece.title)}</h1>"
        f'<p class="standfirst">{escape(piece.standfirst)}</p>'
        f'<p class="byline">By <a rel="author" href="/staff">{piece.author}</a></p></header>'
        f"<figure><img src='/yard.jpg' alt=''><figcaption>{piece.credit}</figcaption></figure>"
        f"{_paragraphs(piece)}</article></main>"
        "<aside><h3>Most read</h3><ul><li><a href='/a'>Ten soups for November</a></li>"
        "<li><a href='/b'>Why gulls remember faces</a></li></ul></aside>"
    )
    meta = f'<meta name="author" content="{piece.author}">'
    return _page(outlet, piece, meta, body)


def _divs(outlet: Outlet, piece: Piece) -> str:
    body = (
        f'<div class="wrap"><h1 class="entry-title">{escape(piece.title)}</h1>'
        f'<div class="post-meta">by {piece.author}</div>'
        f'<div class="entry-content">{_paragraphs(piece)}'
        f"<p><em>{piece.author} covers the coast for {outlet.name}.</em></p></div>"
        "<div class='sharedaddy'><a href='#'>Share</a> <a href='#'>Tweet</a></div>"
        "<div class='newsletter-signup'><p>Sign up for our morning letter.</p></div></div>"
    )
    return _page(outlet, piece, "", body)


def _agency(outlet: Outlet, piece: Piece) -> str:
    body = (
        f"<article><h1>{escape(piece.title)}</h1>"
        f'<section class="text">{_paragraphs(piece)}</section>'
        "<p class='related'>Read more: <a href='/x'>The week ahead</a></p></article>"
    )
    return _page(outlet, piece, "", body)


def _fields(outlet: Outlet, piece: Piece) -> str:
    body = (
        f'<div class="node"><h1><span>{escape(piece.title)}</span></h1>'
        f'<div class="field--name-field-author">{piece.author}</div>'
        f'<div class="field--name-body"><div class="field__item">{_paragraphs(piece)}'
        f"<p>Image: {piece.credit}</p></div></div></div>"
    )
    return _page(outlet, piece, "", body)


def _plain(outlet: Outlet, piece: Piece) -> str:
    body = (
        f"<div id='cookies'><p>We use cookies. <button>Fine</button></p></div>"
        f"<div id='content'><h2>{escape(piece.title)}</h2>{_paragraphs(piece)}</div>"
    )
    return _page(outlet, piece, "", body)


OUTLETS = (
    Outlet("harbour", "The Harbour Post", _semantic),
    Outlet("coast", "Coast Today", _divs),
    Outlet("norwire", "Norwire", _agency),
    Outlet("ledger", "The Tallberg Ledger", _fields),
    Outlet("skar", "Skarholm Online", _plain),
)

_strike = Piece(
    "norhaven-strike",
    "Norhaven shipyard halts as 1,400 walk out",
    "The first strike at the yard since 1998 puts the coast guard's new icebreakers in doubt.",
    STRIKE,
    "Mette Sorby",
    "Photo: Jon Vik",
)

PROGRAMME: tuple[tuple[str, Piece], ...] = (
    ("norwire", _strike),
    (
        "harbour",
        Piece("markets", "Shippers lift Norhaven exchange", "", MARKET, "Business desk"),
    ),
    ("harbour", replace(_strike, author="Mette Sorby")),
    (
        "coast",
        replace(
            _strike,
            slug="shipyard-strike",
            title="Shipyard strike leaves icebreakers on the slipway",
            paragraphs=(*STRIKE[:4],),
            author="Coast Today staff",
        ),
    ),
    (
        "ledger",
        replace(
            _strike,
            slug="walkout",
            title="Walkout at Norhaven: what we know",
            paragraphs=("NORHAVEN (Norwire) —", *STRIKE),
            credit="Norwire",
        ),
    ),
    ("coast", Piece("ferry", "Second Friday ferry to Skarholm", "", FERRY, "Ivar Lund")),
    (
        "skar",
        replace(_strike, slug="streik", title="Strike stops Norhaven shipyard", author=""),
    ),
    (
        "ledger",
        Piece(
            "larkfield",
            "Router flaw lets neighbours install firmware",
            "",
            FLAW,
            "Asta Brandt",
            "Larkfield",
        ),
    ),
)
"""Who publishes what, in order."""

LATER: tuple[tuple[str, Piece], ...] = (
    (
        "norwire",
        Piece("larkfield", "Larkfield asks router owners to update by hand", "", FLAW, ""),
    ),
    (
        "skar",
        Piece("ferje", "Friday ferries doubled from December", "", FERRY, ""),
    ),
)
"""What still comes in after the first round."""


def feed(outlet: Outlet, pieces: list[Piece], base: str) -> str:
    """Return an outlet's RSS 2.0 feed; `base` is its address without a final slash."""
    items = "".join(
        f"<item><title>{escape(piece.title)}</title><link>{base}/{piece.slug}.html</link>"
        f'<guid isPermaLink="false">{outlet.slug}/{piece.slug}</guid>'
        f"<pubDate>{format_datetime(piece.published_at)}</pubDate>"
        f"<description>{escape(piece.paragraphs[0])}</description></item>"
        for piece in reversed(pieces)
        if piece.published_at
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>{outlet.name}</title><link>{base}/</link>"
        f"<description>News from {outlet.name}</description>{items}</channel></rss>"
    )
