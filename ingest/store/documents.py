"""Stored articles as a matcher reads them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from ingest.model import Document, Wanted
from ingest.store import search
from ingest.store.tables import articles, entries, feeds, texts

_AT_ONCE = 200
"""Articles held at a time, texts included."""
_FIRST = 20
"""Of them at first, since who asks for the newest few should not wait for many."""


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
    mentioned: Wanted | None = None,
) -> Iterator[StoredDocument]:
    """Yield articles newest first, once for each feed that led to them.

    With `wanted`, those that have it; a few others may be among them. With `mentioned`, all,
    but without their texts where these do not have it: reading those takes nearly all the time.
    """
    led_by = {
        row.id: (row.name, tuple(row.tags))
        for row in connection.execute(select(feeds.c.id, feeds.c.name, feeds.c.tags))
    }
    at = articles.c.first_seen_at
    of = articles.c
    columns = (
        of.id,
        of.story_id,
        of.feed_id,
        of.url,
        of.title,
        of.summary,
        of.authors,
        of.language,
        of.text_id,
    )
    query = select(*columns, at).execution_options(stream_results=True, max_row_buffer=_AT_ONCE)
    if mentioned is None:
        query = query.add_columns(texts.c.body).join(texts, texts.c.id == of.text_id)
    if since is not None:
        query = query.where(at >= since)
    if until is not None:
        query = query.where(at < until)
    if wanted is not None:
        query = search.narrowed(connection, query, wanted, since, until)
    else:
        query = query.order_by(at.desc(), articles.c.id.desc())
    with connection.execute(query) as found:
        at_once = _FIRST
        while some := found.fetchmany(at_once):
            at_once = min(2 * at_once, _AT_ONCE)
            ways = _feeds_of(connection, [row.id for row in some])
            bodies = None if mentioned is None else _bodies(connection, some, mentioned)
            for row in some:
                body = row.body if bodies is None else bodies.get(row.text_id, "")
                for feed_id in sorted(ways.get(row.id, {row.feed_id})):
                    document = Document(
                        row.title,
                        body,
                        *led_by[feed_id],
                        row.summary,
                        tuple(row.authors),
                        row.language,
                        row.url,
                    )
                    yield StoredDocument(
                        row.id, row.story_id or 0, row.url, row.first_seen_at, document
                    )


def _bodies(connection: Connection, some: Sequence[Any], mentioned: Wanted) -> dict[int, str]:
    """Return the texts of those of some articles that have what is mentioned."""
    having = search.having(connection, mentioned, [row.id for row in some])
    wanted = [row.text_id for row in some if row.id in having]
    query = select(texts.c.id, texts.c.body).where(texts.c.id.in_(wanted))
    return {row.id: row.body for row in connection.execute(query)} if wanted else {}


def _feeds_of(connection: Connection, article_ids: list[int]) -> dict[int, set[int]]:
    """Return the feeds whose entries led to these articles."""
    query = select(entries.c.article_id, entries.c.feed_id).where(
        entries.c.article_id.in_(article_ids)
    )
    found: dict[int, set[int]] = {}
    for article_id, feed_id in connection.execute(query):
        found.setdefault(article_id, set()).add(feed_id)
    return found
