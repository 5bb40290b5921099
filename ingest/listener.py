"""The daemon's HTTP server, on `web.listen`: hubs under `/websub/`, Prometheus under `/metrics`.

Bounded by waitress in connections, in header and body bytes and in idle time; any other path gets
404 and nothing else.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import waitress
from waitress.server import BaseWSGIServer, MultiSocketServer

from ingest.app import App
from ingest.errors import StoreError
from ingest.metrics import CONTENT_TYPE, Metrics
from ingest.receiver import Receiver

log = logging.getLogger("ingest.listener")

METRICS = "/metrics"
_PLAIN = "text/plain; charset=utf-8"
_NOTHING_HERE = ("404 Not Found", _PLAIN, b"")

Environ = Mapping[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Site:
    """What is served, as a WSGI application (PEP 3333)."""

    def __init__(self, app: App, metrics: Metrics | None) -> None:
        self._receiver = Receiver(app) if app.listens else None
        self._metrics = metrics
        self._public = _host(urlsplit(app.settings.web.base_url or "").netloc)

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        try:
            status, kind, body = self._answer(environ)
        except StoreError as error:
            log.warning("cannot answer: %s", error, extra={"path": environ["PATH_INFO"]})
            status, kind, body = "503 Service Unavailable", _PLAIN, b""
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        start(status, [*headers, ("X-Content-Type-Options", "nosniff")])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _answer(self, environ: Environ) -> tuple[str, str, bytes]:
        """Return status, content type and body."""
        if environ.get("PATH_INFO") == METRICS:
            return self._show(environ)
        if self._receiver is None:
            return _NOTHING_HERE
        status, body = self._receiver.answer(environ)
        return status, _PLAIN, body

    def _show(self, environ: Environ) -> tuple[str, str, bytes]:
        """Return the metrics, but not under the address that hubs and so all the world know."""
        if self._metrics is None or (self._public and self._public in _hosts(environ)):
            return _NOTHING_HERE
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return "405 Method Not Allowed", _PLAIN, b""
        return "200 OK", CONTENT_TYPE, self._metrics.page()


def _hosts(environ: Environ) -> set[str | None]:
    """Return the hosts that a request was made to, the one named by a proxy too."""
    named = (environ.get("HTTP_HOST"), environ.get("HTTP_X_FORWARDED_HOST"))
    return {_host(name) for each in named if each for name in str(each).split(",")}


def _host(name: str) -> str | None:
    try:
        return (urlsplit(f"//{name.strip()}").hostname or "").rstrip(".") or None
    except ValueError:
        return None


class Listener:
    """The server with its thread; `close` ends both."""

    def __init__(self, app: App, metrics: Metrics | None) -> None:
        """Bind the address; raises OSError where it is taken, ValueError where there is none such."""
        self._server: BaseWSGIServer | MultiSocketServer = waitress.create_server(
            Site(app, metrics),
            listen=app.settings.web.listen,
            threads=4,
            connection_limit=200,
            channel_timeout=30,
            max_request_header_size=16_384,
            max_request_body_size=app.settings.fetch.max_body if app.listens else 1_024,
            clear_untrusted_proxy_headers=False,  # they only make us say less
            ident=None,
        )
        self._thread = Thread(target=self._server.run, name="listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.close()
        self._thread.join(2.0)
