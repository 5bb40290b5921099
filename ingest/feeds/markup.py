"""HTML inside feeds: made safe, its links made absolute, or taken out to leave plain text."""

import html
import re
from functools import lru_cache

import nh3

from ingest import urls

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TAG = re.compile(r"<[^<>]*>")
_BREAK = re.compile(
    r"<(?:br|hr|/?(?:p|div|li|tr|h[1-6]|blockquote|section))\b[^<>]*>", re.IGNORECASE
)
_EDGE = re.compile(
    r"</?(?:a|br|hr|p|div|li|td|tr|h[1-6]|blockquote|section)\b[^<>]*>", re.IGNORECASE
)
_SPACE = re.compile(r"[ \t\r\n\f\v]+")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_MARKUP = re.compile("[<&]")
_SCHEMES = {"http", "https", "mailto"}
_TAG_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# A tag with its attributes, as browsers tell them apart (HTML, tokenization); as many as are counted.
_OPEN_TAG = re.compile(
    r"""<[a-zA-Z][^\s/>]*(?:[\s/]+|(?:=[^\s/>=]*|[^\s/>=]+)"""
    r"""(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"'][^\s>]*)?)?){0,50000}"""
)
_BETWEEN = re.compile(r"""[\s/"']""")
_VOID = frozenset(
    {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
MAX_WORK = 20_000_000
"""Depth × tags up to which HTML is read as HTML, about 0.1 s.

HTML's rules for mis-nested tags take quadratic time: 40,000 `<b>` before 40,000 `</i>` take 7 s.
A page of 5,000 well-nested tags comes to 250,000.
"""
MAX_MOVES = 2_000_000_000
"""Ampersands × characters up to which HTML is read as HTML, about 0.1 s.

The sanitiser moves the rest of the text at each `&` that is no entity; 5,000 before 10 MB take 2.5 s.
"""
LONG = 20_000
"""Characters of a text from which on the attributes of its tags are counted; fewer do no harm."""
MAX_PAIRS = 400_000_000
"""Pairs of attributes up to which HTML is read as HTML, about 0.1 s.

Each attribute of a tag is compared with those before it: 110,000 of one tag take 3 s.
"""

# Nothing allowed: what is left is text, escaped, and tags can be told from it with certainty.
_bare = nh3.Cleaner(tags=set(), attributes={}, link_rel=None)


def scrub(text: str) -> str:
    """Return text without control characters, lone surrogates and non-characters.

    PostgreSQL refuses NUL and surrogates, terminals and mail obey the others.
    """
    return _CONTROL.sub("", text)


def line(text: str) -> str:
    """Return plain text as one line: scrubbed, runs of white space as one space."""
    return _SPACE.sub(" ", scrub(text)).strip()


def sanitised(source: str, base: str) -> str:
    """Return HTML that is safe to show, its links made absolute against `base`."""
    source = scrub(source).strip()
    if not _MARKUP.search(source):
        return source
    return (
        html.escape(plain(source)) if _is_tangled(source) else _cleaner(base).clean(source).strip()
    )


def escaped(text: str) -> str:
    """Return plain text as HTML; blocks set apart by blank lines become paragraphs."""
    blocks = _BLANK_LINE.split(scrub(text).replace("\r\n", "\n").strip())
    safe = [html.escape(block, quote=False) for block in blocks]
    return safe[0] if len(safe) == 1 else "".join(f"<p>{block}</p>" for block in safe)


def plain(source: str) -> str:
    """Return the text of HTML as one line: tags out, entities resolved."""
    if _MARKUP.search(source):
        text = _BREAK.sub(" ", source)
        text = text if _is_tangled(source) else _bare.clean(text)
        source = html.unescape(_TAG.sub("", text))
    return line(source)


def words(safe: str) -> str:
    """Return the text of HTML that `sanitised` or `escaped` gave; blocks and links are lines of it."""
    if not _MARKUP.search(safe):
        return safe
    return html.unescape(_TAG.sub(" ", _EDGE.sub("\n", safe)))


def _is_tangled(source: str) -> bool:
    """Return whether reading this as HTML would take too long."""
    if source.count("&") * len(source) > MAX_MOVES:
        return True
    if len(source) > LONG and _pairs(source) > MAX_PAIRS:
        return True
    tags = source.count("<")
    if tags < 2000:
        return False
    depth = deepest = 0
    for closing, name in _TAG_NAME.findall(source):
        if name.lower() not in _VOID:
            depth = max(0, depth - 1) if closing else depth + 1
            deepest = max(deepest, depth)
    return deepest * tags > MAX_WORK


def _pairs(source: str) -> int:
    """Return how many pairs of attributes the tags of a text can have."""
    return sum(len(_BETWEEN.findall(tag[0])) ** 2 for tag in _OPEN_TAG.finditer(source))


@lru_cache(maxsize=256)
def _cleaner(base: str) -> nh3.Cleaner:
    """Return the sanitiser for one base; making one costs ten times as much as using it."""
    return nh3.Cleaner(
        url_schemes=_SCHEMES,
        link_rel=None,
        url_relative=lambda link: urls.join(base, link) if base else link,
    )
