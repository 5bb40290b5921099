"""Whether one query can be true only where another is, as far as can be seen from their trees."""

from ingest.rules.tree import And, Apart, AtLeast, Item, Name, Near, Node, Or, Term, Word


def implies(one: Node, other: Node) -> bool:  # noqa: PLR0911 - one for each kind of node
    """Return whether `other` is surely true wherever `one` is; False also where it is not clear."""
    if one == other:
        return True
    match other:
        case And():
            return all(implies(one, part) for part in other.parts)
        case Or() if any(implies(one, part) for part in other.parts):
            return True
    match one:
        case And():
            return any(implies(part, other) for part in one.parts)
        case Or():
            return all(implies(part, other) for part in one.parts)
        case AtLeast() if one.count == len(one.parts):
            return any(implies(part, other) for part in one.parts)
        case Near():
            return any(_each(item, other) for item in one.items)
        case Apart():
            return _each(one.item, other)
        case Term() if isinstance(other, Term):
            return _narrower(one, other)
        case Name() if isinstance(other, Name):
            same = one.kind == other.kind and other.open
            return same and one.value.startswith(other.value)
    return False


def _each(item: tuple[Item, ...], other: Node) -> bool:
    return all(implies(term, other) for term in item)


def _narrower(one: Term, other: Term) -> bool:
    """Return whether the words of `other` stand within those of `one`, in no further field."""
    count = len(other.words)
    return set(one.fields) <= set(other.fields) and any(
        all(map(_is, one.words[at : at + count], other.words))
        for at in range(len(one.words) - count + 1)
    )


def _is(one: Word, other: Word) -> bool:
    if one == other:
        return True
    if other.plain or len(one.pieces) != 1 or len(other.pieces) != 1:
        return False
    piece, wanted = one.pieces[0], other.pieces[0]
    if piece[0] == "~" or "?" in wanted:
        return False
    if wanted.endswith("*"):
        return piece.removesuffix("*").startswith(wanted[:-1])
    return piece == wanted
