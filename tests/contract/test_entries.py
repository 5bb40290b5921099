"""Entries: known once stored, read in their turn, never lost to a failure."""

from datetime import UTC, datetime

import pytest

from ingest.model import Enclosure, Entry, EntryPlan, EntryState, EntryWhy, PageRead
from ingest.store import Store
from tests.contract.samples import (
    HOUR,
    MINUTE,
    NOW,
    add_entries,
    add_feeds,
    delivery,
    new,
    parsed,
    read,
)


def test_stored_entries_are_known_by_key_within_their_feed(store: Store) -> None:
    one, other = add_feeds(store, "one", "other")
    add_entries(store, one, "a", "b")

    known = store.known(one.id, ["a", "b", "c"])

    assert {key: value[1] for key, value in known.items()} == {"a": "hash of a", "b": "hash of b"}
    assert store.known(other.id, ["a"]) == {}


def test_keys_of_any_length_and_content_stay_apart(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    keys = ["ü" * 3000 + "1", "ü" * 3000 + "2", "'; DROP TABLE entries; --", "%", "\u4e2d" * 900]

    add = [EntryPlan(parsed(key, hash=key[-1], link=None), EntryWhy.NEW) for key in keys]
    store.write(lambda tx: tx.save_entries(feed, add, silent=False, now=NOW))

    known = store.known(feed.id, keys)
    assert {key: value[1] for key, value in known.items()} == {key: key[-1] for key in keys}
    assert len({value[0] for value in known.values()}) == len(keys)


def test_an_entry_keeps_the_hashes_it_had_and_may_get_another_key(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    add_entries(store, feed, "a", "b")
    number = store.known(feed.id, ["a"])["a"].id
    edited = EntryPlan(parsed("a", hash="2"), EntryWhy.CHANGED, number, earlier=("1", "0"))
    moved = EntryPlan(parsed("c", hash="2"), EntryWhy.KNOWN, number, rekeyed=True)

    store.write(lambda tx: tx.save_entries(feed, [edited], silent=False, now=NOW))
    store.write(lambda tx: tx.save_entries(feed, [moved], silent=False, now=NOW))

    known = store.known(feed.id, ["a", "b", "c"])
    assert known.keys() == {"b", "c"}
    assert known["c"] == (number, "2", ("1", "0"))


def test_an_entry_comes_back_as_its_feed_gave_it(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    plan = EntryPlan(parsed("a", enclosures=(Enclosure("https://x.example/a.mp3"),)), EntryWhy.NEW)

    store.write(lambda tx: tx.save_entries(feed, [plan], silent=True, now=NOW))

    (entry,) = store.claim_entries(NOW, 10, per_site=1)
    said = plan.entry
    assert (entry.feed, entry.feed_id, entry.key, entry.guid) == ("one", feed.id, "a", "a")
    assert (entry.title, entry.summary, entry.authors) == (said.title, said.summary, said.authors)
    assert (entry.published_at, entry.updated_at) == (said.published_at, None)
    assert (entry.site, entry.silent, entry.state) == ("news.example", True, EntryState.WAITING)
    assert (entry.first_seen_at, entry.read_at, entry.attempts) == (NOW, NOW, 0)


@pytest.mark.parametrize("text", ["nul \0 in it", "half \ud83d a pair", "ok \U0001f600"])
def test_text_that_no_database_takes_is_cleaned_at_the_last_edge(store: Store, text: str) -> None:
    (feed,) = add_feeds(store, "one")
    hostile = parsed("a", title=text, authors=(text,), tags=(text,), guid=text)

    store.write(
        lambda tx: tx.save_entries(feed, [EntryPlan(hostile, EntryWhy.NEW)], silent=False, now=NOW)
    )

    (entry,) = store.claim_entries(NOW, 10, per_site=1)
    clean = text.replace("\0", "").replace("\ud83d", "\ufffd")
    assert (entry.title, entry.authors, entry.tags, entry.guid) == (
        clean,
        (clean,),
        (clean,),
        clean,
    )


def test_an_entry_stored_twice_at_once_stays_one(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    add_entries(store, feed, "a")

    store.write(lambda tx: tx.save_entries(feed, new("a", "b"), silent=False, now=NOW))

    assert len(store.known(feed.id, ["a", "b"])) == 2
    assert len(list(store.list_entries())) == 2


def change(store: Store, entry: Entry, now: object = NOW) -> None:
    again = EntryPlan(parsed(entry.key, hash="other", title="New"), EntryWhy.CHANGED, entry.id)
    (feed,) = [feed for feed in store.stored_feeds() if feed.id == entry.feed_id]
    store.write(lambda tx: tx.save_entries(feed, [again], silent=False, now=NOW))


def test_a_changed_entry_is_read_again(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    (entry,) = add_entries(store, feed, "a")
    saved = read(store, entry)

    change(store, entry)

    (again,) = store.claim_entries(NOW, 10, per_site=1)
    assert (again.id, again.title, again.why) == (entry.id, "New", EntryWhy.CHANGED)
    assert again.article_id == saved.article.id
    assert again.first_seen_at == entry.first_seen_at


def test_a_change_during_the_reading_is_not_lost(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    (entry,) = add_entries(store, feed, "a")
    change(store, entry)

    read(store, entry)

    (again,) = store.claim_entries(NOW, 10, per_site=1)
    assert (again.title, again.state) == ("New", EntryState.WAITING)


def test_a_read_entry_is_due_again_only_when_told(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    once, twice = add_entries(store, feed, "once", "twice")
    read(store, once)
    read(store, twice, again_at=NOW + HOUR)

    due_now = store.claim_entries(NOW + MINUTE, 10, per_site=9)
    due_later = store.claim_entries(NOW + HOUR, 10, per_site=9)

    assert due_now == []
    assert [entry.key for entry in due_later] == ["twice"]
    assert due_later[0].state is EntryState.READ


def test_a_postponed_entry_comes_back_with_its_attempts_counted(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    (entry,) = add_entries(store, feed, "a")

    store.write(lambda tx: tx.postpone_entry(entry, until=NOW + MINUTE, error="503"))

    assert store.claim_entries(NOW, 10, per_site=1) == []
    (again,) = store.claim_entries(NOW + MINUTE, 10, per_site=1)
    assert (again.attempts, again.page_error, again.state) == (1, "503", EntryState.WAITING)


def test_an_entry_that_always_fails_is_called_failed_and_still_tried(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    (entry,) = add_entries(store, feed, "a")

    for _ in range(5):
        store.write(lambda tx: tx.postpone_entry(entry, until=NOW + MINUTE, error="bug"))

    (again,) = store.claim_entries(NOW + MINUTE, 10, per_site=1)
    assert (again.state, again.attempts) == (EntryState.FAILED, 5)


def test_entries_of_one_slow_site_leave_room_for_the_others(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    slow = [
        EntryPlan(parsed(f"s{n}", link=f"https://slow.example/{n}"), EntryWhy.NEW)
        for n in range(400)
    ]
    quick = [
        EntryPlan(parsed(f"q{n}", link=f"https://q{n}.example/"), EntryWhy.NEW) for n in range(5)
    ]
    store.write(lambda tx: tx.save_entries(feed, [*slow, *quick], silent=False, now=NOW))

    first = store.claim_entries(NOW, 8, per_site=3)
    second = store.claim_entries(NOW, 8, per_site=3, busy_sites={"slow.example"})

    assert (
        sorted(entry.site for entry in first)
        == [f"q{n}.example" for n in range(5)] + ["slow.example"] * 3
    )
    assert second == []


def test_the_next_retry_is_of_a_page_that_nobody_works_on(store: Store) -> None:
    now = datetime.now(UTC)
    (feed,) = add_feeds(store, "one")
    none = store.next_retry_at()
    put_off, _held = add_entries(store, feed, "a", "b", now=now)
    store.write(lambda tx: tx.postpone_entry(put_off, until=now + HOUR, error="503"))
    store.write(lambda tx: tx.enqueue([delivery(1, next_attempt_at=now + MINUTE)]))

    assert (none, store.next_retry_at()) == (None, now + HOUR)


def test_the_way_a_page_was_had_is_kept(store: Store) -> None:
    (feed,) = add_feeds(store, "one")
    (entry,) = add_entries(store, feed, "a")

    saved = read(store, entry, page=PageRead("feed_text", error="403 Forbidden"))

    (row,) = store.entries_for(saved.article.id)
    assert (row["page_outcome"], row["page_error"], row["state"]) == (
        "feed_text",
        "403 Forbidden",
        "read",
    )
    assert store.entries_for("https://news.example/a") == [row]


def test_entries_are_found_by_id_link_and_the_latest_by_hash_within_their_feed(
    store: Store,
) -> None:
    one, other = add_feeds(store, "one", "other")
    long = "https://a.example/" + "x" * 3000
    said = {"a": "https://a.example/1", "b": long, "c": None, "d": "https://a.example/4"}
    add = [
        EntryPlan(parsed(key, hash=f"h{key}", link=link), EntryWhy.NEW)
        for key, link in said.items()
    ]
    store.write(lambda tx: tx.save_entries(one, add, silent=False, now=NOW))
    store.write(lambda tx: tx.save_entries(other, add, silent=False, now=NOW))
    numbers = {key: was.id for key, was in store.known(one.id, said).items()}

    found = store.alike(one.id, [numbers["a"]], [long], ["hc", "ha", "he"])

    assert {each.id for each in found} == {numbers["a"], numbers["b"], numbers["c"]}
    assert {each.link for each in found} == {said["a"], long, None}
    assert {each.first_seen_at for each in found} == {NOW}
    assert store.alike(one.id, (), (), ()) == []
