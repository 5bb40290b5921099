"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ingest import urls
from ingest.errors import NotAFeed, ParseError
from ingest.feeds import dates, markup
from ingest.feeds.reader import MAX_TAGS, within_bounds
from ingest.model import Enclosure, ParsedEntry, ParsedFeed

MAX_DIGITS = 1000
"""Of a number; a longer one is an id at most, and compared as it is written."""


def read(text: str, url: str) -> ParsedFeed:
    """Return the feed in a JSON text, entries without key and hash.

    A value of the wrong type is left out rather than the entry that has it.
    Raises NotAFeed for other JSON and ParseError for a text that is not JSON.
    """
    feed = _document(text)
    version = str(feed.get("version") or "")
    items = feed.get("items")
    if "jsonfeed.org/version/" not in version or not isinstance(items, list):
        raise NotAFeed("the answer is a JSON document, no feed")
    entries = [item for item in items if isinstance(item, dict)]
    wrong = len(items) - len(entries)
    entries, warnings = within_bounds(entries)
    if wrong:
        warnings.append(f"{wrong} items are no objects")
    language, authors = _text(feed, "language"), _authors(feed)
    return ParsedFeed(
        title=markup.line(_text(feed, "title")),
        link=_address(feed, url, "home_page_url"),
        description=markup.escaped(_text(feed, "description")),
        language=language or None,
        updated_at=None,
        format="json10" if version.rstrip("/").endswith("/1") else "json11",
        ttl_s=None,
        entries=tuple(_entry(item, url, authors) for item in entries),
        warnings=tuple(warnings),
    )


def _document(text: str) -> Mapping[str, Any]:
    try:
        # A raw line break in a text, or a number beyond what Python converts, spoils no feed.
        feed = json.loads(text, strict=False, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"the feed is no JSON: {error}") from error
    if not isinstance(feed, dict):
        raise NotAFeed("the answer is a JSON list, no feed")
    return feed


def _integer(written: str) -> int | str:
    return int(written) if len(written) <= MAX_DIGITS else written


def _entry(item: Mapping[str, Any], url: str, inherited: tuple[str, ...]) -> ParsedEntry:
    link = _address(item, url, "url", "external_url")
    base = link or url
    html, text = _text(item, "content_html"), _text(item, "content_text")
    updated = dates.parse(_text(item, "date_modified"))
    return ParsedEntry(
        key="",
        guid=markup.line(_text(item, "id")) or None,
        link=link,
        title=markup.line(_text(item, "title")),
        summary=markup.escaped(_text(item, "summary")),
        content=markup.sanitised(html, base) if html else markup.escaped(text),
        authors=_authors(item) or inherited,
        published_at=dates.parse(_text(item, "date_published")) or updated,
        updated_at=updated,
        tags=_tags(item),
        enclosures=tuple(_enclosures(item, base)),
        hash="",
    )


def _text(of: Mapping[str, Any], name: str) -> str:
    """Return a string member; a number, which some writers give as id, as its text."""
    value = of.get(name)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _list(of: Mapping[str, Any], name: str) -> list[Any]:
    value = of.get(name)
    return value if isinstance(value, list) else []


def _address(of: Mapping[str, Any], url: str, *names: str) -> str | None:
    for name in names:
        link = _text(of, name)
        if link and (found := urls.join(url, link)):
            return found
    return None


def _authors(of: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the authors of version 1.1, or the one of 1.0."""
    people = [*_list(of, "authors"), of.get("author")]
    names = (markup.line(_text(person, "name")) for person in people if isinstance(person, dict))
    return tuple(dict.fromkeys(name for name in names if name))


def _tags(item: Mapping[str, Any]) -> tuple[str, ...]:
    tags = (markup.line(tag) for tag in _list(item, "tags")[:MAX_TAGS] if isinstance(tag, str))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _enclosures(item: Mapping[str, Any], base: str) -> Iterable[Enclosure]:
    for attachment in _list(item, "attachments"):
        if isinstance(attachment, dict) and (address := _address(attachment, base, "url")):
            size = attachment.get("size_in_bytes")
            yield Enclosure(
                url=address,
                type=markup.line(_text(attachment, "mime_type")) or None,
                length=int(size) if isinstance(size, int | float) and 0 <= size < 1e15 else None,
            )
