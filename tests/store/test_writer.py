"""The writer: works share a transaction, and none is acknowledged before its commit."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from ingest.errors import StoreError, StoreUnavailable
from ingest.store import writer as writer_module
from ingest.store.engine import open_engine, parse
from ingest.store.writer import Writer, at_end


@pytest.fixture
def engine(database_url: str, tmp_path: Any) -> Iterator[Engine]:
    (tmp_path / "var").mkdir()
    opened = open_engine(parse(database_url), writes=True)
    with opened.begin() as connection:
        connection.execute(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
    yield opened
    opened.dispose()


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    made = Writer(engine)
    yield made
    made.close()


def add(word: str) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.execute(text("INSERT INTO words VALUES (:word)"), {"word": word})
        return word

    return work


def words(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return sorted(connection.scalars(text("SELECT word FROM words")))


def together(writer: Writer, *works: Callable[[Connection], Any]) -> list[Future[Any]]:
    """Ask for works while the writer is held up by another, so that they form one group."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        begun.set()
        go_on.wait(5)

    with ThreadPoolExecutor(len(works) + 1) as pool:
        held = pool.submit(writer.write, hold)
        assert begun.wait(5)
        asked = [pool.submit(writer.write, work) for work in works]
        while writer._queue.qsize() < len(works):
            pass
        go_on.set()
        held.exception(5)
    return asked


def test_works_that_wait_together_share_one_commit(
    writer: Writer, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "GROUP_S", 30.0)
    commits: list[Connection] = []
    event.listen(engine, "commit", commits.append)

    asked = together(writer, *(add(f"w{number}") for number in range(20)))

    assert [each.result() for each in asked] == [f"w{number}" for number in range(20)]
    assert len(words(engine)) == 20
    assert len(commits) == 1


def test_a_failing_work_keeps_nothing_and_harms_no_other(writer: Writer, engine: Engine) -> None:
    def half(connection: Connection) -> None:
        add("half")(connection)
        raise ValueError("no")

    before, failed, after = together(writer, add("before"), half, add("after"))

    assert (before.result(), after.result()) == ("before", "after")
    with pytest.raises(ValueError, match="no"):
        failed.result()
    assert words(engine) == ["after", "before"]


def test_what_the_database_refuses_is_told_to_its_caller_alone(
    writer: Writer, engine: Engine
) -> None:
    one, two, three = together(writer, add("same"), add("same"), add("other"))

    assert (one.result(), three.result()) == ("same", "other")
    with pytest.raises(StoreError, match=r"(?i)unique"):
        two.result()
    assert words(engine) == ["other", "same"]


def test_a_failing_commit_is_told_to_every_caller(writer: Writer, engine: Engine) -> None:
    def fail(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT nonsense FROM nowhere")

    event.listen(engine, "commit", fail, once=True)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(writer.write, add("lost"))

        with pytest.raises(StoreUnavailable):
            first.result(5)

    assert writer.write(add("kept")) == "kept"
    assert words(engine) == ["kept"]


def test_a_lost_connection_fails_the_group_and_the_next_one_works(
    writer: Writer, engine: Engine
) -> None:
    def cut(connection: Connection) -> None:
        connection.connection.dbapi_connection.close()  # type: ignore[union-attr]
        connection.execute(text("SELECT 1"))

    asked = together(writer, add("before"), cut)

    for each in asked:
        with pytest.raises(StoreError) as told:
            each.result()
        assert "PendingRollback" not in str(told.value)
    assert writer.write(add("after")) == "after"
    assert words(engine) == ["after"]


def test_a_caller_goes_on_only_after_the_commit(writer: Writer, engine: Engine) -> None:
    seen: list[list[str]] = []

    def ask(word: str) -> None:
        writer.write(add(word))
        seen.append(words(engine))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, ["a", "b", "c", "d"]))

    assert all(found for found in seen)
    assert max(map(len, seen)) == 4


def test_a_group_is_bounded(
    writer: Writer, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "GROUP_S", 30.0)
    commits: list[Connection] = []
    event.listen(engine, "commit", commits.append)
    count = writer_module.GROUP_SIZE + 10

    together(writer, *(add(f"w{number}") for number in range(count)))

    assert len(words(engine)) == count
    assert len(commits) == 2


def test_closing_finishes_what_was_asked_for(engine: Engine) -> None:
    writer = Writer(engine)
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        begun.set()
        go_on.wait(5)

    with ThreadPoolExecutor(8) as pool:
        pool.submit(writer.write, hold)
        assert begun.wait(5)
        asked = [pool.submit(writer.write, add(f"w{number}")) for number in range(5)]
        while writer._queue.qsize() < 5:
            pass
        closing = pool.submit(writer.close)
        go_on.set()
        closing.result(5)

    assert [each.result() for each in asked] == [f"w{number}" for number in range(5)]
    with pytest.raises(StoreError, match="closed"):
        writer.write(add("late"))


