"""Entries known from an earlier poll, taken out of a document before feedparser sees it.

feedparser takes some milliseconds for each entry, and the usual document holds forty known ones
and one new.
Nothing is cut unless what is left gives the same entries as the whole would: the parts are found
only in documents of one shape (`items`), and the reader checks the rest (`parse`).
"""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

MAX_ITEMS = 2_000
"""Documents of more items are read in full; 50 bytes are kept of each, written when they change.

Podcasts list all their episodes: for a thousand, 500 ms where the cut takes 12.
"""

_FIRST = re.compile(r"<((?:[\w.-]{1,50}:)?(?:item|entry))(?=[\s/>])", re.IGNORECASE)
_ENDS = (("<![CDATA[", "]]>"), ("<!--", "-->"), ("<?", "?>"))
_FIRST_TAGS = re.compile(r"<(?:rss|feed|[\w.-]*:?rdf|channel)[^>]{0,5000}>", re.IGNORECASE)


class Item(NamedTuple):
    """One item of a document: where it stands in the text, and the hash of its characters."""

    start: int
    end: int
    digest: str


def items(text: str) -> tuple[Item, ...]:
    """Return the items of an XML feed in order; none where it is not certain which they are.

    Certain is a document without DOCTYPE in which items of one name stand side by side, none in
    another; comments, CDATA sections and instructions are stepped over.
    A digest is that of the item under the document's outermost tags, whose namespaces, base and
    language give it its meaning.
    """
    if text.startswith("<!"):
        return ()
    spans = _spans(text)
    if not spans or len(spans) > MAX_ITEMS:
        return ()
    tags = "".join(_FIRST_TAGS.findall(text, 0, spans[0][0])).encode("utf-8", "replace")
    around = blake2b(tags, digest_size=12)
    return tuple(Item(start, end, _digest(around, text[start:end])) for start, end in spans)


def without(text: str, found: Sequence[Item], known: Collection[str]) -> str:
    """Return the text without those items whose digests are known."""
    kept, at = [], 0
    for item in found:
        if item.digest in known:
            kept.append(text[at : item.start])
            at = item.end
    return "".join(kept) + text[at:]


def _spans(text: str) -> list[tuple[int, int]]:
    """Return start and end of each item; an empty list in any doubt."""
    first = _FIRST.search(text)
    if first is None:
        return []
    spans: list[tuple[int, int]] = []
    start, at, marks = -1, 0, _marks(first[1])
    while mark := marks.search(text, at):
        at = mark.end()
        kind = text[mark.start() + 1]
        if kind in "!?":
            at = _skipped(text, at - 2)
        elif kind == "/" and start >= 0:
            at = text.find(">", at) + 1 or -1
            spans.append((start, at))
            start = -1
        elif kind == "/" or start >= 0:
            return []
        else:
            start, at = mark.start(), _opened(text, at)
        if at < 0:
            return []
    return spans if start < 0 else []


@lru_cache(maxsize=64)
def _marks(name: str) -> re.Pattern[str]:
    """Return what matters in a document whose items have this name, letter for letter."""
    return re.compile(rf"<(?:[!?]|/?{re.escape(name)}(?=[\s/>]))")


def _skipped(text: str, at: int) -> int:
    """Return where the comment, CDATA section or instruction at this place has ended, or -1."""
    for mark, end in _ENDS:
        if text.startswith(mark, at):
            found = text.find(end, at + len(mark))
            return found + len(end) if found >= 0 else -1
    return -1


def _opened(text: str, at: int) -> int:
    """Return where the start tag of an item has ended; -1 for an empty element or a `>` in quotes."""
    end = text.find(">", at)
    attributes = text[at:end]
    odd = attributes.count('"') % 2 or attributes.count("'") % 2
    return -1 if end < 0 or odd or attributes.endswith("/") else end + 1


def _digest(around: blake2b, item: str) -> str:
    """Return 96 bits of an item in its surroundings, which `around` has taken in already."""
    digest = around.copy()
    digest.update(item.encode("utf-8", "replace"))
    return digest.hexdigest()
