"""From the bytes of a feed to its entries; feedparser says what a feed means, this what we keep.

Bounded in depth, elements, entries and expansion (`reader`), and cleaned of what no store takes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from ingest import urls
from ingest.errors import NotAFeed, ParseError
from ingest.feeds import cut, dates, encoding, identity, jsonfeed, markup, reader, sitemap
from ingest.feeds.completeness import TRUNCATED
from ingest.feeds.identity import USUAL, Habits, Traits
from ingest.gates import GATE_HEAD, is_gate
from ingest.model import Enclosure, ParsedEntry, ParsedFeed

_END = re.compile(r"</(?:[\w.-]+:)?(?:rss|feed|rdf|channel|urlset)\s*>", re.IGNORECASE)
_OPENING = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_CLOSING = re.compile(r"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,300})", re.IGNORECASE)
_ADDRESS = re.compile(r"https?:|\.{0,2}/", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,30}:", re.IGNORECASE)
_ROOT = re.compile(r"<([\w.:-]{1,60})")
_PERIODS_S = {
    "hourly": 3600.0,
    "daily": 86400.0,
    "weekly": 604800.0,
    "monthly": 2592000.0,
    "yearly": 31536000.0,
}
_MAX_TTL_S = 31536000.0
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TAIL = 4096
_MUCH_FULLER = 2
"""How many times as long a summary is the text itself.

