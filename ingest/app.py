"""The one place that knows every room: from settings to a working program."""

import gc
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Lock

from ingest import urls
from ingest.alerts.health import Observation
from ingest.config.plan import rules_of, wanted_feeds
from ingest.config.settings import Settings
from ingest.deliver import Channels
from ingest.deliver.settings import host_of
from ingest.feeds.websub import Intent
from ingest.fetch.client import Client, user_agent
from ingest.fetch.politeness import Pacing
from ingest.fetch.robots import Robots
from ingest.jobs.certificates import Certificates
from ingest.jobs.context import Context, Rules
from ingest.jobs.health import look, look_at_rules
from ingest.jobs.outbox import deliver
from ingest.jobs.ports import Doors
from ingest.jobs.read import Read, read
from ingest.jobs.refresh import Refreshed, refresh
from ingest.jobs.subscribe import Answer, Asked, Pushed, confirm, receive, subscribe
from ingest.jobs.traffic import Traffic
from ingest.model import Delivery, Entry, Exchange, Feed, Subscription
from ingest.store import Store
from ingest.workers.local import Pool, Source
from ingest.workers.pages import Pages

POSTPONE = timedelta(minutes=5)
"""How long a row rests whose job failed for a reason of our own."""

HELD_PER_CHANNEL = 4
"""Deliveries claimed of one channel at a time: with four threads for each channel and two of them
at work, channels that do not answer can never fill the queue before the others."""

OUTAGE = Observation(
    "network_down",
    "this machine",
    "Nothing outside can be reached; no feed is blamed for it meanwhile.",
    "Look at the cable, the router, the resolver.",
)

Event = Refreshed | Read | Delivery | Asked | Pushed


def now() -> datetime:
    """Return the current time, aware UTC."""
    return datetime.now(UTC)


class ChannelGate:
    """At most so many deliveries at a time with one channel, so that a slow one holds up no other."""

    def __init__(self, at_once: Callable[[str], int]) -> None:
        self._at_once = at_once
        self._running: dict[str, int] = {}

    def try_start(self, lane: str, now: float) -> float:
        """Take a slot and return 0, or return the seconds to wait before asking again."""
        if self._running.get(lane, 0) >= self._at_once(lane):
            return 0.1
        self._running[lane] = self._running.get(lane, 0) + 1
        return 0.0

    def finish(self, lane: str, now: float, exchange: Exchange) -> None:
        """Give the slot back."""
        self._running[lane] -= 1
        if not self._running[lane]:
            del self._running[lane]


