"""Lists of terms that rules name as `$list`: fifty thousand names cost an article what a few do.

A list is looked through once for each document, however many rules name it.
"""

from collections.abc import Iterable, Iterator, Mapping

from ingest.rules.language import read_entry
from ingest.rules.tree import Term, Word


class Listing:
    """The terms of a list, filed under words one of which must be there."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Read the entries, each once; those without a word are in `unread`."""
        self.unread: list[str] = []
        self._filed: dict[str, list[Term]] = {}
        for entry in dict.fromkeys(entries):
            term = read_entry(entry)
            if term is None:
                self.unread.append(entry)
                continue
            for key in _necessary(term):
                self._filed.setdefault(key, []).append(term)

    def candidates(self, known: Mapping[str, object]) -> Iterator[Term]:
        """Yield the terms that may stand in a document of which these words are known."""
        few, many = sorted((self._filed, known), key=len)
        for key in few:
            if key in many:
                yield from self._filed[key]

    def may_hold(self, known: Mapping[str, object]) -> bool:
        """Return whether any term may stand in a document of which these words are known."""
        return not self._filed.keys().isdisjoint(known)

    def necessary(self) -> Iterable[str]:
        """Return words one of which must be there for any term to be."""
        return self._filed.keys()

    def terms(self) -> Iterator[Term]:
        """Yield all terms; one with several spellings of its rarest word comes more than once."""
        for terms in self._filed.values():
            yield from terms


def _necessary(term: Term) -> tuple[str, ...]:
    """Return the spellings of the beginning of a term's longest word: one of them must be there."""
    longest = max(term.words, key=_letters)
    return tuple("".join(longest.pieces[:end]) for end in range(1, len(longest.pieces) + 1))


def _letters(word: Word) -> int:
    return len(word.pieces[0])
