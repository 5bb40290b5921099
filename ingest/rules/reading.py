"""Reads a document for the words that rules ask for: where they stand, and nothing else of it.

Texts repeat themselves, so what a chunk between two spaces means is kept from text to text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable

from ingest.model import Document
from ingest.text import Cut, cut, fold_name

Place = tuple[int, int]
"""Numbers of the first word and of the one after the last, counted through a field."""

_MOST_CHUNKS = 50_000
"""Chunks remembered (about 10 MB); the daily vocabulary of many feeds fits, a flood is forgotten."""
_LONGEST_CHUNK = 50
"""Longer runs without a space hardly come again."""

_BLANK_LINE = re.compile(r"\n\s*\n|\u2029")
_CHUNK = re.compile(r"\S+")

_Learnt = tuple[int, tuple[tuple[str, int, int], ...], tuple[int, ...]]
"""Of a chunk: its number of words, (wanted word, first, after last) in it, and its breaks."""


class Field:
    """The headline or the body of one document, as far as the vocabulary wants it."""

    __slots__ = ("_cuts", "_starts", "breaks", "chunks", "firsts", "places", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.places: dict[str, list[Place]] = {}
        """Where each wanted word stands, in order."""
        self.breaks: set[int] = set()
        """Words before which a sentence or paragraph has ended."""
        self.firsts: list[int] = []
        """Number of the first word of each chunk that holds a wanted word."""
        self.chunks: list[tuple[int, str]] = []
        """Beside `firsts`: which chunk of the text it is, and the chunk."""
        self._starts: list[int] | None = None
        self._cuts: dict[int, Cut] = {}

    def _chunk(self, place: int) -> tuple[int, int, Cut]:
        """Return where the chunk of a word starts, its first word's number, and the cut chunk."""
        row = bisect_right(self.firsts, place) - 1
        number, chunk = self.chunks[row]
        if self._starts is None:
            self._starts = [found.start() for found in _CHUNK.finditer(self.text)]
        if row not in self._cuts:
            self._cuts[row] = cut(chunk)
        return self._starts[number], self.firsts[row], self._cuts[row]

    def span(self, place: Place) -> tuple[int, int]:
        """Return the code points of the text from the first to the last word of a place."""
        start, first, found = self._chunk(place[0])
        begin = start + found.words[place[0] - first].start
        start, first, found = self._chunk(place[1] - 1)
        return begin, start + found.words[place[1] - 1 - first].end

    def plain(self, place: Place) -> str:
        """Return the words of a place, all of one chunk or of several, with case and accents."""
        plains = []
        for number in range(*place):
            _, first, found = self._chunk(number)
            plains.append(found.words[number - first].plain)
        return "".join(plains)


class Reading:
    """One document as the rules see it."""

    __slots__ = ("fields", "names")

    def __init__(self, fields: dict[str, Field], names: dict[str, tuple[str, ...]]) -> None:
        self.fields, self.names = fields, names


class Vocabulary:
    """Every word that some rule asks for; `x*` stands for all words that begin with x.

    Reading is safe from several threads.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._lengths = sorted({len(word) - 1 for word in self._words if word[-1] == "*"})
        self._learnt: dict[str, _Learnt] = {}

    def read(self, document: Document) -> Reading:
        """Find the words of a document that rules ask for."""
        return Reading(
            {"title": self._field(document.title), "text": self._field(document.text)},
            {
                "feed": (fold_name(document.feed),),
                "tag": tuple(fold_name(tag) for tag in document.tags),
            },
        )

    def _field(self, text: str) -> Field:
        field = Field(text)
        places, learnt, number, base = field.places, self._learnt, 0, 0
        for paragraph in _BLANK_LINE.split(text):
            field.breaks.add(base)
            for chunk in paragraph.split():
                width, hits, breaks = learnt.get(chunk) or self._learn(chunk)
                if hits:
                    field.firsts.append(base)
                    field.chunks.append((number, chunk))
                    for word, first, after in hits:
                        places.setdefault(word, []).append((base + first, base + after))
                for place in breaks:
                    field.breaks.add(base + place)
                base += width
                number += 1
        return field

    def _learn(self, chunk: str) -> _Learnt:
        found = cut(chunk)
        keys = [(word.key, at, at + 1) for at, word in enumerate(found.words)]
        keys += [(key, first, first + width) for key, first, width in found.joined]
        hits = tuple(
            (wanted, first, after) for key, first, after in keys for wanted in self.answered_by(key)
        )
        learnt = len(found.words), hits, found.breaks
        if len(chunk) <= _LONGEST_CHUNK:
            if len(self._learnt) >= _MOST_CHUNKS:
                self._learnt.clear()
            self._learnt[chunk] = learnt
        return learnt

    def answered_by(self, key: str) -> list[str]:
        """Return the wanted words that a word of a text fulfils."""
        answered = [key] if key in self._words else []
        for length in self._lengths:
            if length > len(key):
                break
            if (beginning := key[:length] + "*") in self._words:
                answered.append(beginning)
        return answered
