"""Text as this room compares it: white space, invisible signs, quotes and case folded."""

import re
import unicodedata
from functools import lru_cache

_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f\u00ad\u200b\u200e\u200f\u2060\ufeff\ufffc\ud800-\udfff]"
)
_FOLDED = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛`´′", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
)


def squeeze(text: str) -> str:
    """Return the text on one line, with single spaces and without invisible signs."""
    return _SPACE.sub(" ", _INVISIBLE.sub("", text)).strip()


@lru_cache(1024)
def plain(text: str) -> str:
    """Return the text as it is compared with another: case folded, quotes and dashes alike."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED)
    return squeeze(text).strip(" .:-|!?\"'")


def word_set(text: str) -> frozenset[str]:
    """Return the words of a table written as running text."""
    return frozenset(text.split())
