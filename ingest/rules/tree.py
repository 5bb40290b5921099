"""What a query means, as a tree: terms, names and patterns joined by AND, OR, NOT, NEAR, `atleast`.

`start` and `end` say where a clause stands in its query (code points, end exclusive); they don't
count when two clauses are compared.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple


class Word(NamedTuple):
    """One word of a term: its pieces may stand joined, hyphenated or spaced in a text.

    Pieces are folded. The last one ends in `*` where any ending will do; `?` is any one letter;
    a single piece that begins with `~` (lower case, not folded) is any word of the same stem.
    """

    pieces: tuple[str, ...]
    plain: str = ""
    """The word with letter case and accents, where they must be as written (`=US`); else empty."""


@dataclass(frozen=True, slots=True)
class Term:
    """Neighbouring words in order (a phrase; often of one word), looked for in `fields`."""

    words: tuple[Word, ...]
    fields: tuple[str, ...] = ("title", "text")
    key: str = field(default="", compare=False)
    """A spelling without which the term cannot stand, to look for first; empty where several do."""
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """Any one of the terms of a list, looked for in `fields`."""

    name: str
    fields: tuple[str, ...] = ("title", "text")
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression, found in the text of one of `fields` as it is stored."""

    pattern: str
    fields: tuple[str, ...] = ("title", "text")
    exact: bool = False
    """Letter case as written."""
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A whole value of `feed`, `tag`, `site` or `lang` (the `kind`); with `open` its beginning."""

    kind: str
    value: str
    open: bool = False
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Step:
    """How far the next item of a NEAR chain may be: at most `words` others between."""

    words: int
    ordered: bool = False
    """ONEAR: the next item comes after."""


@dataclass(frozen=True, slots=True)
class Near:
    """Items each of which is near the next; an item is any one of several terms, in one field."""

    items: tuple[tuple["Item", ...], ...]
    steps: tuple[Step, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Apart:
    """An item that stands somewhere without any of `others` within its step (NOT NEAR)."""

    item: tuple["Item", ...]
    others: tuple[tuple["Item", ...], ...]
    steps: tuple[Step, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """True when every part is."""

    parts: tuple["Node", ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """True when at least one part is."""

    parts: tuple["Node", ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """True when its part is not."""

    part: "Node"
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class AtLeast:
    """True when `count` parts or more are."""

    count: int
    parts: tuple["Node", ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


Item = Term | Listed
"""What stands at places of a text, and so can be near or far."""
Node = Term | Listed | Regex | Name | Near | Apart | And | Or | Not | AtLeast


def with_items(node: Node, change: Callable[[Item], Item]) -> Node:
    """Return a query with each of its terms and lists changed."""
    match node:
        case Term() | Listed():
            return change(node)
        case Near():
            items = tuple(tuple(map(change, terms)) for terms in node.items)
            return replace(node, items=items)
        case Apart():
            others = tuple(tuple(map(change, terms)) for terms in node.others)
            return replace(node, item=tuple(map(change, node.item)), others=others)
        case Not():
            return replace(node, part=with_items(node.part, change))
        case And() | Or() | AtLeast():
            return replace(node, parts=tuple(with_items(part, change) for part in node.parts))
        case Name() | Regex():
            return node


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes below it, the items of a NEAR included, in order."""
    yield node
    match node:
        case Near():
            for terms in node.items:
                yield from terms
        case Apart():
            yield from node.item
            for terms in node.others:
                yield from terms
        case Not():
            yield from walk(node.part)
        case And() | Or() | AtLeast():
            for part in node.parts:
                yield from walk(part)
