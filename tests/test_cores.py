"""Threads that work share a core; the main thread and page processes do not."""

import os
import subprocess
import sys
import threading

import pytest

from ingest import cores

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="this machine has one core, or does not say",
)


def on_a_thread() -> set[int]:
    found: list[set[int]] = []

    def ask() -> None:
        cores.share_one()
        found.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return found[0]


def test_threads_share_a_core_and_the_main_thread_keeps_all() -> None:
    before = os.sched_getaffinity(0)

    first, second = on_a_thread(), on_a_thread()

    assert (len(first), first) == (1, second)
    assert first < before == os.sched_getaffinity(0)


def test_a_process_started_by_such_a_thread_may_use_all_again() -> None:
    told: list[str] = []
    program = (
        "import os; from ingest.cores import use_all; before = len(os.sched_getaffinity(0)); "
        "use_all(os.getppid()); print(before, sorted(os.sched_getaffinity(0)))"
    )

    def start() -> None:
        cores.share_one()
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )
        told.append(done.stdout.strip())

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()

    assert told == [f"1 {sorted(os.sched_getaffinity(0))}"]
