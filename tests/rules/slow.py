"""A second evaluator, slow and obvious: no index, no numbers but positions in a plain list.

It shares the parser and `text.cut` with the real one, and nothing behind them.
"""

import re
from itertools import product

from ingest.model import Document
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
from ingest.text import cut, fold_name


class Slow:
    """One field: its words in a row, the joined forms, and where sentences end."""

    def __init__(self, text: str) -> None:
        self.words: list[tuple[str, str]] = []
        self.tokens: list[tuple[int, int, str]] = []
        self.breaks: set[int] = set()
        for paragraph in re.split(r"\n\s*\n", text):
            self.breaks.add(len(self.words))
            for chunk in paragraph.split():
                self._add(chunk)

    def _add(self, chunk: str) -> None:
        found, base = cut(chunk), len(self.words)
        for number, word in enumerate(found.words, base):
            self.words.append((word.key, word.plain))
            self.tokens.append((number, number + 1, word.key))
        for joined in found.joined:
            self.tokens.append(
                (base + joined.first, base + joined.first + joined.width, joined.key)
            )
        self.breaks |= {base + place for place in found.breaks}

    def ends(self, word: Word, start: int) -> set[int]:
        """Every place where a word that starts at `start` may end."""
        ends: set[int] = set()
        ways: list[tuple[int, tuple[str, ...]]] = [(start, word.pieces)]
        while ways:
            place, pieces = ways.pop()
            if not pieces:
                if self._as_written(word, start, place):
                    ends.add(place)
                continue
            if place > start and place in self.breaks:
                continue
            for first, after, key in self.tokens:
                for count in range(1, len(pieces) + 1):
                    if first == place and _is(key, "".join(pieces[:count])):
                        ways.append((after, pieces[count:]))
        return ends

    def _as_written(self, word: Word, start: int, end: int) -> bool:
        written = "".join(plain for _, plain in self.words[start:end])
        if word.pieces[-1].endswith("*"):
            return written.startswith(word.plain)
        return not word.plain or written == word.plain

    def places(self, term: Term) -> set[tuple[int, int]]:
        found = {(start, start) for start in range(len(self.words))}
        for number, word in enumerate(term.words):
            found = {
                (start, end)
                for start, place in found
                if not (number and place in self.breaks)
                for end in self.ends(word, place)
            }
        return found


def _is(key: str, piece: str) -> bool:
    open_, piece = piece.endswith("*"), piece.removesuffix("*")
    if len(key) < len(piece) or (len(key) > len(piece) and not open_):
        return False
    return all(wanted in ("?", letter) for wanted, letter in zip(piece, key, strict=False))


def slowly(node: Node, document: Document) -> bool:
    """Return whether a query is true of a document, the long way round."""
    fields = {
        "title": Slow(document.title),
        "text": Slow(document.text),
        "summary": Slow(document.summary),
        "author": Slow("\n\n".join(document.authors)),
        "url": Slow(document.url or ""),
    }
    return _true(node, fields, document)


def _true(node: Node, fields: dict[str, Slow], document: Document) -> bool:  # noqa: PLR0911
    match node:
        case Term():
            return any(fields[name].places(node) for name in node.fields)
        case And():
            return all(_true(part, fields, document) for part in node.parts)
        case Or():
            return any(_true(part, fields, document) for part in node.parts)
        case AtLeast():
            return sum(_true(part, fields, document) for part in node.parts) >= node.count
        case Not():
            return not _true(node.part, fields, document)
        case Name():
            values = {"feed": (document.feed,), "tag": document.tags}.get(node.kind, ())
            names = [fold_name(value) for value in values]
            return any(n.startswith(node.value) if node.open else n == node.value for n in names)
        case Listed() | Regex():
            raise NotImplementedError  # have tests of their own
        case Apart():
            return any(_apart(node, name, field) for name, field in fields.items())
        case Near():
            return any(_near(node, name, field) for name, field in fields.items())


def _near(near: Near, name: str, field: Slow) -> bool:
    sides = [_places(terms, name, field) for terms in near.items]
    for chosen in product(*sides):
        fits = True
        for step, left, right in zip(near.steps, chosen, chosen[1:], strict=False):
            after = 0 <= right[0] - left[1] <= step.words
            before = not step.ordered and 0 <= left[0] - right[1] <= step.words
            fits = fits and (after or before)
        if fits:
            return True
    return False


def _places(terms: tuple[Item, ...], name: str, field: Slow) -> list[tuple[int, int]]:
    return [
        place
        for term in terms
        if isinstance(term, Term) and name in term.fields
        for place in field.places(term)
    ]


def _apart(apart: Apart, name: str, field: Slow) -> bool:
    def near(place: tuple[int, int], other: tuple[int, int], step: Step) -> bool:
        if step.ordered:
            return place[0] <= other[0] <= place[1] + step.words
        return other[0] - place[1] <= step.words and place[0] - other[1] <= step.words

    return any(
        not any(
            near(place, other, step)
            for terms, step in zip(apart.others, apart.steps, strict=True)
            for other in _places(terms, name, field)
        )
        for place in _places(apart.item, name, field)
    )
