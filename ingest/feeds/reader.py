"""feedparser's two parsers under bounds: depth, elements, entries, entity expansion.

`feedparser.parse` can't be stopped once it runs, and a hostile feed of 80 kB keeps it busy for
25 s (an author of one long word), so its parser classes are driven from here.
What a feed means stays feedparser's to say, but each item is read by itself, and none of its texts
is lost to another.
"""

import io
import re
import xml.sax
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from time import struct_time
from types import MappingProxyType, SimpleNamespace
from typing import Any, TypeVar
from xml.sax.handler import feature_external_ges, feature_external_pes, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl

import feedparser
import feedparser.api
import feedparser.datetimes
import feedparser.mixin
from feedparser.exceptions import UndeclaredNamespace

from ingest.errors import ParseError

T = TypeVar("T")

MAX_ENTRIES = 50_000
"""Entries read at one check, about 30 s of work."""
MAX_DEPTH = 500
"""Elements inside each other; HTML written by machines stays under 100."""
MAX_OPEN = 100_000
"""Elements open at once where end tags may be missing: each `<br>` of a broken feed stays open."""
MAX_ELEMENTS = 1_000_000
"""Start tags of a document: 20 for each of the most entries we keep, about 10 s of work."""
FEW = 10
"""Attributes up to which the time of looking through them is nothing."""
MAX_TAGS = 500
"""Categories of one entry; feedparser compares each with all before it."""
MAX_SKIPPED = 24
"""Hours or days that a feed may ask to be left alone in: each hour of a day."""
MAX_AUTHOR = 500
"""Characters of an author's name in which an e-mail address is looked for, in quadratic time."""
MAX_BASE = 16_384
MAX_ENTITIES = 300
"""Entity declarations; HTML 4 itself has 252."""
MAX_EXPANSION = 1_000_000
"""Characters that a document's own entities may add to it."""

_FIRST_ELEMENT = re.compile(rb"<\w")
_WHITE_SPACE = re.compile(rb"\s{2,}")
_CHARACTER_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]+)|([0-9]+));?", re.IGNORECASE)
# What feedparser's own code has been seen to raise on nonsense.
_ACCIDENTS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)

# It works the base address out anew at each element, a sixth of its time, and nearly always the same.
feedparser.mixin.make_safe_absolute_uri = lru_cache(maxsize=64)(
    feedparser.mixin.make_safe_absolute_uri
)
# The one thing it copies there is a flat dictionary, twice for each entry.
feedparser.mixin.copy = SimpleNamespace(deepcopy=feedparser.FeedParserDict)

# What feedparser remembers of the elements it is in; some of it is left when they are closed.
_STATE: Mapping[str, Any] = {
    "incontent": 0,
    "intextinput": 0,
    "inimage": 0,
    "inauthor": 0,
    "incontributor": 0,
    "inpublisher": 0,
    "insource": 0,
    "ingeometry": 0,
    "psc_chapters_flag": False,
    "svgOK": 0,
    "title_depth": -1,
}
_FRESH: Mapping[str, Callable[[], Any]] = {
    "elementstack": list,
    "contentparams": dict,
    "sourcedata": feedparser.FeedParserDict,
}


@dataclass(frozen=True, slots=True)
class Document:
    """A feed as feedparser understood it."""

    feed: Mapping[str, Any]
    entries: Sequence[Mapping[str, Any]]
    version: str
    warnings: tuple[str, ...] = field(default=())


def within_bounds(items: Sequence[T]) -> tuple[list[T], list[str]]:
    """Return what of a document's items is read, and a warning where that is not all.

    The newest stand at one end or the other: of too many, the first and the last are read.
    """
    if len(items) <= MAX_ENTRIES:
        return list(items), []
    last = MAX_ENTRIES // 2
    warning = f"the feed has more than {MAX_ENTRIES} new entries; the first and the last are read"
    return [*items[: MAX_ENTRIES - last], *items[-last:]], [warning]


