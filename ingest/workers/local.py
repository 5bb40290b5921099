"""Threads of this process that do due work, lane by lane: a site, or a channel, is a lane.

The pool knows nothing of feeds or mails: a `Source` claims rows and does one, a `Gate` says when
a lane may start the next. Rows that this process claimed and did not start are simply left; their
leases are given back when it stops and run out when it is killed.
"""

import heapq
import logging
import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from time import monotonic
from typing import Any, Protocol

from ingest.cores import share_one
from ingest.errors import StoreError
from ingest.model import Exchange

log = logging.getLogger("ingest.workers")

PER_LANE = 16
"""Rows of one lane held at a time, so that one busy site does not fill the queue."""

LEASE_USE_S = 200.0
"""A row that waited this long for its lane is dropped, well before its lease of 300 s runs out."""


class Gate(Protocol):
    """When a lane may start its next exchange; times are monotonic seconds."""

    def try_start(self, lane: str, now: float) -> float:
        """Take a slot and return 0, or return the seconds to wait before asking again."""
        ...

    def finish(self, lane: str, now: float, exchange: Exchange) -> None:
        """Give the slot back, with what the exchange came to."""
        ...


@dataclass(frozen=True)
class Source:
    """One kind of due work."""

    name: str
    claim: Callable[[int, int, Collection[str]], Sequence[Any]]
    """(limit, per lane, busy lanes) to rows leased to this process."""
    lane: Callable[[Any], str]
    work: Callable[[Any], Exchange]
    postpone: Callable[[Any, Exception], None]
    """Put off a row whose job failed for a reason of our own."""
    describe: Callable[[Any], dict[str, object]]
    """The row's ids, for the log."""


@dataclass(frozen=True)
class _Task:
    source: Source
    row: Any
    claimed: float


