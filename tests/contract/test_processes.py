"""Several processes on one database, and processes that are killed."""

import subprocess
import sys
from collections.abc import Sequence

from ingest.store import Store
from tests.contract.samples import MINUTE, NOW, add_feeds, wanted

CLAIM = """
import sys
from ingest.store import Store
from tests.contract.samples import NOW
with Store.open(sys.argv[1]) as store:
    print("open", flush=True)
    input()
    while claimed := store.claim_feeds(NOW, 7, per_site=7):
        print(*(feed.name for feed in claimed), flush=True)
    print("done", flush=True)
    input()
"""
WRITE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from ingest.store import Store
from tests.contract.samples import NOW, delivery
with Store.open(sys.argv[1]) as store, ThreadPoolExecutor(4) as pool:
    def work(number):
        pair = [delivery(number, "one"), delivery(-number, "two")]
        store.write(lambda tx: [tx.enqueue([each]) for each in pair])
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()
    list(pool.map(work, range(1, 100_000)))
"""


def start(script: str, url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", script, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )


def say(child: "subprocess.Popen[str]") -> None:
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()


def lines(child: "subprocess.Popen[str]", until: str) -> Sequence[str]:
    assert child.stdout is not None
    found = []
    for line in child.stdout:
        if line.strip() == until:
            break
        found.append(line.strip())
    return found


def end(child: "subprocess.Popen[str]") -> None:
    child.kill()
    child.communicate()


def test_two_processes_share_the_due_feeds_without_a_double(database_url: str) -> None:
    with Store.open(database_url) as store:
        store.sync_feeds([wanted(f"f{number}") for number in range(150)], NOW)
    children = [start(CLAIM, database_url) for _ in range(2)]
    for child in children:
        lines(child, "open")
    for child in children:
        say(child)

    claimed = [" ".join(lines(child, "done")).split() for child in children]

    for child in children:
        end(child)
    assert sorted(claimed[0] + claimed[1]) == sorted(f"f{number}" for number in range(150))


def test_work_of_a_killed_process_is_taken_up_at_once_and_that_of_a_living_one_is_not(
    database_url: str,
) -> None:
    with Store.open(database_url) as store:
        store.sync_feeds([wanted("a"), wanted("b")], NOW)
        child = start(CLAIM, database_url)
        lines(child, "open")
        say(child)
        lines(child, "done")

        while_it_lives = store.claim_feeds(NOW + MINUTE, 10, per_site=10)
        end(child)
        afterwards = store.claim_feeds(NOW + MINUTE, 10, per_site=10)

    assert while_it_lives == []
    assert [feed.name for feed in afterwards] == ["a", "b"]


def test_a_killed_writer_loses_nothing_it_was_told_is_kept_and_keeps_no_half(
    database_url: str,
) -> None:
    child = start(WRITE, database_url)
    assert child.stdout is not None
    told = [int(child.stdout.readline()) for _ in range(60)]
    child.kill()
    rest, _ = child.communicate()
    told += [int(line) for line in rest.split()]

    with Store.open(database_url) as store:
        kept = {int(row["id"].removeprefix("dlv_")) for row in store.list_deliveries()}
        faults = store.integrity()

    assert set(told) <= kept
    assert kept == {-number for number in kept}
    assert faults == []


def test_what_one_process_writes_another_reads_at_once(database_url: str) -> None:
    with Store.open(database_url) as one, Store.open(database_url) as other:
        add_feeds(one, "a")

        assert [feed.name for feed in other.stored_feeds()] == ["a"]
        assert other.claim_feeds(NOW, 10, per_site=1) == []
