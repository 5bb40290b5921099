"""Stored articles as a matcher reads them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, String, cast, func, select

from ingest.model import Document, Wanted
from ingest.store import search
from ingest.store.engine import among, as_one
from ingest.store.tables import articles, entries, feeds, texts

_AT_ONCE = 200
"""Articles held at a time, texts included."""
_FIRST = 20
"""Of them at first, since who asks for the newest few should not wait for many."""

Look = Callable[[Document], bool | None]
"""Tells of an article's title, summary and text whether it is wanted; None where that is open."""

_LED_BY = (
    select(func.aggregate_strings(cast(entries.c.feed_id, String), ","))
    .where(entries.c.article_id == articles.c.id)
    .correlate(articles)
    .scalar_subquery()
)
_OF = articles.c
_FURTHER: tuple[Any, ...] = (
    *(_OF.story_id, _OF.feed_id, _OF.url, _OF.authors, _OF.language, _OF.first_seen_at),
    _LED_BY.label("led_by"),
)

_Named = tuple[str, tuple[str, ...]]
"""Name and tags of a feed."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """An article through one of the feeds that led to it."""

    article: int
    story: int
    url: str | None
    seen_at: datetime
    """When it was first seen."""
    document: Document
    told: bool | None
    """What the look at it told."""


def iter_documents(
    connection: Connection,
    *,
    since: datetime | None,
    until: datetime | None,
    wanted: Wanted | None = None,
    others: bool = False,
    look: Look | None = None,
) -> Iterator[StoredDocument]:
    """Yield articles newest first, once for each feed that led to them.

    With `wanted`, those that have it; a few more may be among them. With `others`, the others too,
    but without their texts: reading those takes nearly all the time. Without those that a `look`
    says no to.
    """
    needed = wanted if others else None
    most = others or look is None  # most articles are kept: all is read at once
    query = _query(
        *(connection, since, until, None if others else wanted),
        *(_FURTHER if most else ()),
        texts_too=needed is None,
    )
    names: dict[int, _Named] = {}
    with connection.execute(query) as found:
        at_once = _FIRST
        while some := found.fetchmany(at_once):
            at_once = min(2 * at_once, _AT_ONCE)
            bodies = _bodies(connection, some, needed)
            kept = {}
            for row in some:
                document = Document(row.title, bodies.get(row.text_id, ""), summary=row.summary)
                if (told := look(document) if look else None) is not False:
                    kept[row.id] = document, told
            rows = some if most else _further(connection, kept)
            further = {row.id: (row, _feeds_of(row)) for row in rows}
            _add_names(connection, names, {one for _, led_by in further.values() for one in led_by})
            for article, (document, told) in kept.items():
                if article in further:  # not deleted meanwhile
                    row, led_by = further[article]
                    for feed_id in led_by:
                        yield _stored(row, document, told, names[feed_id])


def _query(
    connection: Connection,
    since: datetime | None,
    until: datetime | None,
    wanted: Wanted | None,
    *columns: Any,
    texts_too: bool,
) -> Select[Any]:
    """Return the query for the articles of a time, newest first."""
    of, at = articles.c, articles.c.first_seen_at
    query = select(of.id, of.title, of.summary, of.text_id, *columns).execution_options(
        stream_results=True, max_row_buffer=_AT_ONCE
    )
    if texts_too:
        query = query.add_columns(texts.c.body).join(texts, texts.c.id == of.text_id)
    if since is not None:
        query = query.where(at >= since)
    if until is not None:
        query = query.where(at < until)
    if wanted is not None:
        return search.narrowed(connection, query, wanted, since, until)
    return query.order_by(at.desc(), of.id.desc())


def _stored(row: Row[Any], seen: Document, told: bool | None, named: _Named) -> StoredDocument:
    """Return an article as one of its feeds led to it."""
    authors = tuple(row.authors)
    document = Document(
        *(seen.title, seen.text, *named, seen.summary, authors, row.language, row.url)
    )
    return StoredDocument(row.id, row.story_id or 0, row.url, row.first_seen_at, document, told)


def _bodies(
    connection: Connection, some: Sequence[Row[Any]], needed: Wanted | None
) -> dict[int, str]:
    """Return the texts that came with some articles, or those of the ones that have what is needed."""
    if needed is None:
        return {row.text_id: row.body for row in some}
    having = search.having(connection, needed, [row.id for row in some])
    wanted = [row.text_id for row in some if row.id in having]
    query = select(texts.c.id, texts.c.body).where(texts.c.id.in_(wanted))
    return {row.id: row.body for row in connection.execute(query)} if wanted else {}


def _further(connection: Connection, article_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Return what there is of some articles besides their texts."""
    if not article_ids:
        return ()
    some = as_one(connection.dialect.name, article_ids)
    query = select(_OF.id, *_FURTHER).where(among(connection.dialect.name, _OF.id, "some"))
    return connection.execute(query, {"some": some}).all()


def _add_names(connection: Connection, names: dict[int, _Named], feed_ids: set[int]) -> None:
    """Add the names and tags of the feeds that are not known yet."""
    if unknown := feed_ids - names.keys():
        query = select(feeds.c.id, feeds.c.name, feeds.c.tags).where(feeds.c.id.in_(unknown))
        for feed_id, name, tags in connection.execute(query):
            names[feed_id] = name, tuple(tags)


def _feeds_of(row: Row[Any]) -> Sequence[int]:
    """Return the feeds whose entries led to an article."""
    if row.led_by is None:
        return [row.feed_id]
    if "," not in row.led_by:
        return [int(row.led_by)]
    return sorted(set(map(int, row.led_by.split(","))))
