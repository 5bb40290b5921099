"""Score and time article extraction over the yardstick, beside trafilatura where it is installed.

    INGEST_YARDSTICKS=/path/to/yardsticks python benchmarks/extraction.py [SET …]

Reads `extraction/` below $INGEST_YARDSTICKS (its README says what it measures) and prints the
scorer's own table for each tool, with CPU milliseconds per page taken in the same run. For ours the
20 worst pages follow, and over all pages that are not exact, where text leaked in or was lost.
Another Python with trafilatura may be named in $TRAFILATURA_PYTHON.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

OURS = [sys.executable, "-m", "ingest", "extract", "--jsonl"]
TRAFILATURA = """
import json, sys
import trafilatura
for line in sys.stdin:
    page = json.loads(line)
    found = trafilatura.bare_extraction(
        page["html"], url=page["url"], fast=True, include_comments=False, with_metadata=True
    )
    answer = found.as_dict() if found else {}
    keys = ("title", "date", "url", "image")
    row = {key: answer.get(key) for key in keys} | {"id": page["id"], "body": answer.get("text")}
    row["authors"] = (answer.get("author") or "").split("; ")
    row["canonical"] = row.pop("url")
    print(json.dumps(row, ensure_ascii=False), flush=True)
"""


def _run(name: str, command: list[str], yardstick: Path, sets: list[str]) -> None:
    print(f"== {name}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder) / "answers.jsonl"
        chosen = ["--sets", *sets] if sets else []
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
        ask = [sys.executable, str(yardstick / "run_cmd.py"), "--out", str(answers)]
        ask += ["--cmd", shlex.join(command), *chosen]
        subprocess.run(ask, check=True, env=environment)
        pages = Path(folder) / "pages.jsonl"
        score = [sys.executable, str(yardstick / "score.py"), "--predictions", str(answers)]
        subprocess.run([*score, *chosen, "--per-page", str(pages)], check=True)
        if command == OURS:
            _show_worst(_rows(pages), {row["id"]: row for row in _rows(answers)}, yardstick)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _show_worst(
    scores: list[dict[str, Any]], answers: dict[str, dict[str, Any]], yardstick: Path
) -> None:
    missed = sorted((row for row in scores if row.get("exact") is False), key=lambda r: r["f1"])
    labels = {
        row["id"]: row
        for name in {row["set"] for row in missed}
        for row in _rows(yardstick / name / "labels.jsonl")
    }
    counts: Counter[str] = Counter()
    for rank, row in enumerate(missed):
        causes = _causes(labels[row["id"]]["body"], answers[row["id"]].get("body") or "")
        counts.update(causes)
        if rank < WORST:
            doubt = " (label in doubt)" if row["suspect"] else ""
            print(f"{row['f1']:.3f} {row['id']} {row['site']}: {'; '.join(causes)}{doubt}")
    print(f"{len(missed)} pages are not exact:", dict(counts.most_common()))


WORST = 20


def _causes(label: str, body: str) -> list[str]:
    """Say what kind of lines one side has that the other lacks, and where they stand."""
    sides = {"leaked": (body, label), "lost": (label, body)}
    found: dict[str, None] = {}
    for verb, (text, other) in sides.items():
        lines = [line for line in text.splitlines() if line.strip()]
        known = _squeezed(other)
        shared = [i for i, line in enumerate(lines) if _squeezed(line) in known]
        for i, line in enumerate(lines):
            if _squeezed(line) not in known:
                above = not shared or i < shared[0]
                place = "above" if above else "below" if i > shared[-1] else "inside"
                found[f"{verb} {place} {'short' if len(line) < 60 else 'running'}"] = None
    return list(found) or ["signs or spaces"]


def _squeezed(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _has_trafilatura(python: str) -> bool:
    done = subprocess.run([python, "-c", "import trafilatura"], capture_output=True, check=False)
    return done.returncode == 0


def main() -> None:
    root = os.environ.get("INGEST_YARDSTICKS")
    if not root:
        sys.exit("set INGEST_YARDSTICKS to the folder that holds extraction/")
    yardstick = Path(root) / "extraction"
    sets = sys.argv[1:] or ["scrapinghub", "newsclean", "fundus"]
    print(json.dumps({"sets": sets}))
    _run("ingest", OURS, yardstick, sets)
    python = os.environ.get("TRAFILATURA_PYTHON", sys.executable)
    if _has_trafilatura(python):
        _run("trafilatura, fast", [python, "-c", TRAFILATURA], yardstick, sets)
    else:
        print("trafilatura is not installed here: no reference")


if __name__ == "__main__":
    main()
