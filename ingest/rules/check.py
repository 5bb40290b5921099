"""What an analyst may have overlooked in rules that can be read; hints, never refusals."""

import re
from collections.abc import Iterable, Iterator, Mapping

from ingest.errors import RuleError
from ingest.model import Rule
from ingest.rules.implies import implies
from ingest.rules.lists import Listing
from ingest.rules.percolate import scoped
from ingest.rules.tree import And, Apart, Listed, Name, Near, Node, Not, Or, Term, walk

_SHORTEST_BEGINNING = 3
"""Two letters begin some word of nearly every article."""
_MOST_COMPARED = 500
"""Rules that are compared with each other: most pairs share no word, so it takes a second."""
_MODEL = re.compile(r"[A-Za-z]{1,4}-?[0-9]{1,3}")
"""S-400, F16, Su-35: models whose plural takes an s; not CVE numbers, not years."""


def warnings(rules: Iterable[Rule]) -> list[tuple[str, str]]:
    """Return (name of the rule, what to look at), in the order of the rules.

    Rules that cannot be read are left out: they are errors, and told elsewhere.
    """
    found: list[tuple[str, str]] = []
    asked: dict[tuple[Node, str], str] = {}
    trees: list[tuple[Rule, Node]] = []
    for rule in rules:
        try:
            node = scoped(rule)
        except RuleError:
            continue
        found += [(rule.name, warning) for warning in dict.fromkeys(_of_rule(node, rule.query))]
        first = asked.setdefault((node, rule.on), rule.name)
        if first != rule.name:
            found.append((rule.name, f"asks the same as the rule `{first}`"))
        trees.append((rule, node))
    if len(trees) <= _MOST_COMPARED:
        found += _shadowed(trees)
    return found


def _shadowed(trees: list[tuple[Rule, Node]]) -> Iterator[tuple[str, str]]:
    """Yield the rules that can only be true where another is that tells the same channels."""
    starts = [_starts(node) for _, node in trees]
    for number, (rule, node) in enumerate(trees):
        for place, (other, wider) in enumerate(trees):
            if starts[number].isdisjoint(starts[place]):
                continue
            if other.on != rule.on or node == wider or not set(rule.notify) <= set(other.notify):
                continue
            if implies(node, wider) and (place < number or not implies(wider, node)):
                yield (
                    rule.name,
                    f"adds nothing to the rule `{other.name}`, which is true whenever it is",
                )
                break


def _starts(node: Node) -> set[str]:
    """Return how the words and names of a query begin: what implies another has one in common."""
    parts = list(walk(node))
    starts = {word.pieces[0][:2] for part in parts if isinstance(part, Term) for word in part.words}
    starts |= {f"{part.kind}:" for part in parts if isinstance(part, Name)}
    return starts | {f"${part.name}" for part in parts if isinstance(part, Listed)}


def list_warnings(lists: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Yield (name of the list, what to look at)."""
    for name, entries in lists.items():
        if not entries:
            yield name, "has no entries, so `$" + name + "` is never there"
        unread = Listing(entries).unread
        if unread:
            more = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
            yield name, f"there is no word in `{unread[0]}`{more}"


def _of_rule(node: Node, query: str) -> Iterator[str]:
    if not _needs_something(node):
        yield "is true of nearly every article: it only says what must not be there"
    for part in walk(node):
        match part:
            case And():
                yield from _contradictions(part, query)
            case Apart() if any(set(part.item) <= set(others) for others in part.others):
                yield "can never match: what is excluded nearby is what is looked for"
            case Near() if not _share_a_field(part):
                yield "can never match: the sides of this NEAR are in different fields"
            case Term():
                yield from _of_term(part, query[part.start : part.end])


def _needs_something(node: Node) -> bool:
    """Return whether some word, feed or tag must be there for a query to be true."""
    match node:
        case Not():
            return False
        case And():
            return any(map(_needs_something, node.parts))
        case Or():
            return all(map(_needs_something, node.parts))
        case _:
            return True


def _contradictions(node: And, query: str) -> Iterator[str]:
    for part in node.parts:
        if isinstance(part, Not) and part.part in node.parts:
            clause = query[part.part.start : part.part.end]
            yield f"can never match: it asks for `{clause}` and excludes it"
    for kind, one in (("feed", "comes from one feed"), ("lang", "has one language")):
        values = {
            part.value.partition("-")[0] if kind == "lang" else part.value
            for part in node.parts
            if isinstance(part, Name) and part.kind == kind and not part.open
        }
        if len(values) > 1:
            yield f"can never match: an article {one}; join them with OR"


def _share_a_field(near: Near) -> bool:
    sides = [{name for term in terms for name in term.fields} for terms in near.items]
    return bool(set.intersection(*sides))


def _of_term(term: Term, text: str) -> Iterator[str]:
    bare = text.lstrip("=")
    if bare in {"and", "or", "not"} or bare.startswith(("near/", "onear/")):
        yield f"`{bare}` in lower case is a word to be found; the operator is `{bare.upper()}`"
    if bare.startswith("'"):
        yield 'single quotes make no phrase; write "double quotes"'
    if bare[:1].isalnum() and "," in bare and len(term.words) > 1:
        yield f"`{bare}` is one phrase; for any of these write OR between them"
    if bare.endswith("?") and bare[:1].isalnum():
        hint = f"; any ending is `{bare[:-1]}*`"
        yield f"`?` at the end of `{bare}` is punctuation; only inside a word it is any one letter{hint}"
    if _MODEL.fullmatch(bare):
        yield f"`{bare}` does not find `{bare}s`; write `{bare}*` for both"
    last = term.words[-1].pieces
    if len(term.words) == len(last) == 1 and last[0].endswith("*"):
        beginning = last[0][:-1]
        if len(beginning) < _SHORTEST_BEGINNING and beginning.isascii() and beginning.isalpha():
            yield f"`{bare}` is true of nearly every article"
