"""What a check makes of a feed, and when it is looked at again."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import (
    Blocked,
    FetchError,
    HttpStatus,
    NetworkError,
    NotAFeed,
    ParseError,
    TimedOut,
    TooLarge,
)
from ingest.feeds import freshness, pace, parse, polling
from ingest.feeds.pace import Why
from ingest.feeds.polling import Check
from ingest.feeds.settings import FeedConfig, Polling
from ingest.model import Feed, FeedState, KnownEntry, Outcome, ParsedFeed, Validators

NOW = datetime(2024, 6, 3, 12, tzinfo=UTC)
URL = "https://example.org/feed.xml"
NEW_URL = "https://example.org/new.xml"
FEED = Feed(
    id=1,
    name="F",
    url=URL,
    current_url=URL,
    first_polled_at=NOW - timedelta(days=90),
    last_checked_at=NOW - timedelta(minutes=15),
)
POLLING = Polling.model_validate({})
CONFIG = FeedConfig.model_validate({"url": URL})
SUCCESS = Check(Outcome.UNCHANGED, 200)
FAILURE = Check(Outcome.TIMEOUT, error="too slow")


def settle(
    feed: Feed,
    check: Check,
    *,
    now: datetime = NOW,
    config: FeedConfig = CONFIG,
    settings: Polling = POLLING,
) -> Feed:
    return polling.settle(feed, check, polling=settings, config=config, now=now, random=Random(1))


def read(*ages: timedelta, head: str = "") -> ParsedFeed:
    items = "".join(
        f"<item><guid>{age}</guid><pubDate>{NOW - age:%Y-%m-%dT%H:%M:%SZ}</pubDate></item>"
        for age in ages
    )
    body = f'<rss version="2.0"><channel>{head}{items}</channel></rss>'
    return parse.parse(body.encode(), url=URL)


def fetched(parsed: ParsedFeed, *, new: int) -> Check:
    """Return a check that found the first `new` entries new."""
    known = {entry.key: KnownEntry(1, entry.hash) for entry in parsed.entries[new:]}
    plans = freshness.decide(parsed, known)
    return Check(Outcome.FETCHED, 200, body_hash="h", parsed=parsed, plans=plans)


def hours(*numbers: float) -> list[timedelta]:
    return [timedelta(hours=number) for number in numbers]


def why(feed: Feed) -> str:
    return str(feed.memory["why"])


# --- outcome and state ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Blocked("x", url=URL), Outcome.BLOCKED),
        (HttpStatus("x", url=URL, status=404), Outcome.HTTP_ERROR),
        (TooLarge("x", url=URL), Outcome.TOO_LARGE),
        (TimedOut("x", url=URL), Outcome.TIMEOUT),
        (NetworkError("x", url=URL), Outcome.NETWORK_ERROR),
        (FetchError("x", url=URL), Outcome.NETWORK_ERROR),
        (NotAFeed("x"), Outcome.NOT_A_FEED),
        (ParseError("x"), Outcome.PARSE_ERROR),
    ],
)
def test_each_error_is_an_outcome(error: FetchError | ParseError, outcome: Outcome) -> None:
    assert polling.outcome_of(error) is outcome


def test_a_success_clears_what_failures_left() -> None:
    failing = settle(FEED, FAILURE)
    well = settle(failing, SUCCESS)

    assert (failing.state, failing.failures, failing.last_error) == (
        FeedState.FAILING,
        1,
        "too slow",
    )
    assert (well.state, well.failures, well.last_error) == (FeedState.OK, 0, None)


@pytest.mark.parametrize("state", [FeedState.PAUSED, FeedState.RETIRED])
@pytest.mark.parametrize("check", [SUCCESS, FAILURE, Check(Outcome.HTTP_ERROR, 410)])
def test_paused_and_retired_feeds_stay_so(state: FeedState, check: Check) -> None:
    assert settle(replace(FEED, state=state), check).state is state


def test_a_silent_feed_stays_silent_until_something_new_comes() -> None:
    silent = replace(FEED, state=FeedState.SILENT)

    assert settle(silent, SUCCESS).state is FeedState.SILENT
    assert settle(silent, fetched(read(*hours(1, 2)), new=1)).state is FeedState.OK


def test_the_first_success_is_remembered() -> None:
    unseen = replace(FEED, first_polled_at=None)

    assert settle(unseen, FAILURE).first_polled_at is None
    assert settle(unseen, SUCCESS).first_polled_at == NOW
    assert settle(FEED, SUCCESS).first_polled_at == FEED.first_polled_at


# --- validators -------------------------------------------------------------------------------


def test_a_304_renews_validators_and_keeps_those_it_leaves_out() -> None:
    feed = replace(FEED, validators=Validators('"1"', "Mon"), body_hash="h")

    settled = settle(feed, Check(Outcome.NOT_MODIFIED, 304, validators=Validators('"2"', None)))

    assert settled.validators == Validators('"2"', "Mon")
    assert settled.body_hash == "h"


def test_an_answer_that_is_no_feed_leaves_the_validators_alone() -> None:
    feed = replace(FEED, validators=Validators('"1"'), body_hash="h")
    page = Check(Outcome.NOT_A_FEED, 200, validators=Validators('"page"'), error="a web page")

    settled = settle(feed, page)

    assert (settled.validators, settled.body_hash) == (Validators('"1"'), "h")


def test_a_feed_cut_off_is_asked_for_again_in_full() -> None:
    cut = parse.parse(b'<rss version="2.0"><channel><item><guid>1</guid></item><item>', url=URL)
    check = fetched(cut, new=1).but(validators=Validators('"1"'))

    settled = settle(FEED, check)

    assert (settled.validators, settled.body_hash) == (Validators(), None)


def test_a_server_whose_304_hid_an_entry_is_not_believed_again() -> None:
    full_at = (NOW - timedelta(days=1)).isoformat()
    feed = replace(FEED, validators=Validators('"1"'), memory={"full_at": full_at})
    news = fetched(read(*hours(1, 2)), new=1)

    same = settle(feed, news.but(validators=Validators('"1"')))
    doubted = settle(feed, news.but(validators=Validators('"2"')))
    liar = settle(doubted, Check(Outcome.NOT_MODIFIED, 304))
    honest = settle(doubted, SUCCESS.but(validators=Validators('"2"')))

    assert same.memory.get("liar") is True
    assert doubted.validators == Validators('"1"')
    assert liar.memory.get("liar") is True
    assert honest.validators == Validators('"2"')
    assert not {"liar", "doubt"} & set(honest.memory)


@pytest.mark.parametrize(
    ("interval_s", "days", "due"),
    [(120, 0.9, False), (120, 1, True), (3600, 4, False), (3600, 4.2, True), (86_400, 99, False)],
)
def test_answers_of_304_are_proved_once_a_day_and_once_in_a_hundred_at_most(
    interval_s: float, days: float, due: bool
) -> None:
    memory = {"full_at": (NOW - timedelta(days=days)).isoformat()}
    feed = replace(FEED, validators=Validators('"1"'), memory=memory, interval_s=interval_s)

    assert pace.is_proof_due(feed, NOW) is due


def test_an_unchanged_check_teaches_nothing_to_write_down() -> None:
    feed = settle(FEED, fetched(read(*hours(1, 2, 3)), new=0).but(validators=Validators('"1"')))

    again = settle(feed, Check(Outcome.NOT_MODIFIED, 304), now=NOW + timedelta(minutes=15))

    assert again.memory == feed.memory


# --- moved and gone ---------------------------------------------------------------------------


def test_a_permanent_redirect_is_kept_once_it_is_seen_twice_in_a_row() -> None:
    moved = SUCCESS.but(permanent_url=NEW_URL)
    once = settle(FEED, moved)

    assert once.current_url == URL
    assert settle(once, moved).current_url == NEW_URL
    assert settle(settle(once, SUCCESS), moved).current_url == URL


def test_a_redirect_down_to_http_is_never_kept() -> None:
    down = SUCCESS.but(permanent_url="http://example.org/feed.xml")

    assert settle(settle(FEED, down), down).current_url == URL


def test_a_feed_is_gone_when_a_second_410_confirms_it() -> None:
    check = Check(Outcome.HTTP_ERROR, 410, error="410 Gone")
    once = settle(FEED, check)
    gone = settle(once, check)
    back = settle(gone, SUCCESS)

    assert (once.state, why(once)) == (FeedState.FAILING, Why.GONE_ONCE)
    assert once.interval_s is not None
    assert once.interval_s >= 3600
    assert (gone.state, gone.next_check_at) == (FeedState.GONE, None)
    assert back.state is FeedState.OK
    assert settle(back, check).state is FeedState.FAILING


# --- failures ---------------------------------------------------------------------------------


def test_a_feed_that_moved_is_gone_only_where_its_own_address_says_so_too() -> None:
    check = Check(Outcome.HTTP_ERROR, 410, error="gone")
    there = settle(settle(replace(FEED, current_url=NEW_URL), check), check)

    back = settle(there, SUCCESS)
    gone = settle(settle(there, check), check)

    assert (there.state, there.current_url) == (FeedState.FAILING, URL)
    assert (back.state, back.current_url) == (FeedState.OK, URL)
    assert "moved_to" not in back.memory
    assert gone.state is FeedState.GONE


def test_a_feed_that_moved_and_fails_is_asked_at_both_addresses_by_turns() -> None:
    feed = replace(FEED, current_url=NEW_URL, validators=Validators("e"))
    asked = []
    for _ in range(15):
        asked.append(feed.current_url)
        feed = settle(feed, FAILURE)

    assert asked == [NEW_URL] * 5 + [URL] * 5 + [NEW_URL] * 5
    assert feed.validators == Validators()


def test_a_failing_feed_is_asked_ever_later_and_never_given_up() -> None:
    feed, intervals = FEED, []
    for _ in range(12):
        feed = settle(feed, FAILURE)
        intervals.append(feed.interval_s)

    assert intervals[:4] == [900, 1800, 3600, 7200]
    assert intervals[-1] == 86400
    assert feed.next_check_at is not None
    assert why(feed) == Why.BACKOFF


@pytest.mark.parametrize(
    ("status", "retry_after_s", "waits_s"),
    [
        (503, 7200.0, 7200.0),
        (429, 7200.0, 7200.0),
        (503, 5.0, 5.0),
        (503, 1e9, 86400.0),
        (503, -5.0, None),
        (503, None, None),
        (429, None, 1800.0),
        (429, 5.0, 1800.0),
    ],
)
def test_a_server_that_says_wait_is_left_alone(
    status: int, retry_after_s: float | None, waits_s: float | None
) -> None:
    settled = settle(FEED, Check(Outcome.HTTP_ERROR, status, retry_after_s=retry_after_s))

    assert settled.wait_until == (None if waits_s is None else NOW + timedelta(seconds=waits_s))
    assert settled.next_check_at is not None
    assert settled.wait_until is None or settled.next_check_at >= settled.wait_until
    assert settle(settled, SUCCESS).wait_until is None


# --- pace -------------------------------------------------------------------------------------


def test_a_configured_interval_is_kept_whatever_the_server_says() -> None:
    config = FeedConfig.model_validate({"url": URL, "interval": "10m"})
    check = SUCCESS.but(headers={"cache-control": "max-age=7200"})

    settled = settle(FEED, check, config=config)

    assert (settled.interval_s, why(settled)) == (600, Why.CONFIGURED)


@pytest.mark.parametrize(
    ("headers", "interval_s"),
    [
        ({"cache-control": "public, max-age=3600"}, 3600),
        ({"cache-control": "max-age=3600", "age": "600"}, 3000),
        ({"cache-control": 'MAX-AGE="3600"'.lower()}, 3600),
        ({"cache-control": "max-age=60"}, 900),
        ({"cache-control": "max-age=99999999"}, 86400),
        ({"cache-control": "no-cache, max-age=3600"}, 900),
        ({"cache-control": "s-maxage=3600"}, 900),
        ({"cache-control": "max-age=zzz"}, 900),
        (
            {"date": "Mon, 03 Jun 2024 12:00:00 GMT", "expires": "Mon, 03 Jun 2024 14:00:00 GMT"},
            7200,
        ),
        ({"expires": "0"}, 900),
        ({"expires": "Mon, 03 Jun 2024 14:00:00 GMT", "date": "never"}, 900),
    ],
)
def test_cache_headers_slow_a_feed_within_bounds(
    headers: dict[str, str], interval_s: float
) -> None:
    assert settle(FEED, SUCCESS.but(headers=headers)).interval_s == interval_s


def test_what_the_feed_asks_for_holds_until_it_says_otherwise() -> None:
    ages = hours(1, 2)
    asked = settle(FEED, fetched(read(*ages, head="<ttl>60</ttl>"), new=0))
    later = settle(asked, SUCCESS)
    dropped = settle(later, fetched(read(*ages), new=0))

    assert (later.interval_s, why(later)) == (3600, Why.TTL)
    assert dropped.interval_s == 900


SKIPS = """
<skipHours><hour>12</hour><hour>13</hour></skipHours><skipDays><day>Sunday</day></skipDays>
"""


def test_a_feed_is_left_alone_in_the_hours_and_days_it_skips() -> None:
    feed = settle(FEED, fetched(read(*hours(1, 2, 3), head=SKIPS), new=0))
    patient = Polling.model_validate({"max": "2d"})
    night = datetime(2024, 6, 8, 23, 50, tzinfo=UTC)
    saturday = settle(feed, SUCCESS, now=night, settings=patient)

    assert feed.next_check_at is not None
    assert saturday.next_check_at is not None
    assert (feed.next_check_at.hour, why(feed)) == (14, Why.SKIPPED)
    assert saturday.next_check_at.date() == date(2024, 6, 10)


@pytest.mark.parametrize(
    ("memory", "after"),
    [
        ({}, timedelta()),
        ({"skip_hours": [1, 2]}, timedelta()),
        ({"skip_hours": list(range(24))}, timedelta()),
        ({"skip_days": list(range(7))}, timedelta()),
        ({"skip_hours": [12]}, timedelta(minutes=50)),
        ({"skip_days": [0, 1, 2]}, timedelta(hours=24)),
    ],
    ids=["none", "other hours", "all hours", "all days", "this hour", "no longer than the most"],
)
def test_skipped_hours_end_and_never_swallow_everything(
    memory: dict[str, object], after: timedelta
) -> None:
    at = NOW + timedelta(minutes=10)

    assert pace.after_skipped(at, memory, at + timedelta(hours=24)) == at + after


def test_a_quiet_feed_is_asked_less_often_but_not_rarely() -> None:
    daily = settle(FEED, fetched(read(*hours(1, 25, 49)), new=0))
    weekly = settle(FEED, fetched(read(*hours(1, 168, 336)), new=0))

    assert (daily.interval_s, why(daily)) == (3600, Why.RHYTHM)
    assert weekly.interval_s == 3600


def test_a_feed_that_is_dead_for_long_slows_to_the_utmost() -> None:
    dead = fetched(read(*hours(24 * 60, 24 * 61, 24 * 62)), new=0)
    just_added = replace(FEED, first_polled_at=None)

    assert (settle(FEED, dead).interval_s, why(settle(FEED, dead))) == (86400, Why.DORMANT)
    assert settle(just_added, dead).interval_s == 3600


def test_a_feed_that_overflows_is_asked_more_often_until_polls_overlap_again() -> None:
    busy = read(*[timedelta(minutes=number) for number in range(10)])
    lost = settle(FEED, fetched(busy, new=10))
    half = settle(FEED, fetched(busy, new=5))

    assert why(lost) == Why.GAP
    assert (lost.interval_s, lost.memory["gaps"]) == (150, 1)
    assert half.memory.get("gaps") is None
    later = lost
    for _ in range(10):
        later = settle(later, SUCCESS, now=NOW + timedelta(hours=1))
    assert (later.interval_s, why(later)) == (900, Why.USUAL)


def test_nothing_is_said_of_gaps_after_a_document_without_entries() -> None:
    empty = settle(FEED, fetched(read(), new=0))
    filled = settle(empty, fetched(read(*hours(1, 2)), new=2), now=NOW + timedelta(minutes=15))

    assert "gaps" not in filled.memory
    assert why(filled) == Why.USUAL


@pytest.mark.parametrize(("every", "gaps"), [(0.25, 0), (4, 0), (8, 8)])
def test_a_feed_of_one_entry_tells_gaps_by_its_dates(every: float, gaps: int) -> None:
    """An entry in four hours, of which the latest is there; of ten checks two are to learn that."""
    feed, seen = replace(FEED, first_polled_at=NOW), -1
    for number in range(10):
        at = timedelta(hours=2 + number * every)
        latest = at // timedelta(hours=4)
        check = fetched(read(*hours(-4 * latest)), new=int(latest != seen))
        feed, seen = settle(feed, check, now=NOW + at), latest

    assert feed.memory.get("gaps", 0) == gaps


def test_a_feed_of_one_entry_without_dates_tells_gaps_by_its_usual_week() -> None:
    (item,) = read(timedelta()).entries
    undated = replace(
        read(timedelta()), entries=(replace(item, published_at=None, updated_at=None),)
    )
    since = NOW - timedelta(days=28)
    week = {"counts": [6.0] * 7, "since": since.isoformat(), "at": NOW.isoformat()}
    feed = replace(FEED, memory={"week": week})
    check = replace(fetched(undated, new=1), plans=freshness.decide(undated, {}))

    assert settle(feed, check, now=NOW + timedelta(minutes=15)).memory.get("gaps") is None
    assert settle(feed, check, now=NOW + timedelta(hours=12)).memory.get("gaps") == 1


def test_the_first_poll_is_no_gap() -> None:
    unseen = replace(FEED, first_polled_at=None, last_checked_at=None)

    assert "gaps" not in settle(unseen, fetched(read(*hours(1, 2, 3)), new=3)).memory


def test_without_adaptation_the_usual_interval_stands() -> None:
    settings = Polling.model_validate({"adaptive": False, "interval": "20m"})
    check = fetched(read(*hours(1, 25, 49)), new=0)

    assert settle(FEED, check, settings=settings).interval_s == 1200


# --- memory -----------------------------------------------------------------------------------


def test_a_feed_that_flaps_between_two_versions_brings_news_of_them_once() -> None:
    def version(text: str) -> ParsedFeed:
        item = f"<item><guid>1</guid><title>{text}</title></item>"
        return parse.parse(f'<rss version="2.0"><channel>{item}</channel></rss>'.encode(), url=URL)

    changes = 0
    stored = KnownEntry(1, version("A").entries[0].hash)
    for text in "BABABABA":
        parsed = version(text)
        (plan,) = freshness.decide(parsed, {parsed.entries[0].key: stored})
        if plan.why == "changed":
            stored = KnownEntry(1, plan.entry.hash, plan.earlier)
            changes += 1

    assert changes == 2


def test_a_feed_that_reuses_its_guids_is_known_for_it() -> None:
    items = "".join(
        f"<item><guid>x</guid><link>https://e.org/{at}</link></item>" for at in range(2)
    )
    body = f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()

    settled = settle(FEED, fetched(parse.parse(body, url=URL), new=2))

    assert len(polling.habits(settled).shared) == 1
    later = settle(settled, fetched(read(*hours(1)), new=1))
    assert polling.habits(later).shared == polling.habits(settled).shared
    assert not polling.habits(FEED).shared


CHECKS = st.builds(
    Check,
    outcome=st.sampled_from(Outcome),
    status=st.sampled_from([None, 200, 304, 404, 410, 429, 503]),
    headers=st.dictionaries(
        st.sampled_from(["cache-control", "age", "expires", "date"]), st.text(max_size=30)
    ),
    permanent_url=st.sampled_from([None, NEW_URL, "http://example.org/"]),
    retry_after_s=st.one_of(st.none(), st.floats(-10, 1e12)),
)


@settings(deadline=None)
@given(st.lists(CHECKS, max_size=8))
def test_after_any_checks_a_feed_is_due_within_bounds_or_gone(checks: list[Check]) -> None:
    feed, now = FEED, NOW
    for check in checks:
        feed = settle(feed, check, now=now)

        assert why(feed) in set(Why)
        if feed.next_check_at is None:
            assert feed.state is FeedState.GONE
        else:
            assert POLLING.min <= feed.next_check_at - now <= timedelta(hours=26.5)
            now = feed.next_check_at
