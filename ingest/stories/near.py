"""From a text to its sketch: what is kept of a text so that its copies are known again.

A text is cut into words, the words into shingles of three; a sample of the shingles, the same in
every text that has them (Broder 1997), stands for the text. Which sketches tell the same story is
decided in `stories.cluster`.
"""

import html
import re
import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from hashlib import blake2b
from itertools import chain, compress
from operator import not_
from unicodedata import normalize
from zlib import crc32

from ingest.model import Fingerprint, Sketch

OPENING = 128
"""Shingles that count as the opening, sampled more densely: flashes, briefs and cut copies keep
the beginning of a text, and its beginning is what a reader knows it by."""

LEAD = 32
"""Shingles at the very beginning, so that a teaser of 25 words can be found at all."""

OPENING_STEP, BODY_STEP = 2, 8
"""One shingle in so many is a sample. All samples of the body are samples in the opening too."""

LEAD_FIND, OPENING_FIND, BODY_FIND = 4, 16, 64
"""One shingle in so many is a fingerprint by which the text is found; powers of two, as above,
so that each of them is a sample. About 20 for an article of 500 words."""

MAX_WORDS = 1_000
"""Words looked at: the rest of a long text told no copy from another on our yardstick (2,500 gave
the same scores), and it bounds hostile ones."""

MAX_CHARACTERS = 8 * MAX_WORDS
MAX_TITLE = 1_000
MAX_FACTS = 48
"""Numbers and names kept; 32 cost 0.3 points of recall on our yardstick, 64 gained none."""

SHORT = 60
"""Words below which a text is a teaser or a stub (a paywall's notice, a site's slogan): then the
title is part of it."""

MIN_TITLE = 3
"""Longer words that a title needs to be recognised by."""

NOWHERE = 0xFFFF
"""The place of a fact that is only asked for, never asked about."""

_MAX_SAMPLES, _MAX_PRINTS = 256, 64
"""What no honest text of `MAX_WORDS` reaches (about 170 and 35): hashes can be made to measure."""

_MIN_HASHED = 8
"""Words below which nobody can say that two texts are the same."""


class Method(IntEnum):
    """What a fingerprint was computed from."""

    SHINGLE = 1
    TITLE = 2
    TEXT = 3


class _Kind(IntEnum):
    """What the spelling of a word says of it."""

    WORD = 0
    NAME = 1
    CAPITALS = 2
    """A long word in capitals: perhaps a name, more often a headline style."""
    NUMBER = 3
    UNSPACED = 4
    """A run of a script that puts no spaces between words."""


_WORD = re.compile(r"\w[\w\u00ad\u0300-\u036f'’]{0,63}")
_DIGIT = re.compile(r"\d")
_DROPPED = re.compile(r"[\u00ad\u0300-\u036f'’_]+")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)
"""Thai and Lao, Burmese, Khmer, kana, Han."""
_MOJIBAKE = re.compile("[\u00c2\u00c3][\u0080-\u00bf\u0152-\u2122]|\u00e2\u20ac.?")
"""UTF-8 read as Windows-1252: accented letters, no-break spaces, typographic quotes and dashes."""


def sketch(title: str, body: str) -> Sketch:
    """Return the sketch of a text; the title stands in where there is no body.

    Time and size are bounded whatever the text: the first `MAX_WORDS` words are looked at.
    """
    words, kinds = _spelled((body if body.strip() else title)[:MAX_CHARACTERS])
    heading, _ = _spelled(title[:MAX_TITLE])
    hashes = list(map(crc32, map(b" ".join, zip(words, words[1:], words[2:], strict=False))))
    places = _sampled(hashes)
    telling = [word for word in heading if len(word) > 3 or word.isdigit()]
    return Sketch(
        text_hash=_text_hash(words, heading),
        title_hash=crc32(b" ".join(heading)) if len(telling) >= MIN_TITLE else 0,
        title=frozenset(crc32(word) & 0xFFFF for word in telling[:24]),
        length=len(hashes),
        opening=bisect_left(list(places.values()), OPENING),
        samples=tuple([value & 0xFFFF for value in places]),
        prints=tuple(_telling(places)),
        facts=tuple(_facts(words, kinds, list(places.values()))),
    )


def _sampled(hashes: Sequence[int]) -> dict[int, int]:
    """Return the sampled shingles with the place where each first stands, in reading order."""
    opening, body = hashes[:OPENING], hashes[OPENING:]
    sampled = [(value, at) for at, value in enumerate(opening) if not value & (OPENING_STEP - 1)]
    sampled += [
        (value, at) for at, value in enumerate(body, OPENING) if not value & (BODY_STEP - 1)
    ]
    places: dict[int, int] = {}
    for value, at in sampled[:_MAX_SAMPLES]:
        places.setdefault(value, at)
    return places


def _telling(places: Mapping[int, int]) -> list[int]:
    """Return those of the samples by which the text is to be found."""
    found = [
        value
        for value, at in places.items()
        if not value
        & ((LEAD_FIND if at < LEAD else OPENING_FIND if at < OPENING else BODY_FIND) - 1)
    ]
    return found[:_MAX_PRINTS]


def fingerprints(sketch: Sketch) -> list[Fingerprint]:
    """Return everything a text can be found by."""
    found: list[Fingerprint] = [(Method.SHINGLE, value) for value in sketch.prints]
    if sketch.title_hash:
        found.append((Method.TITLE, sketch.title_hash))
    if sketch.text_hash:
        found.append((Method.TEXT, sketch.text_hash))
    return found


