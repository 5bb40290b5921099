"""A loopback server that says exactly the bytes a test wants, however wrong."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from time import sleep
from types import TracebackType
from typing import Self

Script = Callable[[socket.socket], None]

CERTS = Path(__file__).parent / "certs"
"""A root made for these tests with openssl, and the key and certificate it gave `localhost`.

Good for a hundred years and for nothing else: the root's own key was thrown away.
"""


class Hostile:
    """Runs the script for each connection, a thread each; an error of the client ends it."""

    def __init__(self, script: Script, *, tls: bool = False) -> None:
        self._script = script
        self._context = _tls() if tls else None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="hostile")]
        self.connections = 0

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for sock in [self._listener, *self._open]:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for sock in [self._listener, *self._open]:
            sock.close()

    def url(self, path: str = "/") -> str:
        """Return the address of `path`."""
        port = self._listener.getsockname()[1]
        return (
            f"https://localhost:{port}{path}" if self._context else f"http://127.0.0.1:{port}{path}"
        )

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                self._open.append(sock)
                thread = threading.Thread(target=self._serve, args=(sock,), name="hostile")
                self._threads.append(thread)
                thread.start()

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError):
            sock = self._context.wrap_socket(plain, server_side=True) if self._context else plain
            with sock:
                self._script(sock)


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTS / "localhost.pem")
    return context


def read_request(sock: socket.socket) -> bytes:
    """Return the head of a request; empty when the client has gone."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        more = sock.recv(65536)
        if not more:
            return b""
        head += more
    return head


def saying(*parts: bytes) -> Script:
    """Read a request, say the parts, and close."""

    def script(sock: socket.socket) -> None:
        read_request(sock)
        for part in parts:
            sock.sendall(part)

    return script


def dripping(start: bytes, drops: Iterable[bytes], pause_s: float = 0.02) -> Script:
    """Read a request, say `start`, then a drop at a time."""

    def script(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(start)
        for drop in drops:
            sleep(pause_s)
            sock.sendall(drop)

    return script


def ok(body: bytes, *headers: str) -> bytes:
    """Return a whole 200 answer."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body
