"""Reads a document for the words that rules ask for: where they stand, and nothing else of it.

Texts repeat themselves, so what a chunk between two spaces means is kept from text to text.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from ingest.model import Document, Span
from ingest.text import Word, cut, fold_name, simply

Place = tuple[int, int]
"""Numbers of the first word and of the one after the last, counted through the document."""

APART = 10_000
"""Numbers left out between headline and body, so that no NEAR (up to 9999 words) spans them."""

MOST_PLACES = 10_000
"""Places kept of one word, the first ones: no article says a word so often, a hostile page may."""

_MOST_CHUNKS = 50_000
"""Chunks remembered (about 10 MB); the daily vocabulary of many feeds fits, a flood is forgotten."""
_LONGEST_CHUNK = 50
"""Longer runs without a space hardly come again."""

_BLANK_LINE = re.compile(r"\n\s*\n|\u2029")
_CHUNK = re.compile(r"\S+")


class _Meaning(NamedTuple):
    """What a chunk means to the rules."""

    width: int
    """Its number of words."""
    hits: tuple[tuple[str, int, int], ...] = ()
    """Wanted word, its first word and the one after its last."""
    breaks: tuple[int, ...] = ()
    words: tuple[Word, ...] = ()
    """All its words, where one of them is wanted."""


_PLAIN = _Meaning(1)
_ENDING = _Meaning(1, breaks=(1,))
"""One word that no rule asks for, within a sentence and at its end."""


class Reading:
    """One document as the rules see it: headline and body in one row of numbered words."""

    __slots__ = (
        *("_offsets", "_spans", "body", "breaks", "chunks", "firsts", "names", "places", "texts"),
    )

    def __init__(self, document: Document) -> None:
        self.names = {
            "feed": (fold_name(document.feed),),
            "tag": tuple(fold_name(tag) for tag in document.tags),
        }
        self.texts = {"title": document.title, "text": document.text}
        self.places: defaultdict[str, list[Place]] = defaultdict(list)
        """Where each wanted word stands, in order; ask with `get`."""
        self.breaks: set[int] = set()
        """Words before which a sentence or paragraph has ended."""
        self.body = 0
        """The number at which the body begins."""
        self.firsts: list[int] = []
        """Number of the first word of each chunk that holds a wanted word."""
        self.chunks: list[tuple[int, tuple[Word, ...]]] = []
        """Beside `firsts`: which chunk of its field it is, and its words."""
        self._offsets: dict[str, list[int]] = {}
        self._spans: dict[Place, Span] = {}

    def field(self, place: Place) -> str:
        """Return the field that a place is in."""
        return "title" if place[0] < self.body else "text"

    def _word(self, number: int) -> tuple[Word, int]:
        """Return a word and which chunk of its field it is in; that chunk holds a wanted word."""
        row = bisect_right(self.firsts, number) - 1
        at, words = self.chunks[row]
        return words[number - self.firsts[row]], at

    def span(self, place: Place) -> Span:
        """Return the passage of the text from the first to the last word of a place."""
        span = self._spans.get(place)
        if span is None:
            name = self.field(place)
            if name not in self._offsets:
                self._offsets[name] = [found.start() for found in _CHUNK.finditer(self.texts[name])]
            offsets = self._offsets[name]
            first, at = self._word(place[0])
            last, last_at = self._word(place[1] - 1)
            span = Span(name, offsets[at] + first.start, offsets[last_at] + last.end)
            self._spans[place] = span
        return span

    def plain(self, place: Place) -> str:
        """Return the words of a place in one, with letter case and accents as written."""
        return "".join([self._word(number)[0].plain for number in range(*place)])


class Vocabulary:
    """Every word that some rule asks for; `x*` stands for all words that begin with x.

    Reading is safe from several threads.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        heads: dict[str, set[int]] = {}
        for word in self._words:
            if word[-1] == "*":
                heads.setdefault(word[:-1][:3], set()).add(len(word) - 1)
        self._heads = {head: sorted(lengths) for head, lengths in heads.items()}
        """Lengths of the beginnings asked for, by their first three letters (or fewer)."""
        self._head_lengths = sorted({len(head) for head in heads})
        self._learnt: dict[str, _Meaning] = {}

    def read(self, document: Document) -> Reading:
        """Find the words of a document that rules ask for."""
        reading = Reading(document)
        reading.body = self._read(document.title, 0, reading) + APART
        self._read(document.text, reading.body, reading)
        if len(reading.firsts) > MOST_PLACES or len(document.text) > MOST_PLACES:
            for places in reading.places.values():
                del places[MOST_PLACES:]
        return reading

    def _read(self, text: str, base: int, reading: Reading) -> int:
        """Read one field from word number `base` on and return the number after its last word.

        Most chunks are plain and passed over at once: `base` grows only by their exceptions.
        """
        places, breaks, learnt = reading.places, reading.breaks, self._learnt
        number = 0
        for paragraph in _BLANK_LINE.split(text):
            breaks.add(base)
            chunks = paragraph.split()
            for at, meaning in enumerate(map(learnt.get, chunks)):
                if meaning is _PLAIN:
                    continue
                width, hits, ends, words = meaning or self._learn(chunks[at])
                first = base + at
                if hits:
                    reading.firsts.append(first)
                    reading.chunks.append((number + at, words))
                    for word, start, end in hits:
                        places[word].append((first + start, first + end))
                for place in ends:
                    breaks.add(first + place)
                base += width - 1
            base += len(chunks)
            number += len(chunks)
        return base

    def _learn(self, chunk: str) -> _Meaning:
        if simple := simply(chunk):
            key, start, plain, ended = simple
            if wanted := self.answered_by(key):
                hits = tuple([(word, 0, 1) for word in wanted])
                words = (Word(key, start, start + len(plain), plain),)
                meaning = _Meaning(1, hits, (1,) if ended else (), words)
            else:
                meaning = _ENDING if ended else _PLAIN
        else:
            meaning = self._look_at(chunk)
        if len(chunk) <= _LONGEST_CHUNK:
            if len(self._learnt) >= _MOST_CHUNKS:
                self._learnt.clear()
            self._learnt[chunk] = meaning
        return meaning

    def _look_at(self, chunk: str) -> _Meaning:
        words, joined, breaks = cut(chunk)
        keys = [(word.key, at, at + 1) for at, word in enumerate(words)]
        keys += [(key, first, first + width) for key, first, width in joined]
        hits = [
            (wanted, first, after) for key, first, after in keys for wanted in self.answered_by(key)
        ]
        return _Meaning(len(words), tuple(hits), breaks, words if hits else ())

    def answered_by(self, key: str) -> list[str]:
        """Return the wanted words that a word of a text fulfils."""
        answered = [key] if key in self._words else []
        for head in self._head_lengths:
            for length in self._heads.get(key[:head], ()):
                if (beginning := key[:length] + "*") in self._words:
                    answered.append(beginning)
        return answered
