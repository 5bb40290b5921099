"""Counts for one look at how things stand."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, bindparam, func, select

from ingest.model import DeliveryState, FeedState
from ingest.store import leases
from ingest.store.feeds import SHOWN_STATE
from ingest.store.tables import alerts, articles, deliveries, entries, feeds

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
