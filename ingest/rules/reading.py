"""Reads a document for the words that rules ask for: where they stand, and nothing else of it.

Texts repeat themselves, so what a chunk between two spaces means is kept from text to text.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate, chain, repeat
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from ingest.model import Document, Span
from ingest.rules.lists import Listing
from ingest.rules.stems import Stems
from ingest.text import Word, cut, fold_name, is_short, simply, tokens

Place = tuple[int, int]
"""Numbers of the first word and of the one after the last, counted through the document."""
Places = defaultdict[str, list[Place]]

FURTHER = ("summary", "author", "url")
"""Text fields besides headline and body, read only for rules that name them."""

APART = 10_000
"""Numbers left out between headline and body, so that no NEAR (up to 9999 words) spans them."""

MOST_PLACES = 10_000
"""Places kept of one word, the first ones: no article says a word so often, a hostile page may."""

_MOST_CHUNKS = 100_000
"""Chunks remembered (about 15 MB) before all are forgotten: the daily vocabulary of many feeds."""
_LONGEST_CHUNK = 50
"""Longer runs without a space hardly come again."""
_MOST_LABELS = 10
"""Parts of a host name that are compared, the last ones; real ones have two to five."""

_HEAD = 3
"""Letters by which beginnings are looked up, or fewer where fewer are asked for."""

_BLANK_LINE = re.compile(r"\n\s*\n")
_CHUNK = re.compile(r"\S+")


class _More(NamedTuple):
    """What is to be known of a chunk that is not one word within a sentence, asked for once."""

    width: int
    """Its number of words."""
    hits: tuple[tuple[str, int, int], ...] = ()
    """Wanted word, its first word and the one after its last."""
    breaks: tuple[int, ...] = ()


_Meaning = tuple[str, _More | None] | None
"""What a chunk means to the rules: which wanted word its single word is, and what else there is.

None for a word that nobody asks for.
"""
_END = _More(1, breaks=(1,))
"""A single word at the end of a sentence."""
_ENDED: _Meaning = ("", _END)


_NEW: _Meaning = ("", None)
"""Stands for the meaning of a chunk that is not known yet."""
_NEW_EACH = repeat(_NEW)


class _Field:
    """The chunks of one text of a document, and which word is in which."""

    __slots__ = ("_chunks", "_firsts", "_offsets", "first", "text", "wide")

    def __init__(self, text: str, first: int) -> None:
        self.text = text
        self.first = first
        """The number of its first word."""
        self.wide: list[tuple[int, int]] = []
        """Which chunks have another number of words than one, and how many."""
        self._chunks: list[str] = []
        self._firsts: list[int] = []
        self._offsets: list[int] = []

    def word(self, number: int) -> tuple[Word, int]:
        """Return a word and the number of its chunk."""
        if not self._chunks:
            self._chunks = self.text.split()
            widths = [1] * len(self._chunks)
            for at, width in self.wide:
                widths[at] = width
            self._firsts = list(accumulate(widths[:-1], initial=self.first))
        at = bisect_right(self._firsts, number) - 1
        return cut(self._chunks[at]).words[number - self._firsts[at]], at

    def bounds(self, number: int) -> tuple[int, int]:
        """Return where a word begins and ends in the text."""
        if not self._offsets:
            self._offsets = [*map(re.Match.start, _CHUNK.finditer(self.text))]
        word, at = self.word(number)
        return self._offsets[at] + word.start, self._offsets[at] + word.end


class Reading:
    """One document as the rules see it: headline and body in one row of numbered words."""

    __slots__ = (
        *("_document", "_fields", "_names", "_spans", "body", "breaks", "listed", "lists", "more"),
        *("places", "starts", "texts"),
    )

    def __init__(self, document: Document, lists: Mapping[str, Listing]) -> None:
        self.lists = lists
        self.texts = texts_of(document)
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
        self._document = document
        self._names: dict[str, tuple[str, ...]] = {}
        self._fields: dict[str, _Field] = {}
        self._spans: dict[Place, Span] = {}

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the document's `feed`, `tag`, `site` or `lang` as rules have them."""
        if kind not in self._names:
            self._names[kind] = tuple(NAMES[kind](self._document))
        return self._names[kind]

    def field(self, place: Place) -> str:
        """Return the field that a place is in."""
        for start, name in reversed(self.starts):
            if place[0] >= start:
                return name
        return "title" if place[0] < self.body else "text"

    def within(self, fields: tuple[str, ...]) -> Places:
        """Return where the wanted words stand in these fields, or also in headline and body."""
        return self.more.get(fields[0], self.places)

    def begin(self, name: str, first: int) -> _Field:
        """Return a field that is about to be read, its first word numbered so."""
        field = self._fields[name] = _Field(self.texts[name], first)
        return field

    def span(self, place: Place) -> Span:
        """Return the passage of the text from the first to the last word of a place."""
        span = self._spans.get(place)
        if span is None:
            name = self.field(place)
            field = self._fields[name]
            start, end = field.bounds(place[0])[0], field.bounds(place[1] - 1)[1]
            span = self._spans[place] = Span(name, start, end)
        return span

    def plain(self, place: Place) -> str:
        """Return the words of a place in one, with letter case and accents as written."""
        field = self._fields[self.field(place)]
        return "".join([field.word(number)[0].plain for number in range(*place)])


def texts_of(document: Document) -> dict[str, str]:
    """Return the texts of a document by the names of their fields."""
    return {
        "title": document.title,
        "text": document.text,
        "summary": document.summary,
        "author": "\n\n".join(document.authors),
        "url": document.url or "",
    }


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


