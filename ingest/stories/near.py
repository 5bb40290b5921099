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
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum
from hashlib import blake2b
from itertools import chain, compress, islice, repeat
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Generic, TypeVar
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

_OPENING_SAMPLE, _BODY_SAMPLE = (
    bytes(byte % step == 0 for byte in range(256)) for step in (OPENING_STEP, BODY_STEP)
)
"""Translate the lowest byte of a shingle so that a sample is 1 and all else 0."""

LEAD_FIND, OPENING_FIND, BODY_FIND = 4, 16, 64
"""One shingle in so many is a fingerprint by which the text is found; powers of two, as above,
so that each of them is a sample. About 20 for an article of 500 words."""

MAX_WORDS = 1_000
"""Words looked at: the rest of a long text told no copy from another on our yardstick (2,500 gave
the same scores), and it bounds hostile ones."""

MAX_CHARACTERS = 8 * MAX_WORDS
MAX_TITLE = 1_000
MAX_FACTS = 48
"""Numbers and names kept; 32 cost a point of recall on our yardstick, 64 gained a tenth of one."""

SHORT = 60
"""Words below which a text is a teaser or a stub (a paywall's notice, a site's slogan): then the
title is part of it."""

MIN_TITLE = 3
"""Longer words that a title needs to be recognised by."""

NOWHERE = 0xFFFF
"""The place of a fact that is only asked for, never asked about."""

_MAX_SAMPLES, _MAX_PRINTS = 256, 64
"""What no honest text of `MAX_WORDS` reaches (197 and 37 on our yardstick): hashes can be made to measure."""

_MIN_HASHED = 8
"""Words below which nobody can say that two texts are the same."""


class Method(IntEnum):
    """What a fingerprint was computed from."""

    SHINGLE = 1
    TITLE = 2
    TEXT = 3


_METHODS = [int(method) for method in Method]
"""As plain numbers, which are cheaper to compare."""


class _Kind(IntEnum):
    """What the spelling of a word says of it; one byte each."""

    WORD = 0
    NAME = 1
    CAPITALS = 2
    """A long word in capitals: perhaps a name, more often a headline style."""
    NUMBER = 3


_CAPITALS, _NUMBER, _NAME = int(_Kind.CAPITALS), int(_Kind.NUMBER), int(_Kind.NAME)
_ENDS = 4
"""Added to the kind of a word that a full stop follows."""

_ODD = 8
"""In place of the kind where a chunk has to be read."""

_IS_WORD, _IS_FACT, _IS_ODD = (
    bytes(kind in kinds for kind in range(256))
    for kinds in ({0, _ENDS}, {*range(1, 8)} - {_ENDS}, {_ODD})
)
"""Translate kinds so that those asked for are 1 and all else 0."""


_WORD = re.compile(r"\d+(?:[.,]\d+)*|\w[\w\u00ad\u0300-\u036f'’]{0,63}")
"""A number with its points, as one; a unit written to it is a word of its own."""

_STOPS = tuple(".!?…”“»।؟")
"""What a sentence may end with. After it, a capital letter says nothing."""

_GROUP = re.compile(r"[.,](?=\d{3}(?!\d))")
"""Parts the thousands of a number."""

_NUMERAL = re.compile("(\\d+|[〇一二三四五六七八九十百千万億亿]{2,})")
"""A number in a run without spaces; a single Han numeral is more often a part of a word."""

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
    heading = _cut(title[:MAX_TITLE])
    words, kinds = _read(_cut(body[:MAX_CHARACTERS]) if body.strip() else heading)
    named, _ = _read(heading)
    telling = [*_telling_words(heading)]
    shingles = _shingles(words)
    samples, places = _sampled(shingles)
    return Sketch(
        text_hash=_text_hash(words, named),
        title_hash=crc32(_packed(named)) if len(telling) >= MIN_TITLE else 0,
        title=frozenset(value & 0xFFFF for value in telling[:24]),
        length=len(shingles),
        opening=bisect_left(places, OPENING),
        samples=tuple([value & 0xFFFF for value in samples]),
        prints=tuple(_telling(samples, places)),
        facts=tuple(_facts(words, kinds, places)),
    )


