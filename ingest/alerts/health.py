"""What is out of order, and when somebody is told: conditions raised once, repeated rarely, cleared.

What is seen comes in as observations; nothing is measured here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ingest.alerts.settings import Health
from ingest.model import Condition, Feed, FeedState

REPEAT = timedelta(days=3)
"""A problem that stands is told again: often enough to outlast a long weekend, too rarely to be
filtered away."""
PATIENCE = timedelta(minutes=5)
"""What passes within this time is told to nobody: a restart of the database, a burst of work."""
QUEUE_AGE_S = 900.0
"""Due work that nobody has taken up for a quarter of an hour, the usual interval of a feed."""
LEAST_SILENCE = timedelta(days=1)
"""Even the busiest feed may be quiet for a night."""
LEAST_FREE = 0.05
"""Share of the disk that must be free; file systems slow down when fuller."""

SURGE, ABSENCE = "surge", "absence"
_TO_RULES = (SURGE, ABSENCE)


@dataclass(frozen=True, slots=True)
class Observation:
    """Something out of order, as seen just now."""

    kind: str
    subject: str
    detail: str
    advice: str = ""
    patience: timedelta = PATIENCE
    """How long it must stand before somebody is told."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What one look at the health comes to."""

    keep: Sequence[Condition] = ()
    """Conditions to store: new, raised, or told again."""
    drop: Sequence[Condition] = ()
    """Conditions that are over."""
    tell: Sequence[tuple[str, Condition]] = ()
    """Types of messages (`health.raised`, `health.cleared`) and what they are about."""


def decide(standing: Iterable[Condition], seen: Iterable[Observation], now: datetime) -> Changes:
    """Compare what stands with what is seen.

    A condition is noted when it is first seen, raised when it has stood for its patience, repeated
    every three days and dropped when it is seen no more; of one never raised nobody hears.
    """
    known = {(each.kind, each.subject): each for each in standing}
    present = {(each.kind, each.subject): each for each in seen}
    keep: list[Condition] = []
    tell: list[tuple[str, Condition]] = []
    for key, observation in present.items():
        old = known.get(key)
        new = _seen(old, observation, now)
        if new.told_at != (old.told_at if old else None):
            tell.append(("health.raised", new))
        if new != old:
            keep.append(new)
    over = [each for key, each in known.items() if key not in present]
    tell += [("health.cleared", each) for each in over if each.raised_at]
    return Changes(keep, over, tell)


def _seen(old: Condition | None, observation: Observation, now: datetime) -> Condition:
    """Return the condition as it stands with what is seen now."""
    base = old or Condition(observation.kind, observation.subject, now, "", "")
    base = replace(base, detail=observation.detail, advice=observation.advice)
    if base.raised_at is None and now - base.since >= observation.patience:
        return replace(base, raised_at=now, told_at=now)
    repeats = base.told_at is not None and now - base.told_at >= REPEAT
    return replace(base, told_at=now) if repeats and base.kind not in _TO_RULES else base


def data(condition: Condition, type: str = "health.raised") -> dict[str, object]:
    """Return the `data` of a message about a condition."""
    return {
        "condition": condition.kind.replace("_", " "),
        "subject": condition.subject,
        "since": condition.since.astimezone(UTC)
        .isoformat(timespec="seconds")
        .replace("+00:00", "Z"),
        "detail": condition.detail if type == "health.raised" else "It is over.",
        "advice": condition.advice if type == "health.raised" else "",
    }


# --- what is seen -----------------------------------------------------------------------------


def of_feeds(feeds: Iterable[Feed], settings: Health, now: datetime) -> list[Observation]:
    """Return which feeds fail, are gone, or have been quiet for far longer than they use to."""
    found = []
    for feed in feeds:
        if feed.state is FeedState.GONE:
            found.append(
                Observation(
                    "feed_gone",
                    feed.name,
                    "Its server says that it is gone for good (410).",
                    f"Look for its new address or remove it: {feed.current_url}",
                    timedelta(),
                )
            )
        elif feed.state is FeedState.FAILING:
            found.append(
                Observation(
                    "feed_failing",
                    feed.name,
                    f"{feed.failures} checks in a row have failed; the last: {feed.last_error}",
                    f"Open it in a browser: {feed.current_url}",
                    settings.feed_failing_after,
                )
            )
        elif (quiet := _silence(feed, settings.feed_silent_factor, now)) is not None:
            found.append(quiet)
    return found


def _silence(feed: Feed, factor: float, now: datetime) -> Observation | None:
    """Return that a feed is quiet; its usual pause is what polling remembers of its rhythm."""
    gap_s, newest = feed.memory.get("gap_s"), feed.memory.get("newest")
    if feed.state not in (FeedState.OK, FeedState.SILENT) or not isinstance(newest, str):
        return None
    if not isinstance(gap_s, int | float):
        return None
    pause = timedelta(seconds=min(gap_s, 1e9))
    quiet = now - datetime.fromisoformat(newest)
    if quiet < max(factor * pause, LEAST_SILENCE):
        return None
    return Observation(
        "feed_silent",
        feed.name,
        f"Nothing new for {in_words(quiet)}; usually there is something every {in_words(pause)}.",
        f"See whether the outlet has moved its feed: {feed.current_url}",
        timedelta(),
    )


def of_dead_letters(dead: Mapping[str, int]) -> list[Observation]:
    """Return the channels with messages that were given up."""
    return [
        Observation(
            "dead_letters",
            channel,
            f"{count} message{'s' if count > 1 else ''} could not be delivered.",
            "See `ingest deliveries list --state dead`, then `ingest deliveries retry --dead`.",
            timedelta(),
        )
        for channel, count in sorted(dead.items())
    ]


def of_queues(oldest_s: Mapping[str, float | None]) -> list[Observation]:
    """Return the queues whose oldest due row has waited too long."""
    return [
        Observation(
            "queue_age",
            name,
            f"The oldest of the due {name} has waited for {in_words(timedelta(seconds=age))}.",
            "See `ingest status`; a channel or many sites may be slow, or the machine too small.",
        )
        for name, age in oldest_s.items()
        if age is not None and age > QUEUE_AGE_S
    ]


def of_disk(free: int, total: int) -> list[Observation]:
    """Return that the disk of the database is nearly full; sizes in bytes."""
    if not total or free / total >= LEAST_FREE:
        return []
    detail = f"{free / 1e9:.1f} GB of {total / 1e9:.1f} GB are free."
    return [Observation("disk", "database", detail, "Make room, or shorten `retention`.")]


def in_words(span: timedelta) -> str:
    """Return a span as people say it, in its largest fitting unit."""
    seconds = span.total_seconds()
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def new_deliveries(changes: Changes, settings: Health) -> Iterable[tuple[str, Condition, str]]:
    """Yield (type, condition, channel) for what the health channels are told."""
    for type, condition in changes.tell:
        if condition.kind not in _TO_RULES:
            yield from ((type, condition, channel) for channel in settings.channels)