NAMES: dict[str, Callable[[Document], Iterable[str]]] = {
    "feed": lambda document: [fold_name(document.feed)],
    "tag": lambda document: map(fold_name, document.tags),
    "site": lambda document: sites(document.url),
    "lang": lambda document: languages(document.language),
}


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
                heads.setdefault(word[:-1][:_HEAD], set()).add(len(word) - 1)
        self._heads = {head: sorted(lengths) for head, lengths in heads.items()}
        """Lengths of the beginnings asked for, by their first letters."""
        self._head_lengths = sorted({len(head) for head in heads})
        self._intricate = bool(
            self._stems or self._shapes or any(head < _HEAD for head in self._head_lengths)
        )
        """Whether a word can be asked for though neither it nor its first letters are known."""
        self._known: dict[str, _Meaning] = {}
        """What chunks mean."""

    def read(self, document: Document) -> Reading:
        """Find the words of a document that rules ask for."""
        if len(self._known) >= _MOST_CHUNKS:
            self._known = {}
        reading = Reading(document, self._lists)
        reading.body = self._read("title", 0, reading, reading.places) + APART
        end = self._read("text", reading.body, reading, reading.places)
        for name in self._fields:
            reading.more[name] = defaultdict(list)
            reading.starts.append((end + APART, name))
            end = self._read(name, end + APART, reading, reading.more[name])
        parts = (reading.places, *reading.more.values())
        if self._stems:
            for words in parts:
                self._settle_stems(self._stems, words, document.language)
        if sum(map(len, reading.texts.values())) > MOST_PLACES:
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

    def _read(self, name: str, base: int, reading: Reading, places: Places) -> int:
        """Read one field from word number `base` on and return the number after its last word.

        Most chunks are plain and passed over at once: `base` grows only by their exceptions.
        """
        field, breaks, number = reading.begin(name, base), reading.breaks, 0
        known = self._known  # this one all the way, whatever other threads have it replaced by
        for paragraph in _paragraphs(field.text):
            breaks.add(base)
            chunks = paragraph.split()
            for at, meant in enumerate(map(known.get, chunks, _NEW_EACH)):
                if meant is None:
                    continue
                meaning = meant if meant is not _NEW else self._learn(chunks[at], known)
                if meaning is None:
                    continue
                word, more = meaning
                first = base + at
                if word:
                    places[word].append((first, first + 1))
                if more:
                    width, hits, ends = more
                    for word, start, end in hits:
                        places[word].append((first + start, first + end))
                    for end in ends:
                        breaks.add(first + end)
                    if width != 1:
                        field.wide.append((number + at, width))
                        base += width - 1
            base += len(chunks)
            number += len(chunks)
        return base

    def _learn(self, chunk: str, known: dict[str, _Meaning]) -> _Meaning:
        """Return what a chunk means, and keep it while there is room.

        Most are words nobody asks for: that is found out here, without a further call.
        """
        last = chunk[-1]
        plain = chunk[:-1] if last in ",;:." else chunk
        if plain.isalnum() and plain.isascii():
            key = plain.lower()
            ended = last == "." and not is_short(key)
            if key in self._words or key[:_HEAD] in self._heads or self._intricate:
                meaning = self._word(key, plain, ended=ended)
            else:
                meaning = _ENDED if ended else None
        elif simple := simply(chunk):
            key, _, plain, ended = simple
            meaning = self._word(key, plain, ended=ended)
        else:
            meaning = "", self._look_at(chunk)
        if len(chunk) <= _LONGEST_CHUNK and len(known) < _MOST_CHUNKS:
            known[chunk] = meaning
        return meaning

    def _word(self, key: str, plain: str, *, ended: bool) -> _Meaning:
        """Return what a single word means."""
        wanted = self.answered_by(key)
        if self._stems:
            wanted += self._stems.answered_by(key, plain)
        if len(wanted) > 1:
            hits = tuple([(word, 0, 1) for word in wanted])
            return "", _More(1, hits, (1,) if ended else ())
        if wanted:
            return wanted[0], _END if ended else None
        return _ENDED if ended else None

    def _look_at(self, chunk: str) -> _More:
        width, every, breaks = tokens(chunk)
        hits = [
            (wanted, start, end) for key, start, end in every for wanted in self.answered_by(key)
        ]
        if self._stems:
            for at, word in enumerate(cut(chunk).words):
                answered = self._stems.answered_by(word.key, word.plain)
                hits += [(wanted, at, at + 1) for wanted in answered]
        return _More(width, tuple(hits), breaks)

    def answered_by(self, key: str) -> tuple[str, ...]:
        """Return the wanted words that a word of a text fulfils."""
        answered: tuple[str, ...] = (key,) if key in self._words else ()
        for head in self._head_lengths:
            for length in self._heads.get(key[:head], ()):
                if (beginning := key[:length] + "*") in self._words:
                    answered += (beginning,)
        if self._shapes:
            shapes = self._shapes.get(key[:1], ())
            answered += tuple(word for word, pattern in shapes if pattern.fullmatch(key))
        return answered


def _paragraphs(text: str) -> list[str]:
    """Return what blank lines part."""
    if "\u2029" in text:
        text = text.replace("\u2029", "\n\n")
    return _BLANK_LINE.split(text) if "\n" in text else [text]


def shape(word: str) -> re.Pattern[str]:
    """Return the pattern of a word with `?` for any one letter, and maybe `*` at its end.

    Linear in time: nothing in it can be read in two ways but the ending.
    """
    body = "".join("." if char == "?" else re.escape(char) for char in word.removesuffix("*"))
    return re.compile(body + ".*" * word.endswith("*"), re.DOTALL)
