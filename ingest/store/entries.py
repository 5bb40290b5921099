"""Entries in the database: what each feed has said, and which pages are still to be read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, case, select, update

from ingest.model import (
    SHARED_LINK,
    Article,
    Entry,
    EntryPlan,
    EntryState,
    EntryWhy,
    Feed,
    KnownEntry,
    PageRead,
    ParsedEntry,
    StoredEntry,
)
from ingest.store import leases
from ingest.store.engine import among, as_one, chunks, insert_new
from ingest.store.feeds import site_of
from ingest.store.leases import FREED
from ingest.store.tables import Utc, clean, entries, feeds, link_start
from ingest.stories import exact

MOST_LED = 100
"""Entries looked at that led to one article."""
FAILED_AFTER = 5
"""Failures of our own after which an entry is called failed; more than a page ever gets as tries."""

_KEY_BYTES = 1_000
"""PostgreSQL refuses an index entry above 2,704 bytes; publishers' ids are rarely above 300."""

ENTRY = select(entries, feeds.c.name.label("feed"), feeds.c.tags.label("feed_tags")).join(
    feeds, feeds.c.id == entries.c.feed_id
)


def index_key(key: str) -> str:
    """Return a key as it is stored: short enough for any index, and still one of its kind."""
    written = clean(key).encode()
    if len(written) <= _KEY_BYTES:
        return written.decode()
    digest = blake2b(written, digest_size=16).hexdigest()
    return written[: _KEY_BYTES - 40].decode(errors="ignore") + "…" + digest


def to_entry(row: Row[Any]) -> Entry:
    """Return a row of `ENTRY` as a record."""
    return Entry(
        id=row.id,
        feed_id=row.feed_id,
        feed=row.feed,
        feed_tags=tuple(row.feed_tags),
        key=row.key,
        guid=row.guid,
        link=row.link,
        title=row.title,
        summary=row.summary,
        content=row.content,
        authors=tuple(row.authors),
        published_at=row.published_at,
        updated_at=row.updated_at,
        tags=tuple(row.tags),
        hash=row.hash,
        first_seen_at=row.first_seen_at,
        state=EntryState(row.state),
        why=EntryWhy(row.why),
        silent=row.silent,
        site=row.site,
        read_at=row.read_at,
        attempts=row.attempts,
        article_id=row.article_id,
        page_outcome=row.page_outcome,
        page_error=row.page_error,
    )


# --- from a feed ------------------------------------------------------------------------------


@cache
def _known(dialect: str) -> Select[Any]:
    query = select(entries.c.key, entries.c.id, entries.c.hash, entries.c.earlier)
    asked = among(dialect, entries.c.key, "asked")
    return query.where(entries.c.feed_id == bindparam("feed"), asked)


def known(connection: Connection, feed_id: int, keys: Collection[str]) -> Mapping[str, KnownEntry]:
    """Return what is stored of those of the feed's entries that are known, by key."""
    asked = {index_key(key): key for key in keys}
    dialect = connection.dialect.name
    found: dict[str, KnownEntry] = {}
    for some in chunks(asked, 500):
        values = {"feed": feed_id, "asked": as_one(dialect, some)}
        for row in connection.execute(_known(dialect), values):
            found[asked[row.key]] = KnownEntry(row.id, row.hash, tuple(row.earlier))
    return found


_LATEST, _LATEST_EACH = 100, 5
"""Entries of a feed among which hashes are looked up, and further ones for each hash.

What a document has again stands among them, unless it is older than five documents' news.
"""
_LINKED, _LINKED_EACH = 1_000, 2
"""Entries read at most of those with some links, and further ones for each: pages of live news."""


@cache
def _alike(dialect: str, by: str) -> Select[Any]:
    columns = (entries.c[name] for name in StoredEntry._fields)
    # The sum hides the feed from SQLite, which would read all its entries rather than those asked.
    query = select(*columns).where(entries.c.feed_id + 0 == bindparam("feed"))
    if by == "id":
        return query.where(among(dialect, entries.c.id, "asked"))
    if by == "link":
        return query.where(among(dialect, link_start, "asked")).limit(bindparam("most"))
    # Not by the order of the primary key, which would read other feeds' entries.
    newest = (entries.c.id + 0).desc()
    latest = select(entries.c.id).where(entries.c.feed_id == bindparam("feed")).order_by(newest)
    latest = latest.limit(bindparam("latest"))
    return query.where(entries.c.id.in_(latest), among(dialect, entries.c.hash, "asked"))


def alike(
    connection: Connection,
    feed_id: int,
    ids: Collection[int],
    links: Collection[str],
    hashes: Collection[str],
) -> Sequence[StoredEntry]:
    """Return the feed's entries of these ids and links, and its latest ones of these hashes."""
    asked: dict[str, Collection[int | str]]
    asked = {"id": ids, "link": [link[:500] for link in links], "hash": hashes}
    bounds = {
        "link": {"most": _LINKED + _LINKED_EACH * len(links)},
        "hash": {"latest": _LATEST + _LATEST_EACH * len(hashes)},
    }
    dialect = connection.dialect.name
    found = {}
    for by, wanted in asked.items():
        values = {"feed": feed_id, "asked": as_one(dialect, wanted), **bounds.get(by, {})}
        for row in connection.execute(_alike(dialect, by), values) if wanted else ():
            found[row.id] = StoredEntry(*row)._replace(earlier=tuple(row.earlier))
    return list(found.values())


