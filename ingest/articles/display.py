"""An article's text as HTML to be shown: its own links, lists, quotes and tables, and nothing else.

Safe by an allow-list (nh3): no scripts, no styles, no forms, and no pictures, which would tell
another server who reads what.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import groupby

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.articles.outline import NO_TEXT
from ingest.articles.words import squeeze
from ingest.urls import join

MAX_CHARS = 2_000_000
"""Longer markup is not cleaned; its article is shown as plain paragraphs."""

_WRAPPERS = {"li": "ul", "tr": "table", "dt": "dl", "dd": "dl"}
_BLOCKS = ("p", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "pre", "dt", "dd", "tr", "div")
_INNER = "div, p, ul, ol, dl, table, blockquote, pre"
_TAGS = {
    *_BLOCKS, "ul", "ol", "dl", "table", "tbody", "thead", "td", "th",
    "a", "abbr", "b", "br", "cite", "code", "del", "em", "i", "ins", "mark", "q", "s", "small", "strong", "sub", "sup", "time",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Block:
    html: str
    wrapper: str = ""


def sanitised(markup: str, url: str) -> str:
    """Return markup that is safe to show, its links made absolute against `url`."""
    return _cleaner(url).clean(markup) if len(markup) <= MAX_CHARS else ""


def fit(markup: str, body: str) -> str:
    """Return the paragraphs of a body in the form that they have in sanitised markup.

    Paragraph by paragraph it says what the body says: what is elsewhere in the markup is left out,
    and a paragraph without a counterpart is plain.
    """
    known = dict(_blocks(markup)) if markup else {}
    chosen = [known.get(text) or _Block(f"<p>{escape(text)}</p>") for text in body.split("\n\n")]
    return "\n".join(
        f"<{wrapper}>{inner}</{wrapper}>" if wrapper else inner
        for wrapper, group in groupby(chosen, lambda block: block.wrapper)
        if (inner := "\n".join(block.html for block in group))
    )


def _blocks(markup: str) -> Iterator[tuple[str, _Block]]:
    tree = LexborHTMLParser(markup)
    for node in tree.css(",".join(_BLOCKS)):
        tag = str(node.tag)
        if tag == "div" and any(inner != node for inner in node.css(_INNER)):
            continue
        text = _row(node) if tag == "tr" else squeeze(node.text() or "")
        if text:
            yield text, _Block(_html(node, tag), _wrapper(node, tag))


def _row(row: LexborNode) -> str:
    cells = (squeeze(cell.text() or "") for cell in row.css("td, th"))
    return " | ".join(cells).strip(" |")


def _html(node: LexborNode, tag: str) -> str:
    html = (node.html or "").strip()
    return f"<p>{html[len('<div>') : -len('</div>')]}</p>" if tag == "div" else html


def _wrapper(node: LexborNode, tag: str) -> str:
    parent = node.parent
    if tag == "li" and parent is not None and parent.tag == "ol":
        return "ol"
    if tag in _WRAPPERS:
        return _WRAPPERS[tag]
    while parent is not None and parent.tag != "blockquote":
        parent = parent.parent
    return "blockquote" if parent is not None else ""


@lru_cache(maxsize=64)
def _cleaner(url: str) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=set(NO_TEXT),
        attributes={"a": {"href"}, "time": {"datetime"}},
        url_schemes={"http", "https"},
        url_relative=lambda link: join(url, link) if url else None,
        link_rel="noopener noreferrer nofollow",
    )
