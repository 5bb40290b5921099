"""What a text index can be asked for before the matcher: words without which a rule cannot be true."""

from collections.abc import Iterable
from itertools import groupby, pairwise

from ingest.model import AllOf, AnyOf, Rule, Wanted
from ingest.rules.language import read_entry
from ingest.rules.percolate import scoped
from ingest.rules.tree import (
    And,
    Apart,
    AtLeast,
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
)
from ingest.text import FUNCTION_WORDS, TITLE, is_run, pair

_INDEXED = ("title", "text", "summary")
"""Fields whose words are in the index."""
_MOST_WORDS = 1_000
"""Words of one query; more take the index longer than the matcher."""
_SHORTEST_BEGINNING = 2


def needed(rule: Rule) -> Wanted | None:
    """Return what must be in an article for a rule to be true; `word*` is any that begins so.

    None where any article may do. Raises RuleError.
    """
    wanted = _of(scoped(rule), rule)
    return wanted if _size(wanted) <= _MOST_WORDS else None


def mentioned(rule: Rule) -> Wanted | None:
    """Return what an article must have for its text to mean anything to a rule.

    To a rule like `-football`, an article without the word is as one without a text. None where
    that cannot be told. Raises RuleError.
    """
    found: list[Wanted | None] = []
    for node in walk(scoped(rule)):
        match node:
            case Term(fields=fields) | Listed(fields=fields) if fields[0] not in _INDEXED:
                pass  # it is not about the text
            case Term() | Listed():
                found.append(_of(node, rule))
            case Regex(fields=fields) if "text" in fields:
                return None
    wanted = any_of(found) if found else AnyOf(())
    return wanted if wanted is not None and _size(wanted) <= _MOST_WORDS else None


def _of(node: Node, rule: Rule) -> Wanted | None:  # noqa: PLR0911 - one for each kind of node
    match node:
        case Term():
            return _of_term(node)
        case Listed():
            return _of_list(node, rule.lists.get(node.name, ()))
        case Apart():
            return any_of(_of(term, rule) for term in node.item)
        case Near():
            return _all(any_of(_of(term, rule) for term in terms) for terms in node.items)
        case And():
            return _all(_of(part, rule) for part in node.parts)
        case Or():
            return any_of(_of(part, rule) for part in node.parts)
        case AtLeast():
            parts = [_of(part, rule) for part in node.parts]
            known = [part for part in parts if part is not None]
            return any_of(known) if len(parts) - len(known) < node.count else None
        case Not() | Regex() | Name():
            return None


def _all(parts: Iterable[Wanted | None]) -> Wanted | None:
    known = tuple(dict.fromkeys(part for part in parts if part is not None))
    return AllOf(known) if len(known) > 1 else known[0] if known else None


def any_of(parts: Iterable[Wanted | None]) -> Wanted | None:
    """Return what an article has that has any of these; None where one of them may be anything."""
    found = tuple(dict.fromkeys(parts))
    known = tuple(part for part in found if part is not None)
    if not known or len(known) < len(found):
        return None
    return AnyOf(known) if len(known) > 1 else known[0]


def _size(wanted: Wanted | None) -> int:
    return sum(map(_size, wanted.parts)) if isinstance(wanted, AllOf | AnyOf) else 1


def _of_list(listed: Listed, entries: tuple[str, ...]) -> Wanted | None:
    """Return what any entry of a list needs; None for a list too long to be asked for."""
    if len(entries) > _MOST_WORDS:
        return None
    terms = [term for entry in entries if (term := read_entry(entry))]
    return any_of(_of_term(Term(term.words, listed.fields)) for term in terms)


def _of_term(term: Term) -> Wanted | None:
    """Return a term as the index has its words: CJK characters in pairs, those of titles marked."""
    if term.fields[0] not in _INDEXED:
        return None
    plain = [word.pieces[0] if _is_plain(word) else "" for word in term.words]
    found = [pair(one, two) for one, two in pairwise(plain) if one and two]
    found += [
        pair(one, two)
        for one, between, two in zip(plain, plain[1:], plain[2:], strict=False)
        if one and two and between in FUNCTION_WORDS and not is_run(one)
    ]
    pairs = [one for one in found if one is not None]
    words: list[Word] = []
    for is_one, group in groupby(term.words, key=lambda word: is_run(word.pieces[0])):
        run = list(group)
        words += [] if is_one and len(run) > 1 else run  # its pairs are there
    telling = [word for word in words if "".join(word.pieces) not in FUNCTION_WORDS]
    words = telling if telling or pairs else words
    mark = TITLE if term.fields == ("title",) else ""
    return _all([*pairs, *(_of_word(word, mark) for word in words)])


def _is_plain(word: Word) -> bool:
    """Return whether a word is one piece of text, and that alone."""
    key = word.pieces[0]
    return len(word.pieces) == 1 and not (key[0] == "~" or key[-1] == "*" or "?" in key)


def _of_word(word: Word, mark: str) -> Wanted | None:
    """Return the spellings of a word's beginning, and those of its end."""
    count = len(word.pieces)
    heads = ("".join(word.pieces[:end]) for end in range(1, count + 1))
    tails = ("".join(word.pieces[start:]) for start in range(count))
    return _all(any_of(_key(mark + key) for key in keys) for keys in (heads, tails))


def _key(key: str) -> str | None:
    """Return a word of the index, or the beginning of it; None where it cannot be told."""
    bare = key.lstrip(TITLE)
    if bare.startswith("~"):
        return None  # forms of a word need not begin like it
    head, letter, _ = bare.partition("?")
    if not letter and not bare.endswith("*"):
        return key
    beginning = head.removesuffix("*")
    mark = TITLE * key.startswith(TITLE)
    return f"{mark}{beginning}*" if len(beginning) >= _SHORTEST_BEGINNING else None
