"""Whether a rule is true of a document, and which passages make it so."""

from bisect import bisect_left
from collections.abc import Iterator

from ingest.model import Span
from ingest.rules.reading import Field, Place, Reading
from ingest.rules.tree import And, AtLeast, Name, Near, Node, Not, Or, Step, Term, Word

MOST_SPANS = 500
"""Passages kept of one match: more than anyone looks at, and a bound for what is stored."""


def holds(node: Node, reading: Reading) -> bool:  # noqa: PLR0911 - one for each kind of node
    """Return whether a query is true of a document."""
    match node:
        case Term():
            return any(_stands(node, reading.fields[name]) for name in node.fields)
        case And():
            return all(holds(part, reading) for part in node.parts)
        case Or():
            return any(holds(part, reading) for part in node.parts)
        case Not():
            return not holds(node.part, reading)
        case Near():
            return any(near_places(node, name, field) for name, field in reading.fields.items())
        case Name():
            return _named(node, reading.names[node.kind])
        case AtLeast():
            return sum(holds(part, reading) for part in node.parts) >= node.count


def spans(node: Node, reading: Reading) -> tuple[Span, ...]:
    """Return the passages that make a query true, in reading order, headline first.

    All occurrences of all terms on its true side; nothing from under a NOT. At most MOST_SPANS.
    """
    places = sorted(
        set(_evidence(node, reading)), key=lambda found: (found[0] != "title", found[1])
    )
    return tuple(
        Span(name, *reading.fields[name].span(place)) for name, place in places[:MOST_SPANS]
    )


def _evidence(node: Node, reading: Reading) -> Iterator[tuple[str, Place]]:
    match node:
        case Term():
            for name in node.fields:
                for place in term_places(node, reading.fields[name]):
                    yield name, place
        case Near():
            for name, field in reading.fields.items():
                for places in near_places(node, name, field):
                    yield from ((name, place) for place in places)
        case And() | Or() | AtLeast():
            for part in node.parts:
                if holds(part, reading):
                    yield from _evidence(part, reading)


def _named(name: Name, values: tuple[str, ...]) -> bool:
    if name.open:
        return any(value.startswith(name.value) for value in values)
    return name.value in values


def _stands(term: Term, field: Field) -> bool:
    for word in term.words:
        if len(word.pieces) == 1 and word.pieces[0] not in field.places:
            return False
    first = term.words[0]
    if len(term.words) == 1 and len(first.pieces) == 1 and not first.plain:
        return True
    return bool(term_places(term, field))


def term_places(term: Term, field: Field) -> list[Place]:
    """Return every place where a term stands in a field."""
    found = word_places(term.words[0], field)
    for word in term.words[1:]:
        if not found:
            break
        found = _linked(found, word_places(word, field), field)
    return found


def word_places(word: Word, field: Field) -> list[Place]:
    """Return every place of a word, its pieces written joined, hyphenated or spaced."""
    if len(word.pieces) == 1:
        found = field.places.get(word.pieces[0], [])
    else:
        found = _piecewise(word.pieces, field)
    if not word.plain:
        return found
    if word.pieces[-1].endswith("*"):
        return [place for place in found if field.plain(place).startswith(word.plain)]
    return [place for place in found if field.plain(place) == word.plain]


def _piecewise(pieces: tuple[str, ...], field: Field) -> list[Place]:
    """Return the places of neighbouring words that together spell the pieces.

    `reached[n]` are the places of the first n pieces, however grouped.
    """
    count = len(pieces)
    reached: list[set[Place]] = [set() for _ in range(count + 1)]
    for start in range(count):
        if start and not reached[start]:
            continue
        for end in range(start + 1, count + 1):
            group = field.places.get("".join(pieces[start:end]), [])
            if start:
                group = _linked(list(reached[start]), group, field)
            reached[end].update(group)
    return sorted(reached[count])


def _linked(left: list[Place], right: list[Place], field: Field) -> list[Place]:
    """Return the places that begin in `left` and go on, in the same sentence, in `right`."""
    starts = {end: start for start, end in left}
    return [
        (starts[start], end)
        for start, end in right
        if start in starts and start not in field.breaks
    ]


def near_places(near: Near, name: str, field: Field) -> list[list[Place]]:
    """Return for each item of a NEAR its places that take part; nothing where it is not true."""
    kept: list[list[Place]] = []
    for number, terms in enumerate(near.items):
        places = [
            place for term in terms if name in term.fields for place in term_places(term, field)
        ]
        if number:
            places = _near(kept[-1], places, near.steps[number - 1])
        if not places:
            return []
        kept.append(places)
    for number in reversed(range(len(near.steps))):
        step = near.steps[number]
        kept[number] = _near(kept[number + 1], kept[number], step, backwards=True)
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