class App:
    """A program at work: store, doors, the configuration in force, and the pools of threads."""

    def __init__(self, settings: Settings, store: Store, *, listens: bool = False) -> None:
        """Put the parts together; `listens` says that hubs can reach us, so that we subscribe."""
        self.settings, self.store, self.listens = settings, store, listens
        self._certificates = Certificates()
        self._client = Client(
            settings.fetch,
            user_agent=user_agent(settings.contact),
            note_certificate=self._certificates.note,
        )
        self._robots = Robots(self._client, settings.fetch)
        self._pages = Pages()
        self._traffic = Traffic()
        self.context = self._context(settings)
        self._client.watch(feed.url for feed in settings.feeds[:64])
        self.listeners: list[Callable[[Event], None]] = []
        self._telling = Lock()
        self.only: Collection[str] | None = None
        """Names of the feeds that may be checked; None: all."""
        pacing = Pacing(settings.fetch)
        sources = [self._feeds(), self._entries()]
        if listens:
            sources.append(self._subscriptions())
        self.web = Pool("web", sources, pacing, threads=settings.workers)
        threads = min(64, max(8, 4 * len(settings.channels)))
        self.out = Pool("out", [self._deliveries()], ChannelGate(self._at_once), threads=threads)

    def _context(self, settings: Settings) -> Context:
        channels = Channels(
            settings.channels, base_url=settings.web.base_url, note=self._certificates.note
        )
        hosts = {name: host_of(channel) for name, channel in settings.channels.items()}
        return Context(
            doors=Doors(
                self._client, self._robots, self.store, channels, extract=self._pages.extract
            ),
            polling=settings.polling,
            fetch=settings.fetch,
            articles=settings.articles,
            stories=settings.stories,
            feeds={feed.called: feed for feed in settings.feeds},
            rules=_settled(Rules(rules_of(settings))),
            sites=settings.site_rules,
            base_url=settings.web.base_url,
            listens=self.listens,
            restraints=settings.channels,
            channel_hosts={name: host for name, host in hosts.items() if host},
            traffic=self._traffic,
            certificates=self._certificates,
            health=settings.health,
        )

    def _at_once(self, channel: str) -> int:
        """Return how many deliveries may go to a channel at a time: two, or one under a rate.

        What is on its way is not yet counted as sent, so a second one might break the rate.
        """
        restraint = self.context.restraints.get(channel)
        return 1 if restraint is not None and restraint.rate else 2

    def apply(self, settings: Settings) -> None:
        """Put a new configuration in force; what is in flight ends under the old one.

        Threads, pacing and the HTTP client's bounds stay as they were at the start.
        """
        self.context = self._context(settings)
        self.settings = settings
        self._traffic.forget()
        self.store.forget_rests()
        self.store.release_held(now())
        self.sync_feeds()

    def take_lists(self, entries: Mapping[str, tuple[str, ...]]) -> None:
        """Put lists that were read anew in force; all else stays as it is."""
        settings = self.settings.model_copy()
        settings.take_entries(dict(entries))
        self.context = replace(self.context, rules=_settled(Rules(rules_of(settings))))
        self.settings = settings

    def sync_feeds(self) -> Mapping[str, int]:
        """Bring the stored feeds in step with the configured ones; return counts by change."""
        return self.store.sync_feeds(wanted_feeds(self.settings), now())

    def look_at_health(self, besides: Sequence[Observation] = ()) -> None:
        """Compare how things stand with what was known of it, and tell the difference."""
        down = [OUTAGE] if self._client.is_down else []
        if look(self.context, now(), besides=[*besides, *down]):
            self.out.look()

    def look_at_rules(self) -> None:
        """Look for rules that match nothing, or everything."""
        if look_at_rules(self.context, now()):
            self.out.look()

    def start(self) -> None:
        """Start the threads; nothing is done before the first look."""
        self.web.start()
        self.out.start()

    def close(self, timeout_s: float = 8.0) -> int:
        """Finish what runs within the time, hand back the rest, and return how much was cut off."""
        with ExitStack() as closing:  # each whatever becomes of the others, the last one first
            closing.callback(self._client.close)
            closing.callback(self.store.close)
            closing.callback(self.store.release_leases)
            closing.callback(self._pages.close)
            left = self.web.stop(timeout_s) + self.out.stop(min(timeout_s, 2.0))
            self.context.doors.channels.close()
        return left

    def _tell(self, event: Event) -> None:
        """Tell the listeners, one event at a time."""
        with self._telling:
            for listener in self.listeners:
                listener(event)

    # --- the three kinds of due work --------------------------------------------------------

    def _feeds(self) -> Source:
        def claim(limit: int, per_lane: int, busy: Collection[str]) -> Sequence[Feed]:
            return self.store.claim_feeds(
                now(), limit, per_site=per_lane, busy_sites=busy, only=self.only
            )

        def work(feed: Feed) -> Exchange:
            done = refresh(feed, self.context, now())
            if done.new or done.changed:
                self.web.look("entry")
            self._tell(done)
            return done.exchange

        def postpone(feed: Feed, error: Exception) -> None:
            until = now() + POSTPONE
            self.store.write(
                lambda tx: tx.postpone_feed(feed.id, until=until, error=_one_line(error))
            )

        return Source(
            "feed",
            claim,
            lane=lambda feed: urls.site(feed.current_url),
            work=work,
            postpone=postpone,
            describe=lambda feed: {"job": "refresh", "feed": feed.name},
        )

    def _entries(self) -> Source:
        def claim(limit: int, per_lane: int, busy: Collection[str]) -> Sequence[Entry]:
            return self.store.claim_entries(now(), limit, per_site=per_lane, busy_sites=busy)

        def work(entry: Entry) -> Exchange:
            done = read(entry, self.context, now())
            if done.alerts:
                self.out.look()
            if not done.exchange.again or done.early:
                self._tell(done)
            return done.exchange

        def postpone(entry: Entry, error: Exception) -> None:
            until = now() + POSTPONE
            self.store.write(
                lambda tx: tx.postpone_entry(entry, until=until, error=_one_line(error))
            )

        return Source(
            "entry",
            claim,
            lane=lambda entry: entry.site,
            work=work,
            postpone=postpone,
            describe=lambda entry: {"job": "read", "entry": entry.id, "feed": entry.feed},
        )

    def _subscriptions(self) -> Source:
        def claim(limit: int, per_lane: int, busy: Collection[str]) -> Sequence[Subscription]:
            return self.store.claim_subscriptions(now(), limit, per_site=per_lane, busy_sites=busy)

        def work(due: Subscription) -> Exchange:
            done = subscribe(due, self.context, now())
            self._tell(done)
            return done.exchange

        def postpone(due: Subscription, error: Exception) -> None:
            until = now() + POSTPONE
            self.store.write(
                lambda tx: tx.postpone_subscription(
                    due.feed_id, until=until, error=_one_line(error)
                )
            )

        return Source(
            "subscription",
            claim,
            lane=lambda due: urls.site(due.hub),
            work=work,
            postpone=postpone,
            describe=lambda due: {"job": "subscribe", "feed": due.feed, "hub": due.hub},
        )

    # --- what hubs say ----------------------------------------------------------------------

    def confirm(self, token: str, intent: Intent) -> Answer:
        """Answer a hub that wants to know whether we meant it."""
        return confirm(token, intent, self.context, now())

    def receive(self, token: str, body: bytes, *, signature: str, content_type: str) -> Pushed:
        """Take what a hub pushes; its entries are read at once."""
        pushed = receive(
            token,
            body,
            signature=signature,
            content_type=content_type,
            context=self.context,
            now=now(),
        )
        if pushed.new or pushed.changed:
            self.web.look("entry")
        self._tell(pushed)
        return pushed

    def _deliveries(self) -> Source:
        def claim(limit: int, per_lane: int, busy: Collection[str]) -> Sequence[Delivery]:
            resting = self._traffic.resting(now())
            return self.store.claim_deliveries(
                now(), limit, busy_channels=[*busy, *resting], per_channel=HELD_PER_CHANNEL
            )

        def work(delivery: Delivery) -> Exchange:
            done = deliver(delivery, self.context, now)
            if done is not None:
                self._tell(done)
                if done.type == "digest":
                    self.out.look()
            return Exchange()

        def postpone(delivery: Delivery, error: Exception) -> None:
            until = now() + POSTPONE
            self.store.write(
                lambda tx: tx.postpone_delivery(delivery.id, until=until, error=_one_line(error))
            )

        return Source(
            "delivery",
            claim,
            lane=lambda delivery: delivery.channel,
            work=work,
            postpone=postpone,
            describe=lambda delivery: {
                "job": "deliver",
                "delivery": delivery.id,
                "channel": delivery.channel,
            },
        )


def _settled(rules: Rules) -> Rules:
    """Return the rules, left out of garbage collection from now on.

    They stay, and looking through those of ten thousand takes longer than matching an article.
    """
    gc.collect()
    gc.freeze()
    return rules


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:500]
