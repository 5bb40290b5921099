"""Records made up for the store's tests."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ingest.jobs.keep import Kept
from ingest.model import (
    Change,
    Delivery,
    DeliveryState,
    Entry,
    EntryPlan,
    EntryWhy,
    Extraction,
    Feed,
    PageRead,
    ParsedEntry,
    Placement,
    PlacementWhy,
    Sketch,
    WantedFeed,
)
from ingest.store import Store

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def wanted(name: str, url: str | None = None, **more: object) -> WantedFeed:
    """A feed of its own site unless `url` says otherwise."""
    return replace(WantedFeed(name, url or f"https://{name}.example/feed"), **more)  # type: ignore[arg-type]


def parsed(key: str, **more: object) -> ParsedEntry:
    entry = ParsedEntry(
        key=key,
        guid=key,
        link=f"https://news.example/{key}",
        title=f"Title of {key}",
        summary="<p>short</p>",
        content="",
        authors=("Ada",),
        published_at=NOW - HOUR,
        updated_at=None,
        tags=("harbour",),
        enclosures=(),
        hash=f"hash of {key}",
    )
    return replace(entry, **more)  # type: ignore[arg-type]


def new(*keys: str) -> list[EntryPlan]:
    return [EntryPlan(parsed(key), EntryWhy.NEW) for key in keys]


def delivery(number: int, channel: str = "desk", **more: object) -> Delivery:
    made = Delivery(
        id=f"dlv_{number}",
        alert_id=None,
        channel=channel,
        type="test",
        payload={"type": "test", "data": {"number": number}},
        state=DeliveryState.PENDING,
        attempts=0,
        created_at=NOW,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def extraction(
    title: str = "Ferry delayed", body: str = "The ferry waits.", **more: object
) -> Extraction:
    return replace(Extraction(title=title, body=body), **more)  # type: ignore[arg-type]


def add_feeds(store: Store, *names: str, now: datetime = NOW) -> Sequence[Feed]:
    """Add feeds that are due now and return them claimed."""
    kept = [wanted(feed.name, feed.url, tags=feed.tags) for feed in store.stored_feeds()]
    store.sync_feeds([*kept, *(wanted(name) for name in names)], now)
    claimed = store.claim_feeds(now, 1000, per_site=1000)
    by_name = {feed.name: feed for feed in claimed}
    return [by_name[name] for name in names]


def add_entries(store: Store, feed: Feed, *keys: str, now: datetime = NOW) -> Sequence[Entry]:
    """Add new entries of a feed and return them claimed, in the order given."""
    store.write(lambda tx: tx.save_entries(feed, new(*keys), silent=False, now=now))
    claimed = {entry.key: entry for entry in store.claim_entries(now, 1000, per_site=1000)}
    return [claimed[key] for key in keys]


def read(
    store: Store,
    entry: Entry,
    what: Extraction | None = None,
    *,
    key: str | None = None,
    page: PageRead | None = None,
    now: datetime = NOW,
    again_at: datetime | None = None,
) -> Kept:
    """Save the article of an entry, in a story of its own, and finish the entry."""
    page = page or PageRead("fetched", final_url=entry.link)
    sketch = Sketch(0, 0, frozenset(), 0, 0, (), (), ())
    alone = Placement(None, PlacementWhy.NEW)

    def work(tx: object) -> Kept:
        from ingest.store.tx import Tx

        assert isinstance(tx, Tx)
        kept, found = what or extraction(), key or entry.link or ""
        if standing := tx.article_by_key(found):
            article, change = tx.edit_article(standing, entry, kept, page, now=now)
        else:
            article = tx.add_article(entry, found, kept, page, alone, sketch, now=now)
            change = Change.NEW
        tx.finish_entry(entry, article, page, again_at=again_at)
        return Kept(article, change)

    return store.write(work)


def names(feeds: Iterable[Feed]) -> list[str]:
    return [feed.name for feed in feeds]