class Pool:
    """A bounded number of threads working off sources; start, look, idle, stop."""

    def __init__(self, name: str, sources: Sequence[Source], gate: Gate, *, threads: int) -> None:
        self._name, self._gate, self._threads = name, gate, threads
        self._spawned = 0
        self._sources = {source.name: source for source in sources}
        self._wanted = dict.fromkeys(self._sources, False)
        self._in_vain: dict[str, list[str]] = {}
        self._lanes: dict[str, deque[_Task]] = {}
        self._ready: list[tuple[float, str]] = []
        self._running: dict[str, int] = {}
        self._queued = 0
        self._most = threads * 8
        self._tasks: SimpleQueue[tuple[str, _Task] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[str, _Task, Exchange]] = SimpleQueue()
        self._wake = threading.Event()
        self._stopping = False
        self._settled = threading.Event()
        self._looking = threading.Lock()
        self.beat = monotonic()
        """When the dispatcher last turned; a watchdog reads it."""

    def start(self) -> None:
        """Start the dispatcher; the threads start as there is work for them."""
        self._dispatcher = self._spawn(self._dispatch, f"{self._name}-dispatch")

    def _spawn(self, target: Callable[[], None], name: str) -> threading.Thread:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        return thread

    def look(self, *names: str) -> None:
        """Say that there may be due work (of these sources, or of any)."""
        with self._looking:
            for name in names or self._sources:
                self._wanted[name] = True
                self._in_vain.pop(name, None)
            self._settled.clear()
        self._wake.set()

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until all that was due at the last look is done; False when time ran out.

        Raises RuntimeError where the dispatcher has died of a fault of ours.
        """
        settled = self._settled.wait(timeout_s)
        if not settled and not self._dispatcher.is_alive():
            raise RuntimeError(f"the dispatcher of the {self._name} pool has died")
        return settled

    def stop(self, timeout_s: float) -> int:
        """Start nothing more, wait for what runs, and return how much is still running."""
        self._stopping = True
        self._wake.set()
        self._settled.wait(timeout_s)
        for _ in range(self._spawned):
            self._tasks.put(None)
        return sum(self._running.values())

    # --- the dispatcher's thread ------------------------------------------------------------

    def _dispatch(self) -> None:
        share_one()
        while True:
            self.beat = monotonic()
            self._collect()
            if self._stopping:
                self._drop_queue()
                if not self._running:
                    self._settled.set()
                    return
                wait = 0.1
            else:
                self._claim()
                wait = self._start_ready()
                self._settle()
            self._wake.wait(wait)
            self._wake.clear()

    def _settle(self) -> None:
        """Say so when nothing is queued, running or to be claimed."""
        with self._looking:
            if not self._queued and not self._running and not any(self._wanted.values()):
                self._settled.set()

    def _collect(self) -> None:
        """Give back the slots of finished work and let its lanes go on."""
        while not self._done.empty():
            lane, task, exchange = self._done.get()
            now = monotonic()
            self._gate.finish(lane, now, exchange)
            self._running[lane] -= 1
            if not self._running[lane]:
                del self._running[lane]
            if exchange.again and not self._stopping:
                self._lanes.setdefault(lane, deque()).appendleft(task)
                self._queued += 1
            if lane in self._lanes:
                heapq.heappush(self._ready, (now, lane))

    def _claim(self) -> None:
        """Fill the queue from the sources that may have due work."""
        for name, source in self._sources.items():
            room = self._most - self._queued
            if not self._wanted[name] or room < self._most // 2:
                continue
            busy = [lane for lane, tasks in self._lanes.items() if len(tasks) >= PER_LANE // 2]
            if busy and busy == self._in_vain.get(name):
                continue  # only these lanes have more, and none of them has drained since
            self._wanted[name] = False
            try:
                rows = source.claim(room, PER_LANE, busy)
            except StoreError as error:
                log.warning("cannot claim due work: %s", error, extra={"job": name})
                continue
            if not rows and busy:
                self._in_vain[name] = busy
            if rows or busy:
                self._wanted[name] = True
            now = monotonic()
            for row in rows:
                self._enqueue(source.lane(row), _Task(source, row, now))

    def _enqueue(self, lane: str, task: _Task) -> None:
        if lane not in self._lanes:
            self._lanes[lane] = deque()
            heapq.heappush(self._ready, (task.claimed, lane))
        self._lanes[lane].append(task)
        self._queued += 1

    def _start_ready(self) -> float:
        """Start what may start now; return the seconds until it is worth looking again."""
        while self._ready and sum(self._running.values()) < self._threads:
            now = monotonic()
            at, lane = self._ready[0]
            if at > now:
                return min(at - now, 1.0)
            heapq.heappop(self._ready)
            if lane in self._lanes:
                self._start_lane(lane, now)
        return 1.0

    def _start_lane(self, lane: str, now: float) -> None:
        tasks = self._lanes[lane]
        while tasks and now - tasks[0].claimed > LEASE_USE_S:
            tasks.popleft()
            self._queued -= 1
        if tasks and (wait := self._gate.try_start(lane, now)) > 0:
            heapq.heappush(self._ready, (now + wait, lane))
            return
        if tasks:
            self._running[lane] = self._running.get(lane, 0) + 1
            self._queued -= 1
            if sum(self._running.values()) > self._spawned:
                self._add_thread()
            self._tasks.put((lane, tasks.popleft()))
        if tasks:
            heapq.heappush(self._ready, (now, lane))
        else:
            del self._lanes[lane]

    def _add_thread(self) -> None:
        """Start one more thread, or go on with those there are; raises RuntimeError for none."""
        try:
            self._spawn(self._serve, f"{self._name}-{self._spawned}")
        except RuntimeError as error:
            if not self._spawned:
                raise
            log.warning("goes on with %s threads: %s", self._spawned, error)
            self._threads = self._spawned
        else:
            self._spawned += 1

    def _drop_queue(self) -> None:
        self._lanes.clear()
        self._ready.clear()
        self._queued = 0

    # --- the worker threads -----------------------------------------------------------------

    def _serve(self) -> None:
        share_one()
        while (item := self._tasks.get()) is not None:
            lane, task = item
            self._done.put((lane, task, self._do(task)))
            self._wake.set()

    def _do(self, task: _Task) -> Exchange:
        """Do one row; the one place where any failure is caught, kept and stepped over."""
        source, row = task.source, task.row
        try:
            return source.work(row)
        except StoreError as error:
            log.warning("%s not kept: %s", source.name, error, extra=source.describe(row))
            self._postpone(task, error)
        except Exception as error:  # the job boundary
            log.exception("%s failed", source.name, extra=source.describe(row))
            self._postpone(task, error)
        return Exchange()

    def _postpone(self, task: _Task, error: Exception) -> None:
        """Put a row off, so that the next tick does not trip on it; else its lease runs out."""
        try:
            task.source.postpone(task.row, error)
        except StoreError as again:
            log.warning("cannot postpone: %s", again, extra=task.source.describe(task.row))
