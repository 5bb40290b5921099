"""What is out of order, and when somebody is told: conditions raised once, repeated rarely, cleared.

What is seen comes in as observations (`observe`); nothing is measured here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ingest.model import Condition

REPEAT = timedelta(days=3)
"""A problem that stands is told again: often enough to outlast a long weekend, too rarely to be
filtered away."""
SELDOM = timedelta(days=30)
"""The same for what works and yet is worth a look."""
PATIENCE = timedelta(minutes=5)
"""What passes within this time is told to nobody: a restart of the database, a burst of work."""
SPACING = timedelta(hours=1)
"""Of feeds and rules there may be thousands: what befalls one after the other is told together."""
SINGLY = 3
"""So many of a kind have a message each; more of them share one."""
LISTED = 200
"""Of those in one message, so many are named."""

SURGE, ABSENCE = "surge", "absence"
_TO_RULES = (SURGE, ABSENCE)
_DOWN = ("feed_failing", "not_a_feed", "feed_gone")
"""A feed has one of these at a time; that one takes the place of another is no recovery."""
_MANY = {
    "feed_failing": ("feeds", "`ingest feeds list --state failing` shows them."),
    "not_a_feed": ("feeds", "`ingest feeds list --state failing` shows them."),
    "feed_gone": ("feeds", "`ingest feeds list --state gone` shows them."),
    "feed_silent": ("feeds", "`ingest feeds list --state silent` shows them."),
    "feed_moved": ("feeds", "`ingest feeds list --json` has `url` and `current_url` of each."),
    "overlap_lost": (
        "feeds",
        "After a time without the daemon that is to be expected; otherwise shorten `polling.min`.",
    ),
    "extraction_dropped": (
        "sites",
        "Look at a page of each with `ingest explain URL`; a site rule may help.",
    ),
    "site_rule_unfit": ("sites", "Try the rules: `ingest extract --site-rule FILE URL`."),
    "certificate_expiring": ("hosts", "Tell who runs them."),
    "rule_never_matches": ("rules", "See whether they ask for what they should."),
    "rule_always_matches": ("rules", "Narrow them down."),
}
"""What there are many of: their noun, and what to do about a number of them."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Something out of order, as seen just now."""

    kind: str
    subject: str
    detail: str
    advice: str = ""
    patience: timedelta = PATIENCE
    """How long it must stand before somebody is told."""
    since: datetime | None = None
    """When it began, where that is known better than by the first look."""
    repeat: timedelta = REPEAT


@dataclass(frozen=True, slots=True)
class Changes:
    """What one look at the health comes to."""

    keep: Sequence[Condition] = ()
    """Conditions to store: new, raised, or told again."""
    drop: Sequence[Condition] = ()
    """Conditions that are over, or that another has taken the place of."""
    tell: Sequence[tuple[str, Condition]] = ()
    """Types of messages (`health.raised`, `health.cleared`) and what they are about."""


Place = tuple[str, str]
"""What there is one condition of."""


def decide(standing: Iterable[Condition], seen: Iterable[Observation], now: datetime) -> Changes:
    """Compare what stands with what is seen.

    A condition is noted when it is first seen, raised when it has stood for its patience, repeated
    after days and dropped when it is seen no more; of one never raised nobody hears. Where a kind
    has many subjects, it is told of once an hour at most: what is raised, repeated or over of it
    waits for the others, and what comes back meanwhile was never gone.
    """
    known = {_place(each.kind, each.subject): each for each in standing}
    present = {_place(each.kind, each.subject): each for each in seen}
    keep, drop, tell = _over([each for place, each in known.items() if place not in present], now)
    crowded = _told_lately(known.values(), now)
    again = _to_repeat(known, present, now)
    for place, observation in present.items():
        old = known.get(place)
        new = _seen(old, observation, now, held=observation.kind in crowded)
        if new.told_at and place in again:
            new = replace(new, told_at=now)
        if new.told_at != (old.told_at if old else None):
            tell.append(("health.raised", new))
        if new != old:
            keep.append(new)
        if old and old.kind != new.kind:
            drop.append(old)
    return Changes(keep, drop, tell)


def _over(
    gone: Sequence[Condition], now: datetime
) -> tuple[list[Condition], list[Condition], list[tuple[str, Condition]]]:
    """Return what to keep, drop and tell of conditions that are seen no more."""
    waits = [each for each in gone if each.raised_at and each.kind in _MANY]
    ripe = {each.kind for each in waits if each.over_at and now - each.over_at >= SPACING}
    stay = [each for each in waits if each.kind not in ripe]
    keep = [replace(each, over_at=now) for each in stay if each.over_at is None]
    drop = [each for each in gone if each not in stay]
    return keep, drop, [("health.cleared", each) for each in drop if each.raised_at]


