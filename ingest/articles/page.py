"""From the bytes of an answer to a parsed page: character set, bounds, the lexbor tree."""

import codecs
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from bs4.dammit import UnicodeDammit
from selectolax.lexbor import LexborHTMLParser

from ingest.errors import ExtractError

MAX_CHARS = 20_000_000
"""Larger pages are no articles: the largest of the 1,290 yardstick pages has 2.9 million."""

MAX_DEPTH = 500
"""Deepest nesting handed to the parser, whose cost is quadratic in it (20,000 nested divs take 0.7 s,
100,000 take 16 s; measured with selectolax 1.0.2). Real pages are far below."""

MAX_ATTRIBUTES = 2_000

_WINDOW = 10_000
"""Of 20,000 characters in a row without `>`, one window of this size holds none either."""


_WHOLE_TAG = re.compile(rb"""<[a-zA-Z](?:[^>"']++|"[^"]*+"|'[^']*+')*""")
_QUOTED = re.compile(rb"""\"[^\"]*+\"|'[^']*+'""")

MAX_ELEMENTS = 200_000
"""Most start tags of one page, about 3 s of work; the yardstick's largest page has some 10,000."""

MAX_REOPENED = 2_000_000
"""Most elements that formatting left open may become; real pages leave a handful open."""

FEW_OPENED = 3_000
"""With no more start tags than this, no nesting takes the parser longer than 20 ms."""

_SNIFF = 4096
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I)
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What browsers read these labels as (WHATWG Encoding, section 4.2).
_ALIASES = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "iso8859-11": "cp874",
}
_TAG_START = re.compile(rb"<[a-zA-Z]")
_NESTING = re.compile(
    rb"<(/?)(?:div|span|section|article|ul|ol|li|dl|table|blockquote|center|form|main|aside|header"
    rb"|footer|nav|figure|fieldset|object|button|details|h[1-6]|svg|g|math|template|select)\b",
    re.I,
)
_FORMATTING = re.compile(
    rb"<(/?)[bcefinstu](?:|ig|ode|m|ont|obr|mall|trike|trong|t)(?=[\s/>])", re.I
)
"""`b`, `big`, `code`, `em`, …: by their first letter, which is quicker than name by name."""

_NOT_HTML = (
    (b"%PDF-", "PDF"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"PK\x03\x04", "archive"),
    (b"\x1f\x8b", "archive"),
)
_HTML_TYPES = ("text/", "application/xhtml", "application/xml", "application/octet-stream")


def parse(html: bytes | str, content_type: str | None = None) -> LexborHTMLParser:
    """Return the page as a tree.

    Raises ExtractError for what is no HTML, is empty, too large or nested too deeply.
    """
    if isinstance(html, bytes):
        _refuse_other_types(html, content_type)
        html = decode(html, content_type)
    if len(html) > MAX_CHARS:
        raise ExtractError(f"the page is too large ({len(html):,} characters)", outcome="too_large")
    if "<" not in html:
        if not html.strip():
            raise ExtractError("the page is empty", outcome="empty")
        raise ExtractError("the page is not HTML", outcome="not_html")
    data = html.encode("utf-8", "ignore")
    _refuse_deep_nesting(data)
    _refuse_many_attributes(data)
    return LexborHTMLParser(data)


