"""Stored articles as a matcher reads them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, String, cast, func, select

from ingest.model import Document, Wanted
from ingest.store import search
from ingest.store.tables import articles, entries, feeds, texts

_AT_ONCE = 200
"""Articles held at a time, texts included."""
_FIRST = 20
"""Of them at first, since who asks for the newest few should not wait for many."""


_LED_BY = (
    select(func.aggregate_strings(cast(entries.c.feed_id, String), ","))
    .where(entries.c.article_id == articles.c.id)
    .correlate(articles)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """An article through one of the feeds that led to it."""

    article: int
    story: int
    url: str | None
    seen_at: datetime
    """When it was first seen."""
    document: Document


def iter_documents(
    connection: Connection,
    *,
    since: datetime | None,
    until: datetime | None,
    wanted: Wanted | None = None,
    others: bool = False,
) -> Iterator[StoredDocument]:
    """Yield articles newest first, once for each feed that led to them.

    With `wanted`, those that have it; a few more may be among them. With `others`, the others too,
    but without their texts: reading those takes nearly all the time.
    """
    needed = wanted if others else None
    query = _query(connection, since, until, None if others else wanted, texts_too=needed is None)
    names = select(feeds.c.id, feeds.c.name, feeds.c.tags)
    led_by = {row.id: (row.name, tuple(row.tags)) for row in connection.execute(names)}
    with connection.execute(query) as found:
        at_once = _FIRST
        while some := found.fetchmany(at_once):
            at_once = min(2 * at_once, _AT_ONCE)
            bodies = _bodies(connection, some, needed)
            for row in some:
                for feed_id in _feeds_of(row):
                    yield _stored(row, bodies.get(row.text_id, ""), *led_by[feed_id])


def _query(
    connection: Connection,
    since: datetime | None,
    until: datetime | None,
    wanted: Wanted | None,
    *,
    texts_too: bool,
) -> Select[Any]:
    """Return the query for the articles of a time, newest first."""
    of, at = articles.c, articles.c.first_seen_at
    query = select(
        of.id,
        of.story_id,
        of.feed_id,
        of.url,
        of.title,
        of.summary,
        of.authors,
        of.language,
        of.text_id,
        at,
        _LED_BY.label("led_by"),
    ).execution_options(stream_results=True, max_row_buffer=_AT_ONCE)
    if texts_too:
        query = query.add_columns(texts.c.body).join(texts, texts.c.id == of.text_id)
    if since is not None:
        query = query.where(at >= since)
    if until is not None:
        query = query.where(at < until)
    if wanted is not None:
        return search.narrowed(connection, query, wanted, since, until)
    return query.order_by(at.desc(), of.id.desc())


def _stored(row: Row[Any], body: str, feed: str, tags: tuple[str, ...]) -> StoredDocument:
    """Return an article as one of its feeds led to it."""
    document = Document(
        row.title, body, feed, tags, row.summary, tuple(row.authors), row.language, row.url
    )
    return StoredDocument(row.id, row.story_id or 0, row.url, row.first_seen_at, document)


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


def _feeds_of(row: Row[Any]) -> Sequence[int]:
    """Return the feeds whose entries led to an article."""
    if row.led_by is None:
        return [row.feed_id]
    return sorted(set(map(int, row.led_by.split(","))))
