"""Ten thousand rules against one article: only those whose rarest necessary word is there are asked.

Each rule is filed under words one of which must be in a document for the rule to be true.
"""

from array import array
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import inf
from typing import Any, TypeVar

from ingest.errors import RuleError
from ingest.model import Document, Match, Rule
from ingest.rules.evaluate import holds, spans
from ingest.rules.language import parse
from ingest.rules.lists import Listing
from ingest.rules.reading import FURTHER, NAMES, Reading, Vocabulary
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
    with_items,
)
from ingest.text import fold_name

Part = TypeVar("Part", bound=Hashable)


class RuleSet:
    """Rules made ready to be asked about documents, from several threads if need be."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Read and file the rules; those that can't be read are in `errors`."""
        errors: list[tuple[Rule, RuleError]] = []
        self._names: list[str] = []
        self._nodes: list[Node] = []
        known = _Known()
        lists: dict[str, tuple[str, ...]] = {}
        for rule in rules:
            try:
                node = known.slim(scoped(rule))
            except RuleError as error:
                errors.append((rule, error))
                continue
            lists |= rule.lists
            self._names.append(rule.name)
            self._nodes.append(node)
        self.errors = tuple(errors)
        self._lists = used_lists(self._nodes, lists)
        self._file(known)

    def _file(self, known: "_Known") -> None:
        """File each part under its rarest clause and keep the others, to be looked at first."""
        asked = Counter(chain.from_iterable(map(words_of, self._nodes)))
        self._vocabulary = vocabulary(self._nodes, self._lists, asked)
        self._always: list[int] = []
        self._filed: dict[str, list[int]] = {}
        self._parts: list[Node] = []
        """What makes a rule true by itself: all of it, or one of the parts that its OR joins."""
        self._numbers: array[int] = array("L")
        """Which rule each part is of."""
        self._clauses: list[tuple[tuple[str, ...], ...]] = []
        """Words, one of each of which must be there for the part to be true."""
        for number, node in enumerate(self._nodes):
            for part in node.parts if isinstance(node, Or) else (node,):
                clauses = [known.one(keys) for _, keys in sorted(clauses_of(part, asked))]
                place = len(self._parts)
                self._parts.append(part)
                self._numbers.append(number)
                self._clauses.append(known.one(tuple(clauses[1:])))
                if not clauses:
                    self._always.append(place)
                    continue
                for key in clauses[0]:
                    self._filed.setdefault(key, []).append(place)
        every = chain(self._filed, *chain.from_iterable(self._clauses))
        named = {key for key in every if key.partition(":")[0] in NAMES}
        self._name_kinds = sorted({key.partition(":")[0] for key in named})
        self._name_keys = Vocabulary(named)

    def match(self, document: Document) -> list[Match]:
        """Return a match for each rule that is true of the document, in the order of the rules."""
        reading = self._vocabulary.read(document)
        return [
            Match(self._names[number], spans(self._nodes[number], reading))
            for number in self._true_of(reading)
        ]

    def names(self, document: Document) -> list[str]:
        """Return the names of the rules that are true of the document, in their order."""
        return [self._names[number] for number in self._true_of(self._vocabulary.read(document))]

    def _true_of(self, reading: Reading) -> Iterator[int]:
        """Yield the numbers of the rules that are true, ascending."""
        found = self._found(reading)
        candidates = set(self._always)
        candidates.update(*map(self._filed.__getitem__, found & self._filed.keys()))
        true = -1
        for place in sorted(candidates):
            number = self._numbers[place]
            if number == true:
                continue
            for keys in self._clauses[place]:
                if found.isdisjoint(keys):
                    break
            else:
                if holds(self._parts[place], reading):
                    true = number
                    yield number

    def _found(self, reading: Reading) -> set[str]:
        """Return the wanted words that are in the document, and its feed and tags."""
        found = set(reading.places)
        for kind in self._name_kinds:
            for value in reading.names(kind):
                found.update(self._name_keys.answered_by(f"{kind}:{value}"))
        for field, places in reading.more.items():
            found.update(f"{field}:{word}" for word in places)
        for name, listing in self._lists.items():
            if listing.may_hold(reading.places):
                found.add(f"${name}")
            for field, places in reading.more.items():
                if listing.may_hold(places):
                    found.add(f"{field}:${name}")
        return found


class _Known:
    """Keeps one of each of the many equal parts of many rules: half the memory."""

    def __init__(self) -> None:
        self._one: dict[Hashable, Any] = {}

    def one(self, part: Part) -> Part:
        """Return the part that is kept of all that are equal to this one."""
        return self._one.setdefault(part, part)  # type: ignore[no-any-return]

    def slim(self, node: Node) -> Node:
        """Return a query made of kept parts; its terms forget where they stood in it."""
        return with_items(node, self._item)

    def _item(self, term: Item) -> Item:
        if isinstance(term, Listed):
            return self.one(term)
        words = self.one(tuple(map(self.one, term.words)))
        return self.one(Term(words, self.one(term.fields), term.key))