_CHANGE = (
    update(entries)
    .where(entries.c.id == bindparam("entry"))
    .values({"attempts": 0, "page_error": None})
)
_REKEY = update(entries).where(entries.c.id == bindparam("entry")).values(key=bindparam("new_key"))


def save(
    connection: Connection,
    feed: Feed,
    plans: Iterable[EntryPlan],
    *,
    silent: bool,
    now: datetime,
) -> None:
    """Insert new entries and update changed ones, all due for reading at once, and rekey others.

    An entry that another process stored in the meantime stays as it is. Those that share their link
    with others are read from what the feed says of them, not from the page.
    """
    plans = list(plans)
    said = [(plan.entry.link, plan.entry.title or plan.entry.summary) for plan in plans]
    shared = exact.shared(said) if len(said) > 1 else frozenset()
    site = site_of(feed.current_url)
    new: list[dict[str, Any]] = []
    for plan in plans:
        if plan.rekeyed and plan.id is not None:
            new_key = {"entry": plan.id, "new_key": index_key(plan.entry.key)}
            connection.execute(_REKEY, new_key)
        if plan.why is EntryWhy.KNOWN:
            continue
        row = _as_said(plan.entry, site)
        waiting = {
            "state": EntryState.WAITING,
            "why": plan.why,
            "read_at": now,
            "page_outcome": SHARED_LINK if plan.entry.link in shared else None,
        }
        if plan.why is EntryWhy.CHANGED and plan.id is not None:
            edited = {**row, **waiting, "earlier": list(plan.earlier)}
            connection.execute(_CHANGE.values(edited), {"entry": plan.id})
        elif plan.why is EntryWhy.NEW:
            first = {"feed_id": feed.id, "key": index_key(plan.entry.key), "first_seen_at": now}
            new.append({**row, **waiting, **first, "silent": silent})
    if new:
        connection.execute(insert_new(connection, entries), new)


def _as_said(entry: ParsedEntry, site: str) -> dict[str, Any]:
    return {
        "guid": entry.guid,
        "link": entry.link,
        "title": entry.title,
        "summary": entry.summary,
        "content": entry.content,
        "authors": list(entry.authors),
        "published_at": entry.published_at,
        "updated_at": entry.updated_at,
        "tags": list(entry.tags),
        "enclosures": [
            {"url": each.url, "type": each.type, "length": each.length} for each in entry.enclosures
        ],
        "hash": entry.hash,
        "site": site_of(entry.link, fallback=site),
    }


def led_to(connection: Connection, article_id: int, feed_id: int) -> Sequence[tuple[str, str, str]]:
    """Return key, title and text of a feed's entries that led to an article."""
    of = entries.c
    query = select(of.key, of.title, of.summary, of.content).where(of.article_id == article_id)
    found = connection.execute(query.where(of.feed_id == feed_id).limit(MOST_LED))
    return [(row.key, row.title, f"{row.summary}\n{row.content}") for row in found]


# --- the work of reading ----------------------------------------------------------------------


def claim(
    connection: Connection,
    now: datetime,
    limit: int,
    *,
    owner: str,
    per_site: int,
    busy_sites: Collection[str],
) -> Sequence[Entry]:
    """Lease due entries to `owner`, most overdue first."""
    ids = leases.claim(
        connection, leases.ENTRIES, now, limit, owner=owner, per_lane=per_site, busy=busy_sites
    )
    rows = connection.execute(ENTRY.where(entries.c.id.in_(ids))) if ids else ()
    found = {row.id: to_entry(row) for row in rows}
    return [found[entry_id] for entry_id in ids]


_AS_CLAIMED = and_(entries.c.id == bindparam("entry"), entries.c.hash == bindparam("read_hash"))
_FINISH = (
    update(entries)
    .where(_AS_CLAIMED)
    .values(
        article_id=bindparam("article"),
        page_outcome=bindparam("outcome"),
        page_error=bindparam("error"),
        read_at=bindparam("again_at"),
        state=EntryState.READ.value,
        attempts=0,
        **FREED,
    )
)
_OVERTAKEN = (
    update(entries)
    .where(entries.c.id == bindparam("entry"))
    .values(article_id=bindparam("article"), **FREED)
)
_POSTPONE = (
    update(entries)
    .where(entries.c.id == bindparam("entry"))
    .values(
        read_at=bindparam("until", type_=Utc),
        page_error=bindparam("error"),
        attempts=entries.c.attempts + bindparam("count"),
        state=case(
            (entries.c.article_id.is_not(None), entries.c.state),
            (entries.c.attempts + bindparam("count") >= FAILED_AFTER, EntryState.FAILED.value),
            else_=entries.c.state,
        ),
        **FREED,
    )
)


def finish(
    connection: Connection,
    entry: Entry,
    article: Article,
    page: PageRead,
    again_at: datetime | None,
) -> None:
    """Mark an entry as read and give up its lease; one that its feed changed meanwhile stays due."""
    values = {
        "entry": entry.id,
        "read_hash": entry.hash,
        "article": article.id,
        "outcome": page.outcome,
        "error": page.error,
        "again_at": again_at,
    }
    if not connection.execute(_FINISH, values).rowcount:
        connection.execute(_OVERTAKEN, {"entry": entry.id, "article": article.id})


def postpone(
    connection: Connection, entry: Entry, until: datetime, error: str, *, count: bool = True
) -> None:
    """Put off an entry, count the attempt, and give up its lease."""
    values = {"entry": entry.id, "until": until, "error": error, "count": int(count)}
    connection.execute(_POSTPONE, values)
