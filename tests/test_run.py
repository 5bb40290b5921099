"""The script that starts everything, and what the unit file and the locks promise."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "run", *arguments], capture_output=True, text=True, check=False, timeout=30
    )


def test_alone_it_lists_its_verbs() -> None:
    listed = run()

    assert listed.returncode == 0
    assert re.findall(r"^\./run (\w+)", listed.stdout, re.MULTILINE) == [
        "demo",
        "test",
        "check",
        "daemon",
        "bench",
        "lock",
    ]


def test_an_unknown_verb_fails_with_the_list() -> None:
    refused = run("tset")

    assert refused.returncode == 1
    assert "no verb tset" in refused.stderr
    assert "./run test" in refused.stderr


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_holds_versions_and_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z0-9].*(?:\n .*)*", text, re.MULTILINE)

    assert len(pins) > 30
    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)
    assert "://" not in text
    assert not re.search(r"^--", text, re.MULTILINE)


def test_the_locks_agree() -> None:
    core, dev = (
        set(re.findall(r"^[a-z0-9].*==[^ ]+", (ROOT / name).read_text("utf-8"), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    )

    assert core <= dev
