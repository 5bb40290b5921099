"""Nothing a server sends can hold the client up, fill its memory or crash it."""

import contextlib
import gzip
import itertools
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import brotli  # type: ignore[import-untyped]
import pytest
from backports import zstd

from ingest.errors import FetchError, HttpStatus, NetworkError, TimedOut, TooLarge
from ingest.fetch.client import Client
from ingest.fetch.settings import Fetch
from ingest.model import Request
from tests.fetch.hostile import Hostile, Script, dripping, ok, read_request, saying

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def forever(part: bytes) -> Iterator[bytes]:
    return itertools.repeat(part)


def silent(sock: socket.socket) -> None:
    while sock.recv(65536):
        pass


def flooding(start: bytes, part: bytes) -> Script:
    return dripping(start, forever(part), pause_s=0)


def resetting(sock: socket.socket) -> None:
    read_request(sock)
    sock.sendall(HEAD + b"Content-Length: 1000\r\n\r\nsome")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def ask(
    client: Client, server: Hostile, *, timeout_s: float = 5, max_bytes: int = 100_000
) -> bytes:
    return client.fetch(Request(server.url(), timeout_s, max_bytes)).body


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(silent, id="says nothing"),
        pytest.param(dripping(b"", forever(b"H")), id="drips its status line"),
        pytest.param(dripping(HEAD, forever(b"A")), id="drips a header"),
        pytest.param(dripping(HEAD, (b"A%d: b\r\n" % n for n in range(90))), id="drips headers"),
        pytest.param(dripping(HEAD + b"\r\n", forever(b"a")), id="drips its body"),
        pytest.param(dripping(CHUNKED, forever(b"1\r\na\r\n")), id="drips chunks"),
        pytest.param(dripping(CHUNKED + b"0\r\n", forever(b"a: b\r\n")), id="drips trailers"),
        pytest.param(
            dripping(b"", forever(b"HTTP/1.1 100 Continue\r\n\r\n")), id="drips 100 Continue"
        ),
        pytest.param(
            dripping(HEAD + b"Content-Length: 9\r\n\r\nab", [b""] * 100), id="stops half-way"
        ),
    ],
)
def test_a_slow_answer_ends_at_the_deadline(client: Client, script: Script) -> None:
    started = monotonic()

    with Hostile(script) as server, pytest.raises(TimedOut, match=r"within 0\.25 s"):
        ask(client, server, timeout_s=0.25)

    assert monotonic() - started < 1.5


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(flooding(HEAD + b"\r\n", b"a" * 9999), id="endless body"),
        pytest.param(flooding(CHUNKED, b"270f\r\n" + b"a" * 9999 + b"\r\n"), id="endless chunks"),
        pytest.param(flooding(CHUNKED + b"0\r\n", b"a: b\r\n" * 999), id="endless trailers"),
        pytest.param(
            flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 99), id="endless 100 Continue"
        ),
        pytest.param(
            flooding(b"", b"HTTP/1.1 100 Continue\r\n" + b"A: b\r\n" * 98 + b"\r\n"),
            id="endless 100 Continue with headers",
        ),
        pytest.param(saying(HEAD + b"X: %s\r\n" % (b"a" * 60_000) * 90), id="giant headers"),
        pytest.param(saying(HEAD + b"Content-Length: 99999999999\r\n\r\n"), id="announced"),
        pytest.param(saying(ok(b"a" * 100_001)), id="one byte too many"),
    ],
)
def test_a_large_answer_is_cut_off(client: Client, script: Script) -> None:
    with Hostile(script) as server, pytest.raises(TooLarge):
        ask(client, server)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(saying(), id="closes without a word"),
        pytest.param(resetting, id="resets in the body"),
        pytest.param(saying(HEAD + b"Content-Length: 99\r\n\r\nshort"), id="short body"),
        pytest.param(saying(CHUNKED + b"9\r\nshort"), id="short chunk"),
        pytest.param(saying(CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n"), id="broken chunk size"),
        pytest.param(saying(CHUNKED + b"1" * 70_000), id="endless chunk size"),
        pytest.param(saying(HEAD + b"X: " + b"a" * 70_000), id="endless header line"),
        pytest.param(saying(HEAD + b"A: b\r\n" * 200 + b"\r\n"), id="too many headers"),
        pytest.param(saying(b"H" * 70_000), id="endless status line"),
        pytest.param(saying(b"<rss/>"), id="HTTP/0.9"),
        pytest.param(saying(b"HTTP/9.9 200 OK\r\n\r\n"), id="unknown protocol"),
        pytest.param(saying(b"HTTP/1.1 abc\r\n\r\n"), id="no status"),
        pytest.param(saying(b"\0\xff\r\n\x1b[31m" * 99), id="binary junk"),
        pytest.param(
            saying(HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), id="two lengths"
        ),
        pytest.param(saying(ok(b"plain", "Content-Encoding: gzip")), id="lies: gzip"),
        pytest.param(saying(ok(b"plain", "Content-Encoding: br")), id="lies: br"),
        pytest.param(saying(ok(b"plain", "Content-Encoding: zstd")), id="lies: zstd"),
        pytest.param(saying(ok(b"plain", "Content-Encoding: deflate")), id="lies: deflate"),
        pytest.param(saying(ok(b"", "Content-Encoding: gzip, br, gzip, br")), id="many codings"),
    ],
)
def test_a_broken_answer_is_a_network_error_in_one_printable_line(
    client: Client, script: Script
) -> None:
    with Hostile(script) as server, pytest.raises(NetworkError) as caught:
        ask(client, server)

    assert "127.0.0.1" in str(caught.value)
    assert str(caught.value).isprintable()