class _EnoughError(Exception):
    """A bound was reached; the entries read so far stand."""


class _Bounds:
    """The bounds, mixed into both of feedparser's parsers, before their own methods."""

    entries: list[dict[str, Any]]
    elementstack: list[list[Any]]
    inentry: int
    incontent: int
    around: Mapping[str, Any] = MappingProxyType({})
    elements = 0
    max_depth = MAX_DEPTH
    # An id is compared, never followed: read against the address it was fetched from, `12345` would
    # become another id when the feed moves.
    can_be_relative_uri = feedparser.api.StrictFeedParser.can_be_relative_uri - {"id"}

    def unknown_starttag(self, tag: str, attrs: Any) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise _EnoughError(f"the feed has more than {MAX_ELEMENTS} elements")
        super().unknown_starttag(tag, attrs)  # type: ignore[misc]
        if len(self.basestack) > self.max_depth:  # type: ignore[attr-defined]
            raise _EnoughError(f"the feed is nested more than {self.max_depth} elements deep")
        if len(self.baseuri) > MAX_BASE:  # type: ignore[attr-defined]
            raise _EnoughError("the feed has an endless base address")

    def _start_item(self, attrs: Any) -> None:
        """Begin an item with nothing that an element before it may have left open."""
        if len(self.entries) >= MAX_ENTRIES:
            raise _EnoughError(f"the feed has more than {MAX_ENTRIES} entries")
        if not self.inentry:
            self.around = {name: getattr(self, name) for name in ("infeed", *_STATE, *_FRESH)}
        vars(self).update(_STATE)
        vars(self).update((name, new()) for name, new in _FRESH.items())
        super()._start_item(attrs)  # type: ignore[misc]

    _start_entry = _start_item

    def _end_item(self) -> None:
        super()._end_item()  # type: ignore[misc]
        vars(self).update(self.around)

    _end_entry = _end_item

    def _start_text(self, name: str, attrs: Any, kind: str) -> None:
        """Begin a text of an item, or of the feed; each further one of an item is a content.

        feedparser keeps the last of them, or gives a feed's summary to its first item's description.
        """
        apart = self.insource or self.inimage or self.intextinput  # type: ignore[attr-defined]
        if self.inentry and not apart and "summary" in self.entries[-1]:
            name = "content"
        self.push_content(name, attrs, kind, 1)

    def _end_text(self, name: str) -> None:
        if self.elementstack and self.elementstack[-1][0] == "content":
            self._end_content()  # type: ignore[attr-defined]
        else:
            self.pop_content(name)  # type: ignore[attr-defined]

    def _start_description(self, attrs: Any) -> None:
        self._start_text("description", attrs, "text/html")

    def _start_abstract(self, attrs: Any) -> None:
        self._start_text("description", attrs, "text/plain")

    def _start_summary(self, attrs: Any) -> None:
        self._start_text("summary", attrs, "text/plain")

    def _end_description(self) -> None:
        self._end_text("description")

    _end_abstract = _end_description

    def _end_summary(self) -> None:
        self._end_text("summary")

    def _start_content(self, attrs: Any) -> None:
        super()._start_content(attrs)  # type: ignore[misc]
        self.elementstack.pop()  # it opens one content as two, and closes one

    def _start_media_description(self, attrs: Any) -> None:
        """Begin a caption: no text of the item, which `parse` takes where there is no other."""
        self.push_content("media_description", attrs, "text/html", 1)

    def _end_media_description(self) -> None:
        self.pop_content("media_description")  # type: ignore[attr-defined]

    def _add_tag(self, term: Any, scheme: Any, label: Any) -> None:
        if len(self._get_context().get("tags", ())) < MAX_TAGS:  # type: ignore[attr-defined]
            super()._add_tag(term, scheme, label)  # type: ignore[misc]

    def push_content(self, *given: Any) -> None:
        super().push_content(*given)  # type: ignore[misc]
        # Asked several times for each element that follows, by names that stand for themselves.
        self.contentparams: dict[str, Any] = dict(self.contentparams)

    def _end_published(self) -> None:
        self.pop("published")  # type: ignore[attr-defined]  # the date in it is read by `dates`

    _end_issued = _end_pubdate = _end_published

    def _end_updated(self) -> None:
        self.pop("updated")  # type: ignore[attr-defined]

    _end_modified = _end_lastbuilddate = _end_updated

    def _end_hour(self) -> None:
        self._note_skipped("hour")

    def _end_day(self) -> None:
        self._note_skipped("day")

    def _note_skipped(self, name: str) -> None:
        """Keep each hour or day of a list, under a name that no element can have; feedparser keeps one."""
        inside = [element[0] for element in self.elementstack[-2:]]
        value = self.pop(name)  # type: ignore[attr-defined]
        listed = self.feeddata.setdefault(f"skipped {name}s", [])  # type: ignore[attr-defined]
        if not self.inentry and inside == [f"skip{name}s", name] and len(listed) < MAX_SKIPPED:
            listed.append(value)

    def _sync_author_detail(self, key: str = "author") -> None:
        context = self._get_context()  # type: ignore[attr-defined]
        if len(context.get(key) or "") <= MAX_AUTHOR:
            super()._sync_author_detail(key)  # type: ignore[misc]


