"""What the store costs: claiming and saving unchanged feeds, storing articles; CPU of the process.

`python -m benchmarks.store [FEEDS] [DATABASE]`, by default 10,000 feeds in a new SQLite file.
"""

import random
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import perf_counter, process_time
from typing import Any

from ingest.jobs.ports import Tx
from ingest.model import (
    Entry,
    EntryPlan,
    EntryWhy,
    Extraction,
    Feed,
    Outcome,
    PageRead,
    ParsedEntry,
    RawPage,
    Sketch,
    WantedFeed,
)
from ingest.store import Store
from ingest.stories import cluster, near

NOW = datetime.now(UTC)
WINDOW = timedelta(hours=72)
ARTICLES = 3_000
THREADS = 16


def measure(what: str, count: int, work: Callable[[], Any]) -> Any:
    """Run `work` and print its cost for each of `count` things."""
    cpu, wall = process_time(), perf_counter()
    result = work()
    cpu, wall = process_time() - cpu, perf_counter() - wall
    print(f"{what:<44}{cpu / count * 1e3:8.3f} ms CPU  {wall / count * 1e3:8.3f} ms wall  each")
    return result


def in_threads(work: Callable[[Any], object], items: Iterable[Any]) -> None:
    """Do `work` for each item from many threads, as the pool does."""
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, items))


def claim_all(store: Store) -> list[Feed]:
    """Claim every due feed, 128 at a time."""
    claimed: list[Feed] = []
    while some := store.claim_feeds(NOW, 128, per_site=16):
        claimed += some
    return claimed


def feeds(store: Store, count: int) -> list[Feed]:
    """Add feeds on a fifth as many sites, claim them all and save them unchanged."""
    wanted = [WantedFeed(f"f{n}", f"https://h{n % (count // 5)}.org/{n}") for n in range(count)]
    measure("a new feed", count, lambda: store.sync_feeds(wanted, NOW))
    claimed: list[Feed] = measure("a claimed feed", count, lambda: claim_all(store))

    def save(feed: Feed) -> None:
        outcome, later = Outcome.NOT_MODIFIED, NOW + timedelta(minutes=15)
        after = replace(feed, last_outcome=outcome, last_checked_at=NOW, next_check_at=later)
        store.write(lambda tx: tx.save_feed(after))

    measure("an unchanged feed saved", count, lambda: in_threads(save, claimed))
    return claimed


def articles(store: Store, feed: Feed) -> None:
    """Store entries of a feed and read each into an article of 490 words with a page of 80 kB."""
    chance = random.Random(1)
    words = [
        "".join(chance.choices("abcdefghijklmnop", k=chance.randint(3, 9))) for _ in range(8000)
    ]
    bodies = [" ".join(chance.choices(words, k=490)) for _ in range(ARTICLES)]
    plans = [EntryPlan(_entry(n, body[:300]), EntryWhy.NEW) for n, body in enumerate(bodies)]

    def add(some: Sequence[EntryPlan]) -> None:
        store.write(lambda tx: tx.save_entries(feed, some, silent=False, now=NOW))

    batches = [plans[at : at + 35] for at in range(0, ARTICLES, 35)]
    measure("a new entry, 35 at once", ARTICLES, lambda: in_threads(add, batches))
    claimed: list[Entry] = []
    while some := store.claim_entries(NOW, 128, per_site=128):
        claimed += some
    filler = b'<div class="x"><p>some text of a page</p></div>' * 1_700
    sketches = [near.sketch(entry.title, body) for entry, body in zip(claimed, bodies, strict=True)]

    def read(item: tuple[Entry, str, Sketch]) -> None:
        entry, body, sketch = item
        raw = RawPage(entry.link or "", filler + body.encode())
        page = PageRead("fetched", final_url=entry.link, pages=(raw,))

        def work(tx: Tx) -> None:
            what = Extraction(entry.title, body)
            placement = cluster.place(sketch, tx.candidates(sketch, since=NOW - WINDOW))
            key = entry.link or ""
            article = tx.add_article(entry, key, what, page, placement, sketch, now=NOW)
            tx.finish_entry(entry, article, page, again_at=None)

        store.write(work)

    items = list(zip(claimed, bodies, sketches, strict=True))
    measure("an article stored and placed", ARTICLES, lambda: in_threads(read, items))
    measure("a stored article read back", ARTICLES, lambda: sum(1 for _ in store.iter_documents()))


def _entry(number: int, summary: str) -> ParsedEntry:
    link = f"https://f{number % 500}.org/{number}"
    return ParsedEntry(
        link, link, link, f"Title {number}", summary, "", ("A",), NOW, None, ("x",), (), link
    )


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    count = int(arguments[0]) if arguments else 10_000
    with tempfile.TemporaryDirectory() as folder:
        url = arguments[1] if len(arguments) > 1 else f"sqlite:///{folder}/ingest.db"
        with Store.open(url) as store:
            claimed = feeds(store, count)
            articles(store, claimed[0])


if __name__ == "__main__":
    main(sys.argv[1:])
