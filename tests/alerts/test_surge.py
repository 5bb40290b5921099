"""Rules that speak far more than usual, and rules that have fallen silent."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.alerts import surge
from ingest.alerts.surge import Surge

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONG_AGO = NOW - timedelta(days=60)


def burst(count: int, end: datetime = NOW) -> list[datetime]:
    """Return so many matches within the hour before `end`."""
    return [end - timedelta(minutes=59) + n * timedelta(minutes=58) / count for n in range(count)]


def measure(
    times: list[datetime], *, known_since: datetime | None = LONG_AGO, standing: bool = False
) -> Surge | None:
    return surge.measure(
        sorted(times),
        factor=4,
        window=HOUR,
        known_since=known_since,
        standing=standing,
        now=NOW,
    )


def weekly(count: int) -> list[datetime]:
    """Return so many matches in this hour of each of the four weeks before."""
    return [at for week in range(1, 5) for at in burst(count, NOW - timedelta(weeks=week))]


@pytest.mark.parametrize(
    ("times", "count"),
    [
        ([], None),
        (burst(4), None),
        (burst(5), 5),
        (burst(19) + weekly(5), None),
        (burst(20) + weekly(5), 20),
        (burst(5) + burst(80, NOW - timedelta(weeks=2)), 5),
        (burst(20) + [NOW - n * HOUR / 6 for n in range(6, 1000)], None),
    ],
)
def test_a_surge_is_far_above_the_usual_of_its_hour(
    times: list[datetime], count: int | None
) -> None:
    found = measure(times)

    assert (found.count if found else None) == count


def test_a_new_installation_knows_no_usual() -> None:
    assert measure(burst(50), known_since=NOW - timedelta(days=6)) is None
    assert measure(burst(50), known_since=None) is None


def test_a_surge_that_stands_is_over_at_half_of_what_raised_it() -> None:
    assert measure(burst(3), standing=False) is None
    assert measure(burst(3), standing=True) is not None
    assert measure(burst(2), standing=True) is None


def test_the_chart_shows_the_latest_windows_the_present_one_last() -> None:
    found = measure(burst(8) + burst(4, NOW - HOUR))

    assert found is not None
    assert found.counts == [0] * 22 + [4, 8]


def nightly(count: int) -> list[datetime]:
    """Return so many matches in the middle of each day of eight weeks, and none at night."""
    noons = (NOW.replace(hour=13) - timedelta(days=day) for day in range(1, 57))
    return [at for noon in noons for at in burst(count, noon)]


def test_a_surge_is_measured_by_its_own_hours() -> None:
    assert measure(nightly(40) + burst(8)) is not None
    assert measure(nightly(40)) is None


def test_what_is_as_loud_now_and_then_is_no_surge() -> None:
    days = [at for day in (9, 16, 20) for at in burst(10, NOW - timedelta(days=day))]

    assert measure(days + burst(14)) is None
    assert measure(days + burst(16)) is not None


@pytest.mark.parametrize(
    ("last", "silent"),
    [(NOW - 5 * HOUR, None), (NOW - 30 * HOUR, 30 * HOUR), (None, None)],
)
def test_a_rule_is_absent_when_it_has_not_matched_for_too_long(
    last: datetime | None, silent: timedelta | None
) -> None:
    assert surge.absent(last, after=24 * HOUR, now=NOW) == silent
