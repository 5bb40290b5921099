"""Text from strangers made fit for a header line, a terminal and a mail: one line, no tricks."""

import re
from collections.abc import Mapping

_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Direction controls (UAX #9): a title ending in U+202E would turn what follows it around."""
_TABLE = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029), " "),
    **dict.fromkeys(map(ord, _BIDI)),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}
_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


def line(text: str, limit: int | None = None) -> str:
    """Return text as one line without control, direction and surrogate characters, cut to `limit`."""
    flat = " ".join(text.translate(_TABLE).split())
    return flat if limit is None or len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def tidy(value: object) -> object:
    """Return a JSON value with every text in it made one tidy line; keys stay as they are."""
    if isinstance(value, str):
        return line(value)
    if isinstance(value, Mapping):
        return {key: tidy(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [tidy(inner) for inner in value]
    return value


def web_link(url: object) -> str | None:
    """Return an address that may be clicked: http or https and nothing else (no `javascript:`)."""
    return url if isinstance(url, str) and _WEB.fullmatch(url) else None
