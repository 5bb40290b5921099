"""What a text index can be asked for before the matcher: words without which a rule cannot be true."""

from collections import Counter
from itertools import groupby, pairwise

from ingest.model import Rule
from ingest.rules.lists import Listing
from ingest.rules.percolate import clauses_of, scoped, words_of
from ingest.rules.tree import Item, Term, Word, with_items
from ingest.text import TITLE, is_run

_INDEXED = ("title", "text", "summary")
"""Fields whose words are in the index."""
_MOST_WORDS = 200
"""Words of one clause; more take the index longer than the matcher."""
_SHORTEST_BEGINNING = 2


def needed(rule: Rule) -> list[tuple[str, ...]]:
    """Return what must be in an article for a rule to be true: of each tuple one word.

    `word*` stands for all that begin so. Empty where any article may do. Raises RuleError.
    """
    node = with_items(scoped(rule), _in_pairs)
    asked = Counter(words_of(node))
    clauses = [_indexed(keys, rule) for _, keys in sorted(clauses_of(node, asked))]
    return [clause for clause in dict.fromkeys(clauses) if clause]


def _in_pairs(item: Item) -> Item:
    """Return a term as the index has its words: CJK characters in pairs, those of titles marked."""
    if not isinstance(item, Term):
        return item
    words: list[Word] = []
    for is_one, group in groupby(item.words, key=_is_run):
        run = list(group)
        if is_one and len(run) > 1:
            run = [Word((one.pieces[0] + two.pieces[0],)) for one, two in pairwise(run)]
        words += run
    if item.fields == ("title",):
        words = [Word((TITLE + word.pieces[0], *word.pieces[1:])) for word in words]
    return Term(tuple(words), item.fields)


def _is_run(word: Word) -> bool:
    return len(word.pieces) == 1 and is_run(word.pieces[0])


def _indexed(keys: tuple[str, ...], rule: Rule) -> tuple[str, ...]:
    """Return a clause in words of the index; empty where the index cannot tell."""
    words: dict[str, None] = {}
    for key in keys:
        found = _words(key, rule)
        if not found:
            return ()
        words |= dict.fromkeys(found)
        if len(words) > _MOST_WORDS:
            return ()
    return tuple(words)


def _words(key: str, rule: Rule) -> list[str]:
    """Return the words of the index that a key of a clause stands for; nothing where it has none."""
    field, colon, word = key.rpartition(":")
    if colon and field not in _INDEXED:
        return []
    if word.startswith("$"):
        return _of_list(rule.lists.get(word[1:], ()))
    if word.lstrip(TITLE).startswith("~"):
        return []  # forms of a word need not begin like it
    head, letter, _ = word.partition("?")
    beginning = head if letter else word.removesuffix("*")
    if letter or word.endswith("*"):
        return [f"{beginning}*"] if len(beginning.lstrip(TITLE)) >= _SHORTEST_BEGINNING else []
    return [word]


def _of_list(entries: tuple[str, ...]) -> list[str]:
    if not 0 < len(entries) <= _MOST_WORDS:
        return []
    listing = Listing(entries)
    found = [_words(key, Rule("", "")) for key in listing.necessary()]
    return [word for words in found for word in words] if all(found) else []
