"""What metrics show of the database: counts, and the names of feeds in trouble."""

from collections.abc import Mapping
from dataclasses import replace

from ingest.model import Condition, DeliveryState, FeedState
from ingest.store import Store
from tests.contract.samples import DAY, HOUR, NOW, add_feeds, delivery, wanted


def lost(subject: str, **more: object) -> Condition:
    return replace(Condition("overlap_lost", subject, NOW, "", ""), **more)  # type: ignore[arg-type]


def silence(store: Store, *names: str) -> None:
    for feed in store.stored_feeds():
        if feed.name in names:
            quiet = replace(feed, state=FeedState.SILENT, memory={"gaps": len(feed.name)})
            store.write(lambda tx, quiet=quiet: tx.save_feed(quiet))  # type: ignore[misc]


def names(found: object) -> Mapping[str, object]:
    return dict(found)  # type: ignore[call-overload, no-any-return]


def test_silent_feeds_are_named_with_what_is_remembered_of_them(store: Store) -> None:
    add_feeds(store, "a", "bb", "ccc")
    silence(store, "bb", "ccc")
    store.sync_feeds([wanted("a"), wanted("bb"), wanted("ccc", paused=True)], NOW)

    standing = store.standing(NOW, named=10)

    assert standing.feeds == {
        "ok": 1, "failing": 0, "silent": 1, "gone": 0, "paused": 1, "retired": 0,
    }  # fmt: skip
    assert names(standing.silent) == {"bb": {"gaps": 2}}


def test_only_so_many_feeds_are_named_and_all_are_counted(store: Store) -> None:
    add_feeds(store, "a", "bb", "ccc")
    silence(store, "a", "bb", "ccc")
    store.write(lambda tx: tx.save_conditions([lost("a"), lost("bb"), lost("ccc")], []))

    standing = store.standing(NOW, named=2)

    assert (len(standing.silent), standing.feeds["silent"]) == (2, 3)
    assert (len(standing.losing), standing.losing_count) == (2, 3)


def test_feeds_that_lose_entries_are_those_of_the_health_until_it_is_over(store: Store) -> None:
    add_feeds(store, "a", "bb", "ccc")
    silence(store, "a", "bb")
    told = lost("a", raised_at=NOW, told_at=NOW)
    over = lost("ccc", raised_at=NOW, told_at=NOW, over_at=NOW)
    disk = Condition("disk", "database", NOW, "", "", raised_at=NOW)
    store.write(lambda tx: tx.save_conditions([told, lost("bb"), over, disk], []))

    standing = store.standing(NOW, named=10)

    assert names(standing.losing) == {"a": {"gaps": 1}, "bb": {"gaps": 2}}
    assert standing.losing_count == 2
    assert standing.conditions == {"overlap_lost": 1, "disk": 1}


def test_queues_and_deliveries_are_counted_but_for_those_that_are_done(store: Store) -> None:
    store.sync_feeds([wanted("a")], NOW)
    done = delivery(1, state=DeliveryState.DELIVERED, delivered_at=NOW)
    dead = delivery(2, "soc", state=DeliveryState.DEAD)
    waiting = [delivery(number, next_attempt_at=NOW) for number in (3, 4)]
    store.write(lambda tx: tx.enqueue([done, dead, *waiting]))

    standing = store.standing(NOW + HOUR, named=10)

    assert standing.outbox == {("soc", "dead"): 1, ("desk", "pending"): 2}
    assert standing.due["feeds"] == {"count": 1, "oldest_s": 3600.0}
    assert standing.due["deliveries"] == {"count": 2, "oldest_s": 3600.0}
    assert store.standing(NOW - DAY, named=1).due["feeds"] == {"count": 0, "oldest_s": None}