A teaser is a small part of its text; a copy in plain text is about as long, and poorer than the content.
"""


def parse(
    body: bytes,
    *,
    url: str,
    content_type: str | None = None,
    language: str | None = None,
    habits: Habits = USUAL,
    seen: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> ParsedFeed:
    """Return what a feed document says, entries in its order, each with its key and hash.

    `url` is where the body came from (empty if unknown: links then stay as written), `language`
    what its header Content-Language says, `habits` what the feed's memory says of its guids.
    `seen` is what the last document gave as `items`: its entries are left out unread where they
    stand unchanged (`left_out` counts them), and the others come out as they would beside them.
    With `now`, dates too far ahead of it are left out.
    Entries of equal keys are the same item given more than once.
    Raises NotAFeed for anything else than a feed, and ParseError for one that cannot be read.
    """
    if not body.strip():
        raise NotAFeed("the answer is empty")
    text, lied = encoding.decode(body, content_type)
    text = encoding.readable(text)
    if text.startswith(("{", "[")):
        feed = _keyed(jsonfeed.read(text, url), habits)
    elif sitemap.is_sitemap(text):
        feed = _keyed(sitemap.read(text, url), habits)
    else:
        feed = _read_cut(text, url, habits, seen or {})
        if language and not feed.language:
            feed = replace(feed, language=markup.line(language))
    if lied:
        feed = replace(feed, warnings=(lied, *feed.warnings))
    return _dated(feed, now)


def aliases(parsed: ParsedFeed, habits: Habits = USUAL) -> dict[str, dict[str, bool]]:
    """Return the keys under which each of the entries may be stored besides its own.

    With each goes whether it names the entry whatever its text.
    """
    return {
        entry.key: identity.aliases(_traits(entry), home=parsed.link, habits=habits)
        for entry in parsed.entries
    }


def to_json(parsed: ParsedFeed) -> dict[str, object]:
    """Return the object that `ingest parse` prints; times in ISO 8601 UTC."""
    return {
        "feed": {
            "title": parsed.title,
            "link": parsed.link,
            "description": parsed.description,
            "language": parsed.language,
            "updated": _written(parsed.updated_at),
            "format": parsed.format,
        },
        "entries": [
            {
                "id": entry.guid,
                "link": entry.link,
                "title": entry.title,
                "summary": entry.summary,
                "content": entry.content,
                "authors": list(entry.authors),
                "published": _written(entry.published_at),
                "updated": _written(entry.updated_at),
                "tags": list(entry.tags),
                "enclosures": [asdict(enclosure) for enclosure in entry.enclosures],
                "key": entry.key,
            }
            for entry in parsed.entries
        ],
        "warnings": list(parsed.warnings),
    }


def _written(when: datetime | None) -> str | None:
    return when.isoformat().replace("+00:00", "Z") if when else None


# --- XML --------------------------------------------------------------------------------------


def _read_cut(text: str, url: str, habits: Habits, seen: Mapping[str, str]) -> ParsedFeed:
    """Read a document without the items seen before, or all of it where that may differ."""
    found = cut.items(text)
    known = {item.digest: seen[item.digest] for item in found if item.digest in seen}
    if known:
        rest = _rest(text, found, known, url, habits)
        if rest is not None:
            return rest
    chosen, warnings = reader.within_bounds(found)
    feed = _keyed(_read_xml(_only(text, found, chosen), url), habits)
    items = _recognisable(chosen, feed, habits)
    return replace(feed, items=items, warnings=(*feed.warnings, *warnings))


def _rest(
    text: str,
    found: Sequence[cut.Item],
    known: Mapping[str, str],
    url: str,
    habits: Habits,
) -> ParsedFeed | None:
    """Return what the unknown items say, or None where reading them alone may tell another story.

    It may where what is left is not well-formed, or has an entry that shares guid or link with one
    left out: which is which can then be told only side by side.
    Of more than are read at one check, the next that finds the document changed has the others.
    """
    fresh, warnings = reader.within_bounds([item for item in found if item.digest not in known])
    try:
        feed = _keyed(_read_xml(_only(text, found, fresh), url), habits)
    except ParseError:
        return None
    new = _recognisable(fresh, feed, habits)
    if len(new) < len(fresh) or len(fresh) != len(feed.entries):
        return None
    if feed.warnings or not set(known.values()).isdisjoint(new.values()):
        return None
    items = {item.digest: known.get(item.digest) or new.get(item.digest, "") for item in found}
    return replace(
        feed,
        items={digest: key for digest, key in items.items() if key},
        left_out=sum(item.digest in known for item in found),
        warnings=tuple(warnings),
    )


def _only(text: str, found: Sequence[cut.Item], chosen: Sequence[cut.Item]) -> str:
    """Return a document with some of its items alone."""
    if len(chosen) == len(found):
        return text
    kept = {item.start for item in chosen}
    return cut.without(text, (item for item in found if item.start not in kept))


def _recognisable(found: Sequence[cut.Item], feed: ParsedFeed, habits: Habits) -> dict[str, str]:
    """Return digest and key of each item; nothing unless each entry has its key from itself alone."""
    keys = [entry.key for entry in feed.entries]
    plain = all(identity.is_plain(key, habits.shared) for key in keys) and len(set(keys)) == len(
        keys
    )
    if feed.warnings or len(found) != len(keys) or not plain:
        return {}
    return {item.digest: key for item, key in zip(found, keys, strict=True)}


def _read_xml(text: str, url: str) -> ParsedFeed:
    document = reader.read(text, url)
    version = document.version or ("cdf" if text[:8].lower() == "<channel" else "")
    if not version and not document.entries:
        raise NotAFeed(f"the answer is {_what(text)}, no feed")
    entries, warnings = document.entries, list(document.warnings)
    if _is_cut_off(text):
        warnings.append(TRUNCATED)
        if _last_is_partial(text):
            entries = entries[:-1]
    return replace(
        _feed(document, entries, url), format=version or "unknown", warnings=tuple(warnings)
    )


def _feed(document: reader.Document, entries: Sequence[Mapping[str, Any]], url: str) -> ParsedFeed:
    feed = document.feed
    language = markup.line(str(feed.get("language") or ""))
    inherited = _authors(feed) if document.version.startswith("atom") else ()
    return ParsedFeed(
        title=_title(feed, url),
        link=_link(feed, url),
        description=_description(feed, url),
        language=language or None,
        updated_at=_when(feed, "updated", "published"),
        format=document.version,
        ttl_s=_ttl_s(feed),
        entries=tuple(_entry(entry, url, inherited) for entry in entries),
        skip_hours=_skip_hours(feed),
        skip_days=_skip_days(feed),
    )


def _entry(entry: Mapping[str, Any], url: str, inherited: tuple[str, ...]) -> ParsedEntry:
    """Return an entry without key and hash, which need the whole document.

    A feed that only says when an entry was updated (most RSS 1.0, much Atom) means its publication.
    An Atom entry without author has its source's, or its feed's (RFC 4287 §4.2.1).
    """
    guid = markup.line(str(entry.get("id") or ""))
    updated = _when(entry, "updated")
    source = entry.get("source")
    summary, content = _texts(entry, url)
    return ParsedEntry(
        key="",
        guid=guid or None,
        link=_link(entry, url),
        title=_title(entry, url),
        summary=summary,
        content=content,
        authors=_authors(entry) or (_authors(source) if source else ()) or inherited,
        published_at=_when(entry, "published", "created") or updated,
        updated_at=updated,
        tags=_tags(entry),
        enclosures=_enclosures(entry, url),
        hash="",
    )


def _title(of: Mapping[str, Any], url: str) -> str:
    """Return a title as plain text; feedparser says whether it is HTML."""
    detail = of.get("title_detail") or {}
    value = str(of.get("title") or "")
    return markup.plain(value) if "html" in str(detail.get("type", "")) else markup.line(value)


def _html(detail: Mapping[str, Any] | None, value: object, url: str) -> str:
    """Return a text of a feed as HTML: plain text escaped, HTML sanitised, links made absolute.

    The detail gives type and base only: its value can be that of a like-named inner element.
    """
    detail = detail or {}
    source = str(value or "")
    if detail.get("type") == "text/plain":
        return markup.escaped(source)
    return markup.sanitised(source, str(detail.get("base") or url))


def _texts(entry: Mapping[str, Any], url: str) -> tuple[str, str]:
    """Return summary and content: what an entry says of itself, and the fullest text it gives.

    Which element holds the longer one differs from feed to feed: `itunes:summary` is often the
    teaser of a long `description`. One text is a summary, or both if it was given as content.
    """
    summary = ""
    if "summary_detail" in entry:  # without it, a copy of a content
        summary = _html(entry["summary_detail"], entry.get("summary"), url)
    contents = _contents(entry, url)
    content = max(contents, key=_fullness, default="")
    if content and summary and _fullness(summary) > _MUCH_FULLER * _fullness(content):
        return content, summary
    others = (text for text in (summary, *contents) if text and text != content)
    return next(others, content) or _instead(entry, url), content


def _contents(entry: Mapping[str, Any], url: str) -> list[str]:
    """Return an entry's contents; images and files are not text."""
    kinds = ("text/", "application/xhtml", "application/octet-stream")  # the last: base64 text
    return [
        _html(content, content.get("value"), url)
        for content in entry.get("content") or ()
        if str(content.get("type") or "text/html").startswith(kinds)
    ]


