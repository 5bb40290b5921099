"""What a query means, as a tree: terms and names joined by AND, OR, NOT, NEAR and `atleast`.

`start` and `end` say where a clause stands in its query (code points, end exclusive); they don't
count when two clauses are compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a term: its pieces may stand joined, hyphenated or spaced in a text.

    Pieces are folded. The last one ends in `*` where any ending will do.
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
class Name:
    """A whole value of `feed` or `tag` (the `kind`), case folded; with `open` its beginning."""

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

    items: tuple[tuple[Term, ...], ...]
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


Node = Term | Name | Near | And | Or | Not | AtLeast


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes below it, the terms of a NEAR included, in order."""
    yield node
    match node:
        case Near():
            for terms in node.items:
                yield from terms
        case Not():
            yield from walk(node.part)
        case And() | Or() | AtLeast():
            for part in node.parts:
                yield from walk(part)
