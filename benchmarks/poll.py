"""What a pass costs: CPU-ms per feed cold, unchanged (304), same bytes without validators, one new entry.

Feeds live on loopback hosts (127.0.x.y), served by a process of their own whose CPU is not counted.
The reference of the same run is a plain `requests` loop over the same feeds, once as people write it
and once with room for a connection to each host; beside it, with `--peers FOLDER` (the `bin` of an
environment that has them), reader (3.26 wants sgmllib3k, too) and rss2email, and newsboat where the
machine has it, each held to know every entry in the end.
What a program needs before it asks the first feed is measured by a pass with nothing to do, and
taken off: a daemon pays it once. Passes that leave all as it was are run by turns, and the least counts.

    python benchmarks/poll.py [--feeds 300] [--hosts 50] [--entries 33] [--pages] [--peers FOLDER]
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import yaml

CHANCE = random.Random(7)
VOCABULARY = [
    "".join(CHANCE.choice(part) for part in ("bdfgklmnprst", "aeiou", "lmnrst", "aeiou", "lnrst"))
    for _ in range(6_000)
]
WEIGHTS = list(accumulate(1 / rank for rank in range(2, len(VOCABULARY) + 2)))

TURNS = 3
"""How often a pass is measured that leaves everything as it was; the least counts."""
CHANGING = {0, 2}
"""The rounds that bring something, and so can be had once."""


def prose(seed: int, words: int) -> str:
    """Return sentences in which words are as unevenly common as in any language."""
    chance = random.Random(seed)
    drawn = chance.choices(VOCABULARY, cum_weights=WEIGHTS, k=words)
    return " ".join(f"{' '.join(drawn[at : at + 15]).capitalize()}." for at in range(0, words, 15))


def serve(port: int, entries: int, ready: "multiprocessing.synchronize.Event") -> None:
    """Serve any number of feeds and pages from memory; `/round/N` sets how much has been published."""
    state = {"extra": 0, "validators": True}

    def feed(number: int) -> bytes:
        total = entries + state["extra"]
        items = "".join(
            f"<item><title>Report {n} of outlet {number}</title><link>/p/{number}/{n}.html</link>"
            f"<guid isPermaLink='false'>{number}-{n}</guid>"
            f"<pubDate>Mon, 23 Nov 2026 {n % 24:02}:00:00 GMT</pubDate>"
            f"<description>{prose(number * 1_000 + n, 60)}</description></item>"
            for n in range(total, 0, -1)
        )
        return (
            "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>"
            f"<title>Outlet {number}</title><link>/</link><description>d</description>{items}"
            "</channel></rss>"
        ).encode()

    def page(number: int, n: int) -> bytes:
        paragraphs = "".join(
            f"<p>{prose(number * 100_000 + n * 10 + i, 45)}</p>" for i in range(1, 8)
        )
        return (
            f"<!doctype html><html lang='en'><head><title>Report {n} of outlet {number}</title></head>"
            f"<body><nav><a href='/'>Home</a></nav><article><h1>Report {n} of outlet {number}</h1>"
            f"{paragraphs}</article><footer>Fine print.</footer></body></html>"
        ).encode()

    cache: dict[tuple[str, int], bytes] = {}

    def answer(path: str, head: str) -> bytes:
        if path.startswith("/round/"):
            state["extra"] = int(path.split("/")[2])
            return b"HTTP/1.1 204 OK\r\nContent-Length: 0\r\n\r\n"
        if path.startswith("/validators/"):
            state["validators"] = path.endswith("on")
            return b"HTTP/1.1 204 OK\r\nContent-Length: 0\r\n\r\n"
        if path == "/robots.txt":
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        etag = f'"{state["extra"]}"'
        extra = ""
        if path.startswith("/f/"):
            if state["validators"]:
                if f"if-none-match: {etag}" in head.lower():
                    return f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode()
                extra = f"ETag: {etag}\r\n"
            body = cache.setdefault((path, state["extra"]), feed(int(path[3:])))
            kind = "application/rss+xml"
        else:
            _, _, number, n = path.split("/")
            body, kind = page(int(number), int(n.removesuffix(".html"))), "text/html; charset=utf-8"
        return (
            f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                text = head.decode("latin-1")
                writer.write(answer(text.split(" ", 2)[1], text))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(connection, "0.0.0.0", port, backlog=1000)
        ready.set()
        await server.serve_forever()

    asyncio.run(main())


def cpu() -> float:
    """Return the CPU seconds of all ended children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


