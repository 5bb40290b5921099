"""What people and scripts are shown of the store."""

import json
from dataclasses import replace
from typing import Any

import pytest

from ingest.model import AlertWhy, Match, Outcome, Span
from ingest.store import Store
from tests.contract.samples import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    add_entries,
    delivery,
    extraction,
    read,
    wanted,
)

CONTRACT = {
    "feeds": "id name url current_url tags state last_outcome last_status last_checked_at "
    "next_check_at interval_s failures last_error entries",
    "entries": "id feed guid link title published_at first_seen_at state",
    "articles": "id feed url canonical_url title summary authors published_at language body words "
    "story method revision fetched_at",
    "stories": "id title articles feeds first_seen_at last_seen_at",
    "alerts": "id rule story articles created_at kind state reason",
    "deliveries": "id alert channel state attempts next_attempt_at last_error delivered_at",
}


@pytest.fixture
def full(store: Store) -> Store:
    """Two feeds with an article each, a day apart; the second matched and was told."""
    store.sync_feeds(
        [wanted("old", tags=("ports", 'odd "tag"')), wanted("new", tags=("sea",))], NOW
    )
    for at, feed in zip((NOW, NOW + DAY), store.claim_feeds(NOW, 9, per_site=9), strict=True):
        (entry,) = add_entries(store, feed, feed.name, now=at)
        saved = read(store, entry, extraction(title=f"From {feed.name}"), now=at)
        checked = replace(
            feed, last_outcome=Outcome.FETCHED, last_checked_at=at, next_check_at=at + HOUR
        )
        store.write(lambda tx, checked=checked: tx.save_feed(checked))  # type: ignore[misc]
    article = saved.article
    match = Match("ferries", (Span("title", 0, 4),))

    def tell(tx: Any) -> None:
        alert = tx.add_alert(
            rule="ferries", key="k", kind="created", story_id=article.story_id,
            article_id=article.id, reason="alerted", now=NOW + DAY,
        )  # fmt: skip
        tx.save_match(
            article, match, AlertWhy.ALERTED, entry_id=entry.id, alert_id=alert, now=NOW + DAY
        )
        tx.enqueue([delivery(1, alert_id=alert, created_at=NOW + DAY)])

    store.write(tell)
    return store


def listed(store: Store, what: str, **chosen: Any) -> list[dict[str, Any]]:
    return list(getattr(store, f"list_{what}")(**chosen))


@pytest.mark.parametrize("what", CONTRACT)
def test_a_listing_has_the_keys_of_the_contract_and_is_json(full: Store, what: str) -> None:
    rows = listed(full, what)

    assert rows
    for row in rows:
        assert set(CONTRACT[what].split()) <= set(row)
        assert json.loads(json.dumps(row)) == row
        times = [value for key, value in row.items() if key.endswith("_at") and value]
        assert all(value.endswith("Z") for value in times)


@pytest.mark.parametrize(
    ("what", "key", "newest_first"),
    [("feeds", "name", ["new", "old"]), ("entries", "feed", ["new", "old"]),
     ("articles", "title", ["From new", "From old"]), ("stories", "title", ["From new", "From old"])],
)  # fmt: skip
def test_the_newest_come_first(full: Store, what: str, key: str, newest_first: list[str]) -> None:
    assert [row[key] for row in listed(full, what)] == newest_first
    assert [row[key] for row in listed(full, what, limit=1)] == newest_first[:1]


FILTERS: dict[str, dict[str, Any]] = {
    "feed": {"feed": "new"},
    "tag": {"tag": "sea"},
    "feed and tag": {"feed": "new", "tag": "sea"},
    "since": {"since": NOW + HOUR},
    "since then": {"since": NOW + DAY},
    "rule": {"rule": "ferries"},
}


FILTERED = ("entries", "articles", "stories", "alerts", "deliveries")


@pytest.mark.parametrize("chosen", FILTERS.values(), ids=FILTERS)
def test_a_filter_leaves_what_it_names(full: Store, chosen: dict[str, Any]) -> None:
    for what in FILTERED:
        rows = listed(full, what, **chosen)

        assert len(rows) == 1, what
        assert rows[0].get("feed", "new") == "new"