def _shingles(words: "array[int]") -> "array[int]":
    """Return the hash of every three words in a row: theirs combined by exclusive or.

    It is blind to the order of the three, which costs nothing on our yardstick. All are computed
    at once: the hashes are one long number, and are laid upon themselves one and two words on.
    """
    whole = int.from_bytes(_packed(words), "little")
    combined = whole ^ whole >> 32 ^ whole >> 64
    return _unpacked(combined.to_bytes(4 * len(words), "little"))[:-2]


def _sampled(shingles: "array[int]") -> tuple[Sequence[int], Sequence[int]]:
    """Return the sampled shingles in reading order, and the place where each first stands."""
    lowest = _packed(shingles)[::4]
    chosen = lowest[:OPENING].translate(_OPENING_SAMPLE) + lowest[OPENING:].translate(_BODY_SAMPLE)
    places = [*islice(compress(range(len(shingles)), chosen), _MAX_SAMPLES)]
    first = dict(zip(map(shingles.__getitem__, reversed(places)), reversed(places), strict=True))
    places = sorted(first.values())
    return [*map(shingles.__getitem__, places)], places


def _telling(samples: Sequence[int], places: Sequence[int]) -> list[int]:
    """Return those of the samples by which the text is to be found."""
    lead, opening = bisect_left(places, LEAD), bisect_left(places, OPENING)
    found = [value for value in samples[:lead] if not value & (LEAD_FIND - 1)]
    found += [value for value in samples[lead:opening] if not value & (OPENING_FIND - 1)]
    found += [value for value in samples[opening:] if not value & (BODY_FIND - 1)]
    return found[:_MAX_PRINTS]


def fingerprints(sketch: Sketch) -> list[Fingerprint]:
    """Return everything a text can be found by."""
    shingle, title, text = _METHODS
    found: list[Fingerprint] = [(shingle, value) for value in sketch.prints]
    if sketch.title_hash:
        found.append((title, sketch.title_hash))
    if sketch.text_hash:
        found.append((text, sketch.text_hash))
    return found


def _text_hash(words: "array[int]", heading: "array[int]") -> int:
    """Return the hash of all words, the title's before those of a short text."""
    text = words if len(words) >= SHORT else heading + array("I", [0]) + words
    if len(text) < _MIN_HASHED:
        return 0
    return int.from_bytes(blake2b(_packed(text), digest_size=8).digest(), "big", signed=True)


def _facts(words: "array[int]", kinds: bytes, places: Sequence[int]) -> Sequence[tuple[int, int]]:
    """Return the numbers and names, each where it first stands; the last bit says which of the two.

    A capitalised word that the text also writes small is no name but the beginning of a sentence.
    One that stands at a beginning is known where it is asked for, but not asked about.
    """
    telling = [*compress(range(len(words)), kinds.translate(_IS_FACT))]
    first = dict(zip(map(words.__getitem__, reversed(telling)), reversed(telling), strict=True))
    facts = set(first).difference(compress(words, kinds.translate(_IS_WORD)))
    found = sorted(map(first.__getitem__, facts))[:MAX_FACTS]
    return [
        (words[at] & 0xFFFE | (kinds[at] & 3 == _NUMBER), anchor)
        for at, anchor in zip(found, _anchors(found, kinds, places), strict=True)
    ]


def _anchors(found: Sequence[int], kinds: bytes, places: Sequence[int]) -> list[int]:
    """Return for each of these words twice the index of the first sample that ends at it or later.

    One more where that sample has the word in it, so that a match of the sample is a match of the
    word; `NOWHERE` for words at a beginning.
    """
    ends = [*places, MAX_WORDS]
    after = map(bisect_left, repeat(places), [at - 2 for at in found])
    return [
        NOWHERE
        if (kind := kinds[at] & 3) == _CAPITALS or (kind == _NAME and _opens(at, kinds))
        else 2 * index + (ends[index] <= at)
        for at, index in zip(found, after, strict=True)
    ]


def _opens(at: int, kinds: bytes) -> bool:
    """Return whether a word is the first of a sentence."""
    return not at or kinds[at - 1] & _ENDS > 0


def places(sketch: Sketch, indices: Iterable[int]) -> list[int]:
    """Return about how many words stand before samples, or before the beginning and end of a text."""
    size, opening = len(sketch.samples), sketch.opening
    dense, start = OPENING_STEP, OPENING - BODY_STEP * opening
    return [
        sketch.length
        if index == size
        else dense * max(0, index)
        if index <= opening
        else start + BODY_STEP * index
        for index in indices
    ]