def _place(kind: str, subject: str) -> Place:
    return ("feed_down" if kind in _DOWN else kind), subject


def _told_lately(standing: Iterable[Condition], now: datetime) -> frozenset[str]:
    """Return the kinds of which no more is to be told just now."""
    return frozenset(
        each.kind
        for each in standing
        if each.kind in _MANY and each.told_at and timedelta() < now - each.told_at < SPACING
    )


def _to_repeat(
    known: Mapping[Place, Condition], present: Mapping[Place, Observation], now: datetime
) -> frozenset[Place]:
    """Return what is to be told again; where a kind has many subjects, all that stand of it."""
    due = {
        place
        for place, each in present.items()
        if place in known and _is_old(known[place], each.repeat, now)
    }
    kinds = {present[place].kind for place in due} & set(_MANY)
    return frozenset(due | {place for place, each in present.items() if each.kind in kinds})


def _is_old(condition: Condition, repeat: timedelta, now: datetime) -> bool:
    told_at = None if condition.kind in _TO_RULES else condition.told_at
    return told_at is not None and now - told_at >= repeat


def _seen(
    old: Condition | None, observation: Observation, now: datetime, *, held: bool
) -> Condition:
    """Return the condition as it stands with what is seen now; one that is `held` is raised later.

    One that takes the place of another was told of with it, unless it is to be told at once.
    """
    since = observation.since or now
    base = old or Condition(observation.kind, observation.subject, since, "", "")
    if base.kind != observation.kind and not observation.patience:
        base = replace(base, raised_at=None, told_at=None)
    base = replace(
        base,
        kind=observation.kind,
        detail=observation.detail,
        advice=observation.advice,
        over_at=None,
    )
    if base.raised_at is None and not held and now - base.since >= observation.patience:
        return replace(base, raised_at=now, told_at=now)
    return base


# --- what is told -----------------------------------------------------------------------------

_OVER = {
    "feed_failing": "It is read again.",
    "not_a_feed": "It is read again.",
    "feed_silent": "It has news again.",
    "feed_moved": "It is read where the files say.",
    "overlap_lost": "Its checks have overlapped for three days.",
    "dead_letters": "They were delivered, or are older than ten days.",
    "channel_failing": "Its messages are taken again.",
    "certificate_expiring": "The certificate was renewed.",
    "rule_never_matches": "An article has matched it.",
    "rule_always_matches": "It matches less than half of the articles.",
}


def messages(
    tell: Iterable[tuple[str, Condition]],
) -> Iterable[tuple[str, dict[str, object]]]:
    """Yield type and `data` of the messages about conditions; many of one kind share a message."""
    groups: dict[tuple[str, str], list[Condition]] = {}
    for type, condition in tell:
        if condition.kind not in _TO_RULES:
            groups.setdefault((type, condition.kind), []).append(condition)
    for (type, kind), conditions in groups.items():
        if kind in _MANY and len(conditions) > SINGLY:
            yield type, _of_many(kind, conditions, type)
        else:
            yield from ((type, data(each, type)) for each in conditions)


def data(condition: Condition, type: str = "health.raised") -> dict[str, object]:
    """Return the `data` of a message about a condition."""
    raised = type == "health.raised"
    return {
        "condition": _name(condition.kind),
        "subject": condition.subject,
        "since": _iso(condition.since),
        "detail": condition.detail if raised else _OVER.get(condition.kind, "It is over."),
        "advice": condition.advice if raised else "",
    }


def _of_many(kind: str, conditions: Sequence[Condition], type: str) -> dict[str, object]:
    """Return the `data` of a message about many subjects of one kind, those of it by name."""
    noun, advice = _MANY[kind]
    ordered = sorted(conditions, key=lambda each: (each.since, each.subject))
    listed = [
        {name: value for name, value in data(each, type).items() if name in _OF_EACH}
        for each in ordered[:LISTED]
    ]
    more = len(ordered) - len(listed)
    return {
        "condition": _name(kind),
        "subject": f"{len(ordered)} {noun}",
        "since": _iso(ordered[0].since),
        "detail": f"The first {LISTED} of them are named." if more else "",
        "advice": advice if type == "health.raised" else "",
        "subjects": listed,
    }


_OF_EACH = ("subject", "since", "detail")


def _name(kind: str) -> str:
    return kind.replace("_", " ")


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def in_words(span: timedelta) -> str:
    """Return a span as people say it, in its largest fitting unit."""
    seconds = span.total_seconds()
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
