r"""What matching costs: microseconds per article, and in units of the cheapest pass over its words.

One unit is `re.findall(r"\w+", text.lower())` on the same articles in the same run, so figures
compare across machines. A folder holds rules.jsonl and articles.jsonl (as the filter `match` reads
them); without one the yardstick's small set is taken from $INGEST_YARDSTICKS.

    python benchmarks/rules.py [FOLDER…] [--compare]

`--compare` sets two ways beside it that find less: a compiled regular expression for each rule's
words, and all of them in one alternation. They are given few articles, as they take long.
"""

import argparse
import gc
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ingest.model import Document, Rule
from ingest.rules.percolate import RuleSet

PASSES = 4
DEAD = 9
"""Rules whose words no article has, for each of the rules given."""
MOST_BESIDE_DEAD = 10_000
COMPARED = 5
"""Articles given to what is compared: ten thousand expressions take seconds for each."""


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def cost(
    work: Callable[[Document], object], documents: list[Document], times: int = PASSES
) -> tuple[float, float]:
    """Return CPU microseconds per article of the first pass and of the best of all."""
    passes = []
    for _ in range(times):
        before = time.process_time()
        for document in documents:
            work(document)
        passes.append((time.process_time() - before) / len(documents) * 1e6)
    return passes[0], min(passes)


def words_of(rule: dict[str, Any]) -> list[str]:
    return [re.escape(word) for word in re.findall(r"[^\W_]+", rule["query"])]


def one_regex_each(rules: list[dict[str, Any]]) -> Callable[[Document], object]:
    """Return what many begin with: each query's words as one alternation, rule after rule."""
    patterns = [
        re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)
        for rule in rules
        if (words := words_of(rule))
    ]
    return lambda document: [bool(pattern.search(document.text)) for pattern in patterns]


def one_alternation(rules: list[dict[str, Any]]) -> Callable[[Document], object]:
    """Return what comes next: the words of all queries as one alternation."""
    words = sorted({word for rule in rules for word in words_of(rule)})
    pattern = re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)
    return lambda document: pattern.findall(document.text)


def dead(asked: list[dict[str, Any]]) -> Iterator[Rule]:
    """Yield rules that begin like the words of those given and are true of nothing."""
    for row in asked:
        for copy in range(DEAD):
            words = [f"{word}xq{copy}" for word in words_of(row)]
            yield Rule(f"{row['id']}-{copy}", " ".join(words))


def measure(folder: Path, *, compare: bool) -> None:
    asked = rows(folder / "rules.jsonl")
    documents = [
        Document(row["title"], row["text"], row["feed"], tuple(row["tags"]))
        for row in rows(folder / "articles.jsonl")
    ]

    def build() -> RuleSet:
        return RuleSet(live)

    live = [Rule(row["id"], row["query"]) for row in asked]
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
    if len(live) <= MOST_BESIDE_DEAD:
        works[f"beside {DEAD} dead for each"] = RuleSet([*live, *dead(asked)]).names
    gc.freeze()  # as the programs do: rules stay, and are not looked through for garbage
    few: dict[str, Callable[[Document], object]] = {}
    if compare:
        few["a regex for each rule"] = one_regex_each(asked)
        few["one alternation"] = one_alternation(asked)
    costs = {name: cost(work, documents) for name, work in works.items()}
    costs |= {name: cost(work, documents[:COMPARED], times=1) for name, work in few.items()}
    for name, (first, best) in costs.items():
        shown = [f"{value:.0f} µs {value / unit:6.1f} u" for value in (first, best)]
        print(f"  {name:24}{shown[0]:>20}{shown[1]:>20}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  peak memory of the process {peak} MB")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    options.add_argument("--compare", action="store_true", help="beside regular expressions")
    asked = options.parse_args()
    yardsticks = os.environ.get("INGEST_YARDSTICKS")
    if not asked.folders and not yardsticks:
        sys.exit("skipped: no FOLDER given and INGEST_YARDSTICKS is not set")
    for folder in asked.folders or [Path(yardsticks or "") / "match" / "set"]:
        measure(folder, compare=asked.compare)


if __name__ == "__main__":
    main()
