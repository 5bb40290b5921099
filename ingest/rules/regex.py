"""Regular expressions in time linear in the text, whatever the expression: RE2's, an extra.

Python's own `re` can be made to run for years by forty characters of text (docs/decisions/0030).
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

try:
    import re2
except ImportError:  # the extra is not installed; `compiled` says so where a rule asks for it
    re2 = None

MAX_PATTERN = 1_000
"""Code points of one pattern."""
_MAX_MEMORY = 2_000_000
"""Bytes that RE2 may use for one pattern; beyond, it goes on more slowly, as linear as before."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class BadPattern(ValueError):
    """A pattern that cannot be used, and why, as an analyst should read it."""


@lru_cache(maxsize=10_000)
def compiled(pattern: str, *, exact: bool) -> Any:
    """Return a pattern ready to be searched for; raises BadPattern."""
    if re2 is None:
        raise BadPattern("regular expressions need the extra: pip install 'ingest[regex]'")
    if len(pattern) > MAX_PATTERN:
        raise BadPattern(f"a regular expression has at most {MAX_PATTERN:,} characters")
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = exact
    options.max_mem = _MAX_MEMORY
    try:
        ready = re2.compile(_readable(pattern), options)
    except re2.error as error:
        reason = error.args[0] if error.args else "not readable"
        said = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise BadPattern(f"this regular expression cannot be used: {said}") from error
    if ready.search("") is not None:
        raise BadPattern("this regular expression is true of every text, for it matches nothing")
    return ready


def found(pattern: str, text: str, *, exact: bool) -> bool:
    """Return whether a pattern stands in a text."""
    return compiled(pattern, exact=exact).search(_readable(text)) is not None


def passages(pattern: str, text: str, *, exact: bool, most: int) -> Iterator[tuple[int, int]]:
    """Yield where a pattern stands in a text, the first `most` that are not empty."""
    matches = compiled(pattern, exact=exact).finditer(_readable(text))
    for match in islice(matches, most):
        start, end = match.span()
        if start < end:
            yield start, end


def _readable(text: str) -> str:
    """Return a text that can be written as UTF-8, of the same length."""
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)
