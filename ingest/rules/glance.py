"""Whether a rule is true of a document, where that can be told without cutting it into words.

A look at the letters answers for most of what a text index gives, at a twentieth of the cost of
reading it; what it cannot tell is for `percolate`, and passages are not its business.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from ingest.model import Document, Rule
from ingest.rules import regex
from ingest.rules.evaluate import is_named
from ingest.rules.percolate import scoped
from ingest.rules.reading import MOST_PLACES, NAMES, texts_of
from ingest.rules.tree import (
    And,
    Apart,
    AtLeast,
    Item,
    Listed,
    Name,
    Near,
    Node,
    Not,
    Or,
    Regex,
    Term,
    Word,
    walk,
)
from ingest.text import bare, bare_latin, simply

_MOST_LOOKS = 20
"""Places of a word at which a term is looked for; after that it is not for certain."""
_LONGEST_OPENING = 3
"""Quotes and brackets before a word."""


class Glance:
    """A rule made ready to be looked for; raises RuleError for one that can't be read."""

    def __init__(self, rule: Rule) -> None:
        query = scoped(rule)
        self._holds = _told(query)
        self.by_text = all(map(_is_by_text, walk(query)))
        """Whether title, text and summary of a document are all that the rule is about."""

    def __call__(self, document: Document) -> bool | None:
        """Return whether the rule is true of a document; None where that takes reading it."""
        return self._holds(_Letters(document))


_SHOWN = {"title", "text", "summary"}


def _is_by_text(node: Node) -> bool:
    match node:
        case Term() | Listed() | Regex():
            return _SHOWN.issuperset(node.fields)
        case Name():
            return False
    return True


