"""Feeds: in step with the files, claimed fairly, saved whole."""

from dataclasses import replace

import pytest

from ingest.errors import StoreError
from ingest.model import FeedState, Outcome, Validators
from ingest.store import Store
from tests.contract.samples import HOUR, MINUTE, NOW, add_entries, add_feeds, names, wanted


def test_new_feeds_are_due_at_once_and_unchanged_ones_are_left_alone(store: Store) -> None:
    first = store.sync_feeds([wanted("a"), wanted("b")], NOW)
    second = store.sync_feeds([wanted("a"), wanted("b")], NOW)

    assert first["added"] == 2
    assert not any(second.values())
    assert store.due(NOW)["feeds"] == 2


def test_a_feed_that_left_the_files_is_retired_and_comes_back_with_its_entries(
    store: Store,
) -> None:
    (feed,) = add_feeds(store, "a")
    add_entries(store, feed, "one")
    store.write(lambda tx: tx.save_feed(replace(feed, next_check_at=NOW)))

    gone = store.sync_feeds([], NOW)
    retired = store.stored_feeds()[0].state
    claimed = store.claim_feeds(NOW + HOUR, 10, per_site=10)
    back = store.sync_feeds([wanted("a")], NOW + HOUR)

    assert gone["retired"] == 1
    assert retired is FeedState.RETIRED
    assert claimed == []
    assert back["revived"] == 1
    assert store.known(feed.id, {"one"})
    assert names(store.claim_feeds(NOW + HOUR, 10, per_site=10)) == ["a"]


def test_a_feed_under_a_new_name_is_the_same_feed(store: Store) -> None:
    store.sync_feeds([wanted("https://a.example/feed", "https://a.example/feed")], NOW)
    before = store.stored_feeds()[0]

    done = store.sync_feeds([wanted("A", "https://a.example/feed", tags=("x",))], NOW)

    after = store.stored_feeds()[0]
    assert (done["renamed"], done["added"], done["retired"]) == (1, 0, 0)
    assert (after.id, after.name, after.tags) == (before.id, "A", ("x",))


def test_a_new_address_forgets_what_was_learned_of_the_old_one(store: Store) -> None:
    (feed,) = add_feeds(store, "a")
    learned = replace(
        feed,
        validators=Validators('"1"', "yesterday"),
        body_hash="b",
        state=FeedState.GONE,
        failures=3,
        memory={"why": "x"},
    )
    store.write(lambda tx: tx.save_feed(learned))

    store.sync_feeds([wanted("a", "https://other.example/new")], NOW)

    (again,) = store.claim_feeds(NOW, 10, per_site=1)
    assert again.current_url == "https://other.example/new"
    assert again.validators == Validators()
    assert (again.state, again.failures, again.body_hash, again.memory) == (
        FeedState.OK,
        0,
        None,
        {},
    )


def test_a_check_of_the_old_address_does_not_overwrite_the_new_one(store: Store) -> None:
    (feed,) = add_feeds(store, "a")
    store.sync_feeds([wanted("a", "https://other.example/new")], NOW)

    store.write(lambda tx: tx.save_feed(replace(feed, next_check_at=NOW + HOUR, failures=9)))

    (again,) = store.claim_feeds(NOW, 10, per_site=1)
    assert (again.url, again.failures) == ("https://other.example/new", 0)


def test_everything_about_a_feed_comes_back_as_it_was_saved(store: Store) -> None:
    (feed,) = add_feeds(store, "a")
    saved = replace(
        feed,
        current_url="https://moved.example/x",
        state=FeedState.FAILING,
        validators=Validators('W/"ü"', "Mon, 04 May 2026 11:00:00 GMT"),
        body_hash="abc",
        last_outcome=Outcome.HTTP_ERROR,
        last_status=503,
        last_checked_at=NOW,
        next_check_at=NOW + HOUR,
        wait_until=NOW + 2 * HOUR,
        interval_s=90.5,
        failures=2,
        last_error="503 Service Unavailable",
        first_polled_at=NOW - HOUR,
        memory={"gaps": [1, 2.5], "why": "backoff"},
    )

    store.write(lambda tx: tx.save_feed(saved))

    assert store.stored_feeds() == [saved]


