"""What is out of order: raised after a while, told once, repeated rarely, cleared by itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.alerts import health, observe
from ingest.alerts.health import LISTED, PATIENCE, REPEAT, SELDOM, SPACING, Changes, Observation
from ingest.alerts.settings import Health
from ingest.model import Backlog, Condition, Feed, FeedState, Outcome, SiteTrack, Validity

NOW = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FULL = Observation("disk", "database", "1 GB of 100 GB are free.")
FEED = Feed(1, "Coast Courier", "https://coast.example/feed", "https://coast.example/feed")
AT_ONCE = timedelta()

Look = tuple[timedelta, Sequence[Observation]]


def failing(name: str, kind: str = "feed_failing", patience: timedelta = AT_ONCE) -> Observation:
    return Observation(kind, name, "503", patience=patience)


def run(*looks: Look) -> list[tuple[timedelta, str, object]]:
    """Look at these times (after the start) and return when which message was told of what."""
    standing: dict[tuple[str, str], Condition] = {}
    told = []
    for after, seen in looks:
        changes = health.decide(standing.values(), seen, NOW + after)
        for each in changes.drop:
            del standing[each.kind, each.subject]
        standing |= {(each.kind, each.subject): each for each in changes.keep}
        messages = health.messages(changes.tell)
        told += [(after, type, data["subject"]) for type, data in messages]
    return told


def test_what_passes_within_its_patience_is_told_to_nobody() -> None:
    assert run((AT_ONCE, [FULL]), (PATIENCE / 2, [FULL]), (PATIENCE, [])) == []


def test_what_stands_is_told_once_and_again_when_it_is_over() -> None:
    looks = [(MINUTE * n, [FULL]) for n in range(60)]

    assert run(*looks, (MINUTE * 60, [])) == [
        (PATIENCE, "health.raised", "database"),
        (MINUTE * 60, "health.cleared", "database"),
    ]


def test_what_stands_for_long_is_repeated_every_three_days() -> None:
    looks = [(HOUR * hours, [FULL]) for hours in range(24 * 8)]

    assert len(run(*looks)) == 3
    assert timedelta(days=3) == REPEAT


def test_what_is_only_worth_a_look_is_repeated_every_month() -> None:
    moved = Observation("feed_moved", "Coast", "", patience=AT_ONCE, repeat=SELDOM)

    assert len(run(*[(DAY * days, [moved]) for days in range(59)])) == 2


def test_a_time_that_is_known_counts_for_the_patience() -> None:
    since = Observation("feed_failing", "Coast", "503", patience=DAY, since=NOW - DAY)

    assert run((AT_ONCE, [since])) == [(AT_ONCE, "health.raised", "Coast")]
    assert health.decide([], [since], NOW).keep[0].since == NOW - DAY


def test_a_few_feeds_have_a_message_each_and_many_share_one_that_names_them() -> None:
    few, many = [failing(f"feed {n}") for n in range(3)], [failing(f"feed {n}") for n in range(37)]
    tell = health.decide([], many, NOW).tell

    assert [told[2] for told in run((AT_ONCE, few))] == ["feed 0", "feed 1", "feed 2"]
    assert run((AT_ONCE, many)) == [(AT_ONCE, "health.raised", "37 feeds")]
    ((_, data),) = health.messages(tell)
    subjects: Any = data["subjects"]
    assert sorted(each["subject"] for each in subjects) == sorted(each.subject for each in many)
    assert data["advice"] == "`ingest feeds list --state failing` shows them."


def test_a_message_about_very_many_names_some_and_counts_all() -> None:
    crowd = [failing(f"feed {n}") for n in range(LISTED + 50)]
    ((_, data),) = health.messages(health.decide([], crowd, NOW).tell)

    subjects: Any = data["subjects"]
    assert (data["subject"], len(subjects)) == ("250 feeds", LISTED)
    assert data["detail"] == "The first 200 of them are named."


def test_feeds_that_fail_one_after_the_other_are_told_once_an_hour() -> None:
    looks = [(MINUTE * n, [failing(f"feed {m}") for m in range(min(n + 1, 50))]) for n in range(61)]

    assert run(*looks) == [
        (AT_ONCE, "health.raised", "feed 0"),
        (SPACING, "health.raised", "49 feeds"),
    ]


def test_all_that_stand_of_a_kind_are_repeated_together() -> None:
    looks = [
        (HOUR * n, [failing(f"feed {m}") for m in range(min(n + 1, 5))]) for n in range(24 * 4)
    ]

    assert run(*looks)[5:] == [(REPEAT, "health.raised", "5 feeds")]


def test_feeds_that_recover_within_an_hour_are_told_together() -> None:
    names = [f"feed {n}" for n in range(20)]
    looks = [(MINUTE * n, [failing(name) for name in names[n:]]) for n in range(90)]

    assert run(*looks)[1:] == [(MINUTE + SPACING, "health.cleared", "20 feeds")]


def test_a_feed_that_fails_again_within_the_hour_was_never_well() -> None:
    flaps = [(MINUTE * n, [failing("Coast")] if n % 30 < 15 else []) for n in range(300)]

    assert run(*flaps) == [(AT_ONCE, "health.raised", "Coast")]


@pytest.mark.parametrize(
    ("kind", "patience", "told"),
    [
        ("not_a_feed", DAY, []),
        ("feed_gone", AT_ONCE, [(2 * HOUR, "health.raised", "Coast")]),
    ],
)
def test_a_feed_that_fails_in_another_way_has_not_recovered(
    kind: str, patience: timedelta, told: list[object]
) -> None:
    looks = [(AT_ONCE, [failing("Coast")])]
    looks += [(HOUR * n, [failing("Coast", kind, patience)]) for n in range(2, 9)]

    assert run(*looks)[1:] == told


def test_a_detail_that_changes_is_stored_and_not_told_again() -> None:
    first = health.decide([], [replace(FULL, patience=AT_ONCE)], NOW)
    later = health.decide(first.keep, [replace(FULL, detail="0.9 GB")], NOW + HOUR)

    assert later.tell == []
    assert [each.detail for each in later.keep] == ["0.9 GB"]


def test_nothing_new_needs_no_write() -> None:
    first = health.decide([], [FULL, failing("Coast")], NOW)

    seen = [FULL, failing("Coast")]
    assert health.decide(first.keep, seen, NOW + MINUTE) == Changes([], [], [])


# --- what is seen -----------------------------------------------------------------------------

NEWS = {
    "counts": [1.0] * 7,
    "since": "2026-01-01T00:00:00+00:00",
    "at": "2026-02-20T08:15:00+00:00",
}
FAILING_SINCE = {"failing_since": (NOW - HOUR).isoformat()}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"state": FeedState.OK}, []),
        ({"state": FeedState.PAUSED, "current_url": "https://other.example/feed"}, []),
        ({"state": FeedState.RETIRED, "memory": {"gap_at": NOW.isoformat()}}, []),
        ({"state": FeedState.GONE}, [("feed_gone", AT_ONCE, None)]),
        ({"state": FeedState.FAILING}, [("feed_failing", DAY, None)]),
        (
            {"state": FeedState.FAILING, "memory": FAILING_SINCE},
            [("feed_failing", DAY, NOW - HOUR)],
        ),
        (
            {"state": FeedState.FAILING, "last_outcome": Outcome.NOT_A_FEED},
            [("not_a_feed", DAY, None)],
        ),
        (
            {"state": FeedState.SILENT, "memory": {"week": NEWS}},
            [("feed_silent", AT_ONCE, datetime(2026, 2, 20, 8, 15, tzinfo=UTC))],
        ),
        ({"state": FeedState.SILENT, "memory": {"week": "odd"}}, [("feed_silent", AT_ONCE, None)]),
        (
            {"memory": {"gap_at": (NOW - 2 * DAY).isoformat()}},
            [("overlap_lost", AT_ONCE, NOW - 2 * DAY)],
        ),
        ({"memory": {"gap_at": (NOW - 4 * DAY).isoformat()}}, []),
        ({"memory": {"gap_at": "odd"}}, []),
        ({"current_url": "https://park.example/feed"}, [("feed_moved", AT_ONCE, None)]),
        ({"current_url": "https://www.coast.example/rss"}, []),
        (
            {"state": FeedState.FAILING, "current_url": "https://park.example/feed"},
            [("feed_failing", DAY, None), ("feed_moved", AT_ONCE, None)],
        ),
    ],
)
def test_what_is_wrong_with_a_feed_is_seen(
    changes: dict[str, Any], found: list[tuple[str, timedelta, datetime | None]]
) -> None:
    seen = observe.of_feeds([replace(FEED, **changes)], Health(), NOW)

    assert [(each.kind, each.patience, each.since) for each in seen] == found
    assert all(each.advice and each.subject == "Coast Courier" for each in seen)


def test_a_feed_that_became_a_page_says_what_came_and_how_to_find_the_feed() -> None:
    feed = replace(
        FEED,
        state=FeedState.FAILING,
        failures=9,
        last_outcome=Outcome.NOT_A_FEED,
        last_error="the answer is a web page titled “Coast”, no feed",
    )
    (seen,) = observe.of_feeds([feed], Health(), NOW)

    assert "a web page titled “Coast”" in seen.detail
    assert "ingest feeds discover https://coast.example/feed" in seen.advice


def test_a_feed_elsewhere_names_both_hosts_and_the_new_address() -> None:
    (seen,) = observe.of_feeds([replace(FEED, current_url="https://park.example/f")], Health(), NOW)

    assert "coast.example" in seen.detail
    assert "park.example" in seen.detail
    assert "https://park.example/f" in seen.advice


def test_dead_letters_old_queues_and_a_full_disk_are_seen() -> None:
    (dead,) = observe.of_dead_letters({"desk": 3})
    (queue,) = observe.of_queues({"feeds": None, "entries": 3.0, "deliveries": 7200.0})
    (disk,) = observe.of_disk(1_000_000_000, 100_000_000_000)

    assert (dead.subject, dead.detail) == ("desk", "3 messages could not be delivered.")
    assert "2 hours" in queue.detail
    assert disk.detail == "1.0 GB of 100.0 GB are free."
    assert observe.of_disk(10, 100) == observe.of_disk(0, 0) == []


def test_a_channel_that_refuses_for_an_hour_is_told_with_its_reason() -> None:
    def seen(minutes: int, since: datetime = NOW) -> Look:
        backlog = Backlog("soc", 2, since, "soc.example answered 503")
        after = minutes * MINUTE
        return after, observe.of_backlogs([backlog], NOW + after)

    told = run(*(seen(minutes) for minutes in range(70)))
    held_over_night = run(seen(0, NOW - 8 * HOUR), (MINUTE, []))

    assert told == [(HOUR, "health.raised", "soc")]
    assert held_over_night == []
    assert seen(60)[1][0].detail == "2 messages still not taken: soc.example answered 503"


def certificate(*, days: float, left: timedelta) -> Validity:
    return Validity(NOW + left - timedelta(days=days), NOW + left)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (certificate(days=90, left=8 * DAY), False),
        (certificate(days=90, left=6 * DAY), True),
        (certificate(days=365, left=-DAY), True),
        (certificate(days=6, left=3 * DAY), False),
        (certificate(days=6, left=1 * DAY), True),
    ],
)
def test_a_certificate_is_told_of_near_its_end_by_its_length(seen: Validity, told: bool) -> None:
    found = observe.of_certificates({"a.example": seen}, {"a.example": ["the feed A"]}, [], NOW)

    assert bool(found) is told


def test_a_certificate_not_seen_since_the_start_is_still_near_its_end() -> None:
    near = certificate(days=90, left=DAY)
    users = {"a.example": ["the feed A", "the feed B", "the feed C", "the channel soc"]}
    (first,) = observe.of_certificates({"a.example": near}, users, [], NOW)
    standing = health.decide([], [first], NOW).keep

    assert "the feed A, the feed B, the feed C and 1 more" in first.advice
    assert observe.of_certificates({}, users, standing, NOW + HOUR) == [first]
    assert observe.of_certificates({}, {}, standing, NOW + HOUR) == []
    renewed = {"a.example": certificate(days=90, left=89 * DAY)}
    assert observe.of_certificates(renewed, users, standing, NOW + HOUR) == []


def test_a_rule_that_matches_nothing_for_a_month_or_nearly_everything_is_told() -> None:
    def look(last_day: int, articles: int = 400, feeds: int = 5) -> list[str]:
        seen = observe.of_rules(["a", "b"], ["b"], {"b": last_day}, articles, feeds)
        return [f"{each.kind} {each.subject}" for each in seen]

    assert look(10) == ["rule_never_matches a"]
    assert look(200) == ["rule_never_matches a", "rule_always_matches b"]
    assert look(199) == look(200, feeds=4) == look(199, articles=199) == look(10)
    never = observe.of_rules(["a"], [], {}, 0, 0)
    assert run((AT_ONCE, never), (29 * DAY, never)) == []
    assert run((AT_ONCE, never), (30 * DAY, never))[0][1] == "health.raised"


@pytest.mark.parametrize(
    ("track", "kinds"),
    [
        (SiteTrack("a.example", 40), []),
        (SiteTrack("a.example", 40, recent=0.4), ["extraction_dropped"]),
        (SiteTrack("a.example", 10, recent=0.4), []),
        (SiteTrack("a.example", 40, rule_fit=0.2), ["site_rule_unfit"]),
        (
            SiteTrack("a.example", 40, recent=0.1, rule_fit=0.1),
            ["site_rule_unfit", "extraction_dropped"],
        ),
    ],
)
def test_a_site_whose_pages_are_not_read_as_before_is_seen(
    track: SiteTrack, kinds: list[str]
) -> None:
    assert [each.kind for each in observe.of_sites([track])] == kinds
