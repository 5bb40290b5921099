"""Whether a rule speaks far more than it uses to, or has fallen silent; counts in, a verdict out."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

WEEKS = 4
"""Weeks looked back: news has a rhythm of days and weeks, and older weeks say less."""
FEWEST = 5
"""Articles that make a surge at least: below, two copies of one story would be one."""
HISTORY = timedelta(days=7)
"""What must be known before anything can be called usual."""
EASES = 0.5
"""A surge that stands is over when it has fallen to half of what raised it, so that it does not
flicker around that mark."""
SHOWN = 24
"""Windows of a chart."""


@dataclass(frozen=True, slots=True)
class Surge:
    """A rule far above its usual."""

    count: int
    usual: float
    window: timedelta
    counts: Sequence[int]
    """Those of the latest windows, the present one last."""


def measure(
    times: Sequence[datetime],
    *,
    factor: float,
    window: timedelta,
    known_since: datetime | None,
    standing: bool,
    now: datetime,
) -> Surge | None:
    """Return the surge of a rule, given when it matched (ascending); None where there is none.

    Its usual is the median of the same hours of the weeks before, or of the day before where that
    is more: one loud week moves a median little. A quiet rule that wakes is a surge as well.
    """
    if known_since is None or now - known_since < HISTORY:
        return None
    count = _count(times, now - window, now)
    weeks = [now - timedelta(weeks=week) for week in range(1, WEEKS + 1)]
    past = [_count(times, at - window, at) for at in weeks if at - window >= known_since]
    usual = max(median(past) if past else 0.0, _average(times, window, now))
    least = max(FEWEST, factor * max(usual, 1.0)) * (EASES if standing else 1.0)
    if count < least:
        return None
    shown = range(SHOWN - 1, -1, -1)
    counts = [_count(times, now - (n + 1) * window, now - n * window) for n in shown]
    return Surge(count, round(usual, 1), window, counts)


def absent(
    times: Sequence[datetime], *, after: timedelta, known_since: datetime | None, now: datetime
) -> timedelta | None:
    """Return for how long a rule has been silent, where that is longer than it may be."""
    last = times[-1] if times else known_since
    if last is None or now - last < after:
        return None
    return now - last


def _average(times: Sequence[datetime], window: timedelta, now: datetime) -> float:
    """Return the mean count of a window over the week before the present one."""
    start = now - window - timedelta(weeks=1)
    return _count(times, start, now - window) * (window / timedelta(weeks=1))


def _count(times: Sequence[datetime], start: datetime, end: datetime) -> int:
    return bisect_left(times, end) - bisect_left(times, start)
