"""What two texts share, word for word: the evidence shown beside a placement."""

import re

_WORD = re.compile(r"\w+")
_RUN = 8
"""Words in a row that make a passage; shorter runs are phrases that any two texts share."""

MAX_WORDS = 20_000


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


def _runs(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)]
