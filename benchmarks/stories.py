"""Stories: quality on a labelled collection, and cost per text as the index grows.

`python benchmarks/stories.py speed [TEXTS …]` places made-up news texts (two in five are edited
copies) and prints microseconds of CPU per text, texts per second and bytes of index, each time the
index has grown to one of the sizes (default 10,000 and 100,000).
`python benchmarks/stories.py quality` scores the collection in the folder `dedup` of
$INGEST_YARDSTICKS, and lists what was joined and split wrongly, by cause.
"""

import argparse
import gzip
import json
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from random import Random

from ingest.store.clusterer import Clusterer

COPIES = 0.4
"""Share of copies among the texts, as in the labelled collection."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["speed", "quality"])
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000])
    asked = parser.parse_args()
    speed(asked.sizes) if asked.what == "speed" else quality()


# --- speed ------------------------------------------------------------------------------------


def speed(sizes: list[int]) -> None:
    """Print what a text costs when so many are stored, averaged over the last tenth."""
    with tempfile.TemporaryDirectory() as folder:
        clusterer = Clusterer(Path(folder))
        with clusterer:
            texts = made_up(Random(1))
            placed = 0
            for size in sorted(sizes):
                fill(clusterer, texts, size - size // 10 - placed)
                cost = fill(clusterer, texts, size // 10)
                placed = size
                print(
                    f"{size:>9,} texts: {cost * 1e6:5.0f} µs CPU a text, {1 / cost:5,.0f} a second"
                )
        stored = sum(file.stat().st_size for file in Path(folder).iterdir())
    print(f"index: {stored / max(sizes):.0f} bytes a text")


def fill(clusterer: Clusterer, texts: Iterator[tuple[str, str]], count: int) -> float:
    """Place so many texts; return the seconds of CPU of one, not counting the making of it."""
    spent = 0.0
    for number in range(count):
        title, body = next(texts)
        before = time.process_time()
        clusterer.place(str(number), title, body)
        spent += time.process_time() - before
    return spent / max(1, count)


def made_up(random: Random) -> Iterator[tuple[str, str]]:
    """Yield titles and bodies of about 500 words, two in five an edited copy of a recent one."""
    words = vocabulary(random)
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    recent: list[list[str]] = []
    while True:
        if recent and random.random() < COPIES:
            yield edited(random, random.choice(recent))
            continue
        drawn = iter(random.choices(words, weights, k=520))
        text = [sentence(random, [next(drawn) for _ in range(20)]) for _ in range(25)]
        recent = [*recent[-200:], text]
        yield " ".join(text[0].split()[:8]), "\n\n".join(text)


def vocabulary(random: Random) -> list[str]:
    letters = "aaabcdeeeefghiiiklmnnooprrssttuuvw"
    return ["".join(random.choices(letters, k=random.randint(2, 9))) for _ in range(50_000)]


def sentence(random: Random, words: list[str]) -> str:
    words[5] = words[5].title()
    words[11] = str(random.randint(1, 9999))
    return " ".join(words).capitalize() + "."


def edited(random: Random, text: list[str]) -> tuple[str, str]:
    """Return a text with its tail cut, or two sentences replaced, under its own or another title."""
    kept = text[: random.randint(5, 25)]
    kept[len(kept) // 2] = random.choice(text)
    title = random.choice([text[0], text[1]])
    return " ".join(title.split()[:8]), "\n\n".join(kept)


# --- quality ----------------------------------------------------------------------------------


def quality() -> None:
    """Print precision, recall and F1 over pairs, and the causes of what went wrong."""
    if "INGEST_YARDSTICKS" not in os.environ:
        sys.exit("set INGEST_YARDSTICKS to the folder with the labelled collections")
    folder = Path(os.environ["INGEST_YARDSTICKS"]) / "dedup"
    labels = json.loads((folder / "labels.json").read_text())
    truth, kinds = labels["clusters"], labels["kinds"]
    ignored = {frozenset(pair) for pair in labels["ignore"]}
    with gzip.open(folder / "docs.jsonl.gz", "rt") as lines, Clusterer(None) as clusterer:
        texts = [json.loads(line) for line in lines]
        before = time.process_time()
        got = {
            text["id"]: clusterer.place(text["id"], text["title"], text["text"]) for text in texts
        }
        spent = time.process_time() - before
    wanted, found = pairs(truth) - ignored, pairs(got) - ignored
    precision = len(wanted & found) / max(1, len(found))
    recall = len(wanted & found) / max(1, len(wanted))
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    print(f"precision {precision:.4f}  recall {recall:.4f}  F1 {f1:.4f}")
    print(f"{spent / len(texts) * 1e6:.0f} µs CPU a text, from an empty start")
    for name, wrong in (("joined wrongly", found - wanted), ("split wrongly", wanted - found)):
        causes = Counter(" | ".join(sorted(kinds[text] for text in pair)) for pair in wrong)
        print(f"\n{name}: {len(wrong)} pairs")
        for cause, count in causes.most_common(25):
            print(f"{count:5}  {cause}")


def pairs(clusters: dict[str, str]) -> set[frozenset[str]]:
    members = defaultdict(list)
    for text, cluster in clusters.items():
        members[cluster].append(text)
    return {frozenset(pair) for group in members.values() for pair in combinations(group, 2)}


if __name__ == "__main__":
    main()
