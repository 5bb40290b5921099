"""One pass now: due feeds, their pages, alerts and deliveries, until nothing due is left."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic, sleep

from ingest.app import App, Event, now
from ingest.jobs.read import Read
from ingest.jobs.refresh import Refreshed
from ingest.model import Change, Delivery, DeliveryState, PlacementWhy

SOON = timedelta(seconds=60)
"""A page to be tried again within this time still belongs to the pass that met it."""

MOST_ERRORS = 20
"""Errors spelled out in a summary; the rest is counted."""


@dataclass
class Summary:
    """What one pass came to."""

    feeds: Counter[str] = field(default_factory=Counter)
    """Checks by outcome."""
    pages: Counter[str] = field(default_factory=Counter)
    """Readings by how the page was had."""
    deliveries: Counter[str] = field(default_factory=Counter)
    entries_new: int = 0
    entries_changed: int = 0
    articles_new: int = 0
    articles_changed: int = 0
    stories_new: int = 0
    alerts: int = 0
    errors: list[dict[str, object]] = field(default_factory=list)
    errors_more: int = 0
    complete: bool = True
    """False when time ran out with work still due."""
    seconds: float = 0.0

    def add(self, event: Event) -> None:
        """Count what a job came to."""
        if isinstance(event, Refreshed):
            self._add_feed(event)
        elif isinstance(event, Read):
            self._add_reading(event)
        elif isinstance(event, Delivery):
            self.deliveries[event.state.value] += 1
            if event.state in (DeliveryState.RETRYING, DeliveryState.DEAD):
                self._complain("channel", event.channel, event.last_error)

    def _add_feed(self, event: Refreshed) -> None:
        if event.offline:
            self.feeds["offline"] += 1
            self._complain("feed", event.feed.name, "our own network seems to be down")
            return
        outcome = event.feed.last_outcome
        self.feeds[outcome.value if outcome else "unknown"] += 1
        self.entries_new += event.new
        self.entries_changed += event.changed
        if event.feed.failures:
            self._complain("feed", event.feed.name, event.feed.last_error)

    def _add_reading(self, event: Read) -> None:
        if not event.exchange.again:
            self.pages[event.page.outcome if event.kept else "put_off"] += 1
        self.alerts += event.alerts
        for step in event.steps:
            self.articles_new += step.change is Change.NEW
            self.articles_changed += step.change is Change.TEXT
            self.stories_new += bool(step.placement and step.placement.why is PlacementWhy.NEW)

    def _complain(self, kind: str, name: str, error: str | None) -> None:
        if len(self.errors) < MOST_ERRORS:
            self.errors.append({kind: name, "error": error})
        else:
            self.errors_more += 1

    def to_json(self) -> dict[str, object]:
        """Return the summary as one JSON-ready object."""
        return {
            "feeds": sum(self.feeds.values()),
            "outcomes": dict(sorted(self.feeds.items())),
            "entries_new": self.entries_new,
            "entries_changed": self.entries_changed,
            "pages": dict(sorted(self.pages.items())),
            "articles_new": self.articles_new,
            "articles_changed": self.articles_changed,
            "stories_new": self.stories_new,
            "alerts": self.alerts,
            "deliveries": dict(sorted(self.deliveries.items())),
            "errors": self.errors,
            "errors_more": self.errors_more,
            "complete": self.complete,
            "seconds": round(self.seconds, 3),
        }


def poll(
    app: App,
    *,
    names: Collection[str] = (),
    everything: bool = False,
    force: bool = False,
    max_time_s: float | None = None,
    progress: Callable[[Summary], None] | None = None,
) -> Summary:
    """Work until nothing due is left or the time is up, and return what was done.

    `names` restricts the pass to these feeds and asks them whatever their interval; `everything`
    does so for all feeds. What another process holds by its lease is left to that process.
    """
    summary, began = Summary(), monotonic()
    until = began + max_time_s if max_time_s is not None else float("inf")
    app.listeners.append(summary.add)
    app.only = frozenset(names) or None
    if names or everything or force:
        app.store.request_check(names or None, all=everything, force=force, now=now())
    app.start()
    summary.complete = _work_off(app, until, lambda: progress and progress(summary))
    app.close()
    summary.seconds = monotonic() - began
    return summary


def _work_off(app: App, until: float, tick: Callable[[], object]) -> bool:
    """Look, wait until idle, and look again while pages are to be retried soon."""
    while True:
        for pool in (app.web, app.out):
            pool.look()
            while not pool.wait_idle(0.1):
                tick()
                if monotonic() > until:
                    return False
        again_at = app.store.next_retry_at()
        if again_at is None or again_at > now() + SOON:
            return True
        sleep(min(0.2, max(0.0, until - monotonic())))
        if monotonic() > until:
            return False
