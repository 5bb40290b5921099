"""The outbox: deliveries not yet done, and those that are."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select, update

from ingest.alerts.throttle import BY_HAND, Facts
from ingest.model import Delivery, DeliveryState
from ingest.store import leases
from ingest.store.engine import chunks
from ingest.store.leases import FREED
from ingest.store.tables import alerts, deliveries, rests, snoozes

ACKNOWLEDGED = "acknowledged"
"""The state of an alert that someone has taken note of."""

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
        reason=row.reason,
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
        "reason": delivery.reason,
    }


def claim(
    connection: Connection,
    now: datetime,
    limit: int,
    *,
    owner: str,
    busy_channels: Collection[str],
    per_channel: int | None = None,
) -> Sequence[Delivery]:
    """Lease due deliveries to `owner`, most overdue first.

    No channel gets more than `per_channel`, or half of a claim, so that a long queue of one leaves
    room for others.
    """
    ids = leases.claim(
        connection,
        leases.DELIVERIES,
        now,
        limit,
        owner=owner,
        per_lane=per_channel or max(1, limit // 2),
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
    if delivery.type == "digest":
        shared = ("state", "last_error", "delivered_at")
        parts = update(deliveries).where(deliveries.c.folded_into == delivery.id)
        connection.execute(parts.values({name: values[name] for name in shared}))


def postpone(connection: Connection, delivery_id: str, until: datetime, error: str) -> None:
    """Put off a delivery for a reason of our own, count the attempt, and give up its lease."""
    connection.execute(_POSTPONE, {"delivery": delivery_id, "until": until, "error": error})


def retry(connection: Connection, ids: Collection[str], *, dead: bool, now: datetime) -> int:
    """Make undelivered deliveries due now, under their ids; return how many.

    Either those named, which then pass every restraint, or with `dead` every dead letter. What
    goes out as a part of a digest is sent again with that digest.
    """
    chosen = deliveries.c.state != DeliveryState.DELIVERED.value
    chosen &= deliveries.c.folded_into.is_(None)
    if ids:
        chosen &= deliveries.c.id.in_(sorted(set(ids)))
    if dead:
        chosen &= deliveries.c.state == DeliveryState.DEAD.value
    if not ids and not dead:
        return 0
    reason = BY_HAND if ids else None
    again = {"state": DeliveryState.PENDING, "next_attempt_at": now, "reason": reason, **FREED}
    return connection.execute(update(deliveries).where(chosen).values(again)).rowcount


# --- restraint --------------------------------------------------------------------------------


def fresh(connection: Connection, delivery_id: str) -> Delivery | None:
    """Return a delivery as it stands now; None where it no longer goes out by itself."""
    query = select(deliveries).where(
        deliveries.c.id == delivery_id,
        deliveries.c.state.in_([state.value for state in _OPEN]),
        deliveries.c.folded_into.is_(None),
    )
    row = connection.execute(query).one_or_none()
    return to_delivery(row) if row else None


def facts(
    connection: Connection, delivery: Delivery, *, rate_since: datetime | None, rate_count: int
) -> Facts:
    """Return what a verdict on a delivery rests on; what was sent only where a rate asks for it."""
    sent: Sequence[datetime] = ()
    if rate_since is not None:
        recent = (
            select(deliveries.c.delivered_at)
            .where(
                deliveries.c.channel == delivery.channel,
                deliveries.c.delivered_at > rate_since,
                deliveries.c.folded_into.is_(None),
            )
            .order_by(deliveries.c.delivered_at.desc())
            .limit(rate_count)
        )
        sent = list(connection.scalars(recent))[::-1]
    data = delivery.payload.get("data")
    rule = str(data.get("rule")) if isinstance(data, dict) else ""
    snoozed = select(snoozes.c.until).where(snoozes.c.rule == rule)
    state = select(alerts.c.state).where(alerts.c.id == delivery.alert_id)
    return Facts(
        sent,
        snoozed_until=connection.scalar(snoozed),
        acknowledged=connection.scalar(state) == ACKNOWLEDGED,
    )


def waiting(
    connection: Connection,
    channel: str,
    now: datetime,
    *,
    owner: str,
    besides: Collection[str],
    limit: int,
) -> Sequence[Delivery]:
    """Return due alerts of a channel that were never tried and nobody sends, oldest first.

    `besides` are those that this very process is sending.
    """
    query = (
        select(deliveries)
        .where(
            deliveries.c.channel == channel,
            deliveries.c.next_attempt_at <= now,
            deliveries.c.attempts == 0,
            deliveries.c.type.startswith("alert.", autoescape=True),
            deliveries.c.folded_into.is_(None),
            or_(
                deliveries.c.lease_until.is_(None),
                deliveries.c.lease_until <= now,
                deliveries.c.lease_owner == owner,
            ),
            deliveries.c.id.not_in(sorted(besides)),
        )
        .order_by(deliveries.c.created_at, deliveries.c.id)
        .limit(limit)
    )
    return [to_delivery(row) for row in connection.execute(query)]


def fold(connection: Connection, digest: Delivery, parts: Sequence[Delivery]) -> None:
    """Put a digest in the outbox and make its parts share its fate."""
    enqueue(connection, [digest])
    values = {
        "folded_into": digest.id,
        "next_attempt_at": None,
        "reason": f"goes out with {digest.id}",
        **FREED,
    }
    for some in chunks([part.id for part in parts], 500):
        connection.execute(update(deliveries).where(deliveries.c.id.in_(some)).values(values))


def release_held(connection: Connection, now: datetime) -> int:
    """Make what is held due now, so that it is decided anew; return how many."""
    held = update(deliveries).where(
        deliveries.c.state.in_([state.value for state in _OPEN]),
        deliveries.c.reason.is_not(None),
        deliveries.c.next_attempt_at > now,
        deliveries.c.attempts == 0,
    )
    return connection.execute(held.values(next_attempt_at=now)).rowcount


def save_rest(connection: Connection, channel: str, until: datetime, reason: str) -> None:
    """Note that a channel is left alone until a time."""
    end_rest(connection, channel)
    connection.execute(insert(rests), {"channel": channel, "until": until, "reason": reason})


_END_REST = delete(rests).where(rests.c.channel == bindparam("of_channel"))


def end_rest(connection: Connection, channel: str) -> None:
    """Note that a channel is not left alone any more."""
    connection.execute(_END_REST, {"of_channel": channel})


def forget_rests(connection: Connection) -> None:
    """Leave no channel alone any more."""
    connection.execute(delete(rests))


def snooze(connection: Connection, rule: str, until: datetime, now: datetime) -> None:
    """Hold a rule's alerts until a time; one that is past ends a snooze."""
    connection.execute(delete(snoozes).where(or_(snoozes.c.rule == rule, snoozes.c.until <= now)))
    if until > now:
        connection.execute(insert(snoozes), {"rule": rule, "until": until})
    release_held(connection, now)
