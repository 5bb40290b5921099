"""Ten thousand rules against one article: only those whose rarest necessary word is there are asked.

Each rule is filed under words one of which must be in a document for the rule to be true.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from ingest.errors import RuleError
from ingest.model import Document, Match, Rule
from ingest.rules.evaluate import holds, spans
from ingest.rules.language import parse
from ingest.rules.reading import Reading, Vocabulary
from ingest.rules.tree import And, AtLeast, Name, Near, Node, Not, Or, Term, Word
from ingest.text import fold_name


class RuleSet:
    """Rules made ready to be asked about documents, from several threads if need be."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Read and file the rules; those that can't be read are in `errors`."""
        errors: list[tuple[Rule, RuleError]] = []
        self._names: list[str] = []
        self._nodes: list[Node] = []
        for rule in rules:
            try:
                node = scoped(rule)
            except RuleError as error:
                errors.append((rule, error))
                continue
            self._names.append(rule.name)
            self._nodes.append(node)
        self.errors = tuple(errors)
        self._file()

    def _file(self) -> None:
        self._always: list[int] = []
        self._filed: dict[str, list[int]] = {}
        for number, node in enumerate(self._nodes):
            cover = _cover(node)
            if cover is None:
                self._always.append(number)
                continue
            for key in cover[1]:
                self._filed.setdefault(key, []).append(number)
        self._vocabulary = Vocabulary(chain.from_iterable(map(words_of, self._nodes)))
        self._name_keys = Vocabulary(key for key in self._filed if ":" in key)

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
        candidates = set(self._always)
        filed = self._filed
        for key in chain(*(field.places for field in reading.fields.values())):
            if key in filed:
                candidates.update(filed[key])
        for kind, values in reading.names.items():
            for value in values:
                for key in self._name_keys.answered_by(f"{kind}:{value}"):
                    candidates.update(filed[key])
        return (number for number in sorted(candidates) if holds(self._nodes[number], reading))


def scoped(rule: Rule) -> Node:
    """Return the tree of a rule's query within its scope of feeds and tags; raises RuleError."""
    parts: list[Node] = [parse(rule.query)]
    for kind, names in (("feed", rule.feeds), ("tag", rule.tags)):
        if names:
            parts.append(Or(tuple(Name(kind, fold_name(name)) for name in names)))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def words_of(node: Node) -> Iterator[str]:
    """Yield every spelling of every word that a query asks for."""
    match node:
        case Term():
            for word in node.words:
                count = len(word.pieces)
                for start in range(count):
                    for end in range(start + 1, count + 1):
                        yield "".join(word.pieces[start:end])
        case Near():
            for term in chain.from_iterable(node.items):
                yield from words_of(term)
        case Not():
            yield from words_of(node.part)
        case And() | Or() | AtLeast():
            for part in node.parts:
                yield from words_of(part)
        case Name():
            return


# --- under which words a rule is filed ----------------------------------------------------------

_Cover = tuple[float, tuple[str, ...]]
"""Words one of which must be there, and the share of documents that are expected to have one."""


def _cover(node: Node) -> _Cover | None:  # noqa: PLR0911 - one for each kind of node
    """Return the cheapest cover of a query; None for a query that may be true without any word."""
    match node:
        case Term():
            return min(map(_word_cover, node.words))
        case Name():
            return 0.1, (f"{node.kind}:{node.value}" + "*" * node.open,)
        case Near():
            return min(_any_of([_cover(term) for term in terms]) for terms in node.items)  # type: ignore[type-var]
        case And():
            return min(filter(None, map(_cover, node.parts)), default=None)
        case Or():
            return _any_of([_cover(part) for part in node.parts])
        case AtLeast():
            covers = sorted(map(_cover, node.parts), key=lambda cover: cover or (9e9, ()))
            return _any_of(covers[: len(covers) - node.count + 1])
        case Not():
            return None


def _any_of(covers: list[_Cover | None]) -> _Cover | None:
    known = [cover for cover in covers if cover is not None]
    if len(known) < len(covers):
        return None
    keys = dict.fromkeys(chain.from_iterable(keys for _, keys in known))
    return sum(cost for cost, _ in known), tuple(keys)


def _word_cover(word: Word) -> _Cover:
    """Return the cheaper of the spellings of a word's beginning and those of its end."""
    count = len(word.pieces)
    heads = tuple("".join(word.pieces[:end]) for end in range(1, count + 1))
    tails = tuple("".join(word.pieces[start:]) for start in range(count))
    return min((sum(map(_share, keys)), keys) for keys in (heads, tails))


def _share(key: str) -> float:
    """Estimate the share of documents that have a word."""
    if key.endswith("*"):
        return 0.9 * 0.5 ** (len(key) - 2)
    return 0.3 * 0.5 ** (len(key) - 1)