class _Attributes:
    """An element's attributes as feedparser asks for them; the library's own take quadratic time."""

    def __init__(self, given: AttributesNSImpl) -> None:
        self.items = given.items
        self._written = {given.getQNameByName(name): value for name, value in given.items()}

    def getQNames(self) -> list[str]:
        return list(self._written)

    def getValueByQName(self, name: str) -> str:
        return self._written[name]


class _Strict(_Bounds, feedparser.api.StrictFeedParser):  # type: ignore[misc]
    """The parser for well-formed XML.

    A prefix means what its element says, there alone; and an element inside XHTML closes no other
    than itself, though it be called `summary`.
    """

    opened = 0

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.outer: list[tuple[str, str | None]] = []

    def startPrefixMapping(self, prefix: str | None, uri: str | None) -> None:
        known = self._matchnamespaces.get((uri or "").lower())
        name = (prefix or "") if known is None else known
        self.outer.append((name, self.namespaces_in_use.get(name)))
        super().startPrefixMapping(prefix, uri)
        self.namespacemap.clear()  # elements come under the namespaces' own names

    def endPrefixMapping(self, prefix: str | None) -> None:
        name, uri = self.outer.pop()
        if uri is None:
            self.namespaces_in_use.pop(name, None)
        else:
            self.namespaces_in_use[name] = uri

    def startElementNS(self, name: Any, qname: Any, attrs: AttributesNSImpl) -> None:
        super().startElementNS(name, qname, _Attributes(attrs) if len(attrs) > FEW else attrs)

    def push_content(self, *given: Any) -> None:
        super().push_content(*given)
        self.opened = self.depth

    def unknown_endtag(self, tag: str) -> None:
        kind = self.contentparams.get("type", "xml") if self.incontent else "xml"
        if kind == "application/xhtml+xml" and self.depth > self.opened:
            tag = f"inner:{tag.rpartition(':')[2]}"
        if kind.endswith("xml") or tag not in {"div", "xhtml:div"}:
            super().unknown_endtag(tag)
        else:  # it would leave such a `</div>` out, and forget to go up
            content, self.incontent = self.incontent, 0
            super().unknown_endtag(tag)
            self.incontent = content


class _Loose(_Bounds, feedparser.api.LooseFeedParser):  # type: ignore[misc]
    """The parser for everything else."""

    max_depth = MAX_OPEN


