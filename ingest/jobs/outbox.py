"""From the outbox to the receiver: hand over one claimed delivery and keep what became of it."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from ingest.alerts import compose, retry, throttle
from ingest.alerts.breaker import Circuit
from ingest.alerts.settings import Restraint
from ingest.alerts.throttle import Hold
from ingest.errors import DeliveryError
from ingest.jobs.context import Context
from ingest.jobs.ports import Tx
from ingest.model import Delivery

MOST_FOLDED = 200
"""Alerts in one digest, about a megabyte of them; the next ones make a digest of their own."""


def deliver(delivery: Delivery, context: Context, clock: Callable[[], datetime]) -> Delivery | None:
    """Send a delivery this process has claimed; return it as it stands afterwards.

    It may come back held, or as the pending digest that it now goes out with; None where there was
    nothing to do: its channel rests, or it went into a digest since it was claimed. At least once:
    should the process die between the receiver's yes and the commit, the same delivery goes out
    again under the same id.
    """
    store, traffic = context.doors.store, context.traffic
    if not traffic.start(delivery, clock()):
        store.write(lambda tx: _give_back(tx, delivery))
        return None
    try:
        ready, instead = store.write(lambda tx: _ready(tx, delivery, context, clock()))
        return instead if ready is None else _send(ready, context, clock)
    finally:
        traffic.end(delivery)


def _send(delivery: Delivery, context: Context, clock: Callable[[], datetime]) -> Delivery:
    """Make one attempt."""
    try:
        context.doors.channels.send(delivery)
    except DeliveryError as error:
        circuit = context.traffic.answered(delivery, error, clock())
        after = retry.next_step(delivery, error, now=clock(), random=context.random)
    else:
        circuit = context.traffic.answered(delivery, None, clock())
        after = retry.delivered(delivery, clock())
    context.doors.store.write(lambda tx: _keep(tx, after, circuit))
    return after


def _keep(tx: Tx, delivery: Delivery, circuit: Circuit) -> None:
    """Keep what became of an attempt, and whether its channel is left alone from now on."""
    tx.save_delivery(delivery)
    tx.save_rest(delivery.channel, circuit.rests_until, circuit.reason)


def _give_back(tx: Tx, delivery: Delivery) -> None:
    """Leave a delivery as it is for later."""
    if fresh := tx.fresh_delivery(delivery.id):
        tx.save_delivery(fresh)


def _ready(
    tx: Tx, delivery: Delivery, context: Context, now: datetime
) -> tuple[Delivery | None, Delivery | None]:
    """Return the delivery to send, or None and what it became instead."""
    fresh = tx.fresh_delivery(delivery.id)
    if fresh is None:
        return None, None
    restraint = context.restraints.get(fresh.channel, Restraint())
    hold = _verdict(tx, fresh, restraint, now)
    if hold is not None:
        held = throttle.held(fresh, hold)
        tx.save_delivery(held)
        return None, held
    least = throttle.folds_from(fresh, restraint)
    if least is not None:
        others = tx.waiting_deliveries(
            fresh.channel, now, besides=context.traffic.sending(), limit=MOST_FOLDED - 1
        )
        parts = [fresh, *(each for each in others if _may_join(tx, each, restraint, now))]
        if len(parts) >= least:
            parts.sort(key=lambda part: (part.created_at, part.alert_id or 0))
            digest = compose.digest(parts, now, id=f"dlv_{uuid4().hex}", why=fresh.reason)
            tx.fold(digest, parts)
            return None, digest
    return fresh, None


def _may_join(tx: Tx, delivery: Delivery, restraint: Restraint, now: datetime) -> bool:
    """Return whether a waiting alert may go out now, as part of another message."""
    if throttle.is_critical(delivery) or delivery.reason == throttle.BY_HAND:
        return False
    return _verdict(tx, delivery, restraint, now) is None


def _verdict(tx: Tx, delivery: Delivery, restraint: Restraint, now: datetime) -> Hold | None:
    """Ask whether a delivery goes out now."""
    rate = restraint.rate
    facts = tx.delivery_facts(
        delivery,
        rate_since=now - rate.period if rate else None,
        rate_count=rate.count if rate else 0,
    )
    return throttle.decide(delivery, restraint, facts, now)