def scoped(rule: Rule) -> Node:
    """Return the tree of a rule's query within its scope of feeds and tags; raises RuleError."""
    parts: list[Node] = [parse(rule.query, stem=rule.stem)]
    for node in walk(parts[0]):
        if isinstance(node, Listed) and node.name not in rule.lists:
            hint = "lists stand under `lists:` in the configuration; in quotes it is a text"
            message = f"no list is called `{node.name}`"
            raise RuleError(message, query=rule.query, position=node.start, hint=hint)
    for kind, names in (("feed", rule.feeds), ("tag", rule.tags)):
        if names:
            scope = tuple(Name(kind, fold_name(name)) for name in names)
            parts.append(scope[0] if len(scope) == 1 else Or(scope))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def used_lists(nodes: Iterable[Node], lists: Mapping[str, tuple[str, ...]]) -> dict[str, Listing]:
    """Return the lists that queries name, made ready."""
    named = {part.name for node in nodes for part in walk(node) if isinstance(part, Listed)}
    return {name: Listing(lists[name]) for name in sorted(named)}


def vocabulary(
    nodes: Sequence[Node], lists: Mapping[str, Listing], words: Iterable[str]
) -> Vocabulary:
    """Return what to read documents with for these queries, whose own words are `words`."""
    listed = {
        spelling
        for listing in lists.values()
        for term in listing.terms()
        for word in term.words
        for spelling in spellings(word)
    }
    asked = {
        part.fields[0] for node in nodes for part in walk(node) if isinstance(part, Term | Listed)
    }
    return Vocabulary(chain(words, listed), asked, lists)


def words_of(node: Node) -> Iterator[str]:
    """Yield every spelling of every word that a query asks for."""
    for term in walk(node):
        if isinstance(term, Term):
            for word in term.words:
                yield from spellings(word)


def spellings(word: Word) -> Iterator[str]:
    """Yield every run of the pieces of a word, as one."""
    count = len(word.pieces)
    for start in range(count):
        for end in range(start + 1, count + 1):
            yield "".join(word.pieces[start:end])


# --- under which words a rule is filed ----------------------------------------------------------

_Clause = tuple[float, tuple[str, ...]]
"""Words one of which must be there, after how often that is expected (only to be compared)."""

_NAME_SHARE = 1e6
"""Feeds and tags come last: each article has them, and a broad tag is on most."""


def clauses_of(  # noqa: PLR0911 - one for each kind of node
    node: Node, asked: Counter[str]
) -> list[_Clause]:
    """Return what must be there for a query to be true; nothing where no word needs to be."""
    match node:
        case Term():
            clauses = [_spellings(word, asked) for word in node.words]
            if node.fields[0] not in FURTHER:
                return clauses
            field = node.fields[0]
            return [(share, tuple(f"{field}:{key}" for key in keys)) for share, keys in clauses]
        case Listed():
            field = f"{node.fields[0]}:" if node.fields[0] in FURTHER else ""
            return [(1.0, (f"{field}${node.name}",))]
        case Apart():
            return _any_of(node.item, 1, asked)
        case Name():
            return [(_NAME_SHARE, (f"{node.kind}:{node.value}" + "*" * node.open,))]
        case Near():
            items = [_any_of(terms, 1, asked) for terms in node.items]
            return list(chain.from_iterable(items))
        case And():
            return list(chain.from_iterable(clauses_of(part, asked) for part in node.parts))
        case Or() | AtLeast():
            return _any_of(node.parts, node.count if isinstance(node, AtLeast) else 1, asked)
        case Not() | Regex():
            return []


def _any_of(parts: tuple[Node, ...], count: int, asked: Counter[str]) -> list[_Clause]:
    """Return the clause that says that `count` of the parts are there.

    If they are, one of any `len(parts) - count + 1` is: the rarest are taken.
    """
    if len(parts) == 1:
        return clauses_of(parts[0], asked)
    rarest = sorted(min(clauses_of(part, asked), default=(inf, ())) for part in parts)
    needed = rarest[: len(parts) - count + 1]
    if not needed[-1][1]:
        return []
    keys = dict.fromkeys(chain.from_iterable(keys for _, keys in needed))
    return [(sum(share for share, _ in needed), tuple(keys))]


def _spellings(word: Word, asked: Counter[str]) -> _Clause:
    """Return the spellings of a word's beginning, or those of its end where they are rarer."""
    count = len(word.pieces)
    if count == 1:
        return _share(word.pieces[0], asked), word.pieces
    heads = tuple("".join(word.pieces[:end]) for end in range(1, count + 1))
    tails = tuple("".join(word.pieces[start:]) for start in range(count))
    return min((sum(_share(key, asked) for key in keys), keys) for keys in (heads, tails))


def _share(key: str, asked: Counter[str]) -> float:
    """Guess how often a word is in an article: short ones are, and those that many rules ask for.

    Among phrases the second tells the name from the title before it ("President …"). Each letter
    halves the guess up to eight, from where on length says nothing about how common a word is.
    """
    letters = min(len(key), 8) - 2 * key.endswith("*") - 3 * key.startswith("~")
    return 0.5**letters * asked[key]
