"""From a page, or a feed's own text, to its article: the order of the steps stands here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser

from ingest.articles import clean, container, language, metadata, quality
from ingest.articles import page as pages
from ingest.articles.lines import Line, Page
from ingest.articles.metadata import Metadata
from ingest.articles.sites import SiteRule
from ingest.articles.words import plain, squeeze
from ingest.errors import ExtractError
from ingest.model import Extraction

MIN_BODY = 40
"""Fewer characters are no article."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What the feed says of the entry; a vote, never the answer."""

    title: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()


def extract(
    html: bytes | str,
    *,
    url: str,
    content_type: str | None = None,
    rule: SiteRule | None = None,
    hint: Hint | None = None,
) -> Extraction:
    """Return the article of a page; raises ExtractError with the reason where there is none.

    Decides only: nothing is fetched, no clock is asked. A hostile page costs bounded time.
    """
    tree = pages.parse(html, content_type)
    said = metadata.read(tree, url)
    about = _about(said, hint)
    found, method = _body(tree, about, said, rule)
    body = clean.paragraphs(found)
    wall = quality.wall(said.title, body)
    if wall:
        raise ExtractError(f"the page is not the article but a {wall}")
    if len(body) < MIN_BODY:
        raise ExtractError("the page holds no article text")
    return Extraction(
        title=said.title or (hint.title if hint else ""),
        body=body,
        summary=next(iter(said.descriptions), ""),
        authors=said.authors or (hint.authors if hint else ()),
        published_at=said.published.at if said.published else None,
        date=said.published.day if said.published else None,
        language=language.decide(body, said.language),
        canonical_url=said.canonical_url,
        image=said.image,
        site_name=said.site_name,
        method=method,
        warnings=("paywall",) if said.paywalled else (),
    )


def _about(said: Metadata, hint: Hint | None) -> Page:
    titles = set(said.titles)
    authors = {plain(name) for name in said.authors}
    if hint:
        titles |= {plain(hint.title)} - {""}
        authors |= {plain(name) for name in hint.authors}
    return Page(frozenset(titles), frozenset(authors))


def _body(
    tree: LexborHTMLParser, about: Page, said: Metadata, rule: SiteRule | None
) -> tuple[Sequence[Line], str]:
    if tree.body is None or tree.root is None:
        return (), "page"
    tree.root.strip_tags(container.NO_TEXT)
    outline = container.Outline(tree.body)
    container.prune(outline)
    container.cut_cards(outline)
    container.cut_captions(outline)
    chosen = container.choose(outline)
    if chosen is None:
        return (), "page"
    core = container.choose(outline, container.CORE_NOISE, chosen)
    if core is not None:
        outline.nodes[core].attrs["data-core"] = "1"
    node = outline.nodes[chosen]
    if node.html is None:
        return (), "page"
    lines, _ = clean.clean(clean.read(node.html), about, next(iter(said.descriptions), ""))
    return lines, "page"


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
    """Return the article that a feed itself gives: its content, or its summary where it has no more."""
    about = Page(frozenset({plain(title)} - {""}), frozenset(plain(name) for name in authors))
    summary = " ".join(line.text for line in clean.read(summary_html))
    lines, _ = clean.clean(clean.read(content_html or summary_html), about, summary)
    return Extraction(
        title=squeeze(title),
        body=clean.paragraphs(lines),
        summary=summary,
        authors=tuple(authors),
        published_at=published_at,
        date=published_at.date().isoformat() if published_at else None,
        language=language,
        canonical_url=url,
        method="feed",
    )


def to_json(id_: object, extraction: Extraction) -> dict[str, object]:
    """Return an extraction as the line that `ingest extract` prints."""
    return {
        "id": id_,
        "title": extraction.title,
        "authors": list(extraction.authors),
        "date": extraction.date,
        "body": extraction.body,
        "summary": extraction.summary,
        "language": extraction.language,
        "canonical_url": extraction.canonical_url,
        "image": extraction.image,
        "site_name": extraction.site_name,
        "method": extraction.method,
        "warnings": list(extraction.warnings),
    }