LOOP = """
import sys, requests
from requests.adapters import HTTPAdapter
with requests.Session() as session:
    if sys.argv[2] == "pooled":
        session.mount("http://", HTTPAdapter(pool_connections=10_000))
    for url in open(sys.argv[1]).read().split()[:int(sys.argv[3])]:
        session.get(url, headers={"If-None-Match": '"%s"' % sys.argv[4]}).content
"""

READER = """
import sys, reader
urls = open(sys.argv[1]).read().split()[:int(sys.argv[3])]
with reader.make_reader(sys.argv[2], feed_root=None) as found:
    for url in urls:
        found.add_feed(url, exist_ok=True)
    if urls:
        found.update_feeds(scheduled=False, workers=2)
    print(found.get_entry_counts().total)
"""


@dataclass
class Contestant:
    """A program that polls; `command(count)` is one pass over the first `count` feeds, or over none."""

    name: str
    command: Callable[[int], list[str]]
    known: Callable[[str], int | None]
    """From what a pass printed to the entries known so far; None where that is not its business."""


def run(command: list[str]) -> tuple[float, str]:
    """Run a command and return its CPU seconds and what it printed."""
    before = cpu()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[:4]} failed: {done.stderr[-2000:]}")
    return cpu() - before, done.stdout


def main() -> None:
    """Measure one set of rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--entries", type=int, default=33)
    parser.add_argument("--port", type=int, default=18311)
    parser.add_argument("--pages", action="store_true", help="read each entry's page, too")
    parser.add_argument("--peers", type=Path, help="where other programs are installed")
    chosen = parser.parse_args()
    ready = multiprocessing.Event()
    origin = multiprocessing.Process(
        target=serve, args=(chosen.port, chosen.entries, ready), daemon=True
    )
    origin.start()
    ready.wait()
    urls = [
        f"http://127.0.{n % chosen.hosts // 250}.{n % chosen.hosts % 250 + 1}:{chosen.port}/f/{n}"
        for n in range(chosen.feeds)
    ]
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "urls")
        listed.write_text("\n".join(urls))
        contestants = [ingest(Path(folder), urls, chosen), *loops(listed)]
        if chosen.peers:
            contestants += peers(Path(folder), listed, urls, chosen.peers)
        measure(contestants, chosen)
    origin.terminate()


def ingest(folder: Path, urls: list[str], chosen: argparse.Namespace) -> Contestant:
    """Return our own program, with the feeds configured."""
    config = folder / "ingest.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "database": "sqlite:///bench.db",
                "fetch": {"site_delay": "0s", "per_site": 2, "allow_networks": ["127.0.0.0/8"]},
                "articles": {"full_text": chosen.pages},
                "feeds": [{"url": url} for url in urls],
            }
        )
    )
    total = 0

    def known(printed: str) -> int:
        nonlocal total
        summary = json.loads(printed)
        assert not summary["errors"], summary["errors"]
        total += int(summary["entries_new"])
        return total

    program = [sys.executable, "-m", "ingest", "-c", str(config)]

    def command(count: int) -> list[str]:
        return [*program, "poll", "--json", *(["--all"] if count else ["--max-time", "1ms"])]

    return Contestant("ingest", command, known)


def loops(listed: Path) -> list[Contestant]:
    """Return the plain loops, which fetch and forget."""

    def loop(kind: str) -> Contestant:
        program = [sys.executable, "-c", LOOP, str(listed), kind]
        return Contestant(
            f"requests loop, {kind}",
            lambda count: [*program, str(count), "0"],
            lambda printed: None,
        )

    return [loop("plain"), loop("pooled")]


def peers(folder: Path, listed: Path, urls: list[str], programs: Path) -> list[Contestant]:
    """Return the other programs."""
    reading = [str(programs / "python"), "-c", READER, str(listed), str(folder / "reader.db")]
    config, store = folder / "rss2email.cfg", folder / "rss2email.json"
    feeds = "".join(f"[feed.f{n}]\nurl = {url}\n" for n, url in enumerate(urls))
    config.write_text(f"[DEFAULT]\nto = desk@example.org\nverbose = error\n{feeds}")
    r2e = [str(programs / "r2e"), "-c", str(config), "-d", str(store)]

    def seen(printed: str) -> int:
        return sum(len(feed["seen"]) for feed in json.loads(store.read_text())["feeds"])

    found = [newsboat(folder, listed)] if shutil.which("newsboat") else []
    return [
        *found,
        Contestant("reader", lambda count: [*reading, str(count)], int),
        Contestant(
            "rss2email", lambda count: [*r2e, *(["run", "--no-send"] if count else ["list"])], seen
        ),
    ]


def newsboat(folder: Path, listed: Path) -> Contestant:
    """Return newsboat without its screen."""
    settings = folder / "newsboat"
    settings.write_text("reload-threads 2\n")
    program = [
        "newsboat",
        "-u",
        str(listed),
        "-c",
        str(folder / "newsboat.db"),
        "-C",
        str(settings),
    ]
    return Contestant(
        "newsboat",
        lambda count: [*program, "-x", *(["reload"] if count else []), "print-unread"],
        lambda printed: int(printed.split()[0]),
    )


def by_turns(
    contestants: list[Contestant], count: int, wanted: int, turns: int
) -> Iterator[tuple[Contestant, float]]:
    """Yield the least CPU seconds that each takes for a pass, all having their turns."""
    least: dict[str, float] = {}
    for _ in range(turns):
        for each in contestants:
            spent, printed = run(each.command(count))
            known = each.known(printed) if count else None
            assert known in (None, wanted), f"{each.name} knows {known} entries of {wanted}"
            least[each.name] = min(spent, least.get(each.name, spent))
    for each in contestants:
        yield each, least[each.name]


def measure(contestants: list[Contestant], chosen: argparse.Namespace) -> None:
    """Run the rounds by turns and print what each costs beyond its start."""
    count = chosen.feeds

    def say(path: str) -> None:
        urllib.request.urlopen(f"http://127.0.0.1:{chosen.port}{path}").close()

    rounds = (
        ("cold", "/round/0", 0),
        ("unchanged", "/round/0", 0),
        ("one new", "/round/1", 1),
        ("no validators", "/validators/off", 1),
    )
    print(f"CPU-ms per feed, {count} feeds, {os.cpu_count()} cores; start-up in ms apart")
    print(f"{'':<24}" + "".join(f"{name:>15}" for name in ("start-up", *(r[0] for r in rounds))))
    costs: dict[str, list[float]] = {each.name: [] for each in contestants}
    for number, (_, path, extra) in enumerate(rounds):
        say(path)
        wanted = count * (chosen.entries + extra)
        for each, spent in by_turns(contestants, count, wanted, 1 if number in CHANGING else TURNS):
            costs[each.name].append(spent)
        if number == 0:  # only now is there a database to open
            for each, spent in by_turns(contestants, 0, wanted, TURNS):
                costs[each.name].insert(0, spent)
    for name, (start, *passes) in costs.items():
        row = [start * 1000, *((each - start) * 1000 / count for each in passes)]
        print(f"{name:<24}" + "".join(f"{cost:>15.2f}" for cost in row))
    ours, loop = costs["ingest"], costs["requests loop, plain"]
    print(f"unchanged, in plain loops: {(ours[2] - ours[0]) / (loop[2] - loop[0]):.2f}")


if __name__ == "__main__":
    main()
