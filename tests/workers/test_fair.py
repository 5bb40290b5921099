"""One host with thousands of due feeds holds up nobody else: claims, lanes and pacing together."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from time import monotonic, sleep

from ingest import urls
from ingest.fetch.politeness import Pacing
from ingest.fetch.settings import Fetch
from ingest.model import Exchange, Feed, WantedFeed
from ingest.store import Store
from ingest.workers.local import Pool, Source
from tests.contract.samples import NOW

MANY, OTHERS = 5_000, 100


def test_five_thousand_feeds_on_one_host_do_not_delay_the_others(sqlite_url: str) -> None:
    crowd = [WantedFeed(f"crowd {n}", f"https://crowd.example/{n}.xml") for n in range(MANY)]
    others = [WantedFeed(f"other {n}", f"https://other{n}.example/feed") for n in range(OTHERS)]
    done: list[str] = []

    with Store.open(sqlite_url) as store:
        store.sync_feeds(crowd, NOW - timedelta(hours=1))
        store.sync_feeds([*crowd, *others], NOW)

        def claim(limit: int, per_lane: int, busy: Collection[str]) -> Sequence[Feed]:
            return store.claim_feeds(NOW, limit, per_site=per_lane, busy_sites=busy)

        def work(feed: Feed) -> Exchange:
            done.append(feed.name)
            return Exchange(200, elapsed_s=0.01)

        source = Source(
            "feed",
            claim,
            lane=lambda feed: urls.site(feed.current_url),
            work=work,
            postpone=lambda feed, error: None,
            describe=lambda feed: {"feed": feed.name},
        )
        pool = Pool("web", [source], Pacing(Fetch()), threads=8)
        pool.start()
        pool.look()
        began = monotonic()
        while sum(name.startswith("other") for name in done) < OTHERS:
            assert monotonic() - began < 10
            sleep(0.01)
        pool.stop(2.0)

    assert sum(name.startswith("crowd") for name in done) <= 2 + (monotonic() - began)