class _Letters:
    """The texts of a document, as they are and their letters alone."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.texts = texts_of(document)
        self._bare: dict[str, str] = {}
        self._latin: dict[str, str] = {}
        self._lower: dict[str, str] = {}

    def bare(self, name: str, *, latin: bool) -> str:
        """Return the letters of a field, enough of them to look for Latin ones or for others."""
        known = self._latin if latin else self._bare
        found = known.get(name)
        if found is None:
            found = known[name] = (bare_latin if latin else bare)(self.texts[name])
        return found

    def lower(self, name: str) -> str:
        """Return the beginning of a field in lower case, each letter where it was; or nothing."""
        found = self._lower.get(name)
        if found is None:
            text = self.texts[name][:MOST_PLACES]
            found = text.lower()
            self._lower[name] = found = found if len(found) == len(text) else ""
        return found


_Told = Callable[[_Letters], bool | None]
"""Whether a part of a rule is true, as far as it can be told."""


def _told(node: Node) -> _Told:  # noqa: PLR0911 - one for each kind of node
    match node:
        case Term():
            return _of_term(node)
        case And(parts=parts):
            return _count(parts, len(parts))
        case Or(parts=parts):
            return _count(parts, 1)
        case AtLeast(parts=parts, count=count):
            return _count(parts, count)
        case Not(part=part):
            told = _told(part)
            return lambda letters: None if (found := told(letters)) is None else not found
        case Near():
            return _of_near(node)
        case Apart(item=item):
            there = _may_be(item)
            return lambda letters: None if there(letters) else False
        case Name():
            return lambda letters: is_named(node, tuple(NAMES[node.kind](letters.document)))
        case Regex():
            return lambda letters: any(
                regex.found(node.pattern, letters.texts[name], exact=node.exact)
                for name in node.fields
            )
        case Listed():
            return lambda _: None


def _count(parts: Iterable[Node], enough: int) -> _Told:
    """Tell whether `enough` of the parts are true."""
    every = [_told(part) for part in parts]

    def told(letters: _Letters) -> bool | None:
        true = open_ = 0
        left = len(every)
        for part in every:
            found = part(letters)
            left -= 1
            true += found is True
            open_ += found is None
            if true >= enough:
                return True
            if true + open_ + left < enough:
                return False
        return None

    return told


# --- terms --------------------------------------------------------------------------------------


def _of_term(term: Term) -> _Told:
    """Tell of a term by its letters one after the other, and by its words as most are written."""
    possible, keys = _possible(term), _keys(term)

    def told(letters: _Letters) -> bool | None:
        names = possible(letters)
        if not names:
            return False
        return True if keys and any(_stands(keys, letters, name) for name in names) else None

    return told


def _possible(item: Item) -> Callable[[_Letters], Sequence[str]]:
    """Return what tells in which fields an item may stand."""
    if isinstance(item, Listed):
        return lambda _: item.fields
    written = tuple(_runs(item))
    latin = all(map(str.isascii, written))
    patterns = [re.compile(run) for run in written]

    def possible(letters: _Letters) -> Sequence[str]:
        return [
            name
            for name in item.fields
            if all(pattern.search(letters.bare(name, latin=latin)) for pattern in patterns)
        ]

    return possible


def _may_be(items: Iterable[Item]) -> Callable[[_Letters], bool]:
    """Return what tells whether any of some items may stand anywhere."""
    every = [_possible(item) for item in items]
    return lambda letters: any(possible(letters) for possible in every)


_BETWEEN = r"s?\s*"
"""What may be between two words of a phrase besides signs: the end of a possessive."""


def _runs(term: Term) -> Iterator[str]:
    """Yield patterns that the letters of a text must have: neighbouring words, as far as known."""
    for known, words in groupby(term.words, key=_is_known):
        pieces = [bare(piece.removesuffix("*")) for word in words if known for piece in word.pieces]
        if written := _BETWEEN.join(map(re.escape, filter(None, pieces))):
            yield written


def _is_known(word: Word) -> bool:
    """Return whether a word is written with its own letters: no stem, no letter left open.

    Nor `s` alone: beside the one that may be between words, a pattern could be tried in many ways.
    """
    return all(
        not piece.startswith("~") and "?" not in piece and piece.strip("s*")
        for piece in word.pieces
    )


def _keys(term: Term) -> tuple[str, ...]:
    """Return the words of a term where each stands for itself; nothing where that is not so."""
    if any(len(word.pieces) > 1 or word.plain or not _is_known(word) for word in term.words):
        return ()
    keys = tuple(word.pieces[0] for word in term.words)
    return () if any("*" in key for key in keys[:-1]) else keys


def _stands(keys: tuple[str, ...], letters: _Letters, name: str) -> bool:
    """Return whether a term stands in a text for certain, its words parted by single spaces.

    Near the beginning of the text alone: of later ones a matcher may not know any more.
    """
    text, lower = letters.texts[name], letters.lower(name)
    first = keys[0].removesuffix("*")
    for opening in (" ", ""):  # short words stand in many others
        at = -1
        for _ in range(_MOST_LOOKS):
            at = lower.find(opening + first, at + 1)
            if at < 0:
                break
            if _stands_at(keys, text, at + len(opening)):
                return True
    return False


def _stands_at(keys: tuple[str, ...], text: str, at: int) -> bool:
    start = at
    while start and not text[start - 1].isspace():
        start -= 1
        if at - start > _LONGEST_OPENING:
            return False
    length = at - start + sum(map(len, keys)) + 20 * len(keys)
    chunks = text[start : start + length].split(" ", len(keys))
    if len(chunks) <= len(keys) and start + length < len(text):
        return False  # the last one may go on
    last = len(keys) - 1
    for number, (key, chunk) in enumerate(zip(keys, chunks, strict=False)):
        found = simply(chunk)
        if found is None:
            return False
        word, _, _, ended = found
        if word != key and not (key[-1] == "*" and word.startswith(key[:-1])):
            return False
        if ended and number < last:
            return False
    return len(chunks) > last


# --- nearness -----------------------------------------------------------------------------------

_Anchor = tuple[str, tuple[str, ...]]
"""Letters without which a term cannot stand, and the fields it may stand in."""


def _of_near(near: Near) -> _Told:
    """Tell that items are not there, or too far from each other; or that they are near, of words."""
    there = [_may_be(terms) for terms in near.items]
    anchors = [list(map(_anchor, terms)) for terms in near.items]
    lengths = [max(map(_length, terms)) for terms in near.items]
    reaches = [
        step.words + one + two
        for step, (one, two) in zip(near.steps, pairwise(lengths), strict=True)
    ]
    every = [anchor for terms in anchors for anchor in terms]
    fields = tuple(dict.fromkeys(name for _, names in every for name in names))
    known = all(word for word, _ in every)
    latin = all(word.isascii() for word, _ in every)
    for_certain = _written_near(near)

    def told(letters: _Letters) -> bool | None:
        if known and not any(
            _are_near([_places(terms, name, text) for terms in anchors], reaches, text)
            for name in fields
            if (text := letters.bare(name, latin=latin))
        ):
            return False
        if not all(may_be(letters) for may_be in there):
            return False
        return True if for_certain(letters) else None

    return told


_MOST_BETWEEN = 20
"""Words between two of a NEAR that are looked through; each place takes as many steps."""


def _written_near(near: Near) -> Callable[[_Letters], bool]:
    """Return what tells of two items that they are near for certain, plain words among such words.

    Near the beginning of a text alone, as of terms.
    """
    items = [[key for term in terms for key in _plain_keys(term)] for terms in near.items]
    fields = {term.fields for terms in near.items for term in terms}
    step = near.steps[0]
    if len(items) > 2 or not all(items) or len(fields) > 1 or step.words > _MOST_BETWEEN:
        return lambda _: False
    one, two = ("|".join(map(_written, keys)) for keys in items)
    blank = r"[,;:.]?[ \n]+"
    between = rf"{blank}(?:[a-z0-9]+{blank}){{0,{step.words}}}"
    ways = [(one, two)] if step.ordered else [(one, two), (two, one)]
    either = "|".join(f"(?:{first}){between}(?:{second})" for first, second in ways)
    pattern = re.compile(rf"(?<!\S)(?:{either}){blank}", re.ASCII | re.IGNORECASE)
    (names,) = fields
    return lambda letters: any(
        pattern.search(f"{letters.texts[name]} "[:MOST_PLACES]) for name in names
    )


def _plain_keys(item: Item) -> Sequence[str]:
    """Return the word that a term is, where it is one of Latin letters; else nothing."""
    keys = _keys(item) if isinstance(item, Term) else ()
    bare_key = keys[0].removesuffix("*") if len(keys) == 1 else ""
    return keys if bare_key.isalnum() and bare_key.isascii() else ()


def _written(key: str) -> str:
    """Return the pattern of such a word."""
    return key.replace("*", "[a-z0-9]*")


def _anchor(item: Item) -> _Anchor:
    """Return the longest piece of a term; no letters where that cannot be told."""
    if isinstance(item, Listed):
        return "", item.fields
    pieces = [piece for word in item.words if _is_known(word) for piece in word.pieces]
    longest = max((bare(piece.removesuffix("*")) for piece in pieces), key=len, default="")
    return longest, item.fields


def _length(item: Item) -> int:
    """Return the most words that a term may take."""
    return 0 if isinstance(item, Listed) else sum(len(word.pieces) for word in item.words)


def _places(anchors: Iterable[_Anchor], name: str, text: str) -> list[int]:
    """Return where in a field any of some words may stand."""
    places = []
    for word, names in anchors:
        at = text.find(word) if name in names else -1
        while at >= 0:
            places.append(at)
            at = text.find(word, at + 1)
    return places


def _are_near(places: Sequence[list[int]], reaches: Iterable[int], text: str) -> bool:
    """Return whether each item may be near the next."""
    return all(
        _is_within(one, two, text, reach)
        for (one, two), reach in zip(pairwise(places), reaches, strict=True)
    )


def _is_within(one: list[int], two: list[int], text: str, reach: int) -> bool:
    """Return whether one of each may have so few words between: those next to each other tell.

    Each piece of text between white space has a word or more; at both ends are the items' own.
    """
    merged = sorted([(place, 1) for place in one] + [(place, 2) for place in two])
    return any(
        whose != other and len(text[start:end].split(None, reach)) <= reach
        for (start, whose), (end, other) in pairwise(merged)
    )
