r"""What matching costs: microseconds per article, and in units of the cheapest pass over its words.

One unit is `re.findall(r"\w+", text.lower())` on the same articles in the same run, so figures
compare across machines. A folder holds rules.jsonl and articles.jsonl (as the filter `match` reads
them); without one the yardstick's small set is taken from $INGEST_YARDSTICKS.

    python benchmarks/rules.py [FOLDER…] [--regex]
"""

import argparse
import gc
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingest.model import Document, Rule
from ingest.rules.percolate import RuleSet

PASSES = 4


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def cost(work: Callable[[Document], object], documents: list[Document]) -> tuple[float, float]:
    """Return CPU microseconds per article of the first pass and of the best of all."""
    passes = []
    for _ in range(PASSES):
        before = time.process_time()
        for document in documents:
            work(document)
        passes.append((time.process_time() - before) / len(documents) * 1e6)
    return passes[0], min(passes)


def one_regex_each(rules: list[dict[str, Any]]) -> Callable[[Document], object]:
    """Return what many begin with: each query's words as one alternation, rule after rule."""
    patterns = [
        re.compile("|".join(rf"\b{re.escape(word)}\b" for word in words), re.IGNORECASE)
        for rule in rules
        if (words := re.findall(r"[^\W_]+", rule["query"]))
    ]
    return lambda document: [bool(pattern.search(document.text)) for pattern in patterns]


def measure(folder: Path, *, regex: bool) -> None:
    asked = rows(folder / "rules.jsonl")
    documents = [
        Document(row["title"], row["text"], row["feed"], tuple(row["tags"]))
        for row in rows(folder / "articles.jsonl")
    ]

    def build() -> RuleSet:
        return RuleSet(Rule(row["id"], row["query"]) for row in asked)

    before = time.process_time()
    build()
    built = time.process_time() - before
    unit = cost(lambda document: re.findall(r"\w+", document.text.lower()), documents)[1]
    print(f"{folder}: {len(asked)} rules read in {built:.2f} s CPU, {len(documents)} articles")
    print(f"  {'':24}{'first pass':>20}{'best of ' + str(PASSES):>20}   (unit {unit:.0f} µs)")
    works: dict[str, Callable[[Document], object]] = {
        "which rules": build().names,  # a set of its own each: the first pass learns words
        "with passages": build().match,
    }
    gc.freeze()  # as the programs do: rules stay, and are not looked through for garbage
    if regex:
        works["a regex for each rule"] = one_regex_each(asked)
    for name, work in works.items():
        first, best = cost(work, documents)
        shown = [f"{value:.0f} µs {value / unit:6.1f} u" for value in (first, best)]
        print(f"  {name:24}{shown[0]:>20}{shown[1]:>20}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  peak memory of the process {peak} MB")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    options.add_argument("--regex", action="store_true", help="also a compiled regex for each rule")
    asked = options.parse_args()
    yardsticks = os.environ.get("INGEST_YARDSTICKS")
    if not asked.folders and not yardsticks:
        sys.exit("skipped: no FOLDER given and INGEST_YARDSTICKS is not set")
    for folder in asked.folders or [Path(yardsticks or "") / "match" / "set"]:
        measure(folder, regex=asked.regex)


if __name__ == "__main__":
    main()