def _fullness(text: str) -> int:
    return len(markup.words(text))


def _instead(entry: Mapping[str, Any], url: str) -> str:
    """Return what stands for a text that an entry lacks: the caption of its media, or a podcast's subtitle."""
    name = "media_description" if entry.get("media_description") else "subtitle"
    return _html(entry.get(f"{name}_detail"), entry.get(name), url)


def _description(feed: Mapping[str, Any], url: str) -> str:
    """Return what a feed says of itself, in a podcast's words where it has no others."""
    names = ("subtitle", "summary", "media_description")
    name = next((name for name in names if feed.get(name)), "subtitle")
    return _html(feed.get(f"{name}_detail"), feed.get(name), url)


def _link(of: Mapping[str, Any], url: str) -> str | None:
    """Return the page an entry or a feed leads to; feedparser has read it against xml:base.

    A guid is a link unless it says otherwise (RSS 2.0), but `12345` says so too.
    """
    link = str(of.get("link") or "")
    if of.get("guidislink") and not _ADDRESS.match(link):
        link = ""
    found = _absolute(url, link)
    if found:
        return found
    for link in of.get("links") or ():
        if link.get("rel") in {"alternate", "related", "via"}:
            found = _absolute(url, str(link.get("href") or ""))
            if found:
                return found
    return None


def _absolute(url: str, link: str) -> str | None:
    """Return a web address; one written relative to an unknown place stays as it is."""
    if not url and link and not _SCHEME.match(link):
        return markup.line(link)
    return urls.join(url, link) if link else None


def _authors(of: Mapping[str, Any]) -> tuple[str, ...]:
    """Return names, or addresses where there are no names, each once."""
    people = [person.get("name") or person.get("email") for person in of.get("authors") or ()]
    names = (markup.plain(str(name)) for name in (people or [of.get("author")]) if name)
    return tuple(dict.fromkeys(name for name in names if name))


def _tags(entry: Mapping[str, Any]) -> tuple[str, ...]:
    terms = (tag.get("term") or tag.get("label") or "" for tag in entry.get("tags") or ())
    return tuple(dict.fromkeys(tag for term in terms if (tag := markup.plain(str(term)))))


def _enclosures(entry: Mapping[str, Any], url: str) -> tuple[Enclosure, ...]:
    """Return attached files: enclosures and Media RSS contents, each address once."""
    links = [link for link in entry.get("links") or () if link.get("rel") == "enclosure"]
    found: dict[str, Enclosure] = {}
    for link in [*links, *(entry.get("media_content") or ())]:
        address = _absolute(url, str(link.get("href") or link.get("url") or "").strip())
        if address and address not in found:
            found[address] = Enclosure(
                url=address,
                type=markup.line(str(link.get("type") or "")) or None,
                length=_length(link.get("length") or link.get("filesize")),
            )
    return tuple(found.values())