def test_most_overdue_feeds_come_first_and_no_site_takes_more_than_its_share(store: Store) -> None:
    crowd = [wanted(f"c{n}", f"https://www{n}.crowd.example/feed") for n in range(300)]
    store.sync_feeds(crowd, NOW - HOUR)
    store.sync_feeds([*crowd, wanted("late"), wanted("later")], NOW)

    claimed = store.claim_feeds(NOW, 4, per_site=2)

    assert len(claimed) == 4
    assert [name[0] for name in names(claimed)] == ["c", "c", "l", "l"]


def test_busy_sites_and_feeds_out_of_scope_are_left_out(store: Store) -> None:
    store.sync_feeds([wanted("a"), wanted("b"), wanted("c")], NOW)

    scoped = store.claim_feeds(NOW, 10, per_site=9, busy_sites=["a.example"], only=["a", "b"])

    assert names(scoped) == ["b"]


def test_a_claimed_feed_is_not_claimed_again_until_its_lease_runs_out(store: Store) -> None:
    add_feeds(store, "a")

    assert store.claim_feeds(NOW + MINUTE, 10, per_site=1) == []
    assert names(store.claim_feeds(NOW + 6 * MINUTE, 10, per_site=1)) == ["a"]


def test_released_leases_are_free_at_once(store: Store) -> None:
    add_feeds(store, "a")

    store.release_leases()

    assert names(store.claim_feeds(NOW, 10, per_site=1)) == ["a"]


def test_a_saved_feed_is_due_no_sooner_than_its_server_asked(store: Store) -> None:
    (feed,) = add_feeds(store, "a")
    waiting = replace(feed, next_check_at=NOW + MINUTE, wait_until=NOW + HOUR)

    store.write(lambda tx: tx.save_feed(waiting))

    assert store.claim_feeds(NOW + 59 * MINUTE, 10, per_site=1) == []
    assert names(store.claim_feeds(NOW + HOUR, 10, per_site=1)) == ["a"]


def test_a_postponed_feed_keeps_its_state_and_says_why(store: Store) -> None:
    (feed,) = add_feeds(store, "a")

    store.write(lambda tx: tx.postpone_feed(feed.id, until=NOW + HOUR, error="boom"))

    assert store.claim_feeds(NOW + MINUTE, 10, per_site=1) == []
    (again,) = store.claim_feeds(NOW + HOUR, 10, per_site=1)
    assert (again.last_error, again.failures) == ("boom", 0)


@pytest.mark.parametrize("by", ["file", "command"])
def test_a_paused_feed_is_not_polled_until_it_is_resumed(store: Store, by: str) -> None:
    add_feeds(store, "a")
    store.release_leases()

    def pause(on: bool) -> None:
        if by == "file":
            store.sync_feeds([wanted("a", paused=on)], NOW)
        else:
            store.set_paused("a", on, NOW)

    pause(True)
    state, claimed = store.stored_feeds()[0].state, store.claim_feeds(NOW + HOUR, 1, per_site=1)
    pause(False)

    assert (state, claimed) == (FeedState.PAUSED, [])
    assert store.stored_feeds()[0].state is FeedState.OK
    assert store.due(NOW.replace(year=2200))["feeds"] == 1


def test_a_feed_that_is_gone_is_asked_at_its_own_address_once_resumed(store: Store) -> None:
    (feed,) = add_feeds(store, "a")
    gone = replace(feed, state=FeedState.GONE, current_url="https://b.example/", failures=2)
    store.write(lambda tx: tx.save_feed(gone))

    store.set_paused("a", False, NOW)

    (again,) = store.claim_feeds(NOW, 1, per_site=1)
    assert (again.state, again.current_url, again.failures) == (FeedState.OK, feed.url, 0)


def test_pausing_during_a_check_outlives_the_check(store: Store) -> None:
    (feed,) = add_feeds(store, "a")

    store.set_paused("a", True, NOW)
    store.write(lambda tx: tx.save_feed(replace(feed, next_check_at=NOW)))

    assert store.stored_feeds()[0].state is FeedState.PAUSED
    assert store.claim_feeds(NOW + HOUR, 1, per_site=1) == []


