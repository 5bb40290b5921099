"""Lists of feeds as other readers keep them: OPML 2.0 in and out (https://opml.org/spec2.opml)."""

import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

from ingest import urls
from ingest.errors import ParseError
from ingest.feeds import encoding, markup
from ingest.model import WantedFeed

MAX_FEEDS = 100_000
_STRAY = re.compile(r"&(?!(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);)")
"""Ampersands in addresses that a writer forgot to escape; many do."""


def read(body: bytes) -> list[WantedFeed]:
    """Return the feeds of an OPML document, each address and each name once, in its order.

    The outlines around a feed become its tags, and so do its categories.
    Raises ParseError for what is no OPML.
    """
    text = encoding.readable(encoding.decode(body, None)[0])
    if text[:9].upper().startswith("<!DOCTYPE"):
        raise ParseError("an OPML file with a DOCTYPE is not read")
    try:
        root = ET.fromstring(_STRAY.sub("&amp;", text))  # noqa: S314 - no DOCTYPE, no entities
    except (ET.ParseError, ValueError) as error:
        raise ParseError(f"the file is no well-formed OPML: {error}") from error
    if root.tag.lower() != "opml":
        raise ParseError(f"the file is no OPML but <{root.tag[:60]}>")
    return list(_named(_outlines(root)))


def write(feeds: Iterable[WantedFeed], title: str) -> str:
    """Return feeds as OPML 2.0: each under its first tag, all tags as its categories."""
    folders: dict[str, list[str]] = {}
    for feed in feeds:
        names = f"text={quoteattr(feed.name)} title={quoteattr(feed.name)}"
        tags = ",".join(tag.replace(",", " ") for tag in feed.tags)
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


def _outlines(root: ET.Element) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield title, address and tags of each feed, in the order of the document."""
    outlines = reversed(root.findall("body/outline"))
    waiting: list[tuple[ET.Element, tuple[str, ...]]] = [(outline, ()) for outline in outlines]
    while waiting:
        outline, tags = waiting.pop()
        given = {name.lower(): value for name, value in outline.attrib.items()}
        title = markup.line(given.get("title") or given.get("text") or "")
        address = urls.join("", given.get("xmlurl", ""))
        if address:
            parts = (part.strip("/ ") for part in given.get("category", "").split(","))
            own = [markup.line(part.rsplit("/", 1)[-1]) for part in parts]
            yield title, address, tuple(dict.fromkeys(tag for tag in (*tags, *own) if tag))
        inner = (*tags, title) if title and not address else tags
        waiting += [(child, inner) for child in reversed(outline.findall("outline"))]


def _named(outlines: Iterable[tuple[str, str, tuple[str, ...]]]) -> Iterator[WantedFeed]:
    """Yield each address once, under a name that no other has; further outlines add their tags."""
    found: dict[str, WantedFeed] = {}
    names: set[str] = set()
    for title, url, tags in outlines:
        if url in found:
            known = found[url]
            merged = tuple(dict.fromkeys((*known.tags, *tags)))
            found[url] = WantedFeed(known.name, url, merged)
            continue
        if len(found) >= MAX_FEEDS:
            break
        name = free_name(title or url, url, names)
        names.add(name)
        found[url] = WantedFeed(name, url, tags)
    yield from found.values()


def free_name(name: str, url: str, taken: set[str]) -> str:
    """Return a name that is not taken: as it is, with its site, or at last the address itself."""
    site = url.partition("://")[2].partition("/")[0]
    return next((each for each in (name, f"{name} ({site})") if each not in taken), url)
