"""Why a rule is true of an article, or which clause failed and what came nearest, in sentences."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from ingest.errors import RuleError
from ingest.model import Document, Rule
from ingest.rules.evaluate import holds, near_places, spans, term_places
from ingest.rules.percolate import scoped, used_lists, vocabulary, words_of
from ingest.rules.reading import APART, FURTHER, Reading
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
)
from ingest.text import cut

_PLACES = {
    **{"title": "headline", "text": "body", "summary": "summary", "author": "authors"},
    **{"url": "address"},
}
_MOST_LINES = 20
_MOST_PLACES = 200
"""Places of each side of a NEAR that are compared to tell how far apart they are."""
_LONGEST_WORD = 40
"""Longer words are left out when looking for similar ones; comparing is quadratic in length."""
_MOST_SEARCHES = 5
"""Absent words for which a similar one is looked for, each up to a tenth of a second."""
_MOST_WORDS = 5_000
"""Different words of an article among which similar ones are looked for."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a rule is true of an article, and why, one plain sentence a line."""

    matched: bool
    lines: tuple[str, ...]


def explain(rule: Rule, document: Document) -> Explanation:
    """Return what made a rule true of a document, or each clause that failed with its nearest miss.

    A rule that cannot be read is not true; the line says what is wrong with it.
    """
    try:
        node = scoped(rule)
    except RuleError as error:
        return Explanation(False, (f"the rule cannot be read: {error}",))
    words = vocabulary([node], used_lists([node], rule.lists), words_of(node))
    judge = _Judge(rule.query, document, words.read(document))
    matched = holds(node, judge.reading)
    lines = judge.reasons(node) if matched else judge.failures(node)
    return Explanation(matched, tuple(islice(_each_once(lines), _MOST_LINES)))


def _each_once(lines: Iterator[str]) -> Iterator[str]:
    told: set[str] = set()
    for line in lines:
        if line not in told:
            told.add(line)
            yield line


