"""The long run: the clock that looks for due work, signals, systemd's readiness and watchdog."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING

from apscheduler.schedulers.background import BackgroundScheduler

from ingest import log as logs
from ingest.alerts.health import Observation
from ingest.app import App, Event, now
from ingest.config import lists
from ingest.config.load import load
from ingest.config.nodes import Node, Place
from ingest.config.settings import Settings
from ingest.deliver.heartbeat import beat
from ingest.errors import ConfigError, ConfigErrors, DeliveryError, StoreError
from ingest.jobs.read import Read
from ingest.jobs.refresh import Refreshed
from ingest.jobs.subscribe import Asked, Pushed
from ingest.model import DeliveryState, FeedState
from ingest.store import Store

if TYPE_CHECKING:
    from ingest.listener import Listener

log = logging.getLogger("ingest.daemon")

TICK_S = 1
"""How often each kind of due work is looked for; what a job itself makes due is looked for at once."""

HEALTH_S = 60
"""How often the program looks at its own health."""

RULES_S = 3600
"""How often it looks for rules that match nothing, or everything."""

LISTS_S = 15
"""How often it looks whether files of lists have changed; they count once one look saw no change."""

SIGNAL_S = 1.0
"""How long a signal may wait to be heard at most."""

NOTIFY_S = 1.0

STALL_S = 60.0
"""A dispatcher that has not turned for this long is stuck, and the watchdog hears nothing more."""


def clock(app: App) -> BackgroundScheduler:
    """Return the scheduler that drives due work; the caller starts it and shuts it down."""
    scheduler = BackgroundScheduler(
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    every(scheduler, "due feeds", lambda: app.web.look("feed"), TICK_S)
    every(scheduler, "due pages", lambda: app.web.look("entry"), TICK_S)
    if app.listens:
        every(scheduler, "due subscriptions", lambda: app.web.look("subscription"), TICK_S)
    every(scheduler, "due deliveries", app.out.look, TICK_S)
    return scheduler


def every(
    scheduler: BackgroundScheduler, name: str, work: Callable[[], object], seconds: float
) -> None:
    """Have the scheduler do something every so many seconds, under a name."""
    scheduler.add_job(work, "interval", seconds=seconds, id=name, name=name)


class Systemd:
    """The sd_notify protocol: one datagram a message; silent where systemd did not start us."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        self.watchdog_s = int(environ.get("WATCHDOG_USEC", "0")) / 1e6

    def tell(self, message: str) -> None:
        """Send `READY=1`, `RELOADING=1`, `STOPPING=1`, `WATCHDOG=1` or a `STATUS=`."""
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):
            address = "\0" + address[1:]
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.settimeout(NOTIFY_S)  # a manager that does not listen must not hold us up
            channel.connect(address)
            channel.sendall(message.encode())


_LISTS = "LISTS"
"""Stands among the signals for files of lists that have changed."""


