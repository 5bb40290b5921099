"""What two texts share, word for word: the evidence shown beside a placement."""

import re
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"\w+")
_RUN = 8
"""Words in a row that make a passage; shorter runs are phrases that any two texts share."""

_TELLING = 3
"""Words from which on a passage that one text has alone is worth telling."""

MAX_WORDS = 20_000

_EXCERPTS, _EXCERPT = 3, 160
"""Passages shown, and the most characters of each."""


def shared(text: str, other: str) -> list[tuple[int, int]]:
    """Return the passages of `text` that stand in `other`, in reading order.

    Offsets count code points, end exclusive; passages do not overlap. Case and punctuation do not
    count. Of each text the first `MAX_WORDS` words are compared.
    """
    words = [match.span() for match, _ in zip(_WORD.finditer(text), range(MAX_WORDS), strict=False)]
    folded = [text[start:end].casefold() for start, end in words]
    known = set(_runs([word.casefold() for word in _WORD.findall(other)[:MAX_WORDS]]))
    passages: list[tuple[int, int]] = []
    for at, run in enumerate(_runs(folded)):
        if run not in known:
            continue
        start, end = words[at][0], words[at + _RUN - 1][1]
        if passages and start <= passages[-1][1]:
            passages[-1] = passages[-1][0], end
        else:
            passages.append((start, end))
    return passages


def unshared(text: str, other: str) -> list[tuple[int, int]]:
    """Return the passages of `text` that do not stand in `other`, in reading order.

    Bounded and counted as `shared` does; single words that differ are not told. Of a text longer
    than `MAX_WORDS` words nothing is said of what comes after them.
    """
    words = [match.span() for match, _ in zip(_WORD.finditer(text), range(MAX_WORDS), strict=False)]
    ends = [*shared(text, other), (len(text) + 1, 0)]
    passages: list[tuple[int, int]] = []
    at = 0
    for start, end in ends:
        between = []
        while at < len(words) and words[at][0] < start:
            between.append(words[at])
            at += 1
        while at < len(words) and words[at][1] <= end:
            at += 1
        if len(between) >= _TELLING:
            passages.append((between[0][0], between[-1][1]))
    return passages


def count_words(text: str, passages: Iterable[tuple[int, int]]) -> int:
    """Return how many words these passages of `text` have."""
    return sum(len(_WORD.findall(text, start, end)) for start, end in passages)


def excerpts(text: str, passages: Sequence[tuple[int, int]]) -> list[str]:
    """Return the longest few passages of `text` in reading order, on one line and cut to a length."""
    longest = sorted(passages, key=lambda span: span[0] - span[1])[:_EXCERPTS]
    lines = (" ".join(text[start:end].split()) for start, end in sorted(longest))
    return [line if len(line) <= _EXCERPT else f"{line[: _EXCERPT - 1]}…" for line in lines]


def _runs(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)]
