"""What reading a feed costs: feedparser as shipped, without its cleaning, and ours, whole and cut.

Run with `python -m benchmarks.feeds [--entries 40] [--rounds 20]`, where `fastfeedparser` is installed
for comparison with that as well; prints CPU-ms per feed (user and
system, the least of the rounds), everything in one process.
The feed is made up: RSS 2.0 with full texts of about 1.2 kB an entry.
With INGEST_FEED_FILES naming a folder, its feeds are read too and the totals compared.
"""

import argparse
import io
import os
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import feedparser
import feedparser.mixin

from ingest.errors import ParseError
from ingest.feeds import cut, encoding, freshness, parse

URL = "https://example.org/feed.xml"
WORDS = ("harbour", "quay", "crane", "vessel", "cargo", "pilot", "tide", "berth", "keel", "rope")
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Port news</title>
<link>https://example.org/</link><description>All of it</description><language>en</language>"""


def entry(number: int) -> str:
    """Return one item, its words chosen by its number."""
    text = " ".join(WORDS[(number * 7 + at * at) % len(WORDS)] for at in range(120))
    return (
        f"<item><title>Ship {number} arrives</title><link>https://example.org/ship/{number}</link>"
        f"<guid isPermaLink='false'>ship-{number}</guid><dc:creator>Ann Alder</dc:creator>"
        f"<pubDate>Mon, 03 Jun 2024 {number // 60 % 24:02}:{number % 60:02}:00 +0000</pubDate>"
        f"<category>Ships</category><description>{text[:150]} &amp;c.</description>"
        f"<content:encoded><![CDATA[<p>{text}</p><p><a href='/more'>More</a></p>]]>"
        "</content:encoded></item>"
    )


def document(first: int, count: int) -> bytes:
    """Return a feed of items numbered downwards to `first`."""
    items = "\n".join(entry(number) for number in range(first + count - 1, first - 1, -1))
    return f"{HEAD}{items}</channel></rss>".encode()


def cpu_ms(work: Callable[[], object], rounds: int) -> float:
    """Return the least CPU time of some runs, in milliseconds."""
    least = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        least = min(least, time.process_time() - start)
    return least * 1000


def plainly(body: bytes, **options: bool) -> object:
    """Read with feedparser alone, without what our reader lets it remember."""
    ours = feedparser.mixin.make_safe_absolute_uri
    feedparser.mixin.make_safe_absolute_uri = ours.__wrapped__
    try:
        headers = {"content-location": URL}
        return feedparser.parse(io.BytesIO(body), response_headers=headers, **options)
    finally:
        feedparser.mixin.make_safe_absolute_uri = ours


def generated(count: int, rounds: int) -> None:
    """Print the table for the made-up feed."""
    body = document(0, count)
    seen = parse.parse(body, url=URL).items
    text = encoding.readable(encoding.decode(body, None)[0])
    rows: list[tuple[str, Callable[[], object]]] = [
        ("feedparser as shipped", lambda: plainly(body)),
        (
            "feedparser, no cleaning, no links",
            lambda: plainly(body, sanitize_html=False, resolve_relative_uris=False),
        ),
        ("ours, everything new", lambda: parse.parse(body, url=URL)),
    ]
    if find_spec("fastfeedparser"):
        fast = import_module("fastfeedparser").parse
        rows.append(("fastfeedparser", lambda: fast(body)))
    for new in (10, 1, 0):
        later = partial(parse.parse, document(new, count), url=URL, seen=seen)
        rows.append((f"ours, {new} new", later))
    rows.append(("finding and hashing the items", lambda: cut.items(text)))
    rows.append(("hashing the body", lambda: freshness.body_hash(body)))
    print(f"{count} entries, {len(body) / 1000:.0f} kB, CPU-ms per feed")
    for name, work in rows:
        print(f"  {name:<36}{cpu_ms(work, rounds):9.3f}")


def collected(folder: Path) -> None:
    """Print totals over the feeds of a folder."""
    bodies = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    start = time.process_time()
    theirs = [len(feedparser.parse(io.BytesIO(body)).entries) for body in bodies]
    middle = time.process_time()
    ours = [_entries(body) for body in bodies]
    end = time.process_time()
    fewer = sum(mine < their for mine, their in zip(ours, theirs, strict=True))
    print(f"{len(bodies)} files: feedparser {middle - start:.2f} s, ours {end - middle:.2f} s")
    print(f"  entries: feedparser {sum(theirs)}, ours {sum(ours)}; fewer in {fewer} files")


def _entries(body: bytes) -> int:
    try:
        return len(parse.parse(body, url=URL).entries)
    except ParseError:
        return 0


def main() -> None:
    """Run the benchmark."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--entries", type=int, default=40)
    options.add_argument("--rounds", type=int, default=20)
    chosen = options.parse_args()
    generated(chosen.entries, chosen.rounds)
    folder = os.environ.get("INGEST_FEED_FILES")
    if folder:
        collected(Path(folder))


if __name__ == "__main__":
    main()
