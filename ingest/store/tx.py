"""One unit of work on the database: what the jobs write, all of it kept or none."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from ingest.alerts.throttle import Facts
from ingest.articles.track import Sighting
from ingest.model import (
    AlertWhy,
    Article,
    Candidate,
    Change,
    Condition,
    Delivery,
    Entry,
    EntryPlan,
    Extraction,
    Feed,
    Match,
    PageRead,
    Placement,
    Sketch,
    Story,
    Subscription,
)
from ingest.store import (
    alerts,
    articles,
    entries,
    feeds,
    habits,
    health,
    outbox,
    stories,
    subscriptions,
    tracks,
)
from ingest.store import sketches as index


class Tx:
    """Fits `jobs.ports.Tx`; used inside `Store.write` alone."""

    def __init__(self, connection: Connection, owner: str = "") -> None:
        self._connection, self._owner = connection, owner

    # --- feeds and entries ------------------------------------------------------------------

    def save_feed(self, feed: Feed, *, items: Mapping[str, str] | None = None) -> None:
        """Store the feed's polling state, and its items where given, and give up its lease."""
        feeds.save(self._connection, feed, items)

    def feed(self, feed_id: int) -> Feed:
        """Return a feed as it stands."""
        return feeds.by_id(self._connection, feed_id)

    def feed_memory(self, feed_id: int) -> Mapping[str, object]:
        """Return what is remembered of a feed as it stands."""
        return feeds.memory(self._connection, feed_id)

    def save_news(self, feed: Feed) -> None:
        """Store the feed's state and memory, nothing else of it."""
        feeds.save_news(self._connection, feed)

    def subscription(self, feed_id: int) -> Subscription | None:
        """Return a feed's subscription to its hub."""
        return subscriptions.of_feed(self._connection, feed_id)

    def subscription_by_token(self, token: str) -> Subscription | None:
        """Return the subscription that a hub's call is about."""
        return subscriptions.by_token(self._connection, token)

    def save_subscription(self, subscription: Subscription, *, verified: bool = False) -> None:
        """Store a feed's subscription, counting a verification, and give up its lease."""
        subscriptions.save(self._connection, subscription, verified=verified)

    def free_subscription(self, feed_id: int) -> None:
        """Give up the lease of a subscription that stands as it is."""
        subscriptions.free(self._connection, feed_id)

    def drop_subscription(self, feed_id: int) -> None:
        """Forget a feed's subscription."""
        subscriptions.drop(self._connection, feed_id)

    def leave_hub(self, feed_id: int, now: datetime) -> None:
        """Have us unsubscribed from a feed's hub."""
        subscriptions.leave(self._connection, now, feed_id)

    def note_push(self, feed_id: int, now: datetime) -> None:
        """Note when a feed's hub pushed last."""
        subscriptions.note_push(self._connection, feed_id, now)

    def postpone_subscription(self, feed_id: int, *, until: datetime, error: str) -> None:
        """Put off asking a hub for a reason of our own."""
        subscriptions.postpone(self._connection, feed_id, until, error)

    def postpone_feed(self, feed_id: int, *, until: datetime, error: str) -> None:
        """Put off a feed whose refresh failed for a reason of our own."""
        feeds.postpone(self._connection, feed_id, until, error)

    def save_entries(
        self, feed: Feed, plans: Iterable[EntryPlan], *, silent: bool, now: datetime
    ) -> None:
        """Insert new entries and update changed ones, due for reading at once."""
        entries.save(self._connection, feed, plans, silent=silent, now=now)

    def finish_entry(
        self, entry: Entry, article: Article, page: PageRead, *, again_at: datetime | None
    ) -> None:
        """Mark an entry as read, give up its lease, and note when its page is due again."""
        entries.finish(self._connection, entry, article, page, again_at)

    def postpone_entry(
        self, entry: Entry, *, until: datetime, error: str, count: bool = True
    ) -> None:
        """Put off an entry, counting the attempt unless our own network is to blame."""
        entries.postpone(self._connection, entry, until, error, count=count)

    # --- articles and stories ---------------------------------------------------------------

    def article_by_key(self, key: str) -> Article | None:
        """Return the article of a page as this unit of work sees it."""
        return articles.by_key(self._connection, key)

    def led_by(self, article_id: int, feed_id: int) -> Sequence[tuple[str, str, bool]]:
        """Return title and text of a feed's entries that led to an article; whether each is still listed."""
        listed = set(feeds.items(self._connection, feed_id).values())
        found = entries.led_to(self._connection, article_id, feed_id)
        return [(title, text, key in listed) for key, title, text in found]

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
        on = self._connection
        story_id = stories.enter(on, placement, extraction.title, now)
        article = articles.add(on, entry, key, extraction, page, story_id, now=now)
        stories.stand(on, article.id, story_id, sketch, placement, now)
        return article

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
        return articles.edit(self._connection, standing, entry, extraction, page, now=now)

    def learn(self, host: str, digests: Collection[int]) -> None:
        """Count one more article of a site, with these paragraphs at its ends."""
        habits.learn(self._connection, host, digests)

    def track(self, site: str, sighting: Sighting, *, now: datetime) -> None:
        """Count one more page of a site, well read or not."""
        tracks.add(self._connection, site, sighting, now)

    def article(self, article_id: int) -> Article | None:
        """Return an article as this unit of work sees it."""
        return articles.by_id(self._connection, article_id)

    def candidates(self, sketch: Sketch, *, since: datetime) -> Sequence[Candidate]:
        """Return stored articles sharing text with `sketch`, in stories last seen after `since`."""
        return stories.candidates(self._connection, sketch, since)

    def articles_placed(self, *, since: datetime, after: int, limit: int) -> Sequence[Article]:
        """Return articles of stories last seen since then, by id, those above `after`."""
        return articles.placed(self._connection, since, after, limit)

    def reclean(self, article: Article, extraction: Extraction, *, now: datetime) -> bool:
        """Give an article the text that its kept page has now; return whether it changed."""
        return articles.reclean(self._connection, article, extraction, now=now)

    def clear_index(self) -> None:
        """Forget what later copies are found by; placing an article puts it in again."""
        index.clear(self._connection)

    def place(
        self, article: Article, sketch: Sketch, placement: Placement, *, now: datetime
    ) -> int:
        """Put a stored article in another story, or anew in its own; return the story's id."""
        return stories.place(self._connection, article, sketch, placement, now)

    def story(self, story_id: int) -> Story:
        """Return a story with its sources, oldest first."""
        return stories.story(self._connection, story_id)

    # --- alerts and deliveries --------------------------------------------------------------

    def standing_alerts(self, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """Return the alert ids that exist for these (rule, key) pairs."""
        return alerts.standing(self._connection, keys)

    def alert_sources(self, alert_id: int) -> Collection[int]:
        """Return the articles that an alert stands for."""
        return alerts.sources(self._connection, alert_id)

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
        return alerts.add(
            self._connection,
            rule=rule,
            key=key,
            kind=kind,
            story_id=story_id,
            article_id=article_id,
            reason=reason,
            now=now,
        )

    def move_alerts(
        self, story_id: int, into: int, *, key: str, into_key: str, now: datetime
    ) -> None:
        """Hand the alerts of a story to the one it goes over into.

        Of two alerts of one rule, that of the other story gets the sources and keeps its key.
        """
        alerts.move(self._connection, story_id, into, key=key, into_key=into_key, now=now)

    def add_source(self, alert_id: int, article_id: int, *, now: datetime) -> None:
        """Note a further article under an alert."""
        alerts.add_source(self._connection, alert_id, article_id, now)

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
        alerts.save_match(
            self._connection, article, match, why, entry_id=entry_id, alert_id=alert_id, now=now
        )

    def enqueue(self, deliveries: Iterable[Delivery]) -> None:
        """Put deliveries in the outbox."""
        outbox.enqueue(self._connection, deliveries)

    def fresh_delivery(self, delivery_id: str) -> Delivery | None:
        """Return a delivery as it stands now; None where it no longer goes out by itself."""
        return outbox.fresh(self._connection, delivery_id)

    def delivery_facts(
        self, delivery: Delivery, *, rate_since: datetime | None, rate_count: int
    ) -> Facts:
        """Return what a verdict on a delivery rests on: what was sent, snoozes, acknowledgement."""
        return outbox.facts(
            self._connection, delivery, rate_since=rate_since, rate_count=rate_count
        )

    def waiting_deliveries(
        self, channel: str, now: datetime, *, besides: Collection[str], limit: int
    ) -> Sequence[Delivery]:
        """Return due alerts of a channel, never tried, oldest first, but for those being sent."""
        return outbox.waiting(
            self._connection, channel, now, owner=self._owner, besides=besides, limit=limit
        )

    def fold(self, digest: Delivery, parts: Sequence[Delivery]) -> None:
        """Put a digest in the outbox and make its parts share its fate."""
        outbox.fold(self._connection, digest, parts)

    def save_conditions(self, keep: Iterable[Condition], drop: Iterable[Condition]) -> None:
        """Store new and changed conditions and forget those that are over."""
        health.save(self._connection, keep, drop)

    def save_delivery(self, delivery: Delivery) -> None:
        """Store state, attempts, error and times of a delivery and give up its lease."""
        outbox.save(self._connection, delivery)

    def save_rest(self, channel: str, until: datetime | None, reason: str = "") -> None:
        """Note until when a channel is left alone and why; None where it is not, or no longer."""
        if until is None:
            outbox.end_rest(self._connection, channel)
        else:
            outbox.save_rest(self._connection, channel, until, reason)

    def postpone_delivery(self, delivery_id: str, *, until: datetime, error: str) -> None:
        """Put off a delivery whose sending failed for a reason of our own."""
        outbox.postpone(self._connection, delivery_id, until, error)
