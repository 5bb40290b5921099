"""The outbox: deliveries not yet done, and those that are."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from ingest.model import Delivery, DeliveryState
from ingest.store import leases
from ingest.store.leases import FREED
from ingest.store.tables import deliveries

_OPEN = (DeliveryState.PENDING, DeliveryState.RETRYING)


def to_delivery(row: Row[Any]) -> Delivery:
    """Return a row of `deliveries` as a record."""
    return Delivery(
        id=row.id,
        alert_id=row.alert_id,
        channel=row.channel,
        type=row.type,
        payload=row.payload,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        last_error=row.last_error,
        delivered_at=row.delivered_at,
        recipients=row.recipients or {},
    )


def enqueue(connection: Connection, new: Iterable[Delivery]) -> None:
    """Put deliveries in the outbox; one that is open and names no time is due at once."""
    rows = [
        {
            "id": delivery.id,
            "alert_id": delivery.alert_id,
            "channel": delivery.channel,
            "type": delivery.type,
            "payload": dict(delivery.payload),
            "attempts": delivery.attempts,
            "created_at": delivery.created_at,
            **_progress(delivery),
        }
        for delivery in new
    ]
    if rows:
        connection.execute(insert(deliveries), rows)


def _progress(delivery: Delivery) -> dict[str, Any]:
    due_at = delivery.next_attempt_at or delivery.created_at
    return {
        "state": delivery.state,
        "next_attempt_at": due_at if delivery.state in _OPEN else None,
        "last_error": delivery.last_error,
        "delivered_at": delivery.delivered_at,
        "recipients": dict(delivery.recipients),
    }


def claim(
    connection: Connection,
    now: datetime,
    limit: int,
    *,
    owner: str,
    busy_channels: Collection[str],
) -> Sequence[Delivery]:
    """Lease due deliveries to `owner`, most overdue first.

    No channel gets more than half of a claim, so that a long queue of one leaves room for others.
    """
    ids = leases.claim(
        connection,
        leases.DELIVERIES,
        now,
        limit,
        owner=owner,
        per_lane=max(1, limit // 2),
        busy=busy_channels,
    )
    query = select(deliveries).where(deliveries.c.id.in_(ids))
    found = {row.id: to_delivery(row) for row in connection.execute(query)} if ids else {}
    return [found[delivery_id] for delivery_id in ids]


_THIS = deliveries.c.id == bindparam("delivery")
_SAVE = update(deliveries).where(_THIS)
_POSTPONE = _SAVE.values(
    next_attempt_at=bindparam("until"),
    last_error=bindparam("error"),
    attempts=deliveries.c.attempts + 1,
    state=DeliveryState.RETRYING.value,
    **FREED,
)


def save(connection: Connection, delivery: Delivery) -> None:
    """Store state, attempts, error and times of a delivery and give up its lease."""
    values = {**_progress(delivery), "attempts": delivery.attempts, **FREED}
    connection.execute(_SAVE.values(values), {"delivery": delivery.id})


def postpone(connection: Connection, delivery_id: str, until: datetime, error: str) -> None:
    """Put off a delivery for a reason of our own, count the attempt, and give up its lease."""
    connection.execute(_POSTPONE, {"delivery": delivery_id, "until": until, "error": error})


def retry(connection: Connection, ids: Collection[str], *, dead: bool, now: datetime) -> int:
    """Make undelivered deliveries due now, under their ids; return how many.

    Either those named, or with `dead` every dead letter.
    """
    chosen = deliveries.c.state != DeliveryState.DELIVERED.value
    if ids:
        chosen &= deliveries.c.id.in_(sorted(set(ids)))
    if dead:
        chosen &= deliveries.c.state == DeliveryState.DEAD.value
    if not ids and not dead:
        return 0
    again = {"state": DeliveryState.PENDING, "next_attempt_at": now, **FREED}
    return connection.execute(update(deliveries).where(chosen).values(again)).rowcount
