"""The one thread that writes: works that wait at the same time share a transaction."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from ingest.errors import StoreError, StoreUnavailable
from ingest.store.engine import in_our_words, translated

T = TypeVar("T")
Work = Callable[[Connection], T]

GROUP_SIZE = 50
GROUP_S = 0.2
"""A commit's fsync is shared by this many works at most, and none waits longer than this for it:
committing every 50 feeds or 200 ms cost least where it was measured."""


STUCK_S = 120.0
"""A transaction that takes longer hangs: waiting for another process's lock ends after 30 s."""


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    done: "Future[Any]" = field(default_factory=Future)


class Writer:
    """Runs works one after another in grouped transactions, each kept whole or not at all."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._busy_since: float | None = None
        self._closed = False
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def write(self, work: Work[T]) -> T:
        """Run `work` and return its result once it is committed; safe from any thread.

        What `work` raises is raised here, and nothing of it is kept.
        Raises StoreUnavailable when the transaction could not begin or be committed.
        """
        if threading.current_thread() is self._thread:
            raise StoreError("a write cannot be asked for from inside a write")
        job = _Job(work)
        with self._closing:
            if self._closed:
                raise StoreError("the database is closed")
            self._queue.put(job)
        return cast(T, job.done.result())

    def close(self) -> None:
        """Finish the works already asked for and stop."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def alive(self) -> bool:
        """Return whether works still get done: the thread lives and is not stuck in one."""
        busy_s = monotonic() - self._busy_since if self._busy_since else 0.0
        return self._thread.is_alive() and busy_s < STUCK_S

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            self._busy_since = monotonic()
            self._run_group(job)
            self._busy_since = None

    def _run_group(self, first: _Job) -> None:
        """Run a transaction's worth of works and let their callers go on after the commit."""
        begun: list[_Job] = []
        answers: list[Callable[[], None]] = []
        try:
            with translated(), self._engine.connect() as connection, connection.begin():
                for job in self._group(first):
                    begun.append(job)
                    answers.append(_run_one(connection, job))
        except BaseException as error:  # noqa: BLE001  handed to the callers; this thread lives on
            for job in begun or [first]:
                failure = StoreUnavailable(str(error) or type(error).__name__)
                failure.__cause__ = error
                job.done.set_exception(failure)
            return
        for answer in answers:
            answer()

    def _group(self, first: _Job) -> Iterator[_Job]:
        """Yield the works that share a transaction: those that wait already, within bounds."""
        yield first
        until = monotonic() + GROUP_S
        for _ in range(GROUP_SIZE - 1):
            if monotonic() > until:
                return
            try:
                job = self._queue.get_nowait()
            except Empty:
                return
            if job is None:
                self._queue.put(None)  # nothing comes after the sign to stop
                return
            yield job


def _run_one(connection: Connection, job: _Job) -> Callable[[], None]:
    """Run a work in a savepoint of its own and return how to tell its caller.

    Raises StoreUnavailable when the savepoint is gone and the whole transaction with it: so does
    SQLite when the disk is full, and a broken connection.
    """
    connection.exec_driver_sql("SAVEPOINT work")
    try:
        with translated():
            result = job.work(connection)
            connection.exec_driver_sql("RELEASE SAVEPOINT work")
    except BaseException as failure:  # noqa: BLE001  handed to the caller who asked for the work
        _undo(connection, failure)
        return partial(job.done.set_exception, failure)
    return partial(job.done.set_result, result)


def _undo(connection: Connection, failure: BaseException) -> None:
    """Take back what a work did, or raise StoreUnavailable with the reason why nothing is left."""
    try:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT work")
        connection.exec_driver_sql("RELEASE SAVEPOINT work")
    except SQLAlchemyError as lost:
        reason = failure if isinstance(failure, StoreError) else in_our_words(lost)
        raise StoreUnavailable(str(reason)) from failure
