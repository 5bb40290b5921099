"""Counts for one look at how things stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, bindparam, func, not_, select

from ingest.model import OVERLAP_LOST, DeliveryState, FeedState
from ingest.store import leases
from ingest.store.feeds import CLOSED, SHOWN_STATE
from ingest.store.tables import alerts, articles, conditions, deliveries, entries, feeds

_LAST_HOUR: Mapping[str, ColumnElement[Any]] = {
    "feeds_checked": feeds.c.last_checked_at,
    "entries": entries.c.first_seen_at,
    "articles": articles.c.first_seen_at,
    "alerts": alerts.c.created_at,
    "deliveries": deliveries.c.delivered_at,
}
_DAY = timedelta(days=1)
_GAPS = select(func.count()).where(
    feeds.c.retired_at.is_(None),
    feeds.c.memory["gap_at"].as_string() > bindparam("since", type_=Text),
)
"""Feeds of which a check knew no entry any more, so that some may have been missed."""
_QUEUES = {"feeds": leases.FEEDS, "entries": leases.ENTRIES, "deliveries": leases.DELIVERIES}


def status_counts(connection: Connection, now: datetime) -> Mapping[str, Any]:
    """Return feeds by state, due work with the age of its oldest, the last hour, deliveries by state.

    `last_day` counts the feeds that may have lost entries between two checks (`gaps`).
    `oldest_s` is how long the longest overdue row has waited, in seconds; None where none is due.
    """
    return {
        "feeds": _by_state(connection, SHOWN_STATE, [state.value for state in FeedState]),
        "due": {name: _waiting(connection, queue, now) for name, queue in _QUEUES.items()},
        "last_hour": {
            name: connection.scalar(
                select(func.count()).where(column > now - timedelta(hours=1), column <= now)
            )
            for name, column in _LAST_HOUR.items()
        },
        "last_day": {"gaps": connection.scalar(_GAPS, {"since": (now - _DAY).isoformat()})},
        "deliveries": _by_state(
            connection, deliveries.c.state, [state.value for state in DeliveryState]
        ),
    }


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand, counted in few queries."""

    feeds: Mapping[str, int]
    """Feeds by state."""
    due: Mapping[str, Mapping[str, Any]]
    """Due work by queue: `count`, and `oldest_s` as in `status_counts`."""
    outbox: Mapping[tuple[str, str], int]
    """Deliveries not done, by channel and state."""
    conditions: Mapping[str, int]
    """What is out of order and somebody was told of, by kind."""
    silent: Sequence[tuple[str, Mapping[str, object]]]
    """Name and memory of silent feeds, no more than were asked for."""
    losing: Sequence[tuple[str, Mapping[str, object]]]
    """The same of feeds that may have lost entries, as the last look at the health found."""
    losing_count: int
    """How many those are, named or not."""


def standing(connection: Connection, now: datetime, *, named: int) -> Standing:
    """Count how things stand; of the feeds that are silent or lose entries `named` have their names."""
    watched = select(feeds.c.name, feeds.c.memory).where(not_(CLOSED))
    named_feeds = watched.order_by(feeds.c.id).limit(named)  # the same ones each time
    silent = named_feeds.where(feeds.c.state == FeedState.SILENT.value)
    losing = named_feeds.join(conditions, conditions.c.subject == feeds.c.name).where(
        conditions.c.kind == OVERLAP_LOST, conditions.c.over_at.is_(None)
    )
    stand = _conditions(connection)
    return Standing(
        feeds=_by_state(connection, SHOWN_STATE, [state.value for state in FeedState]),
        due={name: _waiting(connection, queue, now) for name, queue in _QUEUES.items()},
        outbox=_outstanding(connection),
        conditions={kind: raised for kind, (_, raised) in stand.items() if raised},
        silent=[(row.name, row.memory) for row in connection.execute(silent)],
        losing=[(row.name, row.memory) for row in connection.execute(losing)],
        losing_count=stand.get(OVERLAP_LOST, (0, 0))[0],
    )


def _outstanding(connection: Connection) -> Mapping[tuple[str, str], int]:
    """Return how many deliveries wait or were given up, by channel and state; parts of digests not."""
    states = (DeliveryState.PENDING, DeliveryState.RETRYING, DeliveryState.DEAD)
    query = (
        select(deliveries.c.channel, deliveries.c.state, func.count())
        .where(
            deliveries.c.state.in_([state.value for state in states]),
            deliveries.c.folded_into.is_(None),
        )
        .group_by(deliveries.c.channel, deliveries.c.state)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def _conditions(connection: Connection) -> Mapping[str, tuple[int, int]]:
    """Return how many conditions stand, and of how many somebody was told, by kind."""
    kind = conditions.c.kind
    query = (
        select(kind, func.count(), func.count(conditions.c.raised_at))
        .where(conditions.c.over_at.is_(None))
        .group_by(kind)
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}


def oldest_due_s(connection: Connection, now: datetime) -> Mapping[str, float | None]:
    """Return how long the longest overdue feed, entry and delivery have waited, in seconds."""
    return {name: _waiting(connection, queue, now)["oldest_s"] for name, queue in _QUEUES.items()}


def _by_state(
    connection: Connection, column: ColumnElement[str], names: list[str]
) -> Mapping[str, int]:
    """Return how many rows stand in each state, zeros included."""
    found = connection.execute(select(column, func.count()).group_by(column))
    return dict.fromkeys(names, 0) | {row[0]: row[1] for row in found}


def _waiting(connection: Connection, queue: leases.Queue, now: datetime) -> Mapping[str, Any]:
    query = select(func.count(), func.min(queue.due)).where(queue.due <= now)
    count, oldest = connection.execute(query).one()
    return {
        "count": count,
        "oldest_s": (now - oldest).total_seconds() if oldest else None,
    }
