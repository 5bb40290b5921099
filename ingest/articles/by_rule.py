"""What a site rule's selectors find on a page."""

from dataclasses import replace
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.articles import authors, dates
from ingest.articles.metadata import Metadata
from ingest.articles.words import plain, squeeze
from ingest.urls import join

if TYPE_CHECKING:
    from ingest.articles.sites import SiteRule


def find(tree: LexborHTMLParser, rule: "SiteRule") -> LexborNode | None:
    """Return the element the rule's `body` names first; None where it fits nothing with text."""
    for selector in rule.body:
        for node in tree.css(selector):
            if (node.text() or "").strip():
                return node
    return None


def metadata(tree: LexborHTMLParser, rule: "SiteRule", said: Metadata) -> Metadata:
    """Return what the page says of its article, corrected by what the rule's selectors find."""
    title = _texts(tree, rule.title)[:1]
    names = authors.names(_texts(tree, rule.authors))
    day = next((day for text in _texts(tree, rule.date) if (day := dates.read(text))), None)
    return replace(
        said,
        title=title[0] if title else said.title,
        titles=said.titles | {plain(text) for text in title},
        authors=names or said.authors,
        published=day or said.published,
    )


def next_page(tree: LexborHTMLParser, rule: "SiteRule", url: str) -> str | None:
    """Return the address of the article's next page, where the rule finds its link."""
    node = tree.css_first(rule.next_page) if rule.next_page else None
    href = node.attributes.get("href") if node is not None else None
    return join(url, href) if href else None


def _texts(tree: LexborHTMLParser, selector: str | None) -> list[str]:
    if not selector:
        return []
    found = []
    for node in tree.css(selector)[:20]:
        given = node.attributes
        value = given.get("datetime") or given.get("content") or node.text(separator=" ")
        found.append(squeeze(value or ""))
    return [text for text in found if text]