class _Judge:
    """Says things about one rule and one document."""

    def __init__(self, query: str, document: Document, reading: Reading) -> None:
        self.query, self.document, self.reading = query, document, reading
        self.searches = _MOST_SEARCHES

    def clause(self, node: Node) -> str:
        """Return a clause as it stands in the query, or the scope it came from."""
        if isinstance(node, Name):
            return f"`{node.kind}:{node.value}{'*' * node.open}`"
        return f"`{self.query[node.start : node.end]}`"

    def reasons(self, node: Node) -> Iterator[str]:
        """Yield a sentence for each clause on the true side of a query."""
        match node:
            case Term() | Listed() | Near() | Apart() | Regex():
                yield f"{self.clause(node)} is there: {self.quoted(node)}"
            case Name():
                yield f"{self.clause(node)} fits"
            case Not():
                yield f"{self.clause(node.part)} is not there, as asked"
            case And() | Or() | AtLeast():
                for part in node.parts:
                    if holds(part, self.reading):
                        yield from self.reasons(part)

    def quoted(self, node: Node) -> str:
        """Return the first passage of a clause as written, where it is, and how many there are."""
        found = spans(node, self.reading)
        if not found:
            return "in the author or the address"
        first = found[0]
        text = " ".join(self.reading.texts[first.field][first.start : first.end].split())
        times = "once" if len(found) == 1 else f"{len(found)} times"
        return f"“{text}” in the {_PLACES[first.field]}, {times} in all"

    def failures(self, node: Node) -> Iterator[str]:  # noqa: PLR0912 - one for each kind of node
        """Yield a sentence for each clause that kept a query from being true."""
        match node:
            case Term():
                yield self.missing(node)
            case Listed():
                yield f"no entry of the list {self.clause(node)} is {self.where(node)}"
            case Regex():
                yield f"nothing {self.where(node)} fits {self.clause(node)}"
            case Apart():
                yield from self.too_near(node)
            case Near():
                yield from self.apart(node)
            case Name():
                values = [value for value in self.reading.names(node.kind) if value]
                has = ", ".join(f"`{value}`" for value in values) or "none"
                yield f"{self.clause(node)} does not fit; the article's {node.kind}: {has}"
            case Not():
                part = node.part
                there = f": {self.quoted(part)}" if spans(part, self.reading) else ""
                yield f"{self.clause(part)} is excluded, and is true{there}"
            case And():
                for part in node.parts:
                    if not holds(part, self.reading):
                        yield from self.failures(part)
            case Or():
                yield f"none of the {len(node.parts)} alternatives is true"
                for part in node.parts:
                    yield from self.failures(part)
            case AtLeast():
                true = [part for part in node.parts if holds(part, self.reading)]
                yield f"{len(true)} of the {node.count} clauses that are asked for are true"
                for part in node.parts:
                    if part not in true:
                        yield from self.failures(part)

    def where(self, node: Item | Regex) -> str:
        return f"in the {' or the '.join(_PLACES[name] for name in node.fields)}"

    def too_near(self, apart: Apart) -> Iterator[str]:
        """Say why no place of an item stands far enough from what it must not be near to."""
        places = [place for term in apart.item for place in term_places(term, self.reading)]
        if not places:
            yield from (line for term in apart.item for line in self.failures(term))
            return
        item = "/".join(map(self.clause, apart.item))
        others = "/".join(self.clause(term) for terms in apart.others for term in terms)
        yield f"{item} is there, but everywhere too near to {others}"

    def missing(self, term: Term) -> str:
        """Say what of a term is not there."""
        clause = self.clause(term)
        if term.fields[0] in FURTHER:
            return f"{clause} is not {self.where(term)}"
        anywhere = replace(term, fields=("title", "text"))
        if len(term.fields) == 1 and (places := term_places(anywhere, self.reading)):
            other = _PLACES[self.reading.field(places[0])]
            return f"{clause} is not in the {_PLACES[term.fields[0]]}, only in the {other}"
        folded = replace(anywhere, words=tuple(word._replace(plain="") for word in term.words))
        if places := term_places(folded, self.reading):
            span = self.reading.span(places[0])
            written = self.reading.texts[span.field][span.start : span.end]
            return f"{clause} is there only as “{written}”, with other letter case or accents"
        absent = [word for word in term.words if not self.has(word)]
        if not absent:
            return f"the words of {clause} are there, but not next to each other in one sentence"
        where = f" in the {_PLACES[term.fields[0]]}" if len(term.fields) == 1 else ""
        which = clause if len(term.words) == 1 else f"“{_spelt(absent[0])}” of {clause}"
        return f"{which} is not there{where}{self.similar(absent[0])}"

    def has(self, word: Word) -> bool:
        return bool(term_places(Term((word._replace(plain=""),)), self.reading))

    def similar(self, word: Word) -> str:
        """Return the nearest word of the document, with what to write if it is meant."""
        wanted = _spelt(word)
        if not self.searches:
            return ""
        self.searches -= 1
        keys = self.keys
        longer = next((key for key in keys if key.startswith(wanted)), None)
        if longer is not None:
            return f"; nearest is “{longer}”, which `{wanted}*` finds"
        close = difflib.get_close_matches(wanted[:_LONGEST_WORD], keys, n=1, cutoff=0.75)
        return f"; nearest is “{close[0]}”" if close else ""

    @cached_property
    def keys(self) -> list[str]:
        """Return the different words of the document, hyphenated ones also joined."""
        keys: dict[str, None] = {}
        for chunk in f"{self.document.title} {self.document.text}".split():
            found = cut(chunk)
            keys.update(dict.fromkeys(joined.key for joined in found.joined))
            keys.update(dict.fromkeys(word.key for word in found.words))
            if len(keys) > _MOST_WORDS:
                break
        return [key for key in keys if len(key) <= _LONGEST_WORD]

    def apart(self, near: Near) -> Iterator[str]:
        """Say what keeps the items of a NEAR from each other."""
        for terms in near.items:
            if not any(term_places(term, self.reading) for term in terms):
                yield from (line for term in terms for line in self.failures(term))
                return
        for number, step in enumerate(near.steps):
            pair = replace(near, items=near.items[number : number + 2], steps=(step,))
            if not near_places(pair, self.reading):
                left, right = ("/".join(map(self.clause, terms)) for terms in pair.items)
                yield f"{left} and {right} are not as near as asked: {self.gap(pair)}"
                return
        yield f"{self.clause(near)}: each pair is near, but not all of them together"

    def gap(self, pair: Near) -> str:
        """Say how near two items come to each other; any order."""
        lefts, rights = (
            [place for term in terms for place in term_places(term, self.reading)]
            for terms in pair.items
        )
        gaps = [
            max(left[0] - right[1], right[0] - left[1])
            for left in lefts[:_MOST_PLACES]
            for right in rights[:_MOST_PLACES]
        ]
        gaps = [gap for gap in gaps if 0 <= gap < APART]
        if not gaps:
            return "they never stand in the same field"
        if min(gaps) <= pair.steps[0].words:
            return "they stand in the other order"
        return f"at best {min(gaps)} words lie between"


def _spelt(word: Word) -> str:
    return "".join(word.pieces).rstrip("*").lstrip("~")
