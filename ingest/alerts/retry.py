"""When to try a delivery again, and when to stop: exponential waits, then the dead letter."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from ingest.alerts.throttle import BY_HAND
from ingest.errors import DeliveryError
from ingest.model import Delivery, DeliveryState

FIRST_WAIT_S = 30.0
"""Long enough for a receiver to restart, short enough that an alert is still news."""
LONGEST_WAIT_S = 3600.0
"""A receiver that is back after a long outage has its alerts within the hour, and is not pestered:
about 75 attempts over the three days."""
JITTER = 0.25
"""Spreads the deliveries that one outage made fail together."""
LIFETIME = timedelta(days=3)
"""Mail servers give up after four to five days (RFC 5321 §4.5.4.1); news is stale before that."""
LEAST_ATTEMPTS = 10
"""Tries that each delivery gets however old it is, about two hours with the waits above: a machine
that was off over a long weekend starts with deliveries past their lifetime and no network yet, and
a dead letter sent again by hand is older still."""
MAX_REASON = 500


def delivered(delivery: Delivery, now: datetime) -> Delivery:
    """Return the delivery as its receiver took it."""
    return replace(
        delivery,
        state=DeliveryState.DELIVERED,
        attempts=_attempts(delivery),
        next_attempt_at=None,
        last_error=None,
        delivered_at=now,
        recipients={},
        reason=None,
    )


def next_step(
    delivery: Delivery, error: DeliveryError, *, now: datetime, random: Random
) -> Delivery:
    """Return the delivery after a failed attempt: retrying at a later time, or dead.

    Dead when the error is permanent, or after three days (and at least ten attempts). A receiver's
    Retry-After is honoured where it asks for more than our own wait, but the last attempt comes no
    later than the end of the three days.
    """
    tried = replace(
        delivery,
        attempts=_attempts(delivery),
        last_error=_reason(error),
        recipients={**settled(delivery), **error.recipients},
        reason=BY_HAND if delivery.reason == BY_HAND else None,
    )
    left = delivery.created_at + LIFETIME - now
    if error.permanent or (left <= timedelta() and tried.attempts >= LEAST_ATTEMPTS):
        return replace(tried, state=DeliveryState.DEAD, next_attempt_at=None)
    wait_s = max(_backoff_s(tried.attempts, random), error.retry_after_s or 0.0)
    bound_s = left.total_seconds() if left > timedelta() else LONGEST_WAIT_S
    at = now + timedelta(seconds=min(wait_s, bound_s))
    return replace(tried, state=DeliveryState.RETRYING, next_attempt_at=at)


def settled(delivery: Delivery) -> Mapping[str, str]:
    """Return the recipients that the coming attempt need not ask, with what they said.

    A pending delivery is new, or was made due again by hand: it asks those anew who refused.
    """
    if delivery.state is not DeliveryState.PENDING:
        return delivery.recipients
    return {name: said for name, said in delivery.recipients.items() if said == "served"}


def _attempts(delivery: Delivery) -> int:
    """Return the attempts with the present one, counted from when it last became pending."""
    return 1 if delivery.state is DeliveryState.PENDING else delivery.attempts + 1


def _backoff_s(attempts: int, random: Random) -> float:
    """Return the wait after this many attempts: doubling, capped, spread by the jitter."""
    doublings = min(attempts - 1, 10)  # 30 s doubled ten times is far beyond the cap
    wait_s = min(FIRST_WAIT_S * 2.0**doublings, LONGEST_WAIT_S)
    return wait_s * random.uniform(1 - JITTER, 1 + JITTER)


def _reason(error: DeliveryError) -> str:
    return " ".join(str(error).split())[:MAX_REASON]