def test_a_filter_that_nothing_passes_leaves_nothing(full: Store) -> None:
    for chosen in (
        {"feed": "nowhere"},
        {"tag": "por"},
        {"feed": "new", "tag": "ports"},
        {"rule": "other"},
        {"until": NOW},
    ):
        for what in FILTERED:
            assert listed(full, what, **chosen) == [], (what, chosen)


def test_until_is_the_first_moment_left_out(full: Store) -> None:
    assert [row["feed"] for row in listed(full, "articles", until=NOW + DAY)] == ["old"]


def test_feeds_are_chosen_by_tag_and_state(full: Store) -> None:
    full.set_paused("old", True, NOW)

    assert [row["name"] for row in listed(full, "feeds", state="paused")] == ["old"]
    assert [row["name"] for row in listed(full, "feeds", tag='odd "tag"')] == ["old"]
    assert (full.feed("new") or {})["entries"] == 1
    assert full.feed("nowhere") is None


def test_a_story_names_its_sources_and_why_they_stand_there(full: Store) -> None:
    (story, _) = listed(full, "stories")

    shown = full.story(story["id"]) or {}

    (source,) = shown["sources"]
    assert (shown["articles"], shown["feeds"]) == (1, 1)
    assert (source["feed"], source["title"], source["why"]) == ("new", "From new", "new_story")
    assert full.story(99) is None
    assert (full.placement_of(source["article"]) or {})["story"] == story["id"]


def test_documents_come_once_for_each_feed_that_led_to_them(full: Store) -> None:
    (old, *_) = [feed for feed in full.stored_feeds() if feed.name == "old"]
    (entry,) = add_entries(full, old, "copy", now=NOW + DAY)
    article = listed(full, "articles")[0]
    read(full, entry, extraction(title="From new"), key="https://news.example/new", now=NOW + DAY)

    documents = list(full.iter_documents())

    assert [(each.document.feed, each.document.tags) for each in documents] == [
        ("old", ("ports", 'odd "tag"')),
        ("new", ("sea",)),
        ("old", ("ports", 'odd "tag"')),
    ]
    assert {each.article for each in documents[:2]} == {article["id"]}
    assert (documents[0].document.title, documents[0].document.text) == (
        "From new",
        "The ferry waits.",
    )
    assert (documents[0].story, documents[0].seen_at) == (article["story"], NOW + DAY)
    assert len(list(full.iter_documents(since=NOW + HOUR))) == 2
    assert len(list(full.iter_documents(until=NOW + HOUR))) == 1


def test_a_listing_may_be_left_half_read(full: Store) -> None:
    for _ in range(40):
        next(iter(full.list_entries()))

    full.sync_feeds([], NOW)


def test_the_status_counts_states_queues_and_the_last_hour(full: Store) -> None:
    full.sync_feeds([wanted("new"), wanted("fresh")], NOW + DAY)

    counts = full.status_counts(NOW + DAY + 10 * MINUTE)

    assert counts["feeds"] == {
        "ok": 2, "failing": 0, "silent": 0, "gone": 0, "paused": 0, "retired": 1,
    }  # fmt: skip
    assert counts["due"]["feeds"] == {"count": 1, "oldest_s": 600.0}
    assert counts["due"]["entries"] == {"count": 0, "oldest_s": None}
    assert counts["due"]["deliveries"] == {"count": 1, "oldest_s": 600.0}
    assert counts["last_hour"] == {
        "feeds_checked": 1, "entries": 1, "articles": 1, "alerts": 1, "deliveries": 0,
    }  # fmt: skip
    assert counts["deliveries"]["pending"] == 1
    json.dumps(counts)


def test_an_empty_store_lists_nothing(store: Store) -> None:
    assert all(listed(store, what) == [] for what in CONTRACT)
    assert store.article(1) is store.alert(1) is store.placement_of(1) is None
    assert store.status_counts(NOW)["due"]["feeds"]["count"] == 0


def test_the_status_counts_feeds_that_may_have_missed_entries_of_late(store: Store) -> None:
    store.sync_feeds([wanted("a"), wanted("b"), wanted("c")], NOW)
    for feed, ago in zip(store.stored_feeds(), (HOUR, 2 * DAY, None), strict=True):
        memory = {"gap_at": (NOW - ago).isoformat()} if ago else {}
        gapped = replace(feed, memory=memory)
        store.write(lambda tx, gapped=gapped: tx.save_feed(gapped))  # type: ignore[misc]

    assert store.status_counts(NOW)["last_day"] == {"gaps": 1}
