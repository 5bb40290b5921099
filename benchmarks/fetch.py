"""What an unchanged feed (304) costs, and a new TLS connection: our client, requests, urllib3.

CPU of the asking process alone (user and system); the origin is a process of its own, on
`HOSTS` loopback addresses. Rounds take turns, so that a busy machine hits all alike; the best
round of each counts. Run: `python -m benchmarks.fetch [exchanges per round]`.
"""

import asyncio
import multiprocessing
import ssl
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import certifi
import requests
import urllib3

from ingest.fetch.client import Client
from ingest.fetch.settings import Fetch
from ingest.model import Request, Validators

CERTS = Path(__file__).parent.parent / "tests" / "fetch" / "certs"
HOSTS = 20
ROUNDS = 5
ETAG = '"5f3c"'
MODIFIED = "Mon, 02 Nov 2026 08:00:00 GMT"
ANSWER = f"HTTP/1.1 304 Not Modified\r\nETag: {ETAG}\r\nDate: {MODIFIED}\r\n\r\n".encode()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    writer.close()


async def _origin(pipe: Connection) -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for number in range(2, HOSTS + 1):
        await asyncio.start_server(_serve, f"127.0.0.{number}", port)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTS / "localhost.pem")
    secure = await asyncio.start_server(_close, "127.0.0.1", 0, ssl=context)
    pipe.send((port, secure.sockets[0].getsockname()[1]))
    await server.serve_forever()


def _run_origin(pipe: Connection) -> None:
    asyncio.run(_origin(pipe))


def _ours(**settings: object) -> Callable[[str], int]:
    client = Client(
        Fetch.model_validate({"allow_networks": ["127.0.0.0/8"], **settings}), user_agent="ingest"
    )
    validators = Validators(ETAG, MODIFIED)
    return lambda url: client.fetch(Request(url, 30, 20_000_000, validators)).status


def _requests(roots: str | None = None) -> Callable[[str], int]:
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=HOSTS))
    headers = {"If-None-Match": ETAG, "If-Modified-Since": MODIFIED}
    verify = roots or True
    return lambda url: session.get(url, headers=headers, timeout=30, verify=verify).status_code


def _urllib3() -> Callable[[str], int]:
    pools = urllib3.PoolManager(num_pools=HOSTS)
    headers = {"If-None-Match": ETAG, "If-Modified-Since": MODIFIED, "User-Agent": "ingest"}
    return lambda url: pools.request("GET", url, headers=headers, timeout=30, retries=False).status


def _cpu_ms(ask: Callable[[str], int], urls: list[str]) -> float:
    before = time.process_time()
    for url in urls:
        if ask(url) != 304:
            raise SystemExit(f"no 304 from {url}")
    return (time.process_time() - before) * 1000 / len(urls)


def main() -> None:
    """Print CPU-ms per exchange of each."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    here, there = multiprocessing.Pipe()
    origin = multiprocessing.Process(target=_run_origin, args=(there,), daemon=True)
    origin.start()
    port, secure = here.recv()
    urls = [f"http://127.0.0.{n % HOSTS + 1}:{port}/feed/{n}.xml" for n in range(count)]
    _race("304", {"ingest": _ours(), "urllib3": _urllib3(), "requests": _requests()}, urls)
    with tempfile.TemporaryDirectory() as folder:
        roots = Path(folder, "roots.pem")  # as many as anybody has, and the origin's
        roots.write_text(Path(certifi.where()).read_text() + (CERTS / "root.pem").read_text())
        urls = [f"https://localhost:{secure}/feed/{n}.xml" for n in range(count // 20)]
        contestants = {
            "ingest": _ours(ca_file=CERTS / "root.pem", allow_networks=["127.0.0.0/8", "::1"]),
            "requests": _requests(str(roots)),
        }
        _race("new TLS connection", contestants, urls)
    origin.terminate()


def _race(what: str, asked: dict[str, Callable[[str], int]], urls: list[str]) -> None:
    best = dict.fromkeys(asked, float("inf"))
    for _ in range(ROUNDS):
        for name, ask in asked.items():
            best[name] = min(best[name], _cpu_ms(ask, urls))
    for name, cost in best.items():
        print(f"{name:10} {cost:.3f} ms CPU per {what}, {cost / best['requests']:.2f} x requests")


if __name__ == "__main__":
    main()
