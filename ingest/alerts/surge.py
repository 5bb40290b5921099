"""Whether a rule speaks far more than it uses to, or has fallen silent; counts in, a verdict out."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

WEEKS = 4
"""Weeks looked back: news has a rhythm of days and weeks, and older weeks say less."""
FEWEST = 5
"""Stories that make a surge at least: fewer come together by chance every other day."""
LOUDER = 1.5
"""With made-up rules of 2 to 200 stories a day, quiet nights and weekends, this keeps false alarms
to one in ten weeks and finds nine in ten surges at night; an average of the week as the usual found
none of them there, the median alone gave a false alarm a week."""
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
    """Return the surge of a rule, given when stories matched (ascending); None where there is none.

    It is a surge when the count is `factor` times its usual, five at least, and half as many again
    as the second loudest of these hours in four weeks. A quiet rule that wakes is one as well.
    """
    if known_since is None or now - known_since < HISTORY:
        return None
    count = _count(times, now - window, now)
    if count < FEWEST * (EASES if standing else 1.0):
        return None
    usual, loud = _usual(times, window, known_since, now)
    least = max(FEWEST, factor * max(usual, 1.0), LOUDER * loud) * (EASES if standing else 1.0)
    if count < least:
        return None
    shown = range(SHOWN - 1, -1, -1)
    counts = [_count(times, now - (n + 1) * window, now - n * window) for n in shown]
    return Surge(count, round(usual, 1), window, counts)


def _usual(
    times: Sequence[datetime], window: timedelta, known_since: datetime, now: datetime
) -> tuple[float, float]:
    """Return the usual count of a window that ends now, and how loud it may get by chance.

    The usual is a median, which one loud week moves little: of the same hours of the weeks before,
    of those with the windows beside them, or of the same hours of the last seven days (for a rule
    whose subject has come to stay), whichever is most.
    """

    def counts(ends: Iterable[datetime]) -> list[int]:
        return [_count(times, end - window, end) for end in ends if end - window >= known_since]

    weeks = [now - timedelta(weeks=week) for week in range(1, WEEKS + 1)]
    same, beside = counts(weeks), counts(at + side * window for at in weeks for side in (-1, 1))
    days = counts(now - timedelta(days=day) for day in range(1, 7 * WEEKS + 1))
    usual = max(median(each) if each else 0.0 for each in (same, same + beside, days[:7]))
    return usual, sorted(days)[-2] if len(days) > 1 else 0.0


def absent(last: datetime | None, *, after: timedelta, now: datetime) -> timedelta | None:
    """Return for how long a rule has been silent, where that is longer than it may be.

    `last` is when it matched last, or where it never did, since when anything is known.
    """
    return now - last if last is not None and now - last >= after else None


def _count(times: Sequence[datetime], start: datetime, end: datetime) -> int:
    return bisect_left(times, end) - bisect_left(times, start)
