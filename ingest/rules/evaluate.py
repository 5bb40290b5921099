"""Whether a rule is true of a document, and which passages make it so.

Loops are written out where a generator would cost as much again: this runs for every rule that
is worth asking, on every article.
"""

from bisect import bisect_left
from collections.abc import Iterator

from ingest.model import Span
from ingest.rules.reading import Place, Reading
from ingest.rules.tree import And, AtLeast, Name, Near, Node, Not, Or, Step, Term, Word

MOST_SPANS = 500
"""Passages kept of one match: more than anyone looks at, and a bound for what is stored."""


def holds(node: Node, reading: Reading) -> bool:  # noqa: PLR0911 - one for each kind of node
    """Return whether a query is true of a document."""
    match node:
        case Term():
            absent = node.key and node.key not in reading.places
            return not absent and bool(term_places(node, reading))
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
        case Name():
            return _is_named(node, reading.names[node.kind])
        case AtLeast():
            return _count(node.parts, reading, enough=node.count) == node.count


def _count(parts: tuple[Node, ...], reading: Reading, *, enough: int) -> int:
    """Return how many of the parts are true, counting no further than `enough`."""
    count = 0
    for part in parts:
        if holds(part, reading):
            count += 1
            if count == enough:
                break
    return count


def spans(node: Node, reading: Reading) -> tuple[Span, ...]:
    """Return the passages that make a query true, in reading order, headline first.

    All occurrences of all terms on its true side, nothing from under a NOT; the first MOST_SPANS.
    """
    places = sorted(set(_evidence(node, reading)))
    return tuple([reading.span(place) for place in places[:MOST_SPANS]])


def _evidence(node: Node, reading: Reading) -> Iterator[Place]:
    match node:
        case Term():
            yield from term_places(node, reading)
        case Near():
            for places in near_places(node, reading):
                yield from places
        case And() | Or() | AtLeast():
            for part in node.parts:
                if holds(part, reading):
                    yield from _evidence(part, reading)


def _is_named(name: Name, values: tuple[str, ...]) -> bool:
    if name.open:
        return any(value.startswith(name.value) for value in values)
    return name.value in values


def term_places(term: Term, reading: Reading) -> list[Place]:
    """Return every place where a term stands, in order."""
    known = reading.places
    for word in term.words:
        if len(word.pieces) == 1 and word.pieces[0] not in known:
            return []
    found = word_places(term.words[0], reading)
    for word in term.words[1:]:
        found = _linked(found, word_places(word, reading), reading)
    if len(term.fields) == 1 and found:
        return [place for place in found if reading.field(place) in term.fields]
    return found


def word_places(word: Word, reading: Reading) -> list[Place]:
    """Return every place of a word, its pieces written joined, hyphenated or spaced."""
    if len(word.pieces) == 1:
        found = reading.places.get(word.pieces[0], [])
    else:
        found = _piecewise(word.pieces, reading)
    if not word.plain:
        return found
    if word.pieces[-1].endswith("*"):
        return [place for place in found if reading.plain(place).startswith(word.plain)]
    return [place for place in found if reading.plain(place) == word.plain]


def _piecewise(pieces: tuple[str, ...], reading: Reading) -> list[Place]:
    """Return the places of neighbouring words that together spell the pieces.

    `reached[n]` are the places of the first n pieces, however grouped.
    """
    count = len(pieces)
    for start in range(count):
        if "".join(pieces[start:]) in reading.places:
            break
    else:
        return []
    reached: list[set[Place]] = [set() for _ in range(count + 1)]
    for start in range(count):
        if start and not reached[start]:
            continue
        for end in range(start + 1, count + 1):
            group = reading.places.get("".join(pieces[start:end]), [])
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


def _any_between(numbers: list[int], low: int, high: int) -> bool:
    at = bisect_left(numbers, low)
    return at < len(numbers) and numbers[at] <= high
