"""A feed's usual week, its silence and its gaps."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ingest.feeds import completeness, freshness, parse

URL = "https://example.org/feed.xml"
MONDAY = datetime(2026, 9, 7, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def remember(
    *published: datetime, memory: dict[str, object] | None = None, now: datetime
) -> dict[str, object]:
    """Return the memory after a document of these entries, each as new."""
    items = "".join(
        f"<item><guid>{at}</guid><pubDate>{at:%Y-%m-%dT%H:%M:%SZ}</pubDate></item>"
        for at in published
    )
    body = f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()
    plans = freshness.decide(parse.parse(body, url=URL), {})
    week = completeness.counted(memory or {}, plans, now)
    return json.loads(json.dumps({"week": week}))  # type: ignore[no-any-return]


def office(weeks: int, per_day: int = 2) -> dict[str, object]:
    """Return the memory of a feed with so many entries at noon from Monday to Friday."""
    memory: dict[str, object] = {}
    for day in range(7 * weeks - 2):  # the last news are a Friday's
        now = MONDAY + day * DAY
        if now.weekday() < 5:
            entries = [now - timedelta(minutes=at) for at in range(per_day)]
            memory = remember(*entries, memory=memory, now=now)
    return memory


def friday(weeks: int) -> datetime:
    return MONDAY + (7 * weeks - 3) * DAY


def test_the_usual_week_is_told_by_weekday() -> None:
    week = completeness.week(office(8), friday(8))

    assert week is not None
    assert week.per_day[5:] == (0, 0)
    assert all(1.6 < each < 2.5 for each in week.per_day[:5])
    assert week.expected(friday(8), friday(8) + 7 * DAY) == pytest.approx(sum(week.per_day))
    assert week.expected(friday(8) + DAY / 2, friday(8) + 2.5 * DAY) == 0
    assert week.expected(friday(8), friday(8) - DAY) == 0


def test_a_weekend_is_no_silence_and_a_quiet_week_is() -> None:
    memory, last = office(8), friday(8)

    assert not completeness.is_silent(memory, last + 3 * DAY, 5)
    assert completeness.is_silent(memory, last + 7 * DAY, 5)
    assert not completeness.is_silent(memory, last + 7 * DAY, 50)


def test_a_busy_feed_is_not_silent_over_night() -> None:
    memory, last = office(4, per_day=100), friday(4)

    assert not completeness.is_silent(memory, last + timedelta(hours=11), 5)


def test_little_is_said_of_a_feed_that_is_hardly_known() -> None:
    memory = office(1)

    assert completeness.week(memory, friday(1)) is None
    assert not completeness.is_silent(memory, friday(1) + 365 * DAY, 5)
    assert completeness.week({"week": {"counts": [1], "since": "x"}}, MONDAY) is None
    assert completeness.counted({}, (), MONDAY) is None


def test_a_first_document_with_dates_tells_a_rhythm_at_once_but_for_its_old_stock() -> None:
    entries = [MONDAY - at * DAY for at in range(25)]
    old = [MONDAY - 400 * DAY] * 1

    memory = remember(*entries, *old, now=MONDAY)

    week = completeness.week(memory, MONDAY)
    assert week is not None
    assert sum(week.per_day) == pytest.approx(7, rel=0.25)


def test_a_feed_that_slows_down_is_judged_by_its_new_ways() -> None:
    memory = office(6, per_day=4)
    now = friday(6)
    for week in range(1, 13):
        now = friday(6) + 7 * week * DAY
        memory = remember(now, memory=memory, now=now)

    assert not completeness.is_silent(memory, now + 10 * DAY, 5)
    assert completeness.is_silent(memory, now + 60 * DAY, 5)


def test_what_people_are_told() -> None:
    memory = {**office(8), "entries": 40, "new": 10, "gaps": 2, "gap_at": "2026-10-01T00:00:00Z"}

    facts = completeness.facts(memory, friday(8) + 3 * DAY)

    assert (facts["overlap"], facts["gaps"], facts["gap_at"]) == (0.75, 2, "2026-10-01T00:00:00Z")
    assert 1.2 < float(str(facts["per_day"])) < 1.7
    assert facts["per_weekday"] is not None
    assert completeness.facts({}, MONDAY)["per_day"] is None
