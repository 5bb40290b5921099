"""Stories: quality on a labelled collection, and cost per text as the index grows.

`python benchmarks/stories.py speed [TEXTS …]` places made-up news texts (two in five are edited
copies) and prints microseconds of CPU per text, texts per second and bytes of index, each time the
index has grown to one of the sizes (default 10,000 and 100,000); beyond 100,000 it is grown by rows
at random, of the same number and size.
`python benchmarks/stories.py quality` scores the collection in the folder `dedup` of
$INGEST_YARDSTICKS, and lists what was joined and split wrongly, by cause.
`python benchmarks/stories.py compare` scores other methods beside ours on the same collection in
the same run: an exact hash, simhash, and MinHash with LSH of datasketch and rensa where they are
installed.
"""

import argparse
import gzip
import json
import math
import os
import re
import sqlite3
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b, sha256
from itertools import combinations
from pathlib import Path
from random import Random

from ingest.model import Candidate, Sketch
from ingest.store.clusterer import Clusterer
from ingest.stories import cluster, facts, near

Place = Callable[[str, str, str], str]
"""Takes id, title and text, returns the id of the first text of its story."""

Pairs = set[frozenset[str]]

COPIES = 0.4
"""Share of copies among the texts, as in the labelled collection."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["speed", "quality", "compare"])
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000])
    asked = parser.parse_args()
    match asked.what:
        case "speed":
            speed(asked.sizes)
        case "quality":
            quality()
        case _:
            compare()


# --- speed ------------------------------------------------------------------------------------


def speed(sizes: list[int]) -> None:
    """Print what a text costs when so many are stored, averaged over the last tenth.

    The last ten thousand, where there are more than a hundred thousand.
    """
    with tempfile.TemporaryDirectory() as folder:
        texts = made_up(Random(1))
        placed = 0
        for size in sorted(sizes):
            last = min(size // 10, 10_000)
            if size > _MOST_MADE:
                inflate(Path(folder), size - last - placed)
            with Clusterer(Path(folder)) as clusterer:
                if size <= _MOST_MADE:
                    fill(clusterer, texts, size - last - placed)
                cost = fill(clusterer, texts, last)
            placed = size
            stored = sum(file.stat().st_size for file in Path(folder).iterdir())
            print(
                f"{size:>9,} texts: {cost * 1e6:5.0f} µs CPU a text, {1 / cost:5,.0f} a second, "
                f"{stored / size:.0f} bytes of index a text",
                flush=True,
            )


_MOST_MADE = 100_000


def inflate(folder: Path, count: int) -> None:
    """Grow an index by the rows of so many texts that nothing is a copy of."""
    with sqlite3.connect(folder / "stories.db") as index:
        (top,) = index.execute("SELECT max(article_id) FROM sketches").fetchone()
        (prints,) = index.execute("SELECT count(*) FROM fingerprints").fetchone()
        (kept,) = index.execute("SELECT count(*) FROM sketches").fetchone()
        stored = round(count * kept / top)
        index.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO sketches SELECT ? + i, ? + i, 0, randomblob(500) FROM n",
            (stored, top, top),
        )
        index.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT OR IGNORE INTO fingerprints "
            "SELECT abs(random()) % 4294967296 / 4 * 4 AS value, 1, ? + 1 + i % ? FROM n ORDER BY 1",
            (stored * prints // kept, top, stored),
        )
    index.close()


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


def collection() -> tuple[list[dict[str, str]], dict[str, str], dict[str, str], Pairs]:
    """Return the texts, the story and the kind of each, and the pairs that are not counted."""
    if "INGEST_YARDSTICKS" not in os.environ:
        sys.exit("set INGEST_YARDSTICKS to the folder with the labelled collections")
    folder = Path(os.environ["INGEST_YARDSTICKS"]) / "dedup"
    labels = json.loads((folder / "labels.json").read_text())
    with gzip.open(folder / "docs.jsonl.gz", "rt") as lines:
        texts = [json.loads(line) for line in lines]
    ignored = {frozenset(pair) for pair in labels["ignore"]}
    return texts, labels["clusters"], labels["kinds"], ignored


def quality() -> None:
    """Print precision, recall, F1 and ARI, and the causes of what went wrong."""
    texts, truth, kinds, ignored = collection()
    with Clusterer(None) as clusterer:
        wanted, found = scored("ours", clusterer.place, texts, truth, ignored)
    sketches = {text["id"]: near.sketch(text["title"], text["text"]) for text in texts}
    joined, split = found - wanted, wanted - found
    tell("joined wrongly, by what they are", (kind(kinds, pair) for pair in joined))
    tell("split wrongly, by what is seen", (cause(sketches, pair) for pair in split))
    edits = (edit for pair in split for edit in edits_of(kinds, pair))
    tell("split wrongly, by edit (a pair has several)", edits)


def tell(title: str, causes: Iterable[str]) -> None:
    print(f"\n{title}")
    for name, count in Counter(causes).most_common(15):
        print(f"{count:5}  {name}")


def kind(kinds: dict[str, str], pair: frozenset[str]) -> str:
    """Return how two texts came about."""
    return " | ".join(sorted(kinds[text] for text in pair))


def edits_of(kinds: dict[str, str], pair: frozenset[str]) -> set[str]:
    """Return the edits that made two texts, `original` where one has none."""
    texts = [kinds[text].removeprefix("edit:") for text in pair]
    return {edit for text in texts for edit in text.split("+")}


def cause(sketches: dict[str, Sketch], pair: frozenset[str]) -> str:
    """Return why two copies stand apart, asked of the two alone."""
    one, other = (sketches[text] for text in sorted(pair))
    common = frozenset(one.samples).intersection(other.samples)
    overlap = cluster.compare(one, other, common)
    if overlap is None:
        return "next to nothing in common: letter errors, or parts of one text that do not meet"
    if cluster.place(other, [Candidate(1, 1, one)]).story_id:
        return "copies, but not found, or found in stories that had begun apart"
    if facts.tell_else(one, other, common, overlap.words):
        return "other numbers and names at the same places: mangled, or in house style"
    if overlap.share < 0.45:
        return "too small a part in common: rewritten, or a brief of an updated text"
    return "neither begins as the other does"


def scored(
    name: str,
    place: Place,
    texts: list[dict[str, str]],
    truth: dict[str, str],
    ignored: Pairs,
) -> tuple[Pairs, Pairs]:
    """Place all texts, print one line of scores, and return the pairs wanted and found."""
    before = time.process_time()
    got = {text["id"]: place(text["id"], text["title"], text["text"]) for text in texts}
    spent = time.process_time() - before
    wanted, found = pairs(truth) - ignored, pairs(got) - ignored
    precision = len(wanted & found) / max(1, len(found))
    recall = len(wanted & found) / max(1, len(wanted))
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    print(
        f"{name:<18} precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}  "
        f"ARI {rand_index(truth, got):.3f}  {spent / len(texts) * 1e6:6.0f} µs CPU a text",
        flush=True,
    )
    return wanted, found


def rand_index(truth: dict[str, str], got: dict[str, str]) -> float:
    """Return the adjusted Rand index of two clusterings (Hubert and Arabie 1985)."""
    both = in_pairs((truth[text], got[text]) for text in truth)
    one, other = in_pairs(truth.values()), in_pairs(got.values())
    by_chance = one * other / math.comb(len(truth), 2)
    return (both - by_chance) / ((one + other) / 2 - by_chance)


def in_pairs(names: Iterable[object]) -> int:
    """Return how many pairs have the same name."""
    return sum(math.comb(count, 2) for count in Counter(names).values())


def pairs(clusters: dict[str, str]) -> Pairs:
    members = defaultdict(list)
    for text, story in clusters.items():
        members[story].append(text)
    return {frozenset(pair) for group in members.values() for pair in combinations(group, 2)}


# --- other methods ----------------------------------------------------------------------------


def compare() -> None:
    """Print the scores of other methods beside ours, each from an empty start, in memory."""
    texts, truth, _, ignored = collection()
    with Clusterer(None) as clusterer:
        scored("ours", clusterer.place, texts, truth, ignored)
    others: dict[str, Place | None] = {
        "exact hash": exact_hash(),
        "simhash, 3 bits": simhash(),
    }
    for threshold in (0.5, 0.7):
        others[f"datasketch {threshold}"] = datasketch(threshold)
    others["rensa 0.5"] = rensa(0.5)
    for name, place in others.items():
        if place is None:
            print(f"{name:<18} not installed")
        else:
            scored(name, place, texts, truth, ignored)


def shingles(text: str) -> list[str]:
    words = re.findall(r"\w+", text.lower())
    return [" ".join(words[at : at + 3]) for at in range(max(1, len(words) - 2))]


def exact_hash() -> Place:
    known: dict[bytes, str] = {}

    def place(name: str, title: str, text: str) -> str:
        return known.setdefault(sha256(" ".join(text.lower().split()).encode()).digest(), name)

    return place


def simhash() -> Place:
    """Charikar's hash of 64 bits, found by any of four quarters (Manku et al. 2007)."""
    quarters: defaultdict[tuple[int, int], list[tuple[int, str]]] = defaultdict(list)

    def place(name: str, title: str, text: str) -> str:
        weights = [0] * 64
        for shingle in shingles(text):
            value = int.from_bytes(blake2b(shingle.encode(), digest_size=8).digest())
            weights = [
                weight + (1 if value >> bit & 1 else -1) for bit, weight in enumerate(weights)
            ]
        own = sum(1 << bit for bit, weight in enumerate(weights) if weight > 0)
        keys = [(at, own >> 16 * at & 0xFFFF) for at in range(4)]
        near = (
            other
            for key in keys
            for value, other in quarters[key]
            if (value ^ own).bit_count() <= 3
        )
        story = next(near, name)
        for key in keys:
            quarters[key].append((own, story))
        return story

    return place


