"""What a pass costs: CPU-ms per feed cold, unchanged (304), same bytes without validators, one new entry.

Feeds live on loopback hosts (127.0.x.y), served by a process of their own whose CPU is not counted;
the reference of the same run is a plain `requests` loop over the same unchanged feeds.

    python benchmarks/poll.py [--feeds 300] [--hosts 50] [--entries 33] [--pages]
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import yaml

PARAGRAPH = (
    "In the {n}th report of this kind the harbour office of {place} counted {m} ships, {k} of them "
    "under flags that had not been seen there before, and one whose name nobody could read."
)


def serve(port: int, entries: int, ready: "multiprocessing.synchronize.Event") -> None:
    """Serve any number of feeds and pages from memory; `/round/N` sets how much has been published."""
    state = {"extra": 0, "validators": True}

    def feed(number: int) -> bytes:
        total = entries + state["extra"]
        items = "".join(
            f"<item><title>Report {n} of outlet {number}</title><link>/p/{number}/{n}.html</link>"
            f"<guid isPermaLink='false'>{number}-{n}</guid>"
            f"<pubDate>Mon, 23 Nov 2026 {n % 24:02}:00:00 GMT</pubDate>"
            f"<description>{PARAGRAPH.format(n=n, place=f'Town {number}', m=n * 7 % 100, k=n % 9)} "
            f"{PARAGRAPH.format(n=n + 1, place=f'Port {number}', m=n * 3 % 100, k=n % 7)}"
            "</description></item>"
            for n in range(total, 0, -1)
        )
        return (
            "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>"
            f"<title>Outlet {number}</title><link>/</link><description>d</description>{items}"
            "</channel></rss>"
        ).encode()

    def page(number: int, n: int) -> bytes:
        paragraphs = "".join(
            f"<p>{PARAGRAPH.format(n=n * 10 + i, place=f'Town {number * 37 + i}', m=(n * i) % 97, k=i)}</p>"
            for i in range(1, 8)
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


def run(name: str, command: list[str], feeds: int) -> float:
    """Run a command, print its cost, and return CPU-ms per feed."""
    before = cpu()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    cost = (cpu() - before) * 1000 / feeds
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{name:<28} {cost:8.2f} CPU-ms per feed   (peak so far {peak:.0f} MB)")
    summary = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    if "outcomes" in summary:
        assert not summary["errors"], summary["errors"]
        keys = ("outcomes", "entries_new", "articles_new", "stories_new", "seconds")
        print("   ", {key: summary[key] for key in keys})
    return cost


LOOP = """
import sys, requests
with requests.Session() as session:
    for url in open(sys.argv[1]).read().split():
        session.get(url, headers={"If-None-Match": '"0"'}).content
"""


def main() -> None:
    """Measure one set of rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--entries", type=int, default=33)
    parser.add_argument("--port", type=int, default=18311)
    parser.add_argument("--pages", action="store_true", help="read each entry's page, too")
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
        measure(Path(folder), urls, chosen)
    origin.terminate()


def measure(folder: Path, urls: list[str], chosen: argparse.Namespace) -> None:
    """Run the rounds in a folder."""
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
    listed = folder / "urls"
    listed.write_text("\n".join(urls))
    poll = [sys.executable, "-m", "ingest", "-c", str(config), "poll", "--all", "--json"]
    count = len(urls)

    def say(path: str) -> None:
        urllib.request.urlopen(f"http://127.0.0.1:{chosen.port}{path}").close()

    start = run("start-up alone", [*poll[:5], "status", "--json"], count)
    run("cold, everything new", poll, count)
    unchanged = run("unchanged (304)", poll, count)
    loop = run("  plain requests loop", [sys.executable, "-c", LOOP, str(listed)], count)
    say("/round/1")
    run("one new entry each", poll, count)
    say("/validators/off")
    run("same bytes, no validators", poll, count)
    print(
        f"304 without start-up: {unchanged - start:.2f}; "
        f"ratio to the plain loop: {unchanged / loop:.2f} ({os.cpu_count()} cores)"
    )


if __name__ == "__main__":
    main()
