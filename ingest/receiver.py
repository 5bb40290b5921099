"""Where hubs reach us: a WSGI application with one path, served by waitress on `web.listen`.

Bounded by waitress in connections, in header and body bytes and in idle time; what is not a call
of a hub we know gets 404 and nothing else.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import waitress
from waitress.server import BaseWSGIServer, MultiSocketServer

from ingest.app import App
from ingest.errors import StoreError
from ingest.feeds import websub
from ingest.jobs.subscribe import PATH, Answer

log = logging.getLogger("ingest.receiver")

StartResponse = Callable[[str, list[tuple[str, str]]], object]

MAX_QUERY = 8_192
"""Longest query of a hub; a topic may have 2,000 characters, a challenge some hundred."""

MAX_FIELDS = 20
"""Most fields of it; the Recommendation names five, and a callback may bear some of its own."""

_STATUS: Mapping[Answer, str] = {
    Answer.CONFIRMED: "200 OK",
    Answer.TAKEN: "202 Accepted",
    Answer.IGNORED: "202 Accepted",
    Answer.UNKNOWN: "404 Not Found",
}


class Receiver:
    """Answers hubs (W3C WebSub §5.3, §7)."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: Mapping[str, Any], start: StartResponse) -> Iterable[bytes]:
        """Answer one request, as WSGI asks (PEP 3333)."""
        *_, path, token = ["", "", *str(environ.get("PATH_INFO", "")).split("/")]
        status, body = "404 Not Found", b""
        if path == PATH and token:
            try:
                status, body = self._answer(token, environ)
            except StoreError as error:
                log.warning("cannot answer a hub: %s", error)
                status = "503 Service Unavailable"
        kind = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        start(status, [*kind, ("X-Content-Type-Options", "nosniff")])
        return [body]

    def _answer(self, token: str, environ: Mapping[str, Any]) -> tuple[str, bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            return self._verify(token, str(environ.get("QUERY_STRING", "")))
        if environ["REQUEST_METHOD"] != "POST":
            return "405 Method Not Allowed", b""
        pushed = self._app.receive(
            token,
            environ["wsgi.input"].read(),
            signature=str(environ.get("HTTP_X_HUB_SIGNATURE", "")),
            content_type=str(environ.get("CONTENT_TYPE", "")),
        )
        extra = {"feed": pushed.feed, "answer": pushed.answer, "new": pushed.new}
        log.info("a hub pushed", extra=extra)
        return _STATUS[pushed.answer], b""

    def _verify(self, token: str, query: str) -> tuple[str, bytes]:
        if len(query) > MAX_QUERY:
            return "414 URI Too Long", b""
        try:
            intent = websub.read_intent(dict(parse_qsl(query, max_num_fields=MAX_FIELDS)))
        except ValueError:
            return "400 Bad Request", b""
        answer = self._app.confirm(token, intent)
        log.info("a hub asked", extra={"mode": intent.mode, "answer": answer})
        return _STATUS[answer], intent.challenge.encode() if answer is Answer.CONFIRMED else b""


class Listener:
    """The server with its thread; `close` ends both."""

    def __init__(self, app: App) -> None:
        """Bind the address; raises OSError where it is taken."""
        self._server: BaseWSGIServer | MultiSocketServer = waitress.create_server(
            Receiver(app),
            listen=app.settings.web.listen,
            threads=4,
            connection_limit=200,
            channel_timeout=30,
            max_request_header_size=16_384,
            max_request_body_size=app.settings.fetch.max_body,
            ident=None,
        )
        self._thread = Thread(target=self._server.run, name="receiver", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.close()
        self._thread.join(2.0)
