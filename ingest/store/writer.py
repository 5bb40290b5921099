"""The one thread that writes: what waits at the same time shares a transaction.

A work is waited for by its caller. A note is not: many of a kind are written by one statement within
a moment, and losing one costs no more than doing again what it was about.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import attrgetter
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from ingest.cores import share_one
from ingest.errors import StoreError, StoreUnavailable
from ingest.store.engine import translated

log = logging.getLogger("ingest.store")

T = TypeVar("T")
Work = Callable[[Connection], T]
WriteNotes = Callable[[Connection, Sequence[Any]], object]

GROUP_SIZE = 50
GROUP_S = 0.2
"""A commit's fsync is shared by this many works at most, and none waits longer than this for it:
committing every 50 feeds or 200 ms cost least where it was measured."""

MOST_NOTES = 500
"""Notes in a transaction at most; they take about 10 ms."""

STUCK_S = 120.0
"""A transaction that takes longer hangs: waiting for another process's lock ends after 30 s."""


_AT_END = "at the end of the transaction"


def at_end(connection: Connection, write: WriteNotes, item: Any) -> None:
    """Have `write` keep `item` just before the commit, with others that come after one another.

    It is part of the work that asks for it and goes with it where that is taken back; where it
    fails, so does the work. At once on a connection that is not the writer's.
    """
    waiting = connection.info.get(_AT_END)
    if waiting is None:
        write(connection, [item])
    else:
        waiting.append(_Note(write, item))


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    done: "Future[Any]" = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class _Note:
    write: WriteNotes
    item: Any


class _FailedError(Exception):
    """A work, or what one left for the end of the transaction, cannot be kept; says why."""

    def __init__(self, told: BaseException) -> None:
        super().__init__(str(told))
        self.told = told


class Writer:
    """Runs works one after another in grouped transactions, each kept whole or not at all.

    No savepoints: two statements for each work cost more than doing a group again that had a failure.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: SimpleQueue[_Job | _Note | None] = SimpleQueue()
        self._hurry = threading.Event()
        self._busy_since: float | None = None
        self._closed = False
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def write(self, work: Work[T]) -> T:
        """Run `work` and return its result once it is committed; safe from any thread.

        What `work` raises is raised here, and nothing of it is kept. It may be run a second time,
        when nothing of the first was kept.
        Raises StoreUnavailable when the transaction could not begin or be committed.
        """
        if threading.current_thread() is self._thread:
            raise StoreError("a write cannot be asked for from inside a write")
        job = _Job(work)
        self._put(job)
        self._hurry.set()
        return cast(T, job.done.result())

    def note(self, write: WriteNotes, item: Any) -> None:
        """Have `write` keep `item` and others with it, before any work asked for later.

        Returns at once; what fails is logged.
        """
        self._put(_Note(write, item))

    def _put(self, item: _Job | _Note) -> None:
        with self._closing:
            if self._closed:
                raise StoreError("the database is closed")
            self._queue.put(item)

    def close(self) -> None:
        """Finish what was already asked for and stop."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
                self._hurry.set()
        self._thread.join()

    def alive(self) -> bool:
        """Return whether works still get done: the thread lives and is not stuck in one."""
        busy_s = monotonic() - self._busy_since if self._busy_since else 0.0
        return self._thread.is_alive() and busy_s < STUCK_S

    def _run(self) -> None:
        share_one()
        while (first := self._queue.get()) is not None:
            gathered = self._gather(first)
            self._busy_since = monotonic()
            self._run_group(gathered)
            self._busy_since = None

    def _gather(self, first: _Job | _Note) -> list[_Job | _Note]:
        """Return what to begin with: a work at once, notes with what else comes in a moment.

        Notes are let gather: to be woken for each would cost more than to write it.
        """
        if isinstance(first, _Note):
            self._hurry.wait(GROUP_S)
        self._hurry.clear()
        gathered = [first]
        while isinstance(gathered[-1], _Note) and len(gathered) < MOST_NOTES:
            item = self._next()
            if item is None:
                return gathered
            gathered.append(item)
        self._hurry.set()  # there may be more
        return gathered

    def _next(self) -> _Job | _Note | None:
        """Return what comes next; None where nothing waits, or the sign to stop."""
        try:
            item = self._queue.get_nowait()
        except Empty:
            return None
        if item is None:
            self._queue.put(None)  # nothing comes after it
        return item

    def _run_group(self, taken: list[_Job | _Note]) -> None:
        """Run a transaction's worth of works and let their callers go on after the commit.

        `taken` grows by what joins them, so that nobody is left waiting when all of it fails.
        Where one of them fails, nothing is kept yet, and each is run again, alone.
        """
        try:
            answers = self._share(self._group(taken))
        except _FailedError as failed:
            answers = self._each_alone(list(_merged(taken)), failed)
        except BaseException as error:  # noqa: BLE001  handed to the callers; this thread lives on
            answers = [partial(job.done.set_exception, _why(error)) for job in _merged(taken)]
        for answer in answers:
            answer()

    def _each_alone(self, jobs: Sequence[_Job], failed: _FailedError) -> list[Callable[[], None]]:
        """Run each again that failed with others, and return how to tell their callers."""
        if len(jobs) == 1:
            return [partial(jobs[0].done.set_exception, failed.told)]
        return [self._alone(job) for job in jobs]

    def _alone(self, job: _Job) -> Callable[[], None]:
        """Run a work in a transaction of its own and return how to tell its caller."""
        try:
            (answer,) = self._share([job])
        except BaseException as error:  # noqa: BLE001  as above
            return partial(job.done.set_exception, _why(error))
        return answer

    def _share(self, items: Iterable[_Job | _Note]) -> list[Callable[[], None]]:
        """Run works in one transaction and return, once it is committed, how to tell their callers."""
        answers: list[Callable[[], None]] = []
        with (
            translated(),
            self._engine.connect() as connection,
            connection.begin(),
            _ending(connection) as waiting,
        ):
            for job in _merged(items):
                with _failing():
                    answers.append(partial(job.done.set_result, job.work(connection)))
            with _failing():
                _end(connection, waiting)
        return answers

    def _group(self, taken: list[_Job | _Note]) -> Iterator[_Job | _Note]:
        """Yield what shares a transaction: what was taken and what waits already, within bounds."""
        yield from tuple(taken)
        until = monotonic() + GROUP_S
        for _ in range(GROUP_SIZE - 1):
            item = self._next() if monotonic() < until else None
            if item is None:
                return
            taken.append(item)
            yield item