def read(text: str, base: str, language: str | None = None) -> Document:
    """Return the feed in a text; relative links and ids are read against `base`.

    Well-formed XML is read as such, anything else by feedparser's forgiving parser, with a warning.
    Raises ParseError for a document that cannot be read within the bounds.
    """
    version, data, entities = _prepared(text)
    parser, problem = _run_strict(data, base, language)
    if problem is not None and not isinstance(problem, _EnoughError):
        parser = _Loose(base, language, "utf-8", entities)
        problem = _run_loose(parser, data) or problem
    return Document(
        # Plain dictionaries: what is stored has its proper name, and theirs are slow to ask.
        feed=dict(parser.feeddata),
        entries=[dict(entry) for entry in parser.entries],
        version=version or parser.version,
        warnings=() if problem is None else (_described(problem),),
    )


def date(written: str) -> struct_time | None:
    """Return feedparser's reading of a date."""
    try:
        found: struct_time | None = feedparser.datetimes._parse_date(written)
    except _ACCIDENTS:
        return None
    return found


def _prepared(text: str) -> tuple[str | None, bytes, Mapping[str, str]]:
    """Return the version a DOCTYPE names, the document without it, and its harmless entities."""
    data = text.encode("utf-8", "replace")
    first = _FIRST_ELEMENT.search(data)
    start = first.start() if first else 0
    # feedparser finds declarations at line starts only, and in quadratic time among white space.
    head = _WHITE_SPACE.sub(b"\n", data[:start].replace(b"<!", b"\n<!"))
    version, data, entities = feedparser.api.replace_doctype(head + data[start:])
    if len(entities) > MAX_ENTITIES:
        raise ParseError(f"the feed declares more than {MAX_ENTITIES} entities")
    added = sum(
        len(value) * data.count(b"&%b;" % name.encode()) for name, value in entities.items()
    )
    if added > MAX_EXPANSION:
        raise ParseError("the feed's entities expand beyond all measure")
    return version, b"<?xml version='1.0' encoding='utf-8'?>\n" + data, entities


def _run_strict(data: bytes, base: str, language: str | None) -> tuple[Any, Exception | None]:
    """Return the parser after its work, and what stopped it."""
    parser = _configured(_Strict(base, language, "utf-8"))
    driver = xml.sax.make_parser()  # noqa: S317 - entities are dealt with above, none are external
    driver.setFeature(feature_namespaces, True)
    driver.setFeature(feature_external_ges, False)
    driver.setFeature(feature_external_pes, False)
    driver.setContentHandler(parser)
    driver.setErrorHandler(parser)
    try:
        driver.parse(io.BytesIO(data))
    except (_EnoughError, xml.sax.SAXException, UndeclaredNamespace, *_ACCIDENTS) as error:
        return parser, error
    return parser, None


def _run_loose(parser: Any, data: bytes) -> Exception | None:
    """Feed the forgiving parser and return the bound it reached, if any."""
    text = _CHARACTER_REFERENCE.sub(_possible, data.decode("utf-8"))
    try:
        _configured(parser).feed(text)
    except _EnoughError as error:
        return error
    except (AssertionError, *_ACCIDENTS) as error:
        raise ParseError(f"the feed cannot be read: {error}") from error
    return None


def _configured(parser: Any) -> Any:
    """Leave cleaning and links to nh3: feedparser's own cost half of its time and let more through."""
    parser.resolve_relative_uris = False
    parser.sanitize_html = False
    return parser


def _possible(found: re.Match[str]) -> str:
    """Keep a character reference only if there is such a character."""
    digits, base = (found[1], 16) if found[1] else (found[2], 10)
    code = int(digits, base) if len(digits) < 10 else 0x110000
    return found[0] if 0 < code < 0xD800 or 0xE000 <= code < 0x110000 else ""


def _described(problem: Exception) -> str:
    if isinstance(problem, _EnoughError):
        return str(problem)
    if isinstance(problem, xml.sax.SAXParseException):
        return f"not well-formed XML, line {problem.getLineNumber()}: {problem.getMessage()}"
    return f"not well-formed XML: {problem}"
