"""Score and time article extraction over the yardstick, beside trafilatura where it is installed.

    INGEST_YARDSTICKS=/path/to/yardsticks python benchmarks/extraction.py [SET …]

Reads `extraction/` below $INGEST_YARDSTICKS (its README says what it measures) and prints the
scorer's own table for each tool, with CPU milliseconds per page taken in the same run.
Another Python with trafilatura may be named in $TRAFILATURA_PYTHON.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

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
        score = [sys.executable, str(yardstick / "score.py"), "--predictions", str(answers)]
        subprocess.run([*score, *chosen], check=True)


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