def _merged(items: Iterable[_Job | _Note]) -> Iterator[_Job]:
    """Yield the works, and one more for the notes before each."""
    notes: list[_Note] = []
    for item in items:
        if isinstance(item, _Note):
            notes.append(item)
            continue
        if notes:
            yield _work_of(notes)
            notes = []
        yield item
    if notes:
        yield _work_of(notes)


def _work_of(notes: Sequence[_Note]) -> _Job:
    """Return one work that keeps the notes, each kind by one statement."""
    kinds: dict[WriteNotes, list[Any]] = {}
    for note in notes:
        kinds.setdefault(note.write, []).append(note.item)

    def work(connection: Connection) -> None:
        for write, items in kinds.items():
            write(connection, items)

    job = _Job(work)
    job.done.add_done_callback(_log_failure)
    return job


def _log_failure(done: "Future[Any]") -> None:
    if error := done.exception():
        log.warning("not kept, so it will be done again: %s", error)


@contextmanager
def _ending(connection: Connection) -> Iterator[list[_Note]]:
    """Let works leave things to be written at the end, which is when all went well until then."""
    info, waiting = (
        connection.info,
        list[_Note](),
    )  # a lost connection does not give its `info` any more
    info[_AT_END] = waiting
    try:
        yield waiting
    finally:
        del info[_AT_END]


def _end(connection: Connection, waiting: Sequence[_Note]) -> None:
    """Write what was left for the end."""
    for write, notes in groupby(waiting, attrgetter("write")):
        write(connection, [note.item for note in notes])


@contextmanager
def _failing() -> Iterator[None]:
    """Say of what fails that a work did; but a lost connection is nobody's fault."""
    try:
        with translated():
            yield
    except BaseException as failure:
        cause = failure.__cause__
        if isinstance(cause, DBAPIError) and cause.connection_invalidated:
            raise
        raise _FailedError(failure) from failure


def _why(error: BaseException) -> BaseException:
    """Return what to tell those whose works could not be kept."""
    if isinstance(error, _FailedError):
        return error.told
    failure = StoreUnavailable(str(error) or type(error).__name__)
    failure.__cause__ = error
    return failure