def prepare_states(store: Store) -> None:
    """Feeds that are ok, gone, told to wait, paused and retired; none of them due."""
    all_names = ("ok", "gone", "wait", "paused", "retired")
    for feed in add_feeds(store, *all_names):
        state = FeedState.GONE if feed.name == "gone" else FeedState.OK
        until = NOW + HOUR if feed.name == "wait" else None
        after = replace(feed, state=state, wait_until=until, next_check_at=NOW + HOUR)
        store.write(lambda tx, after=after: tx.save_feed(after))  # type: ignore[misc]
    store.set_paused("paused", True, NOW)
    store.sync_feeds([wanted(name) for name in all_names[:-1]], NOW)


@pytest.mark.parametrize(
    ("everything", "force", "expected"),
    [
        (False, False, []),
        (True, False, ["ok"]),
        (False, True, ["gone", "ok", "paused", "wait"]),
    ],
    ids=["due only", "all", "force"],
)
def test_a_requested_check_reaches_the_feeds_it_should(
    store: Store, everything: bool, force: bool, expected: list[str]
) -> None:
    prepare_states(store)

    count = store.request_check(None, all=everything, force=force, now=NOW)

    assert sorted(names(store.claim_feeds(NOW, 10, per_site=1))) == expected
    assert count == len(expected)


def test_a_forced_check_of_a_paused_feed_happens_once(store: Store) -> None:
    prepare_states(store)
    store.request_check(["paused"], force=True, now=NOW)
    (feed,) = store.claim_feeds(NOW, 10, per_site=1)

    store.write(lambda tx: tx.save_feed(replace(feed, next_check_at=NOW)))

    assert store.claim_feeds(NOW + MINUTE, 10, per_site=1) == []
    assert {each.name: each.state for each in store.stored_feeds()}["paused"] is FeedState.PAUSED


def test_a_check_of_an_unknown_feed_is_refused_by_name(store: Store) -> None:
    with pytest.raises(StoreError, match="no feed named nowhere"):
        store.request_check(["nowhere"], now=NOW)


def test_the_items_of_a_document_stay_until_the_next_document_or_address(store: Store) -> None:
    (feed,) = add_feeds(store, "a")
    later = replace(feed, last_checked_at=NOW, next_check_at=NOW + HOUR)

    store.write(lambda tx: tx.save_feed(later, items={"d1": "k1"}))
    store.write(lambda tx: tx.save_feed(later))
    kept = store.feed_items(feed.id)
    store.write(lambda tx: tx.save_feed(later, items={"d2": "k2"}))
    renewed = store.feed_items(feed.id)
    store.sync_feeds([wanted("a", "https://elsewhere.example/feed")], NOW)

    assert (kept, renewed) == ({"d1": "k1"}, {"d2": "k2"})
    assert store.feed_items(feed.id) == {}


def test_checks_that_taught_nothing_move_their_feeds_on_in_the_queue(store: Store) -> None:
    feeds = add_feeds(store, "a", "b")
    store.claim_feeds(NOW, 2, per_site=2)
    learned = [replace(feed, validators=Validators('"1"')) for feed in feeds]
    for feed in learned:
        store.write(lambda tx, feed=feed: tx.save_feed(feed))  # type: ignore[misc]
    later = [
        replace(feed, last_checked_at=NOW, next_check_at=NOW + HOUR, interval_s=3600.0)
        for feed in learned
    ]

    for feed in later:
        store.note_check(feed, times_only=True)

    assert store.claim_feeds(NOW + MINUTE, 2, per_site=2) == []
    assert store.claim_feeds(NOW + HOUR, 2, per_site=2) == later


def test_a_check_that_brought_no_document_is_kept_whole(store: Store) -> None:
    (feed,) = add_feeds(store, "a")
    store.claim_feeds(NOW, 1, per_site=1)
    learned = replace(
        feed,
        validators=Validators('"2"'),
        last_outcome=Outcome.NOT_MODIFIED,
        last_status=304,
        last_checked_at=NOW,
        next_check_at=NOW + HOUR,
        memory={"why": "rhythm"},
    )

    store.note_check(learned, times_only=False)

    assert store.claim_feeds(NOW + MINUTE, 1, per_site=1) == []
    assert store.claim_feeds(NOW + HOUR, 1, per_site=1) == [learned]


