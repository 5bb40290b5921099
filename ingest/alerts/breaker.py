"""When a channel is left alone: a circuit breaker, as values.

A receiver that is down costs a time-out for each delivery that is waiting, and its retries would
meet it by the hundred when it comes back. After a few failures the circuit opens: the channel is
left alone for a while, then one delivery goes ahead as a probe. What waits is not counted as tried.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingest.errors import DeliveryError

FAILURES = 5
"""Deliveries in a row, all different ones, that must fail: one that a receiver chokes on, tried
again and again, must not close the way to the others."""
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=10)
"""How late after its recovery a receiver is found well again, at most."""
LONGEST_WAIT = timedelta(hours=1)
"""The longest that a receiver's Retry-After keeps a whole channel waiting."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is remembered of a channel; closed while `rests_until` is None."""

    failed: frozenset[str] = frozenset()
    """The deliveries that have failed since one was taken."""
    rests: int = 0
    """How often it rested without a delivery taken in between."""
    rests_until: datetime | None = None
    probe: str | None = None
    """The delivery that went ahead to see whether the channel works again."""
    reason: str = ""


CLOSED = Circuit()


def admit(circuit: Circuit, delivery_id: str, now: datetime) -> Circuit | None:
    """Return the circuit with this delivery let through, or None where it has to wait."""
    if circuit.rests_until is None:
        return circuit
    if now < circuit.rests_until or circuit.probe is not None:
        return None
    return replace(circuit, probe=delivery_id)


def rests(circuit: Circuit, now: datetime) -> bool:
    """Return whether nothing may go to the channel just now."""
    return circuit.rests_until is not None and (
        now < circuit.rests_until or circuit.probe is not None
    )


def after_success(circuit: Circuit) -> Circuit:
    """Return the circuit after a delivery was taken: closed."""
    return CLOSED


def after_failure(
    circuit: Circuit, delivery_id: str, error: DeliveryError, now: datetime
) -> Circuit:
    """Return the circuit after a failed attempt.

    A refusal for good is an answer, so the channel works. A Retry-After speaks for the receiver
    as a whole and opens the circuit at once (RFC 9110 §10.2.3).
    """
    if error.permanent:
        return CLOSED
    failed = circuit.failed | {delivery_id}
    probing = circuit.probe == delivery_id
    if error.retry_after_s is None and len(failed) < FAILURES and not probing:
        return replace(circuit, failed=failed)
    if error.retry_after_s is None:
        rest, count = min(FIRST_REST * 2.0 ** min(circuit.rests, 10), LONGEST_REST), 1
    else:
        rest, count = min(timedelta(seconds=min(error.retry_after_s, 1e6)), LONGEST_WAIT), 0
    until = max(now + rest, circuit.rests_until or now)
    # a set that grew with each failure would hold every delivery of a long outage
    kept = failed if len(failed) <= FAILURES else circuit.failed
    return Circuit(kept, circuit.rests + count, until, reason=" ".join(str(error).split())[:300])


def released(circuit: Circuit, delivery_id: str) -> Circuit:
    """Return the circuit after a probe that ended without an answer of the channel."""
    return replace(circuit, probe=None) if circuit.probe == delivery_id else circuit
