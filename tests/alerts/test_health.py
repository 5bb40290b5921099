"""What is out of order: raised after a while, told once, repeated rarely, cleared by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.alerts import health
from ingest.alerts.health import PATIENCE, REPEAT, Changes, Observation
from ingest.alerts.settings import Health
from ingest.model import Condition, Feed, FeedState

NOW = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
FULL = Observation("disk", "database", "1 GB of 100 GB are free.")
FEED = Feed(1, "Coast Courier", "https://coast.example/feed", "https://coast.example/feed")


def run(*looks: tuple[timedelta, list[Observation]]) -> list[tuple[timedelta, str]]:
    """Look at these times (after the start) and return when which message was told."""
    standing: dict[tuple[str, str], Condition] = {}
    told = []
    for after, seen in looks:
        changes = health.decide(standing.values(), seen, NOW + after)
        for each in changes.drop:
            del standing[each.kind, each.subject]
        standing |= {(each.kind, each.subject): each for each in changes.keep}
        told += [(after, type) for type, _ in changes.tell]
    return told


def test_what_passes_within_its_patience_is_told_to_nobody() -> None:
    assert run((timedelta(), [FULL]), (PATIENCE / 2, [FULL]), (PATIENCE, [])) == []


def test_what_stands_is_told_once_and_again_when_it_is_over() -> None:
    minute = timedelta(minutes=1)
    looks = [(minute * n, [FULL]) for n in range(60)]

    assert run(*looks, (minute * 60, [])) == [
        (PATIENCE, "health.raised"),
        (minute * 60, "health.cleared"),
    ]


def test_what_stands_for_long_is_repeated_every_three_days() -> None:
    looks = [(timedelta(hours=hours), [FULL]) for hours in range(24 * 8)]

    assert len(run(*looks)) == 3
    assert timedelta(days=3) == REPEAT


def test_a_detail_that_changes_is_stored_and_not_told_again() -> None:
    first = health.decide([], [replace(FULL, patience=timedelta())], NOW)
    later = health.decide(first.keep, [replace(FULL, detail="0.9 GB")], NOW + timedelta(hours=1))

    assert later.tell == []
    assert [each.detail for each in later.keep] == ["0.9 GB"]


def test_nothing_new_needs_no_write() -> None:
    first = health.decide([], [FULL], NOW)

    assert health.decide(first.keep, [FULL], NOW + timedelta(minutes=1)) == Changes([], [], [])


@pytest.mark.parametrize(
    ("changes", "kind", "patience"),
    [
        ({"state": FeedState.OK}, None, None),
        ({"state": FeedState.PAUSED, "failures": 9}, None, None),
        ({"state": FeedState.GONE}, "feed_gone", timedelta()),
        ({"state": FeedState.FAILING, "failures": 3}, "feed_failing", timedelta(hours=24)),
        (
            {"memory": {"gap_s": 3600.0, "newest": (NOW - timedelta(days=2)).isoformat()}},
            "feed_silent",
            timedelta(),
        ),
        ({"memory": {"gap_s": 60.0, "newest": (NOW - timedelta(hours=8)).isoformat()}}, None, None),
        (
            {"memory": {"gap_s": 86400.0, "newest": (NOW - timedelta(days=4)).isoformat()}},
            None,
            None,
        ),
        ({"memory": {"gap_s": "odd", "newest": NOW.isoformat()}}, None, None),
    ],
)
def test_a_feed_that_fails_is_gone_or_silent_is_seen(
    changes: dict[str, Any], kind: str | None, patience: timedelta | None
) -> None:
    found = health.of_feeds([replace(FEED, **changes)], Health(), NOW)

    assert [(each.kind, each.patience) for each in found] == ([(kind, patience)] if kind else [])


def test_dead_letters_old_queues_and_a_full_disk_are_seen() -> None:
    (dead,) = health.of_dead_letters({"desk": 3})
    (queue,) = health.of_queues({"feeds": None, "entries": 3.0, "deliveries": 7200.0})
    (disk,) = health.of_disk(1_000_000_000, 100_000_000_000)

    assert (dead.subject, dead.detail) == ("desk", "3 messages could not be delivered.")
    assert "2 hours" in queue.detail
    assert disk.detail == "1.0 GB of 100.0 GB are free."
    assert health.of_disk(10, 100) == health.of_disk(0, 0) == []
