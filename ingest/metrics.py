"""Prometheus metrics: what the daemon counts as it works, and how things stand in the database.

There are no series for each feed, of which there may be 100,000: only those that are silent or lose
entries just now are named, `NAMED` of them at most.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from threading import Lock
from time import monotonic

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from ingest import __version__
from ingest.app import Event
from ingest.feeds import completeness
from ingest.jobs.read import Read
from ingest.jobs.refresh import Refreshed
from ingest.jobs.subscribe import Answer, Pushed
from ingest.model import Change, Delivery, Feed, Outcome, PlacementWhy
from ingest.store import Store
from ingest.store.status import Standing

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
NAMED = 1_000
"""Feeds with series of their own; more in trouble at once have one cause, and the counts tell it."""
FRESH_S = 10.0
"""How long an answer serves: with 100,000 feeds it takes some 0.2 s, most of it for counting them."""


class Metrics:
    """Everything shown; fed with events, asked for the page."""

    def __init__(self, store: Store) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        registry = self._registry = CollectorRegistry()
        build = Gauge(
            "ingest_build_info", "Version of the program.", ["version"], registry=registry
        )
        build.labels(__version__).set(1)
        self._checks = _Checks(registry)
        self._readings = _Readings(registry)
        self._deliveries = Counter(
            "ingest_deliveries",
            "Attempts to deliver, by what came of them.",
            ["channel", "state"],
            registry=registry,
        )
        registry.register(_Stock(store))
        ProcessCollector(registry=registry)
        self._lock = Lock()
        self._page, self._until = b"", 0.0

    def add(self, event: Event) -> None:
        """Count what a job came to."""
        if isinstance(event, Refreshed):
            self._checks.add(event)
        elif isinstance(event, Pushed):
            self._checks.add_push(event)
        elif isinstance(event, Read):
            self._readings.add(event)
        elif isinstance(event, Delivery):
            self._deliveries.labels(event.channel, event.state.value).inc()

    def page(self) -> bytes:
        """Return all of it in the text format of Prometheus; made anew after `FRESH_S`.

        Raises StoreError where the database does not answer.
        """
        with self._lock:
            if monotonic() >= self._until:
                self._page = generate_latest(self._registry)
                self._until = monotonic() + FRESH_S
            return self._page


class _Checks:
    """What checks of feeds come to, and what they say of completeness."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._outcomes = Counter(
            "ingest_checks", "Checks of feeds, by outcome.", ["outcome"], registry=registry
        )
        for outcome in (*Outcome, "offline"):
            self._outcomes.labels(str(outcome))
        self._pushes = Counter(
            "ingest_pushes",
            "Calls of hubs that bring entries, by answer.",
            ["answer"],
            registry=registry,
        )
        for answer in (Answer.TAKEN, Answer.IGNORED, Answer.UNKNOWN):
            self._pushes.labels(answer.value)
        self._lag = Histogram(
            "ingest_check_lag_seconds",
            "How long after it was due a feed was checked.",
            buckets=(1, 2, 5, 10, 30, 60, 300, 900, 3600),
            registry=registry,
        )
        self._overlap = Histogram(
            "ingest_check_overlap_ratio",
            "Share of a feed's entries that its check before knew.",
            buckets=(0, 0.1, 0.25, 0.5, 0.75, 0.9, 1),
            registry=registry,
        )
        self._gaps = Counter(
            "ingest_check_gaps", "Checks that knew no entry of the one before.", registry=registry
        )
        self._new = Counter(
            "ingest_entries",
            "New entries, by whether their feed's usual week is known.",
            ["week"],
            registry=registry,
        )
        for known in ("known", "unknown"):
            self._new.labels(known)
        self._edited = Counter(
            "ingest_entries_edited", "Entries edited in their feed.", registry=registry
        )
        self._expected = Counter(
            "ingest_entries_expected",
            "Entries that feeds whose week is known usually have.",
            registry=registry,
        )

    def add(self, event: Refreshed) -> None:
        """Count one check."""
        feed, before = event.feed, event.before
        if event.offline or feed.last_checked_at is None:
            self._outcomes.labels("offline").inc()
            return
        at = feed.last_checked_at
        self._outcomes.labels(str(feed.last_outcome)).inc()
        if before.next_check_at and before.next_check_at <= at:
            self._lag.observe((at - before.next_check_at).total_seconds())
        expected = completeness.expected(feed.memory, before.last_checked_at or at, at)
        self._expected.inc(expected or 0)
        self._new.labels("unknown" if expected is None else "known").inc(event.new)
        self._edited.inc(event.changed)
        if feed.last_outcome is Outcome.FETCHED and before.first_polled_at:
            self._compare(feed, at)

    def add_push(self, event: Pushed) -> None:
        """Count what a hub pushed."""
        self._pushes.labels(event.answer.value).inc()
        self._new.labels("known" if event.week_known else "unknown").inc(event.new)
        self._edited.inc(event.changed)

    def _compare(self, feed: Feed, at: datetime) -> None:
        """Count what the check found of what the one before knew."""
        known = completeness.overlap(feed.memory)
        if known is not None:
            self._overlap.observe(known)
        self._gaps.inc(feed.memory.get("gap_at") == at.isoformat())