class Daemon:
    """One daemon on one database, until SIGTERM or SIGINT."""

    def __init__(self, app: App, config: Path, systemd: Systemd) -> None:
        self._app, self._config, self._systemd = app, config, systemd
        # Safe to fill from a signal handler, where an Event could wait for itself.
        self._signals: SimpleQueue[str] = SimpleQueue()
        self._refused: list[Observation] = []
        self._lists = lists.Watch()
        self._unread: list[Observation] = []
        self._died = ""

    def run(self) -> None:
        """Work until told to stop; return once everything in flight is finished or handed back.

        Raises RuntimeError when one of our threads died of a fault: whoever supervises the
        daemon starts it anew, and nothing is lost.
        """
        threading.excepthook = self._lose_thread
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            signal.signal(getattr(signal, name), self._hear)
        app = self._app
        app.listeners.append(report)
        app.store.forget_rests()  # of the process before
        scheduler = clock(app)
        every(scheduler, "housekeeping", self._tidy, 3600)
        every(scheduler, "health", self._look, HEALTH_S)
        every(scheduler, "health of rules", self._look_at_rules, RULES_S)
        every(scheduler, "heartbeat", self._beat, HEALTH_S)
        every(scheduler, "lists", self._look_at_lists, LISTS_S)
        if self._systemd.watchdog_s:
            every(scheduler, "watchdog", self._bark, self._systemd.watchdog_s / 3)
        app.start()
        listener = listen(app)
        scheduler.start()
        app.web.look()
        app.out.look()
        self._systemd.tell("READY=1")
        log.info("watching %d feeds", len(app.settings.feeds), extra={"pid": os.getpid()})
        self._wait()
        self._systemd.tell("STOPPING=1")
        scheduler.shutdown(wait=False)
        if listener:
            listener.close()
        left = app.close()
        log.info("stopped", extra={"handed_back": left})
        if self._died:
            raise RuntimeError(f"the thread {self._died} died")

    def _lose_thread(self, lost: threading.ExceptHookArgs) -> None:
        name = lost.thread.name if lost.thread else "unknown"
        trace = (lost.exc_type, lost.exc_value or lost.exc_type(), lost.exc_traceback)
        log.critical("the thread %s died; stopping", name, exc_info=trace)
        self._died = name
        self._signals.put("DIED")

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._signals.put(signal.Signals(number).name)

    def _wait(self) -> None:
        """Sleep between signals; a reload goes back to sleep, anything else ends the wait."""
        while (name := self._heard()) in {"SIGHUP", _LISTS}:
            if name == _LISTS:
                self.read_lists()
            else:
                self.reload()
        log.info("stopping", extra={"signal": name})

    def _heard(self) -> str:
        """Return the next signal, once there is one.

        Waiting without an end might sleep over one that comes just before the wait or is given to
        another thread: its handler is run by this thread, which must wake for that.
        """
        while True:
            with suppress(Empty):
                return self._signals.get(timeout=SIGNAL_S)

    def reload(self) -> None:
        """Read the configuration anew; one with a fault is reported and the old one stays."""
        self._systemd.tell(f"RELOADING=1\nMONOTONIC_USEC={int(monotonic() * 1e6)}")
        try:
            settings = load(self._config, os.environ)
            late = needs_restart(self._app.settings, settings)
            self._app.apply(settings)
        except (ConfigError, StoreError) as error:
            log.error("reload refused, the old configuration stays: %s", error)
            self._refused = [refusal(error)]
            self._look()
        else:
            if late:
                log.warning("these changes wait for a restart: %s", ", ".join(late))
            self._refused, self._unread = [], []
            log.info("reloaded", extra={"feeds": len(settings.feeds), "rules": len(settings.rules)})
        self._systemd.tell("READY=1")

    def _look_at_lists(self) -> None:
        """Have lists read anew that are in files which have changed."""
        if self._lists.have_changed(self._app.settings.lists):
            self._signals.put(_LISTS)

    def read_lists(self) -> None:
        """Read the lists anew; with a fault in one it is reported, and all stay as they are."""
        settings = self._app.settings
        entries, faults = lists.read(settings.lists, Node(None, Place(str(self._config), 0, 0)))
        if faults:
            self._lists.look_again()
            self._refuse_lists(ConfigErrors(faults))
            return
        self._unread = []
        if entries != settings.list_entries:
            self._app.take_lists(entries)
            log.info("lists read anew", extra={"entries": sum(map(len, entries.values()))})

    def _refuse_lists(self, error: ConfigErrors) -> None:
        """Report lists that cannot be read, once as long as the faults stay the same."""
        unread = [refusal(error, "lists")]
        if unread != self._unread:
            log.error("changed lists refused, the old ones stay: %s", error)
            self._unread = unread
            self._look()

    def _bark(self) -> None:
        """Tell systemd that we live, unless a dispatcher or the writer is stuck."""
        if self._turns():
            self._systemd.tell("WATCHDOG=1")
        else:
            log.error("the workers are stuck; leaving the rest to the watchdog")

    def _turns(self) -> bool:
        """Return whether the dispatchers and the writer still do."""
        oldest = min(self._app.web.beat, self._app.out.beat)
        return monotonic() - oldest < STALL_S and self._app.store.writer_alive()

    def _look(self) -> None:
        """Look at the health of the program."""
        try:
            self._app.look_at_health([*self._refused, *self._unread])
        except StoreError as error:
            log.warning("cannot look at the health: %s", error, extra={"job": "health"})

    def _look_at_rules(self) -> None:
        """Look for rules that match nothing, or everything."""
        try:
            self._app.look_at_rules()
        except StoreError as error:
            log.warning("cannot look at the rules: %s", error, extra={"job": "health"})

    def _beat(self) -> None:
        """Tell the dead man's switch that all is well."""
        heartbeat = self._app.settings.health.heartbeat
        if heartbeat is not None and self._turns():
            try:
                beat(heartbeat.get_secret_value())
            except DeliveryError as error:
                log.warning("%s", error, extra={"job": "heartbeat"})

    def _tidy(self) -> None:
        """Drop what is past its retention."""
        try:
            settings = self._app.settings
            counts = self._app.store.prune(
                settings.retention, now(), window=settings.stories.window
            )
        except StoreError as error:
            log.warning("cannot prune: %s", error, extra={"job": "prune"})
        else:
            log.info("pruned", extra={"job": "prune", **counts})


