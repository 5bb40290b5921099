"""Dropping what is past its retention, a batch at a time.

An entry keeps its row with key and hash after its article has gone: a feed may go on listing it
for years, and it must not come back as news.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Table, delete, exists, select, update

from ingest.model import DeliveryState, EntryState
from ingest.store import search, sketches
from ingest.store import stories as placed
from ingest.store.settings import Retention
from ingest.store.tables import (
    alerts,
    articles,
    deliveries,
    entries,
    pages,
    stories,
    texts,
)

BATCH = 500
"""Rows to a transaction, so that the writer is never held up for long."""

ARTICLES = 100
"""Articles to a transaction: their texts, and the words of those, are held until its end."""

Step = Callable[[Connection], int]
"""Drops one batch and returns its size."""

_OPEN = (DeliveryState.PENDING.value, DeliveryState.RETRYING.value)


def steps(retention: Retention, now: datetime, window: timedelta) -> Mapping[str, Step]:
    """Return what to repeat until it finds nothing, in this order, by what it drops.

    Stories older than `window` take in no more copies, so their index can go.
    """
    before = now - retention.articles
    return {
        "sketches": lambda connection: placed.expire(connection, now - window, BATCH),
        "pages": lambda connection: _pages(connection, now - retention.raw_pages),
        "articles": lambda connection: _articles(connection, before),
        "deliveries": lambda connection: _deliveries(connection, before),
        "alerts": lambda connection: _alerts(connection, before),
        "stories": lambda connection: _stories(connection, before),
    }


def _pages(connection: Connection, before: datetime) -> int:
    old = select(pages.c.article_id).where(pages.c.fetched_at < before)
    return _drop(connection, pages, pages.c.article_id, old)


def _articles(connection: Connection, before: datetime) -> int:
    """Drop articles first seen before a time; what hangs on them goes by foreign key."""
    query = select(articles.c.id, articles.c.text_id)
    old = connection.execute(query.where(articles.c.first_seen_at < before).limit(ARTICLES)).all()
    if not old:
        return 0
    ids = [row.id for row in old]
    placed.alone(connection)
    bereft = sketches.forget(connection, ids)
    search.forget(connection, ids)
    led = entries.c.article_id.in_(ids)
    read = entries.c.state == EntryState.READ.value
    connection.execute(update(entries).where(led, read).values(_IDENTITY_ONLY))
    connection.execute(update(entries).where(led).values(article_id=None))
    connection.execute(delete(articles).where(articles.c.id.in_(ids)))
    text_ids = {row.text_id for row in old}
    unused = ~exists().where(articles.c.text_id == texts.c.id)
    connection.execute(delete(texts).where(texts.c.id.in_(text_ids), unused))
    for story_id in bereft:
        placed.stand_in(connection, story_id)
    return len(ids)


_IDENTITY_ONLY: Mapping[str, Any] = {
    "title": "",
    "summary": "",
    "content": "",
    "authors": [],
    "tags": [],
    "enclosures": [],
    "read_at": None,
    "article_id": None,
}


def _deliveries(connection: Connection, before: datetime) -> int:
    old = select(deliveries.c.id).where(
        deliveries.c.created_at < before, deliveries.c.state.not_in(_OPEN)
    )
    return _drop(connection, deliveries, deliveries.c.id, old)


def _alerts(connection: Connection, before: datetime) -> int:
    """Drop old alerts, but none whose story may still grow or whose delivery is still open."""
    old = (
        select(alerts.c.id)
        .join(stories, stories.c.id == alerts.c.story_id)
        .where(
            alerts.c.created_at < before,
            stories.c.last_seen_at < before,
            ~exists().where(deliveries.c.alert_id == alerts.c.id),
        )
    )
    return _drop(connection, alerts, alerts.c.id, old)


def _stories(connection: Connection, before: datetime) -> int:
    """Drop old stories that nothing stands in any more."""
    old = select(stories.c.id).where(
        stories.c.last_seen_at < before,
        ~exists().where(articles.c.story_id == stories.c.id),
        ~exists().where(alerts.c.story_id == stories.c.id),
    )
    return _drop(connection, stories, stories.c.id, old)


def _drop(connection: Connection, table: Table, key: Any, old: Select[Any]) -> int:
    ids = list(connection.scalars(old.limit(BATCH)))
    if ids:
        connection.execute(delete(table).where(key.in_(ids)))
    return len(ids)