def decode(data: bytes, content_type: str | None = None) -> str:
    """Return the text of a page whatever its declarations say of its character set.

    A byte order mark decides (WHATWG HTML, section 13.2.3.2); then valid UTF-8 with anything beyond
    ASCII in it, which no other encoding produces by chance; then the HTTP header and the page's own
    declaration where the bytes agree; then detection. Never fails.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = [name for name in (_header_charset(content_type), _meta_charset(data)) if name]
    for name in declared:
        if name != "utf-8":
            try:
                return data.decode(name)
            except UnicodeDecodeError:
                continue
    if "utf-8" in declared or not declared:
        text = data.decode("utf-8", "replace")
        # A page cut or damaged in places stays what it says it is: under 1 in 20 of the
        # characters beyond ASCII are damaged, where another encoding spoils nearly all.
        if text.count("\ufffd") * 20 <= sum(map(len, re.findall(r"[^\x00-\x7f]+", text))):
            return text
    return _detect(data, declared)


def charset_fault(data: bytes, content_type: str | None = None) -> str | None:
    """Return what is wrong with how a page declares its text: `wrong_charset`, `damaged_text`."""
    if data.isascii() or data.startswith(tuple(mark for mark, _ in _BOMS)):
        return None
    declared = next(filter(None, (_header_charset(content_type), _meta_charset(data))), "utf-8")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        text = decode(data, content_type)
        if "\ufffd" in text:
            return "damaged_text"
        return None if declared != "utf-8" and data.decode(declared, "ignore") == text else _WRONG
    return None if declared == "utf-8" else _WRONG


_WRONG = "wrong_charset"


def _detect(data: bytes, declared: list[str]) -> str:
    sample = b"\n".join(re.findall(rb"[^\n]*[\x80-\xff][^\n]*", data))[:20_000]
    found = _codec(UnicodeDammit(sample, is_html=False).original_encoding)
    return data.decode(found or (declared[0] if declared else "cp1252"), "replace")


def _codec(name: str | None) -> str | None:
    """Return Python's name for an encoding label, read as browsers read it."""
    if not name:
        return None
    try:
        known = codecs.lookup(name).name
    except LookupError:
        return None
    return _ALIASES.get(known, known)


def _header_charset(content_type: str | None) -> str | None:
    found = _HEADER_CHARSET.search(content_type or "")
    return _codec(found[1]) if found else None


def _meta_charset(data: bytes) -> str | None:
    found = _META_CHARSET.search(data, 0, _SNIFF)
    return _codec(found[1].decode("ascii", "ignore")) if found else None


def _refuse_other_types(data: bytes, content_type: str | None) -> None:
    for magic, kind in _NOT_HTML:
        if data.startswith(magic):
            raise ExtractError(f"the page is not HTML but a file ({kind})", outcome="not_html")
    kind = (content_type or "").split(";")[0].strip().lower()
    if kind and not kind.startswith(_HTML_TYPES):
        raise ExtractError(f"the page is not HTML but {kind}", outcome="not_html")


def _refuse_many_attributes(data: bytes) -> None:
    """Raise ExtractError for an element with thousands of attributes.

    The parser compares each with all before it: 200,000 take 120 s. What stands in quotes (an
    image as a `data:` address, the path of a drawing) does not count.
    """
    for start in _long_tags(data):
        if data.rfind(b"<script", 0, start) > data.rfind(b"</script", 0, start):
            continue  # a comparison in a script
        tag = _WHOLE_TAG.match(data, start)
        if tag and len(_QUOTED.sub(b"", tag[0]).split()) > MAX_ATTRIBUTES:
            raise ExtractError(
                "the page has an element with too many attributes", outcome="hostile"
            )


def _long_tags(data: bytes) -> Iterator[int]:
    """Yield where a tag begins that has no `>` in its next 20,000 characters."""
    at = 0
    while at < len(data):
        if data.find(b">", at, at + _WINDOW) >= 0:
            at += _WINDOW
            continue
        end = data.find(b">", at)
        end = len(data) if end < 0 else end
        found = _TAG_START.search(data, data.rfind(b">", 0, at) + 1, end)
        if found and end - found.start() > 2 * _WINDOW:
            yield found.start()
        at = end + 1


def _refuse_deep_nesting(data: bytes) -> None:
    """Raise ExtractError where the parser would take quadratic time or memory.

    Elements left open nest; formatting elements left open are opened again in each later block
    (HTML section 13.2.4.3), so 10,000 of them would make 50 million nodes.
    Counting comes first: most pages are too small for either, whatever their tags.
    """
    opened = len(_TAG_START.findall(data))
    if opened > MAX_ELEMENTS:
        raise ExtractError(f"the page has too many elements ({opened:,})", outcome="hostile")
    if opened * opened <= MAX_REOPENED:
        return
    formatting = _FORMATTING.findall(data)
    if (opened > FEW_OPENED and _most_open(_NESTING.findall(data)) > MAX_DEPTH) or (
        opened * len(formatting) > MAX_REOPENED and opened * _most_open(formatting) > MAX_REOPENED
    ):
        raise ExtractError("the page is nested too deeply", outcome="hostile")


def _most_open(slashes: Sequence[bytes]) -> int:
    """Return how many tags are open at once, at most; closing ones have a slash."""
    return max(accumulate(-1 if slash else 1 for slash in slashes), default=0)
