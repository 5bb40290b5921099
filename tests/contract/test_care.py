"""Keeping a database in order: retention, copies, checks."""

import sqlite3
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ingest.errors import StoreError, StoreUnavailable
from ingest.model import DeliveryState, EntryWhy, PageRead, RawPage
from ingest.store import Store, prune
from ingest.store.settings import Retention
from tests.contract.samples import DAY, NOW, add_entries, add_feeds, delivery, extraction, new, read

KEEP = Retention(articles=timedelta(days=30), raw_pages=timedelta(days=3))


def count(store: Store, table: str) -> int:
    return store._read(
        lambda connection: connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0
    )


def age(store: Store, articles: int) -> None:
    """Store articles today, each with its page and an alert that was delivered."""
    (feed,) = add_feeds(store, "one")
    keys = [f"k{number}" for number in range(articles)]
    for entry in add_entries(store, feed, *keys):
        page = PageRead("fetched", pages=(RawPage("https://n.example/a", b"<p>page</p>"),))
        article = read(store, entry, extraction(body=entry.key), page=page).article

        def tell(tx: Any, article: Any = article) -> None:
            alert = tx.add_alert(
                rule="r", key=str(article.id), kind="created", story_id=article.story_id,
                article_id=article.id, reason="alerted", now=NOW,
            )  # fmt: skip
            done = DeliveryState.DELIVERED
            tx.enqueue([delivery(article.id, alert_id=alert, state=done, delivered_at=NOW)])

        store.write(tell)


EVERYTHING = (
    "articles",
    "texts",
    "pages",
    "placements",
    "stories",
    "alerts",
    "alert_articles",
    "deliveries",
)


def test_nothing_is_dropped_before_its_time(store: Store) -> None:
    age(store, 2)
    before = {table: count(store, table) for table in EVERYTHING}

    store.prune(KEEP, NOW + 2 * DAY)

    assert {table: count(store, table) for table in EVERYTHING} == before


def test_raw_pages_go_first(store: Store) -> None:
    age(store, 2)

    dropped = store.prune(KEEP, NOW + 4 * DAY)

    assert dropped["pages"] == 2
    assert (count(store, "pages"), count(store, "articles")) == (0, 2)


def test_an_old_article_goes_with_all_that_hangs_on_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune, "BATCH", 2)
    monkeypatch.setattr(prune, "ARTICLES", 2)
    age(store, 5)

    dropped = store.prune(KEEP, NOW + 31 * DAY)

    assert {table: count(store, table) for table in EVERYTHING} == dict.fromkeys(EVERYTHING, 0)
    assert (dropped["articles"], dropped["stories"], dropped["alerts"]) == (5, 5, 5)
    assert store.integrity() == []


def test_an_entry_stays_known_after_its_article_has_gone(store: Store) -> None:
    age(store, 1)
    (feed,) = store.stored_feeds()
    known = store.known(feed.id, ["k0"])

    store.prune(KEEP, NOW + 31 * DAY)
    store.write(lambda tx: tx.save_entries(feed, new("k0"), silent=False, now=NOW + 31 * DAY))

    assert store.known(feed.id, ["k0"]) == known
    assert list(store.list_entries()) == []
    assert store.due(NOW + 32 * DAY)["entries"] == 0


def test_an_entry_whose_article_has_gone_can_still_change(store: Store) -> None:
    age(store, 1)
    store.prune(KEEP, NOW + 31 * DAY)
    (feed,) = store.stored_feeds()
    ((number, *_),) = store.known(feed.id, ["k0"]).values()
    (plan,) = new("k0")
    changed = type(plan)(plan.entry, EntryWhy.CHANGED, number)

    store.write(lambda tx: tx.save_entries(feed, [changed], silent=False, now=NOW + 32 * DAY))

    (entry,) = store.claim_entries(NOW + 32 * DAY, 1, per_site=1)
    assert read(store, entry, now=NOW + 32 * DAY).article.title == "Ferry delayed"


def test_what_is_still_to_be_delivered_is_never_dropped(store: Store) -> None:
    age(store, 1)
    (alert,) = store.list_alerts()
    store.write(lambda tx: tx.enqueue([delivery(99, alert_id=alert["id"])]))

    store.prune(KEEP, NOW + 90 * DAY)

    assert [row["id"] for row in store.list_deliveries()] == ["dlv_99"]
    assert len(list(store.list_alerts())) == 1
    assert count(store, "articles") == 0


def test_a_backup_is_whole_while_writes_go_on(sqlite_url: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with Store.open(sqlite_url) as store:
        age(store, 3)
        stop = threading.Event()

        def write_on() -> None:
            number = 1000
            while not stop.is_set():
                number += 1
                store.write(lambda tx, number=number: tx.enqueue([delivery(number)]))  # type: ignore[misc]

        writing = threading.Thread(target=write_on)
        writing.start()
        store.backup(copy)
        store.backup(copy)
        stop.set()
        writing.join()

    with Store.open(f"sqlite:///{copy}") as kept:
        assert kept.integrity() == []
        assert len(list(kept.list_articles())) == 3
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_that_cannot_be_written_is_a_plain_error(sqlite_url: str, tmp_path: Path) -> None:
    with Store.open(sqlite_url) as store, pytest.raises(StoreUnavailable, match="cannot write"):
        store.backup(tmp_path / "no" / "such" / "folder.db")


def test_postgresql_is_backed_up_by_its_own_tool(postgres_url: str, tmp_path: Path) -> None:
    with Store.open(postgres_url) as store, pytest.raises(StoreError, match="pg_dump"):
        store.backup(tmp_path / "x")


def test_a_broken_reference_is_found(sqlite_url: str) -> None:
    with Store.open(sqlite_url) as store:
        add_entries(store, add_feeds(store, "one")[0], "a")
    raw = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    raw.execute("UPDATE entries SET feed_id = 99")
    raw.commit()
    raw.close()

    with Store.open(sqlite_url) as store:
        (fault,) = store.integrity()

    assert fault == "row 1 of entries refers to a row of feeds that is not there"


def test_a_store_opened_for_reading_writes_nothing(database_url: str) -> None:
    Store.open(database_url).close()

    with Store.open(database_url, read_only=True) as store:
        assert list(store.list_feeds()) == []
        with pytest.raises(StoreError, match="reading only"):
            store.sync_feeds([], NOW)


def test_a_database_in_memory_ends_with_its_store() -> None:
    with Store.open("sqlite://") as store, Store.open("sqlite://") as other:
        add_feeds(store, "a")
        folder = Path(store._address.database or "").parent

        assert len(list(store.list_feeds())) == 1
        assert list(other.list_feeds()) == []
        assert folder.exists()
    assert not folder.exists()