def datasketch(threshold: float) -> Place | None:
    try:
        from datasketch import MinHash, MinHashLSH  # noqa: PLC0415  not a dependency
    except ImportError:
        return None
    index = MinHashLSH(threshold=threshold, num_perm=128)
    stories: dict[str, str] = {}

    def place(name: str, title: str, text: str) -> str:
        own = MinHash(num_perm=128)
        own.update_batch([shingle.encode() for shingle in shingles(text)])
        stories[name] = next((stories[other] for other in index.query(own)), name)
        index.insert(name, own)
        return stories[name]

    return place


def rensa(threshold: float) -> Place | None:
    try:
        from rensa import RMinHash, RMinHashLSH  # noqa: PLC0415  not a dependency
    except ImportError:
        return None
    index = RMinHashLSH(threshold=threshold, num_perm=128, num_bands=32)
    stories: list[str] = []
    hashes: list[RMinHash] = []

    def place(name: str, title: str, text: str) -> str:
        own = RMinHash(num_perm=128, seed=42)
        own.update(shingles(text))
        like = (other for other in index.query(own) if hashes[other].jaccard(own) >= threshold)
        stories.append(next((stories[other] for other in like), name))
        hashes.append(own)
        index.insert(len(stories) - 1, own)
        return stories[-1]

    return place


if __name__ == "__main__":
    main()
