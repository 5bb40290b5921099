"""Jobs at work on a real SQLite file, with a fake web and fake channels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from ingest.articles.extract import extract
from ingest.articles.settings import Articles
from ingest.articles.sites import SiteRules
from ingest.feeds.settings import FeedConfig, Polling
from ingest.fetch.settings import Fetch
from ingest.jobs.context import Context, Rules
from ingest.jobs.outbox import deliver
from ingest.jobs.ports import Doors, Tx
from ingest.jobs.read import Read, read
from ingest.jobs.refresh import Refreshed, refresh
from ingest.model import Delivery, Entry, Feed, Rule, WantedFeed
from ingest.store import Store
from ingest.stories.settings import Stories
from tests.desk import page, rss
from tests.fakes import FakeFetcher, ListChannels, OpenRobots

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FEED = "https://a.example/feed.xml"


@dataclass
class JobDesk:
    """One feed (or more), a store, and the three jobs."""

    store: Store
    web: FakeFetcher
    channels: ListChannels
    context: Context
    now: datetime = NOW

    def rule(self, query: str, **more: Any) -> None:
        """Watch for one more rule, told to the channel `desk`."""
        rules = tuple(self.context.rules.by_name.values())
        rule = Rule(f"rule {len(rules) + 1}", query, notify=("desk",), **more)
        self.set(rules=Rules((*rules, rule)))

    def set(self, **changes: Any) -> None:
        """Change the context."""
        self.context = replace(self.context, **changes)

    def publish(self, *items: tuple[str, str, str], feed: str = FEED) -> None:
        """Put (path, headline, teaser) items in the feed."""
        self.web.answers[feed] = rss("A", [(f"https://a.example{p}", h, t) for p, h, t in items])

    def page(self, path: str, headline: str, *paragraphs: str) -> None:
        """Put a page on the web."""
        self.web.answers[f"https://a.example{path}"] = page(headline, paragraphs)

    def refresh(self, url: str = FEED) -> Refreshed:
        """Check one feed now."""
        self.store.request_check(None, all=True, force=True, now=self.now)
        feeds = self.store.claim_feeds(self.now, 10, per_site=10)
        (feed,) = (feed for feed in feeds if feed.url == url)
        self._give_back(feeds, feed)
        done = refresh(feed, self.context, self.now)
        self.store.write(lambda tx: None)  # what was noted is written before it
        return done

    def _give_back(self, feeds: Sequence[Feed], kept: Feed) -> None:
        others = [feed for feed in feeds if feed is not kept]

        def save(tx: Tx) -> None:
            for feed in others:
                tx.save_feed(feed)

        self.store.write(save)

    def claim(self) -> Sequence[Entry]:
        """Claim the entries that are due now."""
        return self.store.claim_entries(self.now, 100, per_site=100)

    def read(self) -> list[Read]:
        """Read all entries that are due now."""
        return [read(entry, self.context, self.now) for entry in self.claim()]

    def deliver(self) -> list[Delivery]:
        """Send all deliveries that are due now."""
        due = self.store.claim_deliveries(self.now, 100)
        done = [deliver(delivery, self.context, lambda: self.now) for delivery in due]
        return [each for each in done if each is not None]

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)


def open_job_desk(folder: Path, *feeds: str) -> JobDesk:
    """Set up a store with these feeds (one, where none is named)."""
    store = Store.open(f"sqlite:///{folder / 'jobs.db'}")
    urls = feeds or (FEED,)
    wanted = [WantedFeed(name=f"feed {number}", url=url) for number, url in enumerate(urls, 1)]
    store.sync_feeds(wanted, NOW)
    web, channels = FakeFetcher(), ListChannels()
    context = Context(
        doors=Doors(web, OpenRobots(), store, channels, extract),
        polling=Polling(),
        fetch=Fetch(),
        articles=Articles(),
        stories=Stories(),
        feeds={feed.name: FeedConfig(url=feed.url, name=feed.name) for feed in wanted},
        rules=Rules(()),
        sites=SiteRules(()),
        random=Random(1),
    )
    return JobDesk(store, web, channels, context)