class _Readings:
    """What entries become."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._pages = Counter(
            "ingest_pages",
            "Entries read, by how their page was had.",
            ["outcome"],
            registry=registry,
        )
        self._articles = Counter("ingest_articles", "New articles.", registry=registry)
        self._stories = Counter("ingest_stories", "New stories.", registry=registry)
        self._alerts = Counter("ingest_alerts", "Alerts raised by rules.", registry=registry)

    def add(self, event: Read) -> None:
        """Count one reading."""
        if not event.exchange.again:
            self._pages.labels(event.page.outcome if event.kept else "put_off").inc()
        self._alerts.inc(event.alerts)
        for step in event.steps:
            self._articles.inc(step.change is Change.NEW)
            self._stories.inc(bool(step.placement and step.placement.why is PlacementWhy.NEW))


class _Stock(Collector):
    """How things stand in the database, looked up for each page."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Return nothing, so that registering looks nothing up."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges."""
        now = datetime.now(UTC)
        found = self._store.standing(now, named=NAMED)
        yield _gauge("ingest_feeds", "Feeds, by state.", "state", found.feeds)
        yield _gauge(
            "ingest_conditions", "Conditions told of, by kind.", "condition", found.conditions
        )
        due = {queue: each["count"] for queue, each in found.due.items()}
        yield _gauge("ingest_due", "Rows due, by queue.", "queue", due)
        ages = {queue: each["oldest_s"] or 0.0 for queue, each in found.due.items()}
        yield _gauge("ingest_due_age_seconds", "How long the oldest has been due.", "queue", ages)
        outbox = GaugeMetricFamily(
            "ingest_outbox",
            "Deliveries not done, by channel and state.",
            labels=["channel", "state"],
        )
        for labels, count in found.outbox.items():
            outbox.add_metric(labels, count)
        yield outbox
        yield from _trouble(found, now)


def _trouble(found: Standing, now: datetime) -> Iterator[GaugeMetricFamily]:
    """Yield the feeds that are silent or lose entries."""
    quiet: dict[str, float] = {}
    missing: dict[str, float] = {}
    for name, memory in found.silent:
        if usual := completeness.week(memory, now):
            quiet[name] = round((now - usual.last_at).total_seconds())
            missing[name] = round(usual.expected(usual.last_at, now), 1)
    yield _gauge(
        "ingest_feed_silence_seconds", "Time without news of a silent feed.", "feed", quiet
    )
    yield _gauge(
        "ingest_feed_missing_entries", "Entries it usually has in that time.", "feed", missing
    )
    yield GaugeMetricFamily(
        "ingest_feeds_losing_entries",
        "Feeds that may have lost entries.",
        value=found.losing_count,
    )
    gaps = {name: completeness.gaps(memory) for name, memory in found.losing}
    yield _gauge(
        "ingest_feed_gaps",
        "Checks without overlap of a feed that may have lost entries.",
        "feed",
        gaps,
    )


def _gauge(name: str, says: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    """Return a gauge with one label."""
    gauge = GaugeMetricFamily(name, says, labels=[label])
    for key, value in values.items():
        gauge.add_metric([key], value)
    return gauge