def _text_hash(words: Sequence[bytes], heading: Sequence[bytes]) -> int:
    text = words if len(words) >= SHORT else [*heading, b"\n", *words]
    if len(text) < _MIN_HASHED:
        return 0
    digest = blake2b(b" ".join(text), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _facts(
    words: Sequence[bytes], kinds: Sequence[_Kind], places: Sequence[int]
) -> Iterable[tuple[int, int]]:
    """Yield the numbers and names, each where it first stands.

    A capitalised word that the text also writes small is no name but the beginning of a sentence.
    """
    small = set(compress(words, map(not_, kinds)))
    first: dict[bytes, int] = {}
    for at in compress(range(len(words)), kinds):
        if words[at] not in small and words[at] not in first:
            first[words[at]] = at
            if len(first) == MAX_FACTS:
                break
    for word, at in first.items():
        shouted = kinds[at] is _Kind.CAPITALS
        yield crc32(word) & 0xFFFF, NOWHERE if shouted else _anchor(at, places)


def _anchor(place: int, places: Sequence[int]) -> int:
    """Return twice the index of the first sample that ends at this word or later.

    One more where that sample has the word in it, so that a match of the sample is a match of the
    word.
    """
    index = bisect_left(places, place - 2)
    return 2 * index + (index < len(places) and places[index] <= place)


# --- words ------------------------------------------------------------------------------------


def _spelled(text: str) -> tuple[Sequence[bytes], Sequence[_Kind]]:
    """Return the first words of a text, folded, and what the spelling of each says."""
    if "&" in text:
        text = html.unescape(text)
    if "\u00e2\u20ac" in text or "\u00c3" in text or "\u00c2" in text:
        text = _MOJIBAKE.sub(_repaired, text)
    known = list(map(_LEXICON.__getitem__, _WORD.findall(text)[:MAX_WORDS]))
    words, kinds = [word for word, _ in known], [kind for _, kind in known]
    if _Kind.UNSPACED in kinds:
        return _cut(words, kinds)
    return words, kinds


def _repaired(match: re.Match[str]) -> str:
    try:
        return match.group().encode("cp1252").decode()
    except UnicodeError:
        return " "


_MAX_LEXICON = 1 << 17
"""Words remembered, about 30 MB: more than 2,000 articles in ten languages use."""


class _Lexicon(dict[str, tuple[bytes, _Kind]]):
    """Words as they were met, with their folded form and kind; a third of the cost of `lru_cache`."""

    def __missing__(self, word: str) -> tuple[bytes, _Kind]:
        if len(self) >= _MAX_LEXICON:
            self.clear()
        known = self[word] = _folded(word), _kind(word)
        return known


_LEXICON = _Lexicon()


def _folded(word: str) -> bytes:
    """Return a word without case, accents, soft hyphens and apostrophes.

    Decomposed for the accents and composed again, since the letters of Hangul would fall apart.
    """
    if word.isascii():
        return word.replace("'", "").replace("_", "").lower().encode()
    bare = _DROPPED.sub("", normalize("NFKD", word))
    return _DROPPED.sub("", normalize("NFKC", bare).casefold()).encode("utf-8", "replace")


def _kind(word: str) -> _Kind:
    if word.islower() and word.isalpha():  # most words; unspaced scripts have no lower case
        return _Kind.WORD
    if not word.isascii() and _UNSPACED.search(word):
        return _Kind.UNSPACED
    if _DIGIT.search(word):
        return _Kind.NUMBER
    if len(word) < 2 or not word[0].isupper():
        return _Kind.WORD
    return _Kind.CAPITALS if len(word) > 5 and word.isupper() else _Kind.NAME


def _cut(words: Sequence[bytes], kinds: Sequence[_Kind]) -> tuple[Sequence[bytes], Sequence[_Kind]]:
    """Return runs without spaces as overlapping groups of three characters: no dictionary needed."""
    cut: list[tuple[bytes, _Kind]] = []
    for word, kind in zip(words, kinds, strict=True):
        if kind is _Kind.UNSPACED:
            run = word.decode()
            groups = (run[at : at + 3] for at in range(max(1, len(run) - 2)))
            cut.extend((group.encode(), _Kind.WORD) for group in groups)
        else:
            cut.append((word, kind))
    return [word for word, _ in cut[:MAX_WORDS]], [kind for _, kind in cut[:MAX_WORDS]]


# --- storing ----------------------------------------------------------------------------------

_HEADER = struct.Struct("<qIHBBBHB")


def pack(sketch: Sketch) -> bytes:
    """Return a sketch as bytes, about 2 for a sample, 4 for a fact and 4 for a fingerprint."""
    header = _HEADER.pack(
        sketch.text_hash,
        sketch.title_hash,
        sketch.length,
        sketch.opening,
        len(sketch.title),
        len(sketch.prints),
        len(sketch.samples),
        len(sketch.facts),
    )
    halves = array("H", chain(sorted(sketch.title), sketch.samples, *sketch.facts))
    return header + _little(array("I", sketch.prints)).tobytes() + _little(halves).tobytes()


def unpack(packed: bytes) -> Sketch:
    """Return what `pack` was given."""
    text_hash, title_hash, length, opening, titles, prints, samples, facts = _HEADER.unpack_from(
        packed
    )
    split = _HEADER.size + 4 * prints
    halves = _little(array("H", packed[split:])).tolist()
    loose = halves[titles + samples :]
    return Sketch(
        text_hash=text_hash,
        title_hash=title_hash,
        title=frozenset(halves[:titles]),
        length=length,
        opening=opening,
        samples=tuple(halves[titles : titles + samples]),
        prints=tuple(_little(array("I", packed[_HEADER.size : split]))),
        facts=tuple(zip(loose[::2], loose[1 : 2 * facts : 2], strict=True)),
    )


def _little(values: "array[int]") -> "array[int]":
    """Return the values in the byte order of the store, the same on every machine."""
    if sys.byteorder == "big":
        values.byteswap()
    return values
