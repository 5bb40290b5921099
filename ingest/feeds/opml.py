"""Lists of feeds as other readers keep them: OPML 2.0 in and out (https://opml.org/spec2.opml)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

from ingest import urls
from ingest.errors import ParseError
from ingest.feeds import encoding, markup
from ingest.model import WantedFeed

MAX_FEEDS = 100_000
MAX_TAGS = 50
"""Outlines around a feed that become its tags; people nest two or three."""
_STRAY = re.compile(r"&(?!(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);)")
"""Ampersands in addresses that a writer forgot to escape; many do."""
_DOCTYPE = re.compile(r"<!DOCTYPE[^<>\[\]]*>", re.IGNORECASE)
_ESCAPES = {"%": "%25", ",": "%2C", "/": "%2F"}
"""What has a meaning of its own between the tags of a category."""
_NO_FEED = {"link", "include"}
"""Types of outlines whose `url` is a page or another list (OPML 2.0)."""

_Attributes = dict[str, str]


def read(body: bytes) -> tuple[list[WantedFeed], list[str]]:
    """Return the feeds of an OPML document in its order, and in words what was left out.

    Each address and each name comes once. The outlines around a feed become its tags, and so do its
    categories. Raises ParseError for what is no OPML.
    """
    text = _DOCTYPE.sub("", encoding.readable(encoding.decode(body, None)[0]), count=1)
    if "<!DOCTYPE" in text[:9].upper():
        raise ParseError("an OPML file with definitions in its DOCTYPE is not read")
    try:
        root = ET.fromstring(_STRAY.sub("&amp;", text))  # noqa: S314 - no DOCTYPE, no entities
    except (ET.ParseError, ValueError) as error:
        raise ParseError(f"the file is no well-formed OPML: {error}") from error
    if _tag(root) != "opml":
        raise ParseError(f"the file is no OPML but <{root.tag[:60]}>")
    left_out: list[str] = []
    return list(_named(_feeds(root, left_out), left_out)), left_out


def write(feeds: Iterable[WantedFeed], title: str) -> str:
    """Return feeds as OPML 2.0: each under its first tag, all tags as its categories."""
    folders: dict[str, list[str]] = {}
    for feed in feeds:
        names = f"text={quoteattr(feed.name)} title={quoteattr(feed.name)}"
        tags = ",".join("".join(_ESCAPES.get(char, char) for char in tag) for tag in feed.tags)
        category = f" category={quoteattr(tags)}" if tags else ""
        line = f'<outline type="rss" {names} xmlUrl={quoteattr(feed.url)}{category}/>'
        folders.setdefault(feed.tags[0] if feed.tags else "", []).append(line)
    body = []
    for tag, lines in folders.items():
        inner = [f"      {line}" if tag else f"    {line}" for line in lines]
        around = (f"    <outline text={quoteattr(tag)}>", "    </outline>") if tag else ()
        body += [*around[:1], *inner, *around[1:]]
    head = f"  <head><title>{quoteattr(title)[1:-1]}</title></head>"
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', head, "  <body>"]
    return "\n".join([*lines, *body, "  </body>", "</opml>", ""])


def _tag(element: ET.Element) -> str:
    """Return the name of an element, whatever its letter case and namespace."""
    return element.tag.rpartition("}")[2].lower()


def _outlines(root: ET.Element) -> Iterator[tuple[_Attributes, str, tuple[str, ...]]]:
    """Yield attributes, title and the titles around it of each outline, in the document's order."""
    waiting: list[tuple[ET.Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, around = waiting.pop()
        if _tag(element) == "outline":
            given = {name.lower(): value for name, value in element.attrib.items()}
            title = markup.line(given.get("title") or given.get("text") or "")
            yield given, title, around
            around = (*around, title)[:MAX_TAGS] if title and not _written(given) else around
        inner = (child for child in reversed(element) if _tag(child) in {"body", "outline"})
        waiting += [(child, around) for child in inner]


def _feeds(root: ET.Element, left_out: list[str]) -> Iterator[WantedFeed]:
    """Yield the feed of each outline that has one."""
    for given, title, around in _outlines(root):
        kind, written = given.get("type", "").lower(), _written(given)
        is_other = kind in _NO_FEED and not given.get("xmlurl")
        addresses = () if is_other else urls.typed(written)
        if addresses:
            tags = dict.fromkeys(tag for tag in (*around, *_categories(given)) if tag)
            yield WantedFeed(title, addresses[0], tuple(tags))
        elif written:
            why = "is not said to be a feed" if is_other else "is no web address"
            left_out.append(f"{title or 'an outline'}: `{written[:200]}` {why}")
        elif kind == "rss":
            left_out.append(f"{title or 'an outline'}: there is no address")


def _written(given: _Attributes) -> str:
    """Return the address of an outline, also where an old writer calls it `url`."""
    return markup.line(given.get("xmlurl") or given.get("url") or "")


def _categories(given: _Attributes) -> Iterator[str]:
    """Yield the last part of each category; the escapes are those of `write`."""
    for category in given.get("category", "").split(","):
        tag = category.strip("/ ").rpartition("/")[2]
        for char, escape in reversed(_ESCAPES.items()):
            tag = re.sub(escape, char, tag, flags=re.IGNORECASE)
        yield markup.line(tag)


def _named(feeds: Iterable[WantedFeed], left_out: list[str]) -> Iterator[WantedFeed]:
    """Yield each address once, under a name that no other has; further outlines add their tags."""
    found: dict[str, WantedFeed] = {}
    names: set[str] = set()
    for feed in feeds:
        if known := found.get(feed.url):
            tags = tuple(dict.fromkeys((*known.tags, *feed.tags)))
            found[feed.url] = replace(known, tags=tags)
            continue
        if len(found) >= MAX_FEEDS:
            left_out.append(f"all feeds after the first {MAX_FEEDS:,}")
            break
        name = free_name(feed.name or feed.url, feed.url, names)
        names.add(name)
        found[feed.url] = replace(feed, name=name)
    yield from found.values()


def free_name(name: str, url: str, taken: set[str]) -> str:
    """Return a name that is not taken: as it is, with its site, or at last the address itself."""
    site = url.partition("://")[2].partition("/")[0]
    return next((each for each in (name, f"{name} ({site})") if each not in taken), url)
