"""A bound on a whole exchange, which the time limits of sockets are not: they start again at each byte."""

import os
import socket
from threading import Lock, Timer
from types import TracebackType
from typing import Self


class Deadline:
    """Shuts the watched sockets down after so many seconds, unless left before.

    Whoever reads or writes one of them then fails at once, in a TLS handshake too.
    Looking up a name and connecting are bounded by the resolver and by the socket's own limit.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._lock = Lock()
        self._watched: list[socket.socket] = []
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for twin in self._watched:
                twin.close()
            self._watched.clear()

    def watch(self, sock: socket.socket) -> None:
        """Cut this connection too, at once if the time is up.

        A second descriptor of the same connection is kept, because wrapping a socket in TLS
        takes the first one away.
        """
        twin = socket.socket(fileno=os.dup(sock.fileno()))
        with self._lock:
            self._watched.append(twin)
            if self.passed:
                _shut(twin)

    def _cut(self) -> None:
        with self._lock:
            self.passed = True
            for twin in self._watched:
                _shut(twin)


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed by the other side already
