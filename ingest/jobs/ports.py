"""What the work needs from the doors, as Protocols; the doors fit them without importing this."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import sleep
from typing import Protocol, TypeVar

from ingest.alerts.throttle import Facts
from ingest.articles.learned import Habits
from ingest.articles.sites import SiteRule
from ingest.articles.track import Sighting
from ingest.model import (
    AlertWhy,
    Article,
    Backlog,
    Candidate,
    Change,
    Condition,
    Delivery,
    Entry,
    EntryPlan,
    Extraction,
    Feed,
    Hint,
    KnownEntry,
    Match,
    PageRead,
    Placement,
    Request,
    Response,
    RobotsVerdict,
    SiteTrack,
    Sketch,
    Source,
    StoredEntry,
    Story,
    Subscription,
)

T = TypeVar("T")


class Fetcher(Protocol):
    """One HTTP exchange; raises FetchError."""

    def fetch(self, request: Request) -> Response:
        """Return a 2xx or 304 answer, within the request's bounds."""
        ...

    def post(self, url: str, fields: Mapping[str, str], *, timeout_s: float) -> Response:
        """Post a form and return the 2xx answer, its body unread."""
        ...


class Extract(Protocol):
    """Takes the article out of a page, in this process or another."""

    def __call__(
        self,
        html: bytes | str,
        *,
        url: str,
        content_type: str | None = None,
        rule: SiteRule | None = None,
        hint: Hint | None = None,
        display: bool = False,
    ) -> Extraction:
        """Return the article; raises ExtractError with the reason where there is none."""
        ...


class Robots(Protocol):
    """What a site's robots.txt says of an address."""

    def verdict(self, url: str) -> RobotsVerdict:
        """Return whether our User-Agent may fetch `url` and why (RFC 9309); raises Offline."""
        ...


class Channels(Protocol):
    """The configured ways out."""

    def send(self, delivery: Delivery) -> None:
        """Hand one delivery to its channel; returning means delivered; raises DeliveryError."""
        ...

    def close(self) -> None:
        """End the connections that are still open."""
        ...


