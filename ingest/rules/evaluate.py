"""Whether a rule is true of a document, and which passages make it so.

Loops are written out where a generator would cost as much again: this runs for every rule that
is worth asking, on every article.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate

from ingest.model import Span
from ingest.rules import regex
from ingest.rules.reading import APART, FURTHER, Place, Places, Reading, shape
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
    Step,
    Term,
    Word,
)

MOST_SPANS = 500
"""Passages kept of one match: more than anyone looks at, and a bound for what is stored."""


def holds(node: Node, reading: Reading) -> bool:  # noqa: PLR0911 - one for each kind of node
    """Return whether a query is true of a document."""
    match node:
        case Term():
            absent = node.key and node.key not in reading.places
            return not absent and (_is_its_key(node) or bool(term_places(node, reading)))
        case Or():
            return _count(node.parts, reading, enough=1) == 1
        case And():
            for part in node.parts:  # noqa: SIM110
                if not holds(part, reading):
                    return False
            return True
        case Not():
            return not holds(node.part, reading)
        case Near():
            return bool(near_places(node, reading))
        case Listed():
            return bool(term_places(node, reading))
        case Apart():
            return bool(apart_places(node, reading))
        case Regex():
            texts = [reading.texts[name] for name in node.fields]
            return any(regex.found(node.pattern, text, exact=node.exact) for text in texts)
        case Name():
            return is_named(node, reading.names(node.kind))
        case AtLeast():
            return _count(node.parts, reading, enough=node.count) == node.count


def _is_its_key(term: Term) -> bool:
    """Return whether a term stands wherever its key does."""
    return bool(term.key) and len(term.words) == 1 and not term.words[0].plain


def _count(parts: tuple[Node, ...], reading: Reading, *, enough: int) -> int:
    """Return how many of the parts are true, counting no further than `enough`."""
    count, places = 0, reading.places
    for part in parts:
        if isinstance(part, Term) and part.key and part.key not in places:
            continue  # most parts of most rules
        if holds(part, reading):
            count += 1
            if count == enough:
                break
    return count


def spans(node: Node, reading: Reading) -> tuple[Span, ...]:
    """Return the passages that make a query true, in reading order, headline first.

    All occurrences of all terms on its true side, nothing from under a NOT; the first MOST_SPANS.
    Only what an article shows is marked: its headline, body and summary.
    """
    places = sorted(set(_evidence(node, reading)))
    if reading.more:
        places = [place for place in places if reading.field(place) in _SHOWN]
    found = [reading.span(place) for place in places[:MOST_SPANS]]
    patterns = list(_patterns(node, reading))
    if patterns:
        found = sorted({*found, *patterns}, key=_in_reading_order)
    return tuple(found[:MOST_SPANS])


_SHOWN = ("title", "text", "summary")


def _in_reading_order(span: Span) -> tuple[int, int, int]:
    return _SHOWN.index(span.field), span.start, span.end


def _patterns(node: Node, reading: Reading) -> Iterator[Span]:
    """Yield the passages of the regular expressions on the true side of a query."""
    match node:
        case Regex():
            for name in node.fields:
                if name in _SHOWN:
                    text = reading.texts[name]
                    found = regex.passages(node.pattern, text, exact=node.exact, most=MOST_SPANS)
                    yield from (Span(name, start, end) for start, end in found)
        case And() | Or() | AtLeast():
            for part in node.parts:
                if holds(part, reading):
                    yield from _patterns(part, reading)


def _evidence(node: Node, reading: Reading) -> Iterator[Place]:
    match node:
        case Term() | Listed():
            yield from term_places(node, reading)
        case Apart():
            yield from apart_places(node, reading)
        case Near():
            for places in near_places(node, reading):
                yield from places
        case And() | Or() | AtLeast():
            for part in node.parts:
                if holds(part, reading):
                    yield from _evidence(part, reading)


def is_named(name: Name, values: tuple[str, ...]) -> bool:
    """Return whether a feed, tag, site or language is the one, or has the beginning, asked for."""
    if name.open:
        return any(value.startswith(name.value) for value in values)
    return name.value in values


def term_places(item: Item, reading: Reading) -> list[Place]:
    """Return every place where a term stands, or any term of a list, in order."""
    known = reading.within(item.fields)
    if isinstance(item, Listed):
        found = _listed_places(item, known, reading)
    else:
        found = phrase_places(item.words, known, reading)
    if len(item.fields) == 1 and found and known is reading.places:
        return [place for place in found if reading.field(place) in item.fields]
    return found


def phrase_places(words: tuple[Word, ...], known: Places, reading: Reading) -> list[Place]:
    """Return every place where these words stand one after the other, in order."""
    for word in words:
        if len(word.pieces) == 1 and word.pieces[0] not in known:
            return []
    found = word_places(words[0], known, reading)
    for word in words[1:]:
        found = _linked(found, word_places(word, known, reading), reading)
    return found


def _listed_places(listed: Listed, known: Places, reading: Reading) -> list[Place]:
    """Return every place of any term of a list, found once for each document."""
    group = listed.fields[0] if listed.fields[0] in FURTHER else ""
    found = reading.listed.get((listed.name, group))
    if found is None:
        terms = reading.lists[listed.name].candidates(known)
        places = {place for term in terms for place in phrase_places(term.words, known, reading)}
        found = reading.listed[listed.name, group] = sorted(places)
    return found


def word_places(word: Word, known: Places, reading: Reading) -> list[Place]:
    """Return every place of a word, its pieces written joined, hyphenated or spaced."""
    if len(word.pieces) == 1:
        found = known.get(word.pieces[0], [])
    else:
        found = _piecewise(word.pieces, known, reading)
    if not word.plain:
        return found
    if "?" in word.plain:
        pattern = shape(word.plain + "*" * word.pieces[-1].endswith("*"))
        return [place for place in found if pattern.fullmatch(reading.plain(place))]
    if word.pieces[-1].endswith("*"):
        return [place for place in found if reading.plain(place).startswith(word.plain)]
    return [place for place in found if reading.plain(place) == word.plain]


def _piecewise(pieces: tuple[str, ...], known: Places, reading: Reading) -> list[Place]:
    """Return the places of neighbouring words that together spell the pieces.

    `reached[n]` are the places of the first n pieces, however grouped.
    """
    count = len(pieces)
    for start in range(count):
        if "".join(pieces[start:]) in known:
            break
    else:
        return []
    reached: list[set[Place]] = [set() for _ in range(count + 1)]
    for start in range(count):
        if start and not reached[start]:
            continue
        for end in range(start + 1, count + 1):
            group = known.get("".join(pieces[start:end]), [])
            if start:
                group = _linked(list(reached[start]), group, reading)
            reached[end].update(group)
    return sorted(reached[count])


def _linked(left: list[Place], right: list[Place], reading: Reading) -> list[Place]:
    """Return the places that begin in `left` and go on, in the same sentence, in `right`."""
    if not left:
        return left
    starts = {end: start for start, end in left}
    return [
        (starts[start], end)
        for start, end in right
        if start in starts and start not in reading.breaks
    ]


def near_places(near: Near, reading: Reading) -> list[list[Place]]:
    """Return for each item of a NEAR its places that take part; nothing where it is not true."""
    kept: list[list[Place]] = []
    for number, terms in enumerate(near.items):
        places = [place for term in terms for place in term_places(term, reading)]
        if kept:
            places = _near(kept[-1], places, near.steps[number - 1])
        if not places:
            return []
        kept.append(places)
    for number in reversed(range(len(near.steps))):
        kept[number] = _near(kept[number + 1], kept[number], near.steps[number], backwards=True)
    return kept


def _near(
    anchors: list[Place], places: list[Place], step: Step, *, backwards: bool = False
) -> list[Place]:
    """Return those places that have an anchor within reach, at most `step.words` words between.

    An ordered step asks for the anchor before the place, or behind it when walked backwards.
    """
    starts = sorted(start for start, _ in anchors)
    ends = sorted(end for _, end in anchors)
    before = not (step.ordered and backwards)
    after = not step.ordered or backwards
    return [
        (start, end)
        for start, end in places
        if (before and _any_between(ends, start - step.words, start))
        or (after and _any_between(starts, end, end + step.words))
    ]


def apart_places(apart: Apart, reading: Reading) -> list[Place]:
    """Return the places of an item that have none of the others within reach.

    What overlaps is within reach: `cross NOT NEAR/0 "red cross"` leaves out the cross of the phrase.
    """
    places = [place for term in apart.item for place in term_places(term, reading)]
    for terms, step in zip(apart.others, apart.steps, strict=True):
        others = sorted(place for term in terms for place in term_places(term, reading))
        if others and places:
            places = _far(others, places, step)
    return places


def _far(others: list[Place], places: list[Place], step: Step) -> list[Place]:
    """Return those places that no other is near to; an ordered step looks behind them alone."""
    starts = [start for start, _ in others]
    if step.ordered:
        return [
            place for place in places if not _any_between(starts, place[0], place[1] + step.words)
        ]
    furthest = list(accumulate((end for _, end in others), max, initial=-APART))
    return [
        (start, end)
        for start, end in places
        if furthest[bisect_right(starts, end + step.words)] < start - step.words
    ]


def _any_between(numbers: list[int], low: int, high: int) -> bool:
    at = bisect_left(numbers, low)
    return at < len(numbers) and numbers[at] <= high
