"""From the bytes of a feed to its text, whatever its declarations say."""

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its first half
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# How `<?xm` or `<r` look without a byte order mark (XML 1.0, appendix F).
_MARKERS = (
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00<\x00", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
_DECLARATION = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([\w.:-]{1,40})""")
_SPACE = re.compile(r"\s+")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_HEAD = 2000
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_WIDER = {
    # What writers call by the name of a subset (WHATWG Encoding, labels).
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "windows-874": "cp874",
    "big5": "big5hkscs",
}
_EBCDIC = {"cp037", "cp273", "cp424", "cp500", "cp875", "cp1026", "cp1140"}
_MULTIBYTE = ("gb", "big5", "shift", "sjis", "cp9", "euc", "iso2022", "iso-2022", "hz", "johab")
# Codecs of Python that are no way to write a feed; that of punycode takes quadratic time.
_REFUSED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
_STRICT = ", every byte of it"
_UNREADABLE_SHARE = 0.02
"""Up to this share of wrong bytes a text is still UTF-8 with some pasted windows-1252 in it.

A page of windows-1252 has a wrong byte for each accented letter: 3 % and more in French or German.
"""


def decode(body: bytes, content_type: str | None) -> tuple[str, str | None]:
    """Return the text of a feed without byte order mark, and a warning where a declaration lied.

    A byte order mark decides; otherwise bytes that are valid UTF-8 are read so, since no accented
    text in a single-byte encoding is valid UTF-8 by accident, nor one in several that also says it
    is UTF-8; then the charset of the header (RFC 7303 §3), that of the XML declaration, and at last
    windows-1252. A declared encoding in which the bytes are no markup is not believed.
    Never fails: at worst some characters are U+FFFD.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace"), None
    for marker, name in _MARKERS:
        if body.startswith(marker):
            return body.decode(_declared_in(body, name), "replace"), None
    declared = _declared(body, content_type)
    for name in _order(body, declared):
        text = _attempt(body, name)
        if text is not None:
            read_as = name.removesuffix(_STRICT)
            honest = body.isascii() or any(_codec(read_as) == _codec(each) for each in declared)
            told = honest or not declared
            return text, None if told else f"declared as {declared[0]}, read as {read_as}"
    return body.decode("latin-1"), "no declared encoding fits the text"


def readable(text: str) -> str:
    """Return the text from its DOCTYPE or root on, without what XML 1.0 §2.2 allows nowhere.

    Comments and instructions before it go as well: a `<!DOCTYPE` in one is none.
    """
    data = text.encode("utf-8", "ignore").translate(None, _CONTROLS)
    text = data.decode("utf-8").replace("\ufffe", "").replace("\uffff", "")
    at, end = 0, 0
    while end >= 0:
        at = _after_space(text, end)
        mark = next((mark for mark in ("<!--", "<?") if text.startswith(mark, at)), None)
        end = -1 if mark is None else _after(text, "-->" if mark == "<!--" else "?>", at)
    return text[at:]


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _after(text: str, end: str, at: int) -> int:
    """Return where `end` has ended, or -1."""
    found = text.find(end, at)
    return found + len(end) if found >= 0 else -1


def _declared(body: bytes, content_type: str | None) -> list[str]:
    """Return the declared encodings, that of the HTTP header first."""
    names = []
    if content_type and (charset := _CHARSET.search(content_type[:500])):
        names.append(charset[1])
    if declaration := _DECLARATION.match(body, 0, 1024):
        names.append(declaration[1].decode("ascii", "replace"))
    return [name.lower() for name in names]


def _declared_in(body: bytes, family: str) -> str:
    """Return the member of the EBCDIC family that the declaration names, else the encoding itself."""
    if family != "cp037":
        return family
    declared = _DECLARATION.match(body[:1024].decode(family).encode("utf-8"))
    name = _codec(declared[1].decode("ascii")) if declared else family
    return name if name in _EBCDIC else family


def _order(body: bytes, declared: list[str]) -> list[str]:
    """Return the encodings to try, best guess first."""
    rest = [*declared, "utf-8", "cp1252"]
    several = any(name.startswith(_MULTIBYTE) for name in declared)
    if body.isascii() or (several and "utf-8" not in map(_codec, declared)):
        return rest
    return ["utf-8" + _STRICT, *rest]


def _attempt(body: bytes, name: str) -> str | None:
    """Return the text if the bytes can be read so."""
    try:
        if name.endswith(_STRICT):
            return body.decode("utf-8")
        codec = _codec(name)
        if codec in _REFUSED:
            return None
        if codec == "utf-8":
            return _mostly_utf8(body)
        text = body.decode(codec)
    except (UnicodeError, LookupError):
        return None
    return text if codec == "cp1252" or _is_markup(text) else None


def _is_markup(text: str) -> bool:
    """Return whether a text can be a feed: windows-1252 read as UTF-16 has no `<`, as EBCDIC controls."""
    head = text[:_HEAD]
    return ("<" in text or "{" in text) and len(_CONTROL.findall(head)) <= len(head) // 10


def _codec(name: str) -> str:
    """Return Python's name for an encoding, the name itself where it has none."""
    name = _WIDER.get(name, name)
    try:
        return codecs.lookup(name).name
    except LookupError:
        return name


def _mostly_utf8(body: bytes) -> str | None:
    """Return UTF-8 text whose few wrong bytes are read as windows-1252; None where they are many."""
    text = body.decode("utf-8", "ingest.cp1252")
    wrong = len(text.encode("utf-8")) - len(body)
    return text if wrong <= max(3, len(body) * _UNREADABLE_SHARE) else None


def _read_as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Decode the bytes that are no UTF-8 by themselves (a codec error handler)."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", "replace"), error.end


codecs.register_error("ingest.cp1252", _read_as_cp1252)
