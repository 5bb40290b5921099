"""Whether a feed brought all that it had: its usual entries by weekday, its silence, its gaps.

What must last stands in `Feed.memory["week"]`: `counts` of entries on each weekday, Monday first, in
which older weeks count less and less; `since` when the counting began, `at` when it was last done,
which is when the feed last had news.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingest.model import EntryPlan, EntryWhy

TRUNCATED = "the feed is cut off; its last entry may be missing"
"""The warning of a document that ends too early; such a document is no state to remember."""

DAY = timedelta(days=1)
MEMORY = timedelta(days=28)
"""A week this long ago counts for a third: four of each weekday smooth a holiday, and a feed that
changes its ways is understood within a month or two."""
ENOUGH = 4.0
"""Entries, older ones faded, from which a rhythm is told: those of a weekly feed after two months."""
LONG_ENOUGH = timedelta(days=14)
"""Two of each weekday, before any of them is said to be quiet."""
LEAST_SILENCE = timedelta(days=1)
"""Within a day the hours differ, night from noon; they are not told apart here."""


@dataclass(frozen=True, slots=True)
class Week:
    """How many entries a feed usually has on each weekday, Monday first."""

    per_day: tuple[float, ...]
    last_at: datetime
    """When it last had news."""

    def expected(self, start: datetime, end: datetime) -> float:
        """Return how many entries are usual between two times, by the weekdays (UTC) in between."""
        whole, rest = divmod(max((end - start) / DAY, 0.0), 7)
        found = whole * sum(self.per_day)
        at = start + 7 * whole * DAY
        while at < end and rest > 0:
            midnight = datetime(at.year, at.month, at.day, tzinfo=UTC) + DAY
            until = min(midnight, end)
            found += self.per_day[at.weekday()] * ((until - at) / DAY)
            at = until
        return found


def counted(
    memory: Mapping[str, object], plans: Sequence[EntryPlan], now: datetime
) -> Mapping[str, object] | None:
    """Return the counts with the new entries of a document; None where nothing was ever counted.

    An entry counts on the day it says it was published, if that is known and lies within the time
    since the last news; a first document counts as far back as the memory reaches.
    """
    news = [plan.entry for plan in plans if plan.why is EntryWhy.NEW]
    before = _remembered(memory)
    if not news:
        return memory.get("week") if before else None  # type: ignore[return-value]
    counts, since, at = before or ([0.0] * 7, now, now - MEMORY)
    faded = math.exp((at - now) / MEMORY)
    counts = [count * faded for count in counts]
    for entry in news:
        dated = entry.published_at
        if dated is None or not at - DAY <= dated <= now:
            if before is None:
                continue  # old stock says nothing of the usual
            dated = now
        since = min(since, dated)
        counts[dated.weekday()] += math.exp((dated - now) / MEMORY)
    rounded = [round(count, 3) for count in counts]
    return {"counts": rounded, "since": since.isoformat(), "at": now.isoformat()}


def week(memory: Mapping[str, object], now: datetime) -> Week | None:
    """Return a feed's usual week; None while too little is known of it."""
    found = _remembered(memory)
    if found is None:
        return None
    counts, since, at = found
    if sum(counts) < ENOUGH or at - since < LONG_ENOUGH:
        return None
    weeks = MEMORY / DAY / 7 * (1 - math.exp((since - at) / MEMORY))
    return Week(tuple(count / weeks for count in counts), at)


def expected(memory: Mapping[str, object], start: datetime, end: datetime) -> float | None:
    """Return how many entries a feed usually has between two times; None while too little is known."""
    usual = week(memory, end)
    return None if usual is None else usual.expected(start, end)


def is_silent(memory: Mapping[str, object], now: datetime, factor: float) -> bool:
    """Return whether a feed has been quiet for `factor` times its usual pause, weekdays considered.

    That is: by now it would usually have had `factor` entries. Were they independent of each other,
    a silence of 5 would be chance once in 150; they come in bursts, hence a day at least.
    """
    usual = week(memory, now)
    if usual is None or now - usual.last_at < LEAST_SILENCE:
        return False
    return usual.expected(usual.last_at, now) >= factor


def overlap(memory: Mapping[str, object]) -> float | None:
    """Return the share of a feed's last document that was known; None where it had no entries."""
    entries, new = _number(memory.get("entries")), _number(memory.get("new"))
    return 1 - new / entries if entries else None


def gaps(memory: Mapping[str, object]) -> int:
    """Return how many checks of a feed knew nothing of what they found, and may have missed some."""
    return int(_number(memory.get("gaps")))


def facts(memory: Mapping[str, object], now: datetime) -> dict[str, object]:
    """Return what people are told of a feed's completeness, ready for JSON.

    `overlap` is the share of its last document that was known, `gaps` counts the checks that knew
    none of it, `gap_at` is the last of them; `per_day` and `per_weekday` (Monday first) are the
    usual entries, None while too little is known; `expected` are those since the last news.
    """
    usual = week(memory, now)
    known = overlap(memory)
    return {
        "overlap": None if known is None else round(known, 2),
        "gaps": gaps(memory),
        "gap_at": memory.get("gap_at"),
        "per_day": round(sum(usual.per_day) / 7, 2) if usual else None,
        "per_weekday": [round(each, 2) for each in usual.per_day] if usual else None,
        "last_news_at": usual.last_at.isoformat().replace("+00:00", "Z") if usual else None,
        "expected": round(usual.expected(usual.last_at, now), 1) if usual else None,
    }


def _remembered(memory: Mapping[str, object]) -> tuple[list[float], datetime, datetime] | None:
    """Return counts, their beginning and their last change; None for none, or none that are whole."""
    kept = memory.get("week")
    if not isinstance(kept, dict):
        return None
    try:
        counts = [float(count) for count in kept["counts"]]
        since, at = (datetime.fromisoformat(kept[name]) for name in ("since", "at"))
    except (KeyError, TypeError, ValueError):
        return None
    return (counts, since, at) if len(counts) == 7 else None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
