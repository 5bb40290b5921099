"""Who holds a lock, and whether that process lives."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.errors import AlreadyRunning
from ingest.store import Store
from ingest.store.locks import file_lock, is_dead, this_process


def child_owner() -> tuple[str, subprocess.Popen[str]]:
    """Start a process and return the name it would give as the owner of a lease."""
    script = (
        "from ingest.store.locks import this_process; print(this_process(), flush=True); input()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    return child.stdout.readline().strip(), child


def end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate()


def test_a_living_process_is_not_dead() -> None:
    assert not is_dead(this_process())


def test_another_process_is_alive_until_it_is_killed() -> None:
    owner, child = child_owner()

    alive = is_dead(owner)
    end(child)

    assert not alive
    assert is_dead(owner)


def test_a_killed_process_that_nobody_waited_for_is_dead() -> None:
    owner, child = child_owner()

    os.kill(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert is_dead(owner)
    end(child)


def test_a_process_id_used_again_does_not_keep_a_lease() -> None:
    owner, _, started = this_process().rpartition(":")

    assert is_dead(f"{owner}:{int(started) - 1}")


@pytest.mark.parametrize("owner", ["", "x", "other:boot:1:1", "a:b:c:d", f"{'x' * 9}:1", ":::"])
def test_nothing_is_said_of_processes_elsewhere(owner: str) -> None:
    assert not is_dead(owner)


def test_the_lock_file_is_held_by_one_and_names_its_process(tmp_path: Path) -> None:
    path = tmp_path / "db.lock"

    with file_lock(path), pytest.raises(AlreadyRunning, match=str(os.getpid())), file_lock(path):
        pass
    with file_lock(path):
        pass


def test_a_killed_holder_frees_the_lock_file(tmp_path: Path) -> None:
    path = tmp_path / "db.lock"
    script = (
        "import sys, pathlib; from ingest.store.locks import file_lock\n"
        "with file_lock(pathlib.Path(sys.argv[1])): print('held', flush=True); input()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"

    with pytest.raises(AlreadyRunning, match=str(child.pid)), file_lock(path):
        pass
    end(child)

    with file_lock(path):
        pass


def test_one_daemon_at_a_time_on_a_database(database_url: str) -> None:
    with Store.open(database_url) as one, Store.open(database_url) as other:
        with one.daemon_lock(), pytest.raises(AlreadyRunning, match=str(os.getpid())):
            other.daemon_lock().__enter__()
        with other.daemon_lock():
            pass
