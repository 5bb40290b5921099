"""Whether a message goes out now, waits, or goes out as part of another: restraint that drops nothing.

Every verdict bears its reason. Times of day are those of the wall clock of a time zone: an hour
that a clock change leaves out is told at the moment the clock jumps over it, one that comes twice
counts once, at its first coming (PEP 495, fold 0).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from ingest.alerts.settings import WEEKDAYS, Digest, QuietHours, RateLimit, Restraint
from ingest.model import Delivery, DeliveryState

BY_HAND = "asked for by hand"
"""The reason of a delivery that someone asked for by its id: it passes every restraint."""

CRITICAL = "critical"

A_CROWD = 6
"""So many alerts of one night come as one message in the morning; fewer have one each, which stands
in the thread of its story."""


class Why(StrEnum):
    """Why a message does not go out by itself now."""

    DIGEST = "digest"
    QUIET_HOURS = "quiet hours"
    RATE = "rate"
    SNOOZED = "snoozed"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class Hold:
    """A message held until a time, or, where there is none, suppressed for good."""

    why: Why
    until: datetime | None = None

    def __str__(self) -> str:
        """Say it as `quiet hours until 2026-11-23T07:00Z`."""
        if self.until is None:
            return self.why.value
        return f"{self.why.value} until {self.until.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a verdict rests on besides the settings."""

    sent: Sequence[datetime] = ()
    """When the channel took messages within the period of its rate, oldest first."""
    snoozed_until: datetime | None = None
    acknowledged: bool = False


def decide(delivery: Delivery, restraint: Restraint, facts: Facts, now: datetime) -> Hold | None:
    """Return why a due delivery does not go out now; None where it does.

    Tests and health go out at once. A critical alert passes all but snooze and acknowledgement.
    Quiet hours hold further attempts and digests too; a rate and a digest only what is new.
    """
    is_alert = delivery.type.startswith("alert.")
    if not (is_alert or delivery.type == "digest") or delivery.reason == BY_HAND:
        return None
    is_new = is_alert and not delivery.attempts
    if facts.acknowledged and delivery.type == "alert.updated":
        return Hold(Why.ACKNOWLEDGED)
    if is_new and facts.snoozed_until and facts.snoozed_until > now:
        return Hold(Why.SNOOZED, facts.snoozed_until)
    if is_critical(delivery):
        return None
    holds = _by_channel(delivery.created_at, restraint, facts, now, is_new=is_new)
    return next(holds, None)


def _by_channel(
    created_at: datetime, restraint: Restraint, facts: Facts, now: datetime, *, is_new: bool
) -> Iterator[Hold]:
    """Yield what the channel's own keys say, the longest wait first."""
    if is_new and restraint.digest:
        at = next_digest(restraint.digest, created_at)
        if at > now:
            yield Hold(Why.DIGEST, at)
    if restraint.quiet_hours and (until := quiet_until(restraint.quiet_hours, now)):
        yield Hold(Why.QUIET_HOURS, until)
    if is_new and restraint.rate and (until := over_rate(restraint.rate, facts.sent, now)):
        yield Hold(Why.RATE, until)


def held(delivery: Delivery, hold: Hold) -> Delivery:
    """Return the delivery as it waits, or as it stays suppressed."""
    state = delivery.state if hold.until else DeliveryState.SUPPRESSED
    return replace(delivery, state=state, next_attempt_at=hold.until, reason=str(hold))


def folds_from(delivery: Delivery, restraint: Restraint) -> int | None:
    """Return from how many on a delivery goes out as one with those that wait beside it.

    On a channel with a digest always, even alone; elsewhere what a rate or a snooze has held comes
    as one, and so does what quiet hours have held where it is more than a few. None for never.
    """
    if not delivery.type.startswith("alert.") or delivery.attempts or is_critical(delivery):
        return None
    reason = delivery.reason or ""
    if reason == BY_HAND:
        return None
    if restraint.digest:
        return 1
    if reason.startswith((Why.RATE.value, Why.SNOOZED.value)):
        return 2
    return A_CROWD if reason.startswith(Why.QUIET_HOURS.value) else None


def is_critical(delivery: Delivery) -> bool:
    """Return whether a delivery tells of a rule of the highest severity."""
    data = delivery.payload.get("data")
    return isinstance(data, dict) and data.get("severity") == CRITICAL


def next_digest(digest: Digest, after: datetime) -> datetime:
    """Return the first time of a digest after a moment."""
    first = after.astimezone(digest.timezone).date()
    for ahead in range(9):  # the same weekday next week, and a day for the time zone
        day = first + timedelta(days=ahead)
        if WEEKDAYS[day.weekday()] not in digest.days:
            continue
        for clock in sorted(digest.at):
            at = datetime.combine(day, clock, digest.timezone).astimezone(UTC)
            if at > after:
                return at
    raise AssertionError("a digest has at least one day a week")


def quiet_until(quiet: QuietHours, now: datetime) -> datetime | None:
    """Return when the quiet hours that hold now are over; None outside of them."""
    ends = [end for start, end in _spans(quiet, now) if start <= now < end]
    return max(ends, default=None)


def _spans(quiet: QuietHours, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the quiet hours that began yesterday and those that begin today."""
    today = now.astimezone(quiet.timezone).date()
    for day in (today - timedelta(days=1), today):
        last = day if quiet.start < quiet.end else day + timedelta(days=1)
        yield (
            datetime.combine(day, quiet.start, quiet.timezone).astimezone(UTC),
            datetime.combine(last, quiet.end, quiet.timezone).astimezone(UTC),
        )


def over_rate(rate: RateLimit, sent: Sequence[datetime], now: datetime) -> datetime | None:
    """Return when the next message may go out; None where that is now."""
    recent = sorted(at for at in sent if at > now - rate.period)
    return recent[-rate.count] + rate.period if len(recent) >= rate.count else None
