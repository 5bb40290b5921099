"""Who holds a lease or the daemon's lock, and whether that process still lives."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from ingest.errors import AlreadyRunning, StoreError
from ingest.store.engine import translated

_PROC = Path("/proc")
_DAEMON_KEY = 0x696E67657374
"""The advisory lock's number on PostgreSQL: `ingest` in ASCII."""


@lru_cache(maxsize=1)
def _machine() -> str:
    """Return `host:boot`; the boot names the process namespace too, since ids mean nothing outside."""
    host = socket.gethostname().replace(":", "_")
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        namespace = os.stat(_PROC / "self/ns/pid").st_ino  # noqa: PTH116  follows the magic link
    except OSError:
        return f"{host}:"
    return f"{host}:{boot}.{namespace}"


def this_process() -> str:
    """Return the lease owner's name of this process, `host:boot:pid:starttime`."""
    pid = os.getpid()
    return f"{_machine()}:{pid}:{_started(pid) or 0}"


def is_dead(owner: str) -> bool:
    """Return whether an owner is known to live no more.

    Decided only for processes of this host since its last boot, by their start time, so that a
    process id used again does not count; any other owner keeps its lease until it runs out.
    """
    machine, _, process = owner.rpartition(":")[0].rpartition(":")
    started = owner.rpartition(":")[2]
    if machine != _machine() or machine.endswith(":") or not process.isdecimal():
        return False
    return _started(int(process)) != started


def _started(pid: int) -> str | None:
    """Return a process's start time in clock ticks since boot (proc(5), field 22 of stat).

    None where there is no such process, or only its unreaped remains.
    """
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    return None if fields[0] in "ZX" else fields[19]


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock file of a database; the kernel frees it however the process ends.

    Raises AlreadyRunning while another process holds it.
    """
    try:
        handle = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"cannot open the lock file {path}: {error.strerror}") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            holder = handle.read(20).strip() or "unknown"
            raise AlreadyRunning(
                f"another daemon (process {holder}) works on this database"
            ) from error
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        yield


@contextmanager
def advisory_lock(engine: Engine) -> Iterator[None]:
    """Hold PostgreSQL's session lock of the daemon on a connection of its own.

    Raises AlreadyRunning while another session holds it.
    """
    engine = engine.execution_options(isolation_level="AUTOCOMMIT")
    with translated(), engine.connect() as connection:
        key = {"key": _DAEMON_KEY}
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
            raise AlreadyRunning(f"another daemon ({_holder(connection)}) works on this database")
        try:
            yield
        finally:
            connection.scalar(text("SELECT pg_advisory_unlock(:key)"), key)


def _holder(connection: Connection) -> str:
    """Return the name that the holder of the daemon's lock gave its connection."""
    query = text(
        "SELECT activity.application_name FROM pg_locks AS locks "
        "JOIN pg_stat_activity AS activity ON activity.pid = locks.pid "
        "WHERE locks.locktype = 'advisory' AND locks.granted AND locks.objsubid = 1 "
        "AND (locks.classid::bigint << 32) + locks.objid::bigint = :key LIMIT 1"
    )
    return connection.scalar(query, {"key": _DAEMON_KEY}) or "unknown"
