"""The outlets' web servers: one port an outlet, pieces published one by one."""

import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ingest.demo.news import OUTLETS, Outlet, Piece, feed


class _Visitor(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the feed, a page, or 404; 304 where the visitor has it already."""
        assert isinstance(self.server, Press)
        text = self.server.document(self.path)
        if text is None:
            self._answer(404, b"", {})
            return
        body = text.encode()
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        if self.headers.get("if-none-match") == etag:
            self.server.not_modified += 1
            self._answer(304, b"", {"ETag": etag})
            return
        kind = "application/rss+xml" if self.path == "/feed.xml" else "text/html"
        self._answer(200, body, {"ETag": etag, "Content-Type": f"{kind}; charset=utf-8"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the terminal for the demo."""


class Press(ThreadingHTTPServer):
    """One outlet on a loopback port of its own."""

    daemon_threads = True

    def __init__(self, outlet: Outlet) -> None:
        super().__init__(("127.0.0.1", 0), _Visitor)
        self.outlet = outlet
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.not_modified = 0
        """Visits answered with 304, because the visitor had the document already."""
        self._pieces: list[Piece] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def feed_url(self) -> str:
        """Where the outlet's feed is."""
        return f"{self.base}/feed.xml"

    def publish(self, piece: Piece) -> None:
        """Put a piece on the site, as of now."""
        self._pieces.append(replace(piece, published_at=datetime.now(UTC)))

    def document(self, path: str) -> str | None:
        """Return what stands under a path."""
        if path == "/feed.xml":
            return feed(self.outlet, self._pieces, self.base)
        for piece in self._pieces:
            if path == f"/{piece.slug}.html":
                return self.outlet.layout(self.outlet, piece)
        return None


def open_presses() -> dict[str, Press]:
    """Start every outlet's server; by the outlet's slug."""
    return {outlet.slug: Press(outlet) for outlet in OUTLETS}
