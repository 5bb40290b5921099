"""Connections to SQLite and PostgreSQL as this program wants them, and their errors in our words."""

import json
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    URL,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Table,
    Text,
    any_,
    bindparam,
    column,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ingest.errors import StoreError, StoreUnavailable
from ingest.store.tables import clean

T = TypeVar("T")

BUSY_TIMEOUT_S = 30.0
"""How long to wait for another process's transaction; ours commit every 200 ms."""

KEPT_OPEN = 16
"""Connections to SQLite that stay open; more come and go, and each of those costs 0.7 ms where a
look-up costs 0.05."""

_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}


def parse(url: str) -> URL:
    """Return the address of a database; raises StoreError for what cannot be one.

    `sqlite:///path` and `postgresql://…` stand for the drivers we use.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError("the database address cannot be read") from error
    backend = parsed.get_backend_name()
    if backend not in _DRIVERS:
        raise StoreError(f"{backend} is not supported; use sqlite:///… or postgresql+psycopg://…")
    return parsed.set(drivername=_DRIVERS[backend])


def open_engine(url: URL, *, writes: bool) -> Engine:
    """Return an engine whose connections may write, or only read."""
    with translated():
        if url.get_backend_name() == "sqlite":
            return _sqlite(url, writes=writes)
        return _postgres(url, writes=writes)


def _sqlite(url: URL, *, writes: bool) -> Engine:
    engine = create_engine(
        _as_file_uri(url, writes=writes),
        connect_args={"timeout": BUSY_TIMEOUT_S, "uri": True, "check_same_thread": False},
        pool_size=KEPT_OPEN,
        max_overflow=-1,
        pool_use_lifo=True,
        json_serializer=to_json,
    )
    event.listen(engine, "connect", _prepare_writer if writes else _prepare_reader)
    # Not by the event "begin": a listener of its kind makes every statement 7 µs dearer (20 to 27).
    engine.dialect.do_begin = _begin_immediate if writes else _begin  # type: ignore[assignment,method-assign]
    return engine


def _as_file_uri(url: URL, *, writes: bool) -> URL:
    """Return the URL with the path as a file URI: a reader must not create a missing file."""
    path = Path(url.database or "").absolute().as_uri()
    return url.set(database=path, query={"mode": "rwc" if writes else "rw", "uri": "true"})


def _prepare_writer(connection: Any, _record: object) -> None:
    _prepare(connection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_size_limit = 67108864")  # bytes left of a long log


def _prepare_reader(connection: Any, _record: object) -> None:
    _prepare(connection)
    connection.execute("PRAGMA query_only = ON")


def _prepare(connection: Any) -> None:
    connection.isolation_level = None  # transactions begin where our events say so
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -8000")  # KiB


def _begin_immediate(connection: Any) -> None:
    """Take the write lock first: a read that turns into a write fails at once under load."""
    connection.execute("BEGIN IMMEDIATE")


def _begin(connection: Any) -> None:
    connection.execute("BEGIN")


def _postgres(url: URL, *, writes: bool) -> Engine:
    options = "-c TimeZone=UTC" + ("" if writes else " -c default_transaction_read_only=on")
    return create_engine(
        url,
        connect_args={
            "application_name": f"ingest {os.getpid()} on {socket.gethostname()}",
            "connect_timeout": 10,
            "options": options,
        },
        pool_pre_ping=True,
        max_overflow=15,
        json_serializer=to_json,
    )


def to_json(value: object) -> str:
    """Return JSON text that any database takes: no NUL and no lone surrogate in any string."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if "\\u0000" in written or clean(written) != written:
        return json.dumps(_cleaned(value), ensure_ascii=False, separators=(",", ":"))
    return written


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value


def insert_new(connection: Connection, table: Table, *returning: Column[Any]) -> Any:
    """Return an insert into `table` that passes over rows which are there already."""
    return _insert_new(connection.dialect.name, table, returning)


@cache
def _insert_new(dialect: str, table: Table, returning: tuple[Column[Any], ...]) -> Any:
    added = insert_into(dialect, table).on_conflict_do_nothing()
    return added.returning(*returning) if returning else added


def insert_into(dialect: str, table: Table) -> Any:
    """Return an insert that knows ON CONFLICT, as this dialect has it."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  large, and not everyone's database

    return postgresql.insert(table)


def among(dialect: str, value: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return whether a value is among those of the parameter `name`, which `as_one` makes.

    One parameter, so that the statement is the same for every number of them: two thirds of the
    cost of IN.
    """
    if dialect == "sqlite":
        given = func.json_each(bindparam(name, type_=Text)).table_valued(
            column("value", value.type)
        )
        return value.in_(select(given.c.value))
    return value == any_(bindparam(name, type_=ARRAY(value.type)))


def as_one(dialect: str, values: Iterable[int | str]) -> str | list[int | str]:
    """Return values as the one parameter of `among`."""
    listed = list(values)
    return to_json(listed) if dialect == "sqlite" else listed


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield `items` in lists of at most `size`."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


@contextmanager
def translated() -> Iterator[None]:
    """Turn SQLAlchemy's errors into StoreUnavailable where waiting may help, else StoreError."""
    try:
        yield
    except NoSuchModuleError as error:
        raise StoreError(f"no database driver: {error}") from error
    except ImportError as error:
        raise StoreError("PostgreSQL needs the driver: pip install 'ingest[postgres]'") from error
    except SQLAlchemyError as error:
        raise in_our_words(error) from error


def in_our_words(error: SQLAlchemyError) -> StoreError:
    """Return the error as an operator should read it, without the statement and its values."""
    if isinstance(error, PoolTimeout):
        return StoreUnavailable("too many database connections are in use")
    if not isinstance(error, DBAPIError):
        return StoreError(f"the database refused: {type(error).__name__}")
    said = str(error.orig).strip().splitlines()
    reason = said[0] if said else type(error.orig).__name__
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        return StoreUnavailable(f"the database is not available: {reason}")
    return StoreError(f"the database refused: {reason}")