class Tx(Protocol):
    """Writes of one unit of work; all are kept together or not at all."""

    def save_feed(self, feed: Feed, *, items: Mapping[str, str] | None = None) -> None:
        """Store the feed's polling state and give up its lease.

        `items` are those of its document for `Store.feed_items`, None where there was none.
        """
        ...

    def feed(self, feed_id: int) -> Feed:
        """Return a feed as it stands."""
        ...

    def feed_memory(self, feed_id: int) -> Mapping[str, object]:
        """Return what is remembered of a feed as it stands."""
        ...

    def save_news(self, feed: Feed) -> None:
        """Store the feed's state and memory, nothing else of it."""
        ...

    def subscription(self, feed_id: int) -> Subscription | None:
        """Return a feed's subscription to its hub."""
        ...

    def subscription_by_token(self, token: str) -> Subscription | None:
        """Return the subscription that a hub's call is about."""
        ...

    def save_subscription(self, subscription: Subscription, *, verified: bool = False) -> None:
        """Store a feed's subscription, counting a verification, and give up its lease."""
        ...

    def free_subscription(self, feed_id: int) -> None:
        """Give up the lease of a subscription that stands as it is."""
        ...

    def drop_subscription(self, feed_id: int) -> None:
        """Forget a feed's subscription."""
        ...

    def leave_hub(self, feed_id: int, now: datetime) -> None:
        """Have us unsubscribed from a feed's hub."""
        ...

    def note_push(self, feed_id: int, now: datetime) -> None:
        """Note when a feed's hub pushed last."""
        ...

    def save_entries(
        self, feed: Feed, plans: Iterable[EntryPlan], *, silent: bool, now: datetime
    ) -> None:
        """Insert new entries and update changed ones, due for reading at once; rekey others."""
        ...

    def postpone_feed(self, feed_id: int, *, until: datetime, error: str) -> None:
        """Put off a feed whose refresh failed for a reason of our own."""
        ...

    def article_by_key(self, key: str) -> Article | None:
        """Return the article of a page as this unit of work sees it."""
        ...

    def led_by(self, article_id: int, feed_id: int) -> Sequence[tuple[str, str, bool]]:
        """Return title and text of a feed's entries that led to an article; whether each is still listed."""
        ...

    def add_article(
        self,
        entry: Entry,
        key: str,
        extraction: Extraction,
        page: PageRead,
        placement: Placement,
        sketch: Sketch,
        *,
        now: datetime,
    ) -> Article:
        """Store the article of a page in its story, a new one where the placement names none."""
        ...

    def edit_article(
        self,
        standing: Article,
        entry: Entry,
        extraction: Extraction,
        page: PageRead,
        *,
        now: datetime,
    ) -> tuple[Article, Change]:
        """Bring a stored article in step with a reading of its page; return it and what changed."""
        ...

    def article(self, article_id: int) -> Article | None:
        """Return an article as this unit of work sees it."""
        ...

    def learn(self, host: str, digests: Collection[int]) -> None:
        """Count one more article of a site, with these paragraphs at its ends."""
        ...

    def track(self, site: str, sighting: Sighting, *, now: datetime) -> None:
        """Count one more page of a site, well read or not."""
        ...

    def candidates(self, sketch: Sketch, *, since: datetime) -> Sequence[Candidate]:
        """Return stored articles sharing text with `sketch`, in stories last seen after `since`."""
        ...

    def articles_placed(self, *, since: datetime, after: int, limit: int) -> Sequence[Article]:
        """Return articles of stories last seen since then, by id, those above `after`."""
        ...

    def reclean(self, article: Article, extraction: Extraction, *, now: datetime) -> bool:
        """Give an article the text that its kept page has now; return whether it changed."""
        ...

    def clear_index(self) -> None:
        """Forget what later copies are found by; placing an article puts it in again."""
        ...

    def place(
        self, article: Article, sketch: Sketch, placement: Placement, *, now: datetime
    ) -> int:
        """Put a stored article in another story, or anew in its own; return the story's id."""
        ...

    def story(self, story_id: int) -> Story:
        """Return a story with its sources, oldest first."""
        ...

    def standing_alerts(self, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """Return the alert ids that exist for these (rule, key) pairs."""
        ...

    def alert_sources(self, alert_id: int) -> Collection[int]:
        """Return the articles that an alert stands for."""
        ...

    def add_alert(
        self,
        *,
        rule: str,
        key: str,
        kind: str,
        story_id: int,
        article_id: int,
        reason: str,
        now: datetime,
    ) -> int:
        """Store an alert with its first article and return its id."""
        ...

    def move_alerts(
        self, story_id: int, into: int, *, key: str, into_key: str, now: datetime
    ) -> None:
        """Hand the alerts of a story to the one it goes over into.

        Of two alerts of one rule, that of the other story gets the sources and keeps its key.
        """
        ...

    def add_source(self, alert_id: int, article_id: int, *, now: datetime) -> None:
        """Note a further article under an alert."""
        ...

    def save_match(
        self,
        article: Article,
        match: Match,
        why: AlertWhy,
        *,
        entry_id: int,
        alert_id: int | None,
        now: datetime,
    ) -> None:
        """Keep a match of this revision of an article, and what became of it."""
        ...

    def enqueue(self, deliveries: Iterable[Delivery]) -> None:
        """Put deliveries in the outbox."""
        ...

    def finish_entry(
        self, entry: Entry, article: Article, page: PageRead, *, again_at: datetime | None
    ) -> None:
        """Mark an entry as read, give up its lease, and note when its page is due again."""
        ...

    def postpone_entry(
        self, entry: Entry, *, until: datetime, error: str, count: bool = True
    ) -> None:
        """Put off an entry, counting the attempt unless our own network is to blame."""
        ...

    def fresh_delivery(self, delivery_id: str) -> Delivery | None:
        """Return a delivery as it stands now; None where it no longer goes out by itself."""
        ...

    def delivery_facts(
        self, delivery: Delivery, *, rate_since: datetime | None, rate_count: int
    ) -> Facts:
        """Return what a verdict on a delivery rests on: what was sent, snoozes, acknowledgement."""
        ...

    def waiting_deliveries(
        self, channel: str, now: datetime, *, besides: Collection[str], limit: int
    ) -> Sequence[Delivery]:
        """Return due alerts of a channel, never tried, oldest first, but for those being sent."""
        ...

    def fold(self, digest: Delivery, parts: Sequence[Delivery]) -> None:
        """Put a digest in the outbox and make its parts share its fate."""
        ...

    def save_conditions(self, keep: Iterable[Condition], drop: Iterable[Condition]) -> None:
        """Store new and changed conditions and forget those that are over."""
        ...

    def save_rest(self, channel: str, until: datetime | None, reason: str = "") -> None:
        """Note until when a channel is left alone and why; None where it is not, or no longer."""
        ...

    def save_delivery(self, delivery: Delivery) -> None:
        """Store state, attempts, error and times of a delivery and give up its lease."""
        ...


class Store(Protocol):
    """The database, as the jobs see it."""

    def claim_feeds(
        self,
        now: datetime,
        limit: int,
        *,
        per_site: int,
        busy_sites: Collection[str] = (),
    ) -> Sequence[Feed]:
        """Lease due feeds to this process, at most `per_site` of each site."""
        ...

    def note_check(self, feed: Feed, *, times_only: bool) -> None:
        """Have a check kept that brought no document, soon, and the lease given up.

        `times_only` where all else stands as it was, which costs less. Before whatever is written
        later. Where it fails, or the feed's hub pushed news meanwhile, the feed is looked at again.
        """
        ...

    def claim_entries(
        self, now: datetime, limit: int, *, per_site: int, busy_sites: Collection[str] = ()
    ) -> Sequence[Entry]:
        """Lease due entries to this process, at most `per_site` of each site."""
        ...

    def claim_deliveries(
        self, now: datetime, limit: int, *, busy_channels: Collection[str] = ()
    ) -> Sequence[Delivery]:
        """Lease due deliveries to this process."""
        ...

    def pushed_feed(self, token: str) -> tuple[Feed, str] | None:
        """Return the feed that a hub may push under this token, and the secret it signs with."""
        ...

    def feed_items(self, feed_id: int) -> Mapping[str, str]:
        """Return digest and key of the items of the feed's last document."""
        ...

    def known(self, feed_id: int, keys: Collection[str]) -> Mapping[str, KnownEntry]:
        """Return what is stored of those of the feed's entries that are known, by key."""
        ...

    def alike(
        self, feed_id: int, ids: Collection[int], links: Collection[str], hashes: Collection[str]
    ) -> Sequence[StoredEntry]:
        """Return the feed's entries of these ids and links, and its latest ones of these hashes."""
        ...

    def article_by_key(self, key: str) -> Article | None:
        """Return the article of a page, if it is stored."""
        ...

    def habits(self, host: str, digests: Collection[int]) -> Habits:
        """Return what is remembered of these paragraphs of a site."""
        ...

    def site_tracks(self, *, since: datetime) -> Sequence[SiteTrack]:
        """Return how well pages are read, of the sites of which one was read since then."""
        ...

    def kept_pages(self, *, after: int, limit: int) -> Sequence[tuple[Article, PageRead]]:
        """Return articles with their kept pages, by id, those above `after`."""
        ...

    def article_by_id(self, article_id: int) -> Article | None:
        """Return a stored article."""
        ...

    def stored_feeds(self) -> Sequence[Feed]:
        """Return every feed, retired ones too."""
        ...

    def troubled_feeds(self, since: datetime) -> Sequence[Feed]:
        """Return the watched feeds that are not well, moved, or may have lost entries since then."""
        ...

    def feed_addresses(self) -> Sequence[tuple[str, str]]:
        """Return name and current address of each watched feed."""
        ...

    def conditions(self) -> Sequence[Condition]:
        """Return what is out of order."""
        ...

    def dead_letters(self, since: datetime) -> Mapping[str, int]:
        """Return how many messages made since then were given up, by channel."""
        ...

    def backlogs(self) -> Sequence[Backlog]:
        """Return what is being tried again, by channel, with one of the reasons."""
        ...

    def matched_rules(self) -> Collection[str]:
        """Return the rules that have matched anything."""
        ...

    def match_counts(self, since: datetime) -> Mapping[str, int]:
        """Return how many articles each rule has matched since then."""
        ...

    def articles_since(self, since: datetime) -> tuple[int, int]:
        """Return how many articles came since then, and from how many feeds."""
        ...

    def oldest_due_s(self, now: datetime) -> Mapping[str, float | None]:
        """Return how long the longest overdue feed, entry and delivery have waited."""
        ...

    def match_times(self, rule: str, since: datetime) -> Sequence[datetime]:
        """Return when a rule matched a story for the first time since then, ascending."""
        ...

    def latest_matched(self, rule: str, since: datetime, limit: int) -> Sequence[Source]:
        """Return the latest stories that a rule has matched since then, one article of each."""
        ...

    def last_match_at(self, rule: str) -> datetime | None:
        """Return when a rule matched last."""
        ...

    def known_since(self) -> datetime | None:
        """Return when the first entry that is still known was seen."""
        ...

    def disk(self) -> tuple[int, int] | None:
        """Return free and total bytes of the database's disk; None where it is elsewhere."""
        ...

    def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in a transaction and return once it is committed.

        Work of several threads may share one transaction; where one fails, each is run again alone.
        What `work` raises is raised here, and nothing of it is kept.
        """
        ...


@dataclass(frozen=True, slots=True)
class Doors:
    """Everything outside that the jobs reach."""

    fetcher: Fetcher
    robots: Robots
    store: Store
    channels: Channels
    extract: Extract
    rest: Callable[[float], None] = sleep
    """Waits for some seconds between two requests of one job to one site."""
