"""From a page, or a feed's own text, to its article: the order of the steps stands here."""

import gc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from ingest.articles import (
    addresses,
    appstate,
    by_rule,
    byline,
    clean,
    container,
    language,
    metadata,
    quality,
)
from ingest.articles import display as display_html
from ingest.articles import page as pages
from ingest.articles.lines import Line, Page
from ingest.articles.metadata import Metadata
from ingest.articles.words import plain, squeeze
from ingest.errors import ExtractError
from ingest.gates import GATE_HEAD
from ingest.model import Extraction, Hint

if TYPE_CHECKING:
    from ingest.articles.sites import SiteRule

MIN_STRUCTURED = 300
"""Shorter texts in structured data are teasers."""

MIN_BODY = 40
"""Fewer characters are no article."""


MIN_LANDING = 300
"""With fewer characters, a page that sends its readers on ("You are being redirected …") is followed."""


def extract(
    html: bytes | str,
    *,
    url: str,
    content_type: str | None = None,
    rule: "SiteRule | None" = None,
    hint: Hint | None = None,
    display: bool = False,
) -> Extraction:
    """Return the article of a page; raises ExtractError with the reason where there is none.

    Decides only: nothing is fetched, no clock is asked. A hostile page costs bounded time.
    With `display`, the text comes also as HTML to be shown.
    """
    tree = pages.parse(html, content_type)
    said = metadata.read(tree, url, hint.title if hint else "")
    if rule is not None:
        said = by_rule.metadata(tree, rule, said)
    about = _about(said, hint)
    next_page = by_rule.next_page(tree, rule, url) if rule is not None else None
    read = _read(tree, rule, said.descriptions, display=display)
    shown = byline.above(clean.above(read.lines, about))
    if not about.authors:
        about = Page(about.titles, frozenset(plain(name) for name in shown.authors))
    kept, _ = clean.clean(read.lines, about, said.descriptions, read.standfirst)
    body, method = clean.paragraphs(kept), read.method
    if _is_elsewhere(body, said.article_body):
        body, method = _structured_body(said, about), "json"
    if len(body) < MIN_LANDING and (
        state := appstate.find(pages.parse(html, content_type), about.titles)
    ):
        kept, said = _in_state(state, said, about)
        body, method = clean.paragraphs(kept), "json"
    _refuse_empty(tree, said, body, url, html)
    published = said.published or shown.published
    return Extraction(
        title=said.title or (hint.title if hint else ""),
        body=body,
        summary=clean.standfirst(kept, said.descriptions, lambda: metadata.standfirsts(tree)),
        authors=said.authors or shown.authors or (hint.authors if hint else ()),
        published_at=published.at if published else None,
        date=published.day if published else None,
        language=language.decide(body, said.language),
        canonical_url=said.canonical_url,
        image=said.image,
        site_name=said.site_name,
        method=method,
        warnings=(
            *_warnings(said, unused=bool(rule and rule.body) and method != "site_rule"),
            *filter(
                None, [pages.charset_fault(html, content_type) if isinstance(html, bytes) else None]
            ),
        ),
        next_page=next_page,
        html=_display(read.markup, url, body) if read.markup and method != "json" else "",
    )


def expect_many() -> None:
    """Have garbage looked for as seldom as pages want it; for a process that reads many.

    To look through the program, which stays, costs a page a seventh more, and to look through each
    page's trees several times a twentieth.
    """
    gc.freeze()
    gc.set_threshold(5_000)


def _about(said: Metadata, hint: Hint | None) -> Page:
    titles = set(said.titles)
    names = {plain(name) for name in said.authors}
    if hint:
        titles |= {plain(hint.title)} - {""}
        names |= {plain(name) for name in hint.authors}
    return Page(frozenset(titles), frozenset(names))


@dataclass(frozen=True, slots=True)
class _Read:
    """The lines of a page's article, as found, and how it was found."""

    lines: Sequence[Line] = ()
    method: str = "page"
    standfirst: str = ""
    markup: str = ""
    """The element they stand in, where it is wanted."""


def _display(markup: str, url: str, body: str) -> str:
    return display_html.fit(display_html.sanitised(markup, url) if markup else "", body)


def _read(
    tree: LexborHTMLParser,
    rule: "SiteRule | None",
    descriptions: Sequence[str] = (),
    *,
    display: bool = False,
) -> _Read:
    if tree.body is None or tree.root is None:
        return _Read()
    remove = rule.remove if rule is not None else ()
    node = by_rule.find(tree, rule) if rule is not None else None
    if node is not None:
        markup = (node.html or "") if display else ""
        return _Read(clean.read(node, node, remove), "site_rule", markup=markup)
    found = container.find(tree.body, descriptions)
    if found is None:
        return _Read()
    markup = (found.node.html or "") if display else ""
    return _Read(clean.read(found.node, found.core, remove), "page", found.standfirst, markup)