def test_notes_are_kept_together_and_before_what_is_asked_for_later(
    writer: Writer, engine: Engine
) -> None:
    kept: list[Sequence[str]] = []

    def keep(connection: Connection, items: Sequence[str]) -> None:
        kept.append(items)
        for item in items:
            add(item)(connection)

    for number in range(5):
        writer.note(keep, f"n{number}")
    found = writer.write(lambda connection: connection.scalar(text("SELECT count(*) FROM words")))

    assert found == 5
    assert kept == [["n0", "n1", "n2", "n3", "n4"]]


def test_notes_are_kept_soon_though_nothing_else_is_written(writer: Writer, engine: Engine) -> None:
    done = threading.Event()
    event.listen(engine, "commit", lambda _: done.set())

    def keep(connection: Connection, items: Sequence[str]) -> None:
        add(items[0])(connection)

    writer.note(keep, "alone")

    assert done.wait(5)
    writer.close()
    assert words(engine) == ["alone"]


def test_notes_that_fail_are_logged_and_harm_no_other(
    writer: Writer, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(connection: Connection, items: Sequence[str]) -> None:
        for item in items:
            add(item)(connection)

    writer.note(refuse, "same")
    writer.note(refuse, "same")
    writer.write(add("other"))

    assert words(engine) == ["other"]
    assert "will be done again" in caplog.text


def late(*given: str, then: Exception | None = None) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        for word in given:
            at_end(connection, add_all, word)
        if then:
            raise then

    return work


def add_all(connection: Connection, given: Sequence[str]) -> None:
    row = {"word": ",".join(given)}
    connection.execute(text("INSERT INTO words VALUES (:word)"), row)


def test_what_is_left_for_the_end_is_written_together(writer: Writer, engine: Engine) -> None:
    asked = together(writer, late("a", "b"), late("d"))

    assert [each.exception() for each in asked] == [None, None]
    assert words(engine) in (["a,b,d"], ["d,a,b"])


def test_what_a_failed_work_left_for_the_end_is_forgotten(writer: Writer, engine: Engine) -> None:
    asked = together(writer, late("a", "b"), late("c", then=ValueError()), late("d"))

    assert [type(each.exception()) for each in asked] == [type(None), ValueError, type(None)]
    assert words(engine) == ["a,b", "d"]


def test_what_fails_at_the_end_harms_no_other(writer: Writer, engine: Engine) -> None:
    writer.write(add("a"))

    asked = together(writer, add("x"), late("a"), late("y"), late("\udc00"))

    errors = [each.exception() for each in asked]
    assert [type(each) for each in errors] == [type(None), StoreError, type(None), type(errors[3])]
    assert isinstance(errors[3], StoreError | ValueError)
    assert words(engine) == ["a", "x", "y"]


def test_outside_of_works_the_end_is_now(writer: Writer, engine: Engine) -> None:
    writer.write(late("a"))

    with engine.begin() as connection:
        at_end(connection, add_all, "b")

    assert words(engine) == ["a", "b"]


def test_nobody_is_left_waiting_when_the_notes_before_a_work_break_the_connection(
    writer: Writer, engine: Engine
) -> None:
    def cut(connection: Connection, items: Sequence[str]) -> None:
        connection.connection.dbapi_connection.close()  # type: ignore[union-attr]
        connection.execute(text("SELECT 1"))

    with ThreadPoolExecutor(1) as pool:
        writer.note(cut, "note")
        after = pool.submit(writer.write, add("after"))

        with pytest.raises(StoreError):
            after.result(5)
    assert writer.write(add("next")) == "next"
    assert words(engine) == ["next"]


def test_a_write_from_inside_a_write_is_refused_instead_of_hanging(writer: Writer) -> None:
    with pytest.raises(StoreError, match="inside a write"):
        writer.write(lambda _: writer.write(add("inner")))


def test_a_full_disk_is_an_outcome_and_not_the_end(sqlite_url: str, tmp_path: Any) -> None:
    (tmp_path / "var").mkdir()
    engine = open_engine(parse(sqlite_url), writes=True)

    @event.listens_for(engine, "connect")
    def limit(connection: Any, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 20")

    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
    writer = Writer(engine)

    small, large = together(writer, add("small"), add("x" * 500_000))

    with pytest.raises(StoreUnavailable, match="full"):
        large.result()
    assert small.result() == "small"
    assert writer.write(add("little")) == "little"
    assert words(engine) == ["little", "small"]
    writer.close()
    engine.dispose()


def test_a_database_that_another_program_keeps_locked_is_unavailable(
    sqlite_url: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "var").mkdir()
    monkeypatch.setattr("ingest.store.engine.BUSY_TIMEOUT_S", 0.05)
    engine = open_engine(parse(sqlite_url), writes=True)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
    other = sqlite3.connect(tmp_path / "var" / "ingest.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writer = Writer(engine)

    with pytest.raises(StoreUnavailable, match="locked"):
        writer.write(add("late"))
    other.execute("ROLLBACK")

    assert writer.write(add("free")) == "free"
    assert writer.alive()
    writer.close()
    assert not writer.alive()
    other.close()
    engine.dispose()
