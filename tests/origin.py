"""A small HTTP/1.1 origin on loopback that tests control and can ask what it was asked.

Hostile answers (broken framing, drips, bombs) live with the tests of the fetch room.
"""

import mimetypes
import socket
import socketserver
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import blake2b
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self
from urllib.parse import unquote

Headers = Mapping[str, str] | Iterable[tuple[str, str]]
Answer = tuple[int, Headers, bytes]
"""Status, headers, body; Content-Length and the connection's framing are added."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived; header names in lower case, repeated ones joined by a comma."""

    method: str
    path: str
    """The request target, query included."""
    headers: Mapping[str, str]
    body: bytes = b""
    at: float = field(default_factory=monotonic)
    """When it had arrived, monotonic seconds."""

    @property
    def route(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]


Handler = Callable[[Asked], Answer]


@dataclass
class Origin:
    """A web server for one test; leave the `with` block to stop it.

    A request to an unknown path gets a 404.
    Handlers run in a thread per connection.
    """

    host: str = "127.0.0.1"
    requests: list[Asked] = field(default_factory=list)
    """Everything asked so far, in order of arrival."""
    connections: int = 0
    """TCP connections accepted so far."""
    _routes: dict[str, Handler] = field(default_factory=dict)
    _folders: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._server = _Server((self.host, 0), _Connection)
        self._server.origin = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="origin"
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    def url(self, path: str = "/") -> str:
        """Return the address of `path`."""
        return f"http://{self.host}:{self.port}{path}"

    def route(self, path: str, answer: Handler | Answer) -> str:
        """Answer `path` (any query) this way from now on, and return its address."""
        self._routes[path] = answer if callable(answer) else _always(answer)
        return self.url(path)

    def publish(
        self, path: str, body: bytes, content_type: str = "application/rss+xml; charset=utf-8"
    ) -> str:
        """Serve `body` with validators and 304s, return its address; call again to change it."""
        modified = formatdate(usegmt=True)
        return self.route(path, lambda asked: _conditional(asked, body, content_type, modified))

    def serve_dir(self, prefix: str, folder: Path) -> str:
        """Serve the files under `folder` below `prefix`, with validators and 304s.

        An address ending in a slash gives `index.html`; files are read at each request.
        """
        prefix = prefix.rstrip("/") + "/"
        self._folders[prefix] = folder.resolve()
        return self.url(prefix)

    def asked(self, path: str) -> list[Asked]:
        """Return the requests for `path` (any query), in order of arrival."""
        return [request for request in list(self.requests) if request.route == path]

    def answer(self, asked: Asked) -> Answer:
        """Return what this origin says to a request."""
        handler = self._routes.get(asked.route)
        if handler is not None:
            return handler(asked)
        for prefix, folder in self._folders.items():
            if asked.route.startswith(prefix):
                return _file(asked, folder, unquote(asked.route.removeprefix(prefix)))
        return 404, {"Content-Type": "text/plain"}, b"no such page\n"


def _always(answer: Answer) -> Handler:
    return lambda _: answer


def _file(asked: Asked, folder: Path, name: str) -> Answer:
    path = (folder / (name + "index.html" if name == "" or name.endswith("/") else name)).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        return 404, {"Content-Type": "text/plain"}, b"no such file\n"
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    modified = formatdate(path.stat().st_mtime, usegmt=True)
    return _conditional(asked, path.read_bytes(), kind, modified)


def _conditional(asked: Asked, body: bytes, content_type: str, modified: str) -> Answer:
    """Answer 304 where the request's validators still hold (If-None-Match decides, if given)."""
    etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
    headers = {"ETag": etag, "Last-Modified": modified}
    given = asked.headers.get("if-none-match")
    same = given == etag if given else asked.headers.get("if-modified-since") == modified
    if same:
        return 304, headers, b""
    return 200, {"Content-Type": content_type, **headers}, body


class _Server(socketserver.ThreadingTCPServer):
    origin: Origin
    allow_reuse_address = True
    request_queue_size = 256

    def server_bind(self) -> None:
        self.open: set[socket.socket] = set()
        self.lock = threading.Lock()
        super().server_bind()

    def hang_up(self) -> None:
        """End the connections that clients keep open, so that their threads end."""
        with self.lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client was faster


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.open.add(self.request)
            self.server.origin.connections += 1

    def finish(self) -> None:
        with self.server.lock:
            self.server.open.discard(self.request)
        super().finish()

    def handle(self) -> None:
        try:
            while self._exchange():
                pass
        except OSError:
            return  # the client went away

    def _exchange(self) -> bool:
        """Answer one request; return whether the connection stays open."""
        asked = self._read_request()
        if asked is None:
            return False
        origin = self.server.origin
        origin.requests.append(asked)
        status, headers, body = origin.answer(asked)
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        self.wfile.write(_message(asked, status, pairs, body))
        wishes = [asked.headers.get("connection"), *(v for n, v in pairs if n == "Connection")]
        return "close" not in wishes

    def _read_request(self) -> Asked | None:
        words = self.rfile.readline(65536).decode("latin-1").split()
        if len(words) != 3:
            return None
        headers: dict[str, str] = {}
        while (line := self.rfile.readline(65536).decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            name, value = name.strip().lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        length = int(headers.get("content-length", "0"))
        body = self.rfile.read(length)
        if len(body) < length:
            return None  # its sender died in the middle of it
        return Asked(words[0], words[1], headers, body)


def _message(asked: Asked, status: int, pairs: list[tuple[str, str]], body: bytes) -> bytes:
    framed = any(name.lower() in {"content-length", "transfer-encoding"} for name, _ in pairs)
    if not framed and status not in {204, 304}:
        pairs.append(("Content-Length", str(len(body))))
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Odd"
    head = f"HTTP/1.1 {status} {phrase}\r\n" + "".join(f"{n}: {v}\r\n" for n, v in pairs) + "\r\n"
    return head.encode("latin-1") + (b"" if asked.method == "HEAD" else body)