def _is_elsewhere(body: str, structured: str) -> bool:
    """Return whether the structured data hold an article that the page does not show.

    Ten passages of it are looked for on the page; a page that shows its article holds most of them,
    one that shows a teaser or a notice the first or none.
    """
    if len(structured) < MIN_STRUCTURED or len(body) > len(structured):
        return False
    whole = plain(body)
    step = len(structured) // 10
    passages = [plain(structured[at : at + 30]) for at in range(0, step * 10, step)]
    return sum(passage in whole for passage in passages) < 3


def _structured_body(said: Metadata, about: Page) -> str:
    text = "".join(f"<p>{escape(line)}</p>" for line in said.article_body.splitlines())
    kept, _ = clean.clean(clean.read_html(text), about, said.descriptions)
    return clean.paragraphs(kept)


def _in_state(state: appstate.Found, said: Metadata, about: Page) -> tuple[list[Line], Metadata]:
    """Return the lines of an article found in a page's state, and the headline that it has there."""
    kept, _ = clean.clean(clean.read_html(state.html), about, said.descriptions)
    is_whole = not plain(said.title).startswith(plain(state.title))
    return kept, said if is_whole else replace(said, title=state.title)


def _refuse_empty(
    tree: LexborHTMLParser, said: Metadata, body: str, url: str, html: bytes | str
) -> None:
    moved_to = addresses.moved_to(tree, url) if len(body) < MIN_LANDING else None
    if moved_to:
        raise ExtractError(
            f"the page sends its readers on to {moved_to}", outcome="moved", moved_to=moved_to
        )
    head = html[:GATE_HEAD]
    source = head.decode("latin-1") if isinstance(head, bytes) else head
    wall = quality.wall(said.title, body) or quality.gate(source, url, body)
    if wall:
        raise ExtractError(
            f"the page is not the article but a {wall}", outcome=wall.replace(" ", "_")
        )
    if len(body) < MIN_BODY:
        raise ExtractError("the page holds no article text")


def _warnings(said: Metadata, *, unused: bool) -> Iterator[str]:
    if unused:
        yield "site_rule_unused"
    if said.paywalled:
        yield "paywall"
    if said.noindex:
        yield "noindex"


def from_feed(
    title: str,
    summary_html: str,
    content_html: str,
    *,
    url: str | None,
    authors: Sequence[str] = (),
    published_at: datetime | None = None,
    language: str | None = None,
) -> Extraction:
    """Return the article that a feed itself gives: its content, or its summary where that is longer.

    What a feed calls content may be the caption of a picture.
    """
    about = Page(frozenset({plain(title)} - {""}), frozenset(plain(name) for name in authors))
    said, found = clean.read_html(summary_html), clean.read_html(content_html)
    summary = " ".join(line.text for line in said)
    markup = content_html
    if len(summary) > sum(len(line.text) + 1 for line in found):
        markup, found = summary_html, said
    lines = clean.clean(found, about, [summary])[0] or found
    body = clean.paragraphs(lines)
    return Extraction(
        title=squeeze(title),
        body=body,
        summary=summary,
        authors=tuple(authors),
        published_at=published_at,
        date=published_at.date().isoformat() if published_at else None,
        language=language,
        canonical_url=url,
        method="feed",
        html=_display(_tidied(markup) if "<" in markup else "", url or "", body),
    )


def _tidied(html: str) -> str:
    """Return a feed's markup well nested; empty where taking it for markup would cost too much."""
    try:
        tree = pages.parse(f"<body>{html}</body>")
    except ExtractError:
        return ""
    return (tree.body.html or "") if tree.body is not None else ""


def to_json(id_: object, extraction: Extraction, url: str = "") -> dict[str, object]:
    """Return an extraction of the page at `url` as the line that `ingest extract` prints."""
    return {
        "id": id_,
        "title": extraction.title,
        "authors": list(extraction.authors),
        "date": extraction.date,
        "body": extraction.body,
        "summary": extraction.summary,
        "language": extraction.language,
        "canonical_url": addresses.same_but_case(extraction.canonical_url, url) or None,
        "image": extraction.image,
        "site_name": extraction.site_name,
        "method": extraction.method,
        "warnings": list(extraction.warnings),
    }