def test_a_check_does_not_take_back_what_a_push_taught_meanwhile(store: Store) -> None:
    add_feeds(store, "a", "b")
    feeds = [replace(feed, state=FeedState.SILENT) for feed in store.stored_feeds()]
    for feed in feeds:
        store.write(lambda tx, feed=feed: tx.save_feed(feed))  # type: ignore[misc]
    claimed = store.claim_feeds(NOW, 2, per_site=2)
    week = {"counts": [1.0] * 7, "since": (NOW - HOUR).isoformat(), "at": NOW.isoformat()}
    pushed = replace(claimed[0], state=FeedState.OK, memory={"gaps": 1, "week": week})

    store.write(lambda tx: tx.save_news(pushed))
    assert store.write(lambda tx: tx.feed(pushed.id)) == pushed
    for feed in claimed:
        later = replace(feed, next_check_at=NOW + HOUR, memory={"why": "rhythm"})
        store.note_check(later, times_only=False)
    again = store.claim_feeds(NOW + MINUTE, 2, per_site=2)
    both = {feed.name: feed for feed in store.stored_feeds()}

    assert [feed.name for feed in again] == ["a"]  # at once: its check was not kept
    assert (both["a"].state, both["a"].memory) == (pushed.state, pushed.memory)
    assert (both["b"].state, both["b"].memory) == (FeedState.SILENT, {"why": "rhythm"})

    counted = {**week, "at": (NOW + MINUTE).isoformat()}
    store.write(lambda tx: tx.save_news(replace(pushed, memory={"week": counted})))
    store.note_check(replace(again[0], next_check_at=NOW + HOUR), times_only=False)
    (third,) = store.claim_feeds(NOW + MINUTE, 2, per_site=2)
    store.note_check(replace(third, next_check_at=NOW + HOUR, failures=1), times_only=False)

    assert third.memory == {"week": counted}
    assert store.claim_feeds(NOW + MINUTE, 2, per_site=2) == []
    assert store.stored_feeds()[0].memory == {"week": counted}


def test_a_note_about_an_address_that_the_files_changed_frees_the_feed_alone(store: Store) -> None:
    feeds = add_feeds(store, "a", "b")
    store.claim_feeds(NOW, 2, per_site=2)
    store.sync_feeds(
        [wanted("a", "https://elsewhere.example/feed"), wanted("b", feeds[1].url)], NOW
    )

    for feed in feeds:
        store.note_check(
            replace(feed, last_checked_at=NOW, next_check_at=NOW + HOUR), times_only=True
        )

    (moved,) = store.claim_feeds(NOW + MINUTE, 2, per_site=2)
    assert (moved.url, moved.last_checked_at) == ("https://elsewhere.example/feed", None)


def test_a_closed_store_keeps_what_was_noted(sqlite_url: str) -> None:
    with Store.open(sqlite_url) as store:
        (feed,) = add_feeds(store, "a")
        store.note_check(
            replace(feed, last_checked_at=NOW, next_check_at=NOW + HOUR), times_only=True
        )

    with Store.open(sqlite_url) as store:
        (found,) = store.stored_feeds()
        assert found.last_checked_at == NOW


def test_feeds_that_want_a_look_are_those_unwell_moved_or_with_a_gap(store: Store) -> None:
    well, failing, moved, gap, old, paused = add_feeds(store, "a", "b", "c", "d", "e", "f")
    changed = [
        replace(well, memory={"gap_s": 3.0}),
        replace(failing, state=FeedState.FAILING),
        replace(moved, current_url="https://elsewhere.example/feed"),
        replace(gap, memory={"gap_at": (NOW - HOUR).isoformat()}),
        replace(old, memory={"gap_at": (NOW - 3 * HOUR).isoformat()}),
        replace(paused, state=FeedState.FAILING),
    ]
    for feed in changed:
        store.write(lambda tx, feed=feed: tx.save_feed(feed))  # type: ignore[misc]
    store.set_paused("f", True, NOW)

    assert {feed.name for feed in store.troubled_feeds(NOW - 2 * HOUR)} == {"b", "c", "d"}
    addresses = dict(store.feed_addresses())
    assert set(addresses) == {"a", "b", "c", "d", "e"}
    assert addresses["c"] == "https://elsewhere.example/feed"
