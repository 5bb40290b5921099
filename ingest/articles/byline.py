"""Who wrote it and when, in the texts between a page's headline and its article.

For pages whose markup names neither: the short texts after the `h1`, the lines above the text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.articles import authors, dates
from ingest.articles.lines import Line
from ingest.articles.words import squeeze

_BY = r"(?:(?:written|posted|published|reported|story|text|words|article) )?by|von|par|por|di|av|af|door|autor(?:in)?|texte?"
_LONE_BY = re.compile(rf"(?:{_BY})\s*:?$", re.I)
_LED_BY = re.compile(rf"\s*(?:{_BY})\b[\s:]\s*\S", re.I)
_BAR = re.compile(r"\s+[|·•]\s+")
_AND = re.compile(r"(?:,|&|and|und|et|y|e|og|och|en)$", re.I)

MAX_TEXTS = 25
"""Texts looked at below a headline; byline and date are among the first."""

SHORT_TEXT = 60
LONG_BYLINE = 120


@dataclass(frozen=True, slots=True)
class Shown:
    """Authors and day as a reader sees them."""

    authors: tuple[str, ...] = ()
    published: dates.Day | None = None


def above(lines: Sequence[Line]) -> Shown:
    """Return what the lines above the text say: names only after a word like "by"."""
    short = [line.text for line in lines if len(line.text) <= LONG_BYLINE]
    led = (authors.from_byline(text) for text in short if _LED_BY.match(text))
    days = (dates.read(text) for text in short)
    return Shown(authors.names(next(filter(None, led), ())), next(filter(None, days), None))


def published(tree: LexborHTMLParser) -> dates.Day | None:
    """Return the date in the short texts below the headline."""
    found = (dates.read(text) for text in _below(tree) if len(text) <= SHORT_TEXT)
    return next(filter(None, found), None)


def names(tree: LexborHTMLParser) -> list[str]:
    """Return the names after a word like "by" below the headline, in its text or in the next."""
    texts = [part for text in _below(tree) for part in _BAR.split(text)]
    for at, text in enumerate(texts):
        first = at + 1 if _LONE_BY.match(text) else at if _LED_BY.match(text) else len(texts)
        led = _joined(texts[first:])
        if len(led) <= LONG_BYLINE and (found := authors.from_byline(led)):
            return found
    return []


def _joined(texts: Sequence[str]) -> str:
    """Return the first text with those that an "and" or a comma joins to it, each often a link."""
    led = "".join(texts[:1])
    for word, name in zip(texts[1::2], texts[2::2], strict=False):
        if not _AND.match(word):
            break
        led += f" {word} {name}"
    return led


def _below(tree: LexborHTMLParser) -> Iterator[str]:
    first = tree.css_first("h1") or tree.css_first("[itemprop~=headline]")
    return islice(_texts_after(first), MAX_TEXTS) if first is not None else iter(())


def _texts_after(node: LexborNode | None) -> Iterator[str]:
    while node is not None:
        after = node.next
        while after is not None:
            for part in after.traverse(include_text=True):
                if part.tag == "-text" and (text := squeeze(part.text_content or "")):
                    yield text
            after = after.next
        node = node.parent