def _length(written: object) -> int | None:
    text = str(written or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def _when(of: Mapping[str, Any], *names: str) -> datetime | None:
    """Return the first of these dates that can be read."""
    for name in names:
        if name in of and (found := dates.parse(str(of[name]), reader.date)):
            return found
    return None


def _ttl_s(feed: Mapping[str, Any]) -> float | None:
    """Return how long the feed asks to be left alone: `ttl` in minutes, or `sy:updatePeriod`."""
    ttl = _length(feed.get("ttl"))
    if ttl:
        return min(ttl * 60.0, _MAX_TTL_S)
    period = _PERIODS_S.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    if period is None:
        return None
    return min(period / max(_length(feed.get("sy_updatefrequency")) or 1, 1), _MAX_TTL_S)


def _skip_hours(feed: Mapping[str, Any]) -> frozenset[int]:
    """Return the hours of `skipHours`; 24 is midnight, since RSS 0.91 counted from 1."""
    hours = (_length(hour) for hour in feed.get("skipped hours", ()))
    return frozenset(hour % 24 for hour in hours if hour is not None and hour <= 24)


def _skip_days(feed: Mapping[str, Any]) -> frozenset[int]:
    days = (str(day).strip().lower() for day in feed.get("skipped days", ()))
    return frozenset(_DAYS.index(day) for day in days if day in _DAYS)


# --- what kind of document --------------------------------------------------------------------


def _is_cut_off(text: str) -> bool:
    """Return whether a document ends before its root does."""
    end = _end_of_markup(text)
    return not text.endswith("/>", 0, end) and not _END.search(text, max(0, end - _TAIL), end)


def _end_of_markup(text: str) -> int:
    """Return where the comments at the end of a document begin; some servers sign with long ones."""
    end = len(text)
    while True:
        end = _before_space(text, end)
        begun = text.rfind("<!--", 0, end) if text.endswith("-->", 0, end) else -1
        if begun < 0:
            return end
        end = begun


def _before_space(text: str, end: int) -> int:
    while end and text[end - 1].isspace():
        end -= 1
    return end


def _last_is_partial(text: str) -> bool:
    """Return whether the last entry of a cut document is cut; one that never closes any is not."""
    closed = 0
    for found in _CLOSING.finditer(text):
        closed = found.end()
    return closed > 0 and _OPENING.search(text, closed) is not None


def _what(text: str) -> str:
    """Say what a document is that is no feed."""
    start = text[:2000].lstrip().lower()
    if start.startswith(("<!doctype html", "<html")) or "<html" in start or "<body" in start:
        title = _TITLE.search(text, 0, 200_000)
        name = f" titled “{markup.plain(title[1])[:80]}”" if title and title[1].strip() else ""
        return _kind(text) + name
    if start.startswith("%pdf"):
        return "a PDF document"
    if children := sitemap.children(text):
        return f"an index of sitemaps ({', '.join(children)})"
    root = _ROOT.search(start)
    if root:
        return f"an XML document <{root[1]}>"
    return "plain text" if text[:2000].isprintable() or "\n" in text[:2000] else "binary data"


def _kind(page: str) -> str:
    if len(page) < GATE_HEAD and is_gate(page, is_bare=True):
        return "a challenge page"
    return "a log-in page" if _asks_password(page) else "a web page"


def _asks_password(text: str) -> bool:
    return re.search(r"""type\s?=\s?["']?password""", text[:500_000], re.IGNORECASE) is not None


# --- dates and keys ---------------------------------------------------------------------------


def _dated(feed: ParsedFeed, now: datetime | None) -> ParsedFeed:
    """Return the feed without dates that lie ahead of the clock."""
    if now is None:
        return feed
    entries = tuple(_not_ahead(entry, now) for entry in feed.entries)
    ahead = sum(a is not b for a, b in zip(entries, feed.entries, strict=True))
    if not ahead:
        return feed
    warning = f"{ahead} entries are dated in the future; their dates are left out"
    return replace(feed, entries=entries, warnings=(*feed.warnings, warning))


def _not_ahead(entry: ParsedEntry, now: datetime) -> ParsedEntry:
    dated = [when for when in (entry.published_at, entry.updated_at) if when]
    if not any(dates.is_ahead(when, now) for when in dated):
        return entry
    published, updated = (
        None if when is None or dates.is_ahead(when, now) else when
        for when in (entry.published_at, entry.updated_at)
    )
    return replace(entry, published_at=published, updated_at=updated)


def _keyed(feed: ParsedFeed, habits: Habits) -> ParsedFeed:
    """Return the feed with the key and hash of each entry."""
    items = [_traits(entry) for entry in feed.entries]
    keys = identity.keys(items, home=feed.link, habits=habits)
    entries = tuple(
        replace(entry, key=key, hash=item.hash)
        for entry, key, item in zip(feed.entries, keys, items, strict=True)
    )
    return replace(feed, entries=entries)


def _traits(entry: ParsedEntry) -> Traits:
    summary = markup.words(entry.summary)
    content = markup.words(entry.content) if entry.content != entry.summary else summary
    text = summary if summary == content else f"{summary}\n{content}"
    # A date of publication that is only the latest update's tells no items apart.
    dated = None if entry.published_at == entry.updated_at else entry.published_at
    return Traits(
        guid=entry.guid,
        link=entry.link,
        title=entry.title,
        text=text,
        published=_written(dated) or "",
        hash=identity.content_hash(entry.title, text, entry.link),
    )