# --- words ------------------------------------------------------------------------------------

# A text is cut at spaces and punctuation. Nearly all pieces are words of ASCII letters: those are
# folded and hashed all at once, and told by their shape; other pieces are read, and remembered.
# As UTF-8, because bytes are translated and split at a tenth of the cost of text.

_CUT = bytes(
    byte if byte > 0x7F or chr(byte).isalnum() or chr(byte) in ".," else b" ."[chr(byte) in "!?"]
    for byte in range(256)
)
"""Translates what parts ASCII words to a space and what ends a sentence to a full stop; other signs
stay in their chunk until it is read."""

_UNSEEN = b"'_"
"""Signs that do not count, nor part words."""


def _cut(text: str) -> bytes:
    """Return a text as words between spaces, broken characters repaired."""
    if "&" in text:
        text = html.unescape(text)
    if "\u00e2\u20ac" in text or "\u00c3" in text or "\u00c2" in text:
        text = _MOJIBAKE.sub(_repaired, text)
    cut = b" %b " % text.encode("utf-8", "replace").translate(_CUT, _UNSEEN)
    return cut.replace(b" .", b" ").replace(b" ,", b" ")


def _repaired(match: re.Match[str]) -> str:
    try:
        return match.group().encode("cp1252").decode()
    except UnicodeError:
        return " "


def _read(cut: bytes) -> tuple["array[int]", bytes]:
    """Return the hashes of the first words, and what the spelling of each says."""
    shape = cut.translate(_SHAPE)
    if 3 * shape.count(b"~") > len(shape):  # another script
        return _read_each(cut)
    plain = cut.lower().replace(b". ", b" ").replace(b", ", b" ").split()
    shapes = shape.split()
    if len(plain) != len(shapes):  # signs alone, which `plain` lacks
        return _read_each(cut)
    kinds = bytearray(map(_KINDS.__getitem__, shapes[:MAX_WORDS]))
    odd = [*compress(range(len(kinds)), kinds.translate(_IS_ODD))]
    words = array("I", map(crc32, plain[:MAX_WORDS]))
    chunks = cut.split() if odd else ()
    for at in reversed(odd):
        words[at : at + 1], kinds[at : at + 1] = _LEXICON[chunks[at]]
    return words[:MAX_WORDS], bytes(kinds[:MAX_WORDS])


def _read_each(cut: bytes) -> tuple["array[int]", bytes]:
    """Return the same at a higher cost, whatever the words."""
    read = [*map(_LEXICON.__getitem__, cut.split()[:MAX_WORDS])]
    words = array("I", b"".join([hashes for hashes, _ in read]))
    return words[:MAX_WORDS], b"".join([kinds for _, kinds in read])[:MAX_WORDS]


_MOST_REMEMBERED = 1 << 16
"""Pieces remembered, at most about 20 MB."""

_LONGEST_REMEMBERED = 64
"""Bytes of a piece that is worth remembering."""


_Known = TypeVar("_Known")


class _Remembered(dict[bytes, _Known], Generic[_Known]):
    """What was found out of pieces of text; a third of `lru_cache`'s cost."""

    def __init__(self, find_out: Callable[[bytes], _Known]) -> None:
        super().__init__()
        self._find_out = find_out

    def __missing__(self, piece: bytes) -> _Known:
        """Look at a piece, and remember it unless it is long."""
        known = self._find_out(piece)
        if len(piece) <= _LONGEST_REMEMBERED:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[piece] = known
        return known


_SHAPE = bytes.maketrans(
    f"{ascii_lowercase}{ascii_uppercase}{digits}".encode() + bytes(range(0x80, 0x100)),
    b"a" * 26 + b"A" * 26 + b"9" * 10 + b"~" * 0x80,
)
"""Translates small letters to one of them, and so with capitals, digits and what is not ASCII."""


def _kind_of_shape(shape: bytes) -> int:
    """Return the kind of words of this shape, `_ODD` where only reading them can tell."""
    plain = shape[:-1] if shape[-1:] in b".," else shape
    ends = _ENDS * shape.endswith(b".")
    if plain.isalpha():
        return _kind_of_letters(plain) + ends
    return _NUMBER + ends if plain.isdigit() else _ODD


