"""Where hubs reach us: one path, the last part of which says whose it is.

What is not a call of a hub we know gets 404 and nothing else.
"""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from ingest.app import App
from ingest.feeds import websub
from ingest.jobs.subscribe import PATH, Answer

log = logging.getLogger("ingest.receiver")

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

    def answer(self, environ: Mapping[str, Any]) -> tuple[str, bytes]:
        """Return status and body for a request, given as WSGI has it (PEP 3333)."""
        *_, path, token = ["", "", *str(environ.get("PATH_INFO", "")).split("/")]
        if path != PATH or not token:
            return "404 Not Found", b""
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
