"""Whether two texts that agree tell of different things: their numbers and names compared.

The thresholds were set on the copies of a labelled collection and on templates of many kinds
(docs/decisions/0053-templates-by-their-facts.md).
"""

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import compress

from ingest.model import Sketch
from ingest.stories import near

_REACH = 20
"""Words between two matching passages within which the same facts should stand in both texts.

A template differs in single words, or in a list of numbers; a replaced paragraph is longer.
"""


@dataclass(slots=True)
class _Facts:
    """The facts of one text in and between the passages that both have."""

    numbers: int = 0
    names: int = 0
    other_numbers: int = 0
    """Those of the numbers that the other text lacks."""
    other_names: int = 0

    @property
    def others(self) -> int:
        """All that the other text lacks."""
        return self.other_numbers + self.other_names


def tell_else(one: Sketch, other: Sketch, common: Collection[int], words: float) -> bool:
    """Return whether two texts agree but for their numbers and names, as two from one template do.

    Asked from both sides: a copy whose facts were cut, garbled or added to has others on one side
    only.
    """
    ours, theirs = _anchored(one, common), _anchored(other, common)
    sides = _facts(ours, theirs), _facts(theirs, ours)
    return _are_bulletins(sides, words) or _differ_in_most_numbers(sides)


def _are_bulletins(sides: Sequence[_Facts], words: float) -> bool:
    """Return whether two in five facts are others, or two in five numbers, and many for the length.

    A number counts for two facts.
    """
    numbers = [(side.other_numbers, side.numbers) for side in sides]
    weighed = [(side.others + side.other_numbers, side.names + 2 * side.numbers) for side in sides]
    few = 5 if _have_the_same_names(sides) else 3
    return (
        sum(other for other, _ in numbers) >= max(few, words / 50) and _are_others(numbers)
    ) or (min(side.others for side in sides) >= max(2, words / 50) and _are_others(weighed))


def _differ_in_most_numbers(sides: Sequence[_Facts]) -> bool:
    """Return whether three in five numbers are others, and names too or more than a few of them.

    A long template has few facts for its length. An updated report has a number or two revised, but
    the names stay.
    """
    others = sum(side.other_numbers for side in sides)
    few = 6 if _have_the_same_names(sides) else 4
    return others >= few and all(5 * side.other_numbers >= 3 * side.numbers > 0 for side in sides)


def _have_the_same_names(sides: Sequence[_Facts]) -> bool:
    return any(side.names and not side.other_names for side in sides)


def _are_others(sides: Sequence[tuple[int, int]]) -> bool:
    """Return whether of so many facts so many are others: two in five, three in ten on each side."""
    others, facts = (sum(column) for column in zip(*sides, strict=True))
    return 5 * others >= 2 * facts and all(10 * other >= 3 * all_ > 0 for other, all_ in sides)


_ANYWHERE = -1
"""The end of a fact that is a part of a sample both have, or stands where it tells nothing."""

_Anchored = Sequence[tuple[int, int, bool]]
"""Facts, each with the next sample that both texts have, and whether they agree around it."""


def _facts(ours: _Anchored, theirs: _Anchored) -> _Facts:
    """Return what the other text has of those facts that stand where the texts agree.

    It is to have them at the same place: bulletins are full of small numbers.
    """
    known = {fact: end for fact, end, _ in theirs}
    facts = _Facts()
    for fact, end, is_agreed in ours:
        if is_agreed:
            is_other = end != _ANYWHERE and known.get(fact) not in (end, _ANYWHERE)
            if fact & 1:
                facts.numbers += 1
                facts.other_numbers += is_other
            else:
                facts.names += 1
                facts.other_names += is_other
    return facts


def _anchored(sketch: Sketch, common: Collection[int]) -> _Anchored:
    """Return the facts of a text; beginning and end of a text count as agreed."""
    size = len(sketch.samples)
    matches = [-1, *compress(range(size), map(common.__contains__, sketch.samples)), size]
    places = near.places(sketch, matches)
    ends = [*sketch.samples, 0]
    anchored: list[tuple[int, int, bool]] = []
    for fact, anchor in sketch.facts:
        if anchor == near.NOWHERE:
            anchored.append((fact, _ANYWHERE, False))
            continue
        after = bisect_left(matches, anchor >> 1)
        end = matches[after]
        if anchor & 1 and end == anchor >> 1:
            anchored.append((fact, _ANYWHERE, True))
        else:
            anchored.append((fact, ends[end], places[after] - places[after - 1] <= _REACH))
    return anchored
