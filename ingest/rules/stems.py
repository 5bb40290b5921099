"""Words of one stem (attack, attacks, attacked), by Snowball's rules for each language; an extra.

What a rule asks for is stemmed once for every language, since it may be asked of any article.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from threading import Lock
from typing import Any

from ingest.text import fold

try:
    import Stemmer
except ImportError:  # the extra is not installed; `missing` says so where a rule asks for it
    Stemmer = None

_ALGORITHMS = {
    **{"ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek"},
    **{"en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish"},
    **{"fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian"},
    **{"id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch"},
    **{"no": "norwegian", "nb": "norwegian", "nn": "norwegian", "pt": "portuguese"},
    **{"ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil"},
    **{"tr": "turkish", "yi": "yiddish"},
}
"""Languages (ISO 639-1) that Snowball 3 has rules for."""
_LOCK = Lock()  # a stemmer serves one thread at a time


def missing() -> bool:
    """Return whether the extra `stemming` is not installed."""
    return Stemmer is None


@cache
def _stemmers() -> tuple[tuple[str, Any], ...]:
    names = set(Stemmer.algorithms())
    algorithms = sorted(set(_ALGORITHMS.values()) & names)
    return tuple((name, Stemmer.Stemmer(name)) for name in algorithms)


def _stems(word: str) -> Iterator[tuple[str, str]]:
    """Yield the stem of a word in each language, folded."""
    with _LOCK:
        stems = [(name, stemmer.stemWord(word.lower())) for name, stemmer in _stemmers()]
    for name, stem in stems:
        yield name, fold(stem)


class Stems:
    """The words that rules ask for by stem."""

    def __init__(self, words: Iterable[str]) -> None:
        """Take words as they stand in a tree, `~` before each."""
        self.words = tuple(words)
        self._by_stem: dict[tuple[str, str], list[str]] = {}
        self._by_key: dict[str, list[str]] = {}
        for word in self.words:
            self._by_key.setdefault(fold(word[1:]), []).append(word)
            for stem in _stems(word[1:]):
                self._by_stem.setdefault(stem, []).append(word)

    def answered_by(self, key: str, plain: str) -> tuple[str, ...]:
        """Return the wanted words that a word of a text fulfils, each with its language.

        `~attack@english` is one; `~attack@` is the word itself, in whatever language.
        """
        answered = [f"{word}@" for word in self._by_key.get(key, ())]
        for stem in _stems(plain):
            answered += [f"{word}@{stem[0]}" for word in self._by_stem.get(stem, ())]
        return tuple(answered)

    def spellings(self, word: str, language: str | None) -> list[str]:
        """Return what of `answered_by` counts in an article: that of its language, if it is known."""
        code = (language or "").replace("_", "-").partition("-")[0].lower()
        if not code:
            return [f"{word}@", *(f"{word}@{name}" for name, _ in _stemmers())]
        algorithm = _ALGORITHMS.get(code)
        return [f"{word}@", *([f"{word}@{algorithm}"] if algorithm else [])]
