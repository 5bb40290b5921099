"""The `match` filter as a process: one answer for each line, before the next is read."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def running(rules: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "ingest", "match", "--rules", str(rules), *options]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    with process:
        yield process


def told(process: "subprocess.Popen[str]") -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def ask(process: "subprocess.Popen[str]", line: object) -> Any:
    assert process.stdin is not None
    process.stdin.write((line if isinstance(line, str) else json.dumps(line)) + "\n")
    process.stdin.flush()
    return told(process)


def test_each_article_is_answered_before_the_next_is_read(tmp_path: Path) -> None:
    rules = tmp_path / "rules.jsonl"
    rules.write_text(
        '{"id": "bad", "query": "(a"}\n{"id": "empty", "query": ""}\nno json\n{"id": "none"}\n'
        '{"id": "düne", "query": "Düne -tag:x"}\n{"id": "feed", "query": "feed:one"}\n',
        encoding="utf-8",
    )

    with running(rules, "--spans") as process:
        faults = [told(process) for _ in range(4)]
        full = ask(
            process, {"id": 1, "title": "🚀 Dune", "text": "x", "feed": "ONE", "tags": ["x"]}
        )
        bare = ask(process, {"id": "b", "title": "🚀 Dune", "text": None})
        broken = ask(process, "{")
        wrong = ask(process, {"id": 7, "title": 7})
        after = ask(process, {"id": 8})

    assert {fault["rule"] for fault in faults} == {"bad", "empty", "none", None}
    assert all(fault["error"] for fault in faults)
    assert full == {"id": 1, "rules": ["feed"], "spans": {"feed": []}}
    assert bare == {"id": "b", "rules": ["düne"], "spans": {"düne": [["title", 2, 6]]}}
    assert broken["id"] is None
    assert broken["error"]
    assert wrong == {"id": 7, "error": "`title` is not a text"}
    assert after == {"id": 8, "rules": [], "spans": {}}
    assert process.returncode == 0


def test_rules_may_come_from_yaml_with_their_scope(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "rules:\n"
        "  - {name: a, query: tank, tags: [red], on: edit, surge: {window: 2h}}\n"
        "  - {name: b, query: tank, notfy: [desk]}\n"
        "  - {name: 4, query: 2031}\n",
        encoding="utf-8",
    )

    with running(rules) as process:
        fault = told(process)
        scoped = ask(process, {"id": 1, "text": "tank", "tags": ["Red"]})
        other = ask(process, {"id": 2, "text": "tank 2031"})

    assert fault["rule"] == "b"
    assert "notfy" in fault["error"]
    assert scoped == {"id": 1, "rules": ["a"]}
    assert other == {"id": 2, "rules": ["4"]}


def test_a_rules_file_that_is_no_yaml_is_a_configuration_error(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: [", encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "ingest", "match", "--rules", str(rules)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == 2
    assert "rules.yaml:" in done.stderr
    assert "Traceback" not in done.stderr
