"""The pool: every row done once, lanes paced apart, failures stepped over."""

import threading
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic, sleep

import pytest

from ingest.errors import StoreUnavailable
from ingest.model import Exchange
from ingest.workers.local import Pool, Source


class OpenGate:
    """Lets everything start at once."""

    def __init__(self, at_once: int = 1000, delay_s: float = 0.0) -> None:
        self.at_once, self.delay_s = at_once, delay_s
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.ended: dict[str, float] = {}
        self.told: list[tuple[str, int | None]] = []

    def try_start(self, lane: str, now: float) -> float:
        if self.running[lane] >= self.at_once:
            return 0.02
        if (wait := self.ended.get(lane, 0.0) + self.delay_s - now) > 0:
            return wait
        self.running[lane] += 1
        self.most[lane] = max(self.most[lane], self.running[lane])
        return 0.0

    def finish(self, lane: str, now: float, exchange: Exchange) -> None:
        self.running[lane] -= 1
        self.ended[lane] = now
        self.told.append((lane, exchange.status))


class Rows:
    """Rows by lane, claimed as the database would: each once, none of a busy lane."""

    def __init__(self, rows: Sequence[str]) -> None:
        self.left = list(rows)
        self.done: list[str] = []
        self.postponed: list[tuple[str, str]] = []
        self.claims = 0
        self._lock = threading.Lock()

    def claim(self, limit: int, per_lane: int, busy: Collection[str]) -> Sequence[str]:
        self.claims += 1
        taken: list[str] = []
        lanes: Counter[str] = Counter()
        for row in list(self.left):
            lane = row.split("/")[0]
            if lane in busy or lanes[lane] >= per_lane or len(taken) >= limit:
                continue
            lanes[lane] += 1
            self.left.remove(row)
            taken.append(row)
        return taken

    def work(self, row: str) -> Exchange:
        with self._lock:
            self.done.append(row)
        return Exchange(200)

    def postpone(self, row: str, error: Exception) -> None:
        self.postponed.append((row, str(error)))

    def source(self) -> Source:
        return Source(
            "row",
            self.claim,
            lane=lambda row: row.split("/")[0],
            work=self.work,
            postpone=self.postpone,
            describe=lambda row: {"row": row},
        )


@contextmanager
def pool(source: Source, gate: OpenGate, threads: int = 4) -> Iterator[Pool]:
    made = Pool("test", [source], gate, threads=threads)
    made.start()
    try:
        yield made
    finally:
        made.stop(2.0)


def test_every_due_row_is_done_once() -> None:
    rows = Rows([f"site{number % 7}/{number}" for number in range(500)])
    with pool(rows.source(), OpenGate()) as workers:
        workers.look()
        assert workers.wait_idle(10)

    assert sorted(rows.done) == sorted(f"site{number % 7}/{number}" for number in range(500))


def test_a_lane_never_runs_more_than_its_gate_allows() -> None:
    rows = Rows([f"site{number % 3}/{number}" for number in range(60)])
    gate = OpenGate(at_once=1)
    with pool(rows.source(), gate, threads=8) as workers:
        workers.look()
        assert workers.wait_idle(10)

    assert len(rows.done) == 60
    assert set(gate.most.values()) == {1}


def test_a_paced_lane_does_not_hold_up_the_others() -> None:
    slow = [f"slow/{number}" for number in range(200)]
    rows = Rows([*slow, *(f"quick{number}/0" for number in range(100))])
    gate = OpenGate(at_once=1, delay_s=0.2)
    with pool(rows.source(), gate) as workers:
        began = monotonic()
        workers.look()
        while sum(row.startswith("quick") for row in rows.done) < 100:
            assert monotonic() - began < 5
            sleep(0.01)

        assert sum(row.startswith("slow") for row in rows.done) < 40