def test_malformed_headers_are_no_news_for_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    answer = HEAD + b"Content-Length: 2\r\nbroken line\r\n\r\nok"

    with Hostile(saying(answer)) as server:
        assert ask(client, server) == b"ok"

    assert caplog.records == []


def test_an_answer_of_another_kind_is_no_success(client: Client) -> None:
    with (
        Hostile(saying(b"HTTP/1.1 103 Early Hints\r\n\r\n", ok(b"hello"))) as server,
        pytest.raises(HttpStatus) as caught,
    ):
        ask(client, server)

    assert caught.value.status == 103


# --- bombs ------------------------------------------------------------------------------------

ZEROS = bytes(1_000_000)


def _deflated(wbits: int, megabytes: int = 80) -> bytes:
    engine = zlib.compressobj(1, zlib.DEFLATED, wbits)
    return b"".join([engine.compress(ZEROS) for _ in range(megabytes)] + [engine.flush()])


def _zstd_bomb() -> bytes:
    engine = zstd.ZstdCompressor(1)
    return b"".join([engine.compress(ZEROS) for _ in range(300)] + [engine.flush()])


def _brotli_bomb() -> bytes:
    engine = brotli.Compressor(quality=1)
    return b"".join([engine.process(ZEROS) for _ in range(300)] + [engine.finish()])


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "gzip": ("gzip", lambda: _deflated(31)),
    "zlib": ("deflate", lambda: _deflated(15)),
    "bare deflate": ("deflate", lambda: _deflated(-15)),
    "many members": ("gzip", lambda: gzip.compress(ZEROS * 10, 1) * 100),
    "empty members": ("gzip", lambda: gzip.compress(b"") * 50_000),
    "br": ("br", _brotli_bomb),
    "zstd": ("zstd", _zstd_bomb),
    "many frames": ("zstd", lambda: zstd.compress(ZEROS) * 300),
    "gzip in br": ("gzip, br", lambda: brotli.compress(_deflated(31), quality=1)),
    "gzip in gzip": ("gzip, gzip", lambda: gzip.compress(_deflated(31, 300), 1)),
    "nothing in very much": ("gzip, br", lambda: brotli.compress(gzip.compress(b"") * 9**6)),
}


@pytest.fixture
def peak() -> Callable[[], int]:
    """Return a function giving by how many bytes resident memory has risen at most since."""
    reset = Path("/proc/self/clear_refs")
    if not reset.exists():
        pytest.skip("needs Linux to measure peak memory")

    def high_water() -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))

    reset.write_text("5")
    before = high_water()
    return lambda: high_water() - before


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_does_not_go_off(client: Client, name: str, request: pytest.FixtureRequest) -> None:
    encoding, make = BOMBS[name]
    bomb = ok(make(), f"Content-Encoding: {encoding}")
    risen: Callable[[], int] = request.getfixturevalue("peak")

    with Hostile(saying(bomb)) as server, pytest.raises(TooLarge):
        ask(client, server, max_bytes=Fetch().max_body)

    assert risen() < 64_000_000


@pytest.mark.parametrize("start", [HEAD + b"\r\n", CHUNKED])
def test_an_endless_answer_takes_little_more_memory_than_is_allowed(
    client: Client, start: bytes, request: pytest.FixtureRequest
) -> None:
    risen: Callable[[], int] = request.getfixturevalue("peak")

    with (
        Hostile(flooding(start, b"10000\r\n" + b"a" * 65_536 + b"\r\n")) as server,
        pytest.raises(TooLarge),
    ):
        ask(client, server, max_bytes=Fetch().max_body)

    assert risen() < 64_000_000


def test_a_zstd_window_beyond_what_http_allows_is_refused(client: Client) -> None:
    options: dict[int, int] = {zstd.CompressionParameter.window_log: 27}
    engine = zstd.ZstdCompressor(options=options)
    packed = engine.compress(b"<rss/>" * 9999) + engine.flush()

    with (
        Hostile(saying(ok(packed, "Content-Encoding: zstd"))) as server,
        pytest.raises(NetworkError),
    ):
        ask(client, server)


# --- the client goes on -----------------------------------------------------------------------


def test_after_any_trouble_the_next_exchange_is_fine(client: Client) -> None:
    turns = iter(
        [saying(ok(b"half")[:-2]), resetting, saying(b"junk"), saying(ok(b"well"), ok(b"more"))]
    )

    def script(sock: socket.socket) -> None:
        next(turns)(sock)

    with Hostile(script) as server:
        for _ in range(3):
            with contextlib.suppress(FetchError):
                ask(client, server)
        assert ask(client, server) == b"well"