def _spellings(chunk: bytes) -> tuple["array[int]", bytes]:
    """Return the hash of each word, and its kind."""
    text = chunk.decode()
    ends = _ENDS * text.endswith(_STOPS)
    words = list(_words(text))
    return array("I", [crc32(word) for word, _ in words]), bytes(kind + ends for _, kind in words)


_KINDS, _LEXICON = _Remembered(_kind_of_shape), _Remembered(_spellings)


def _telling_words(cut: bytes) -> Iterator[int]:
    """Yield the hashes of those words that tell one title from another."""
    for chunk in cut.split():
        plain = chunk.rstrip(b".,").lower()
        words = [plain] if plain.isalpha() else [word for word, _ in _words(chunk.decode())]
        yield from (crc32(word) for word in words if len(word) > 3 or word.isdigit())


def facts_marked(text: str) -> list[tuple[str, bool]]:
    """Return the first `MAX_WORDS` words of a text, folded, and whether each is a number or a name."""
    words = chain.from_iterable(
        _words(chunk.decode()) for chunk in _cut(text[:MAX_CHARACTERS]).split()
    )
    telling = (_Kind.NUMBER, _Kind.NAME)
    return [(word.decode(), kind in telling) for word, kind in islice(words, MAX_WORDS)]


def _words(chunk: str) -> Iterator[tuple[bytes, _Kind]]:
    """Yield the words of a chunk, folded, and what the spelling of each says.

    Runs without spaces become overlapping groups of three characters: no dictionary needed.
    """
    for word in _WORD.findall(chunk):
        folded = _folded(word)
        if not word.isascii() and _UNSPACED.search(word):
            yield from _grouped(folded.decode())
        else:
            yield folded, _kind(word)


def _grouped(run: str) -> Iterator[tuple[bytes, _Kind]]:
    for at, piece in enumerate(_NUMERAL.split(run)):
        if at % 2:
            yield piece.encode(), _Kind.NUMBER
        elif piece:
            for start in range(max(1, len(piece) - 2)):
                yield piece[start : start + 3].encode(), _Kind.WORD


def _folded(word: str) -> bytes:
    """Return a word without case, accents, soft hyphens and apostrophes, a number without groups.

    Decomposed for the accents and composed again, since the letters of Hangul would fall apart.
    """
    if word.isascii():
        if "," in word or "." in word:
            return _GROUP.sub("", word).replace(",", ".").encode()
        return word.replace("'", "").replace("_", "").lower().encode()
    bare = _DROPPED.sub("", normalize("NFKD", word))
    return _DROPPED.sub("", normalize("NFKC", bare).casefold()).encode("utf-8", "replace")


def _kind(word: str) -> _Kind:
    if _DIGIT.search(word):
        return _Kind.NUMBER if _DIGIT.match(word) else _Kind.NAME
    return _kind_of_letters(word)


def _kind_of_letters(word: str | bytes) -> _Kind:
    if len(word) < 2 or not word[:1].isupper():
        return _Kind.WORD
    return _Kind.CAPITALS if len(word) > 5 and word.isupper() else _Kind.NAME


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
    return header + _packed(array("I", sketch.prints)) + _packed(halves)


def unpack(packed: bytes) -> Sketch:
    """Return what `pack` was given."""
    text_hash, title_hash, length, opening, titles, prints, samples, facts = _HEADER.unpack_from(
        packed
    )
    split = _HEADER.size + 4 * prints
    halves = _unpacked(packed[split:], "H").tolist()
    loose = halves[titles + samples :]
    return Sketch(
        text_hash=text_hash,
        title_hash=title_hash,
        title=frozenset(halves[:titles]),
        length=length,
        opening=opening,
        samples=tuple(halves[titles : titles + samples]),
        prints=tuple(_unpacked(packed[_HEADER.size : split])),
        facts=tuple(zip(loose[::2], loose[1 : 2 * facts : 2], strict=True)),
    )


def _packed(values: "array[int]") -> bytes:
    """Return the values as bytes in the order of the store, the same on every machine."""
    return _little(values).tobytes()


def _unpacked(packed: bytes, size: str = "I") -> "array[int]":
    return _little(array(size, packed))


def _little(values: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values