def refusal(error: Exception, what: str = "configuration") -> Observation:
    """Return what is told of a reload that was refused."""
    return Observation(
        "reload_refused",
        what,
        f"What was read before stays in force: {error}",
        "Put it right (`ingest check`) and reload again.",
        timedelta(),
    )


def listen(app: App) -> "Listener | None":
    """Listen for hubs and for who asks for metrics; a fault in that stops nothing else."""
    web, wanted = app.settings.web, app.settings.metrics.enabled
    if not app.listens and not wanted:
        return None
    # What other commands do without: loaded where it is needed.
    from ingest.listener import Listener  # noqa: PLC0415
    from ingest.metrics import Metrics  # noqa: PLC0415

    metrics = Metrics(app.store) if wanted else None
    try:
        listener = Listener(app, metrics)
    except (OSError, ValueError) as error:
        lost = ["no hub can push"] * app.listens + ["no metrics are served"] * wanted
        log.error("cannot listen on %s, %s: %s", web.listen, " and ".join(lost), error)
        return None
    if metrics:
        app.listeners.append(metrics.add)
        log.info("metrics at http://%s/metrics", web.listen)
    return listener


def report(event: Event) -> None:
    """Write one log line for what a job came to: loud where someone should look, else quiet."""
    if isinstance(event, Refreshed) and event.offline:
        log.debug("left until the network is back", extra={"feed": event.feed.name})
    elif isinstance(event, Refreshed):
        feed = event.feed
        extra = {"feed": feed.name, "outcome": feed.last_outcome, "new": event.new}
        level = logging.WARNING if feed.state is FeedState.FAILING else logging.DEBUG
        if event.new or event.changed:
            level = logging.INFO
        log.log(level, feed.last_error or "feed checked", extra=extra)
    elif isinstance(event, Read):
        entry, kept = event.entry, event.kept
        extra = {"entry": entry.id, "feed": entry.feed, "page": event.page.outcome}
        if kept:
            extra |= {
                "article": kept.article.id,
                "story": kept.article.story_id,
                "alerts": kept.alerts,
            }
        log.info("read" if kept else "put off", extra=extra)
    elif isinstance(event, Asked):
        extra = {"feed": event.feed, "error": event.error}
        log.log(logging.WARNING if event.error else logging.INFO, "asked a hub", extra=extra)
    elif isinstance(event, Pushed):
        extra = {"feed": event.feed, "answer": event.answer, "new": event.new}
        log.info("a hub pushed", extra=extra)
    else:
        extra = {"delivery": event.id, "channel": event.channel, "state": event.state}
        bad = event.state in (DeliveryState.RETRYING, DeliveryState.DEAD)
        message = (event.last_error if bad else event.reason) or "delivery"
        log.log(logging.WARNING if bad else logging.INFO, message, extra=extra)


def needs_restart(old: Settings, new: Settings) -> list[str]:
    """Return the names of changed settings that a reload does not put in force."""
    fixed = ("database", "contact", "fetch", "workers", "log", "web", "metrics")
    return [name for name in fixed if getattr(old, name) != getattr(new, name)]


def run(config: Path, settings: Settings, environ: Mapping[str, str]) -> None:
    """Run the daemon on this configuration; raises AlreadyRunning where another one works."""
    logs.setup(settings.log.format, settings.log.level)
    with Store.open(settings.database) as store, store.daemon_lock():
        app = App(settings, store, listens=settings.web.base_url is not None)
        app.sync_feeds()
        Daemon(app, config, Systemd(environ)).run()