def test_a_row_that_fails_is_postponed_and_the_rest_goes_on() -> None:
    class Poisoned(Rows):
        def work(self, row: str) -> Exchange:
            if row == "b/1":
                raise ZeroDivisionError("poison")
            return super().work(row)

    rows = Poisoned(["a/0", "b/1", "b/2", "c/3"])
    with pool(rows.source(), OpenGate()) as workers:
        workers.look()
        assert workers.wait_idle(5)

    assert sorted(rows.done) == ["a/0", "b/2", "c/3"]
    assert rows.postponed == [("b/1", "poison")]


def test_a_database_that_is_away_is_asked_again_at_the_next_look() -> None:
    class Away(Rows):
        def claim(self, limit: int, per_lane: int, busy: Collection[str]) -> Sequence[str]:
            if not self.claims:
                self.claims += 1
                raise StoreUnavailable("locked")
            return super().claim(limit, per_lane, busy)

    rows = Away(["a/0"])
    with pool(rows.source(), OpenGate()) as workers:
        workers.look()
        assert workers.wait_idle(5)
        assert rows.done == []
        workers.look()
        assert workers.wait_idle(5)

    assert rows.done == ["a/0"]


def test_stopping_lets_what_runs_finish_and_starts_nothing_more() -> None:
    started, release = threading.Event(), threading.Event()

    class Held(Rows):
        def work(self, row: str) -> Exchange:
            started.set()
            release.wait(5)
            return super().work(row)

    rows = Held(["a/0", "a/1", "a/2"])
    workers = Pool("test", [rows.source()], OpenGate(at_once=1), threads=2)
    workers.start()
    workers.look()
    assert started.wait(5)
    threading.Timer(0.1, release.set).start()

    assert workers.stop(5) == 0
    assert rows.done == ["a/0"]


def test_stopping_gives_up_on_what_does_not_end_in_time() -> None:
    release = threading.Event()

    class Stuck(Rows):
        def work(self, row: str) -> Exchange:
            release.wait(5)
            return super().work(row)

    workers = Pool("test", [Stuck(["a/0"]).source()], OpenGate(), threads=1)
    workers.start()
    workers.look()
    sleep(0.1)

    assert workers.stop(0.2) == 1
    release.set()


def test_the_gate_hears_what_each_exchange_came_to() -> None:
    gate = OpenGate()
    with pool(Rows(["a/0"]).source(), gate) as workers:
        workers.look()
        assert workers.wait_idle(5)
        sleep(0.05)

        assert gate.told == [("a", 200)]


def test_work_that_was_only_begun_goes_on_in_its_lane_before_what_came_later() -> None:
    class Stepwise(Rows):
        def work(self, row: str) -> Exchange:
            is_first = row not in self.done
            super().work(row)
            return Exchange(200, again=is_first)

    rows = Stepwise(["site/1", "site/2"])
    gate = OpenGate(at_once=1)
    with pool(rows.source(), gate) as workers:
        workers.look()
        assert workers.wait_idle(10)

    assert rows.done == ["site/1", "site/1", "site/2", "site/2"]
    assert gate.told == [("site", 200)] * 4


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dispatcher_that_dies_is_not_waited_for() -> None:
    class Broken(OpenGate):
        def try_start(self, lane: str, now: float) -> float:
            raise ZeroDivisionError("a fault of ours")

    workers = Pool("test", [Rows(["a/0"]).source()], Broken(), threads=1)
    workers.start()
    workers.look()

    with pytest.raises(RuntimeError, match="has died"):
        workers.wait_idle(2)


def test_a_pool_goes_on_with_the_threads_that_the_machine_grants(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    start = threading.Thread.start

    def grudging(thread: threading.Thread) -> None:
        if thread.name in ("test-1", "test-2"):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", grudging)
    rows = Rows([f"site{number}/0" for number in range(50)])
    with pool(rows.source(), OpenGate()) as workers:
        workers.look()
        assert workers.wait_idle(10)

    assert len(rows.done) == 50
    assert caplog.messages == ["goes on with 1 threads: can't start new thread"]
