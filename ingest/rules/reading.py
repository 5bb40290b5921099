"""Reads a document for the words that rules ask for: where they stand, and nothing else of it.

Texts repeat themselves, so what a chunk between two spaces means is kept from text to text.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from ingest.model import Document, Span
from ingest.rules.lists import Listing
from ingest.rules.stems import Stems
from ingest.text import Word, cut, fold_name, simply

Place = tuple[int, int]
"""Numbers of the first word and of the one after the last, counted through the document."""
Places = defaultdict[str, list[Place]]

FURTHER = ("summary", "author", "url")
"""Text fields besides headline and body, read only for rules that name them."""

APART = 10_000
"""Numbers left out between headline and body, so that no NEAR (up to 9999 words) spans them."""

MOST_PLACES = 10_000
"""Places kept of one word, the first ones: no article says a word so often, a hostile page may."""

_MOST_CHUNKS = 50_000
"""Chunks remembered (about 10 MB); the daily vocabulary of many feeds fits, a flood is forgotten."""
_MOST_LABELS = 10
"""Parts of a host name that are compared, the last ones; real ones have two to five."""
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
        *("_offsets", "_spans", "body", "breaks", "chunks", "firsts", "listed", "lists", "more"),
        *("names", "places", "starts", "texts"),
    )

    def __init__(self, document: Document, lists: Mapping[str, Listing]) -> None:
        self.lists = lists
        self.names = {
            "feed": (fold_name(document.feed),),
            "tag": tuple(fold_name(tag) for tag in document.tags),
            "site": sites(document.url),
            "lang": languages(document.language),
        }
        self.texts = {
            "title": document.title,
            "text": document.text,
            "summary": document.summary,
            "author": "\n\n".join(document.authors),
            "url": document.url or "",
        }
        self.places: Places = defaultdict(list)
        """Where each wanted word stands in headline and body, in order; ask with `get`."""
        self.more: dict[str, Places] = {}
        """The same for each further field that rules ask about."""
        self.starts: list[tuple[int, str]] = []
        """The numbers at which the further fields begin."""
        self.listed: dict[tuple[str, str], list[Place]] = {}
        """What has been found of the lists, by name and further field."""
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
        for start, name in reversed(self.starts):
            if place[0] >= start:
                return name
        return "title" if place[0] < self.body else "text"

    def within(self, fields: tuple[str, ...]) -> Places:
        """Return where the wanted words stand in these fields, or also in headline and body."""
        return self.more.get(fields[0], self.places)

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


def sites(url: str | None) -> tuple[str, ...]:
    """Return the host of an address and the domains above it, the longest first."""
    try:
        host = urlsplit(url or "").hostname or ""
    except ValueError:
        return ()
    labels = fold_name(host).strip(".").split(".")[-_MOST_LABELS:]
    return tuple(".".join(labels[at:]) for at in range(len(labels))) if labels[0] else ()


def languages(tag: str | None) -> tuple[str, ...]:
    """Return a language tag and the language alone: de-at and de."""
    whole = fold_name(tag or "").replace("_", "-")
    return tuple(dict.fromkeys([whole, whole.partition("-")[0]]))


class Vocabulary:
    """Every word that some rule asks for, in headline, body and the further `fields`.

    `x*` stands for all words that begin with x, `?` for any one letter, `~x` for all words of
    the stem of x. Reading is safe from several threads.
    """

    def __init__(
        self,
        words: Iterable[str],
        fields: Iterable[str] = (),
        lists: Mapping[str, Listing] = MappingProxyType({}),
    ) -> None:
        self._lists = lists
        self._fields = tuple(name for name in FURTHER if name in set(fields))
        wanted = frozenset(words)
        stemmed = sorted(word for word in wanted if word[0] == "~")
        self._stems = Stems(stemmed) if stemmed else None
        self._shapes: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        """Words with `?` in them, by their first letter."""
        for word in sorted(word for word in wanted if "?" in word):
            self._shapes.setdefault(word[0], []).append((word, shape(word)))
        self._words = wanted.difference(stemmed, (word for word in wanted if "?" in word))
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
        reading = Reading(document, self._lists)
        reading.body = self._read(document.title, 0, reading, reading.places) + APART
        end = self._read(document.text, reading.body, reading, reading.places)
        for name in self._fields:
            reading.more[name] = defaultdict(list)
            reading.starts.append((end + APART, name))
            end = self._read(reading.texts[name], end + APART, reading, reading.more[name])
        parts = (reading.places, *reading.more.values())
        if self._stems:
            for words in parts:
                self._settle_stems(self._stems, words, document.language)
        if len(reading.firsts) > MOST_PLACES or len(document.text) > MOST_PLACES:
            for places in chain.from_iterable(words.values() for words in parts):
                del places[MOST_PLACES:]
        return reading

    def _settle_stems(self, wanted: Stems, places: Places, language: str | None) -> None:
        """File under each stem that rules ask for its words in the document's language."""
        if not any("@" in word for word in places):
            return
        for word in wanted.words:
            spellings = wanted.spellings(word, language)
            if found := {place for key in spellings for place in places.get(key, ())}:
                places[word] = sorted(found)

    def _read(self, text: str, base: int, reading: Reading, places: Places) -> int:
        """Read one field from word number `base` on and return the number after its last word.

        Most chunks are plain and passed over at once: `base` grows only by their exceptions.
        """
        breaks, learnt = reading.breaks, self._learnt
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
            wanted = self.answered_by(key)
            if self._stems:
                wanted += self._stems.answered_by(key, plain)
            if wanted:
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
        if self._stems:
            for at, word in enumerate(words):
                answered = self._stems.answered_by(word.key, word.plain)
                hits += [(wanted, at, at + 1) for wanted in answered]
        return _Meaning(len(words), tuple(hits), breaks, words if hits else ())

    def answered_by(self, key: str) -> list[str]:
        """Return the wanted words that a word of a text fulfils."""
        answered = [key] if key in self._words else []
        for head in self._head_lengths:
            for length in self._heads.get(key[:head], ()):
                if (beginning := key[:length] + "*") in self._words:
                    answered.append(beginning)
        if self._shapes:
            shapes = self._shapes.get(key[:1], ())
            answered += [word for word, pattern in shapes if pattern.fullmatch(key)]
        return answered


def shape(word: str) -> re.Pattern[str]:
    """Return the pattern of a word with `?` for any one letter, and maybe `*` at its end.

    Linear in time: nothing in it can be read in two ways but the ending.
    """
    body = "".join("." if char == "?" else re.escape(char) for char in word.removesuffix("*"))
    return re.compile(body + ".*" * word.endswith("*"), re.DOTALL)
