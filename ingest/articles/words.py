"""Text as this room compares it: white space, invisible signs, quotes and case folded."""

import re
import unicodedata
from functools import lru_cache

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f\u00ad\u200b\u200e\u200f\u2060\ufeff\ufffc\ud800-\udfff]"
)
_EDGES = " .:-|!?\"'"
_SINGLE, _DOUBLE, _DASH = re.compile("[‘’‚‛`´′]"), re.compile("[“”„‟«»″]"), re.compile("[‐‑‒–—―−]")


def squeeze(text: str) -> str:
    """Return the text on one line, with single spaces and without invisible signs."""
    if not text.isprintable():
        text = _INVISIBLE.sub("", text)
    return " ".join(text.split())


@lru_cache(1024)
def plain(text: str) -> str:
    """Return the text as it is compared with another: case folded, quotes and dashes alike."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = _DASH.sub("-", _DOUBLE.sub('"', _SINGLE.sub("'", text)))
    return squeeze(text.casefold()).strip(_EDGES)


def word_set(text: str) -> frozenset[str]:
    """Return the words of a table written as running text."""
    return frozenset(text.split())
