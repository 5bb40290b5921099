"""A WebSub hub on loopback, as the Recommendation describes one (W3C WebSub §5, §7)."""

import hmac
import secrets
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qs, urlencode

from tests.origin import Answer, Asked, Origin


@dataclass
class Hub:
    """Takes subscriptions, verifies each intent by a call of its own, and pushes signed documents."""

    origin: Origin
    lease_s: int = 86_400
    subscribers: dict[tuple[str, str], str] = field(default_factory=dict)
    """Secret by topic and callback."""
    verified: list[tuple[str, int]] = field(default_factory=list)
    """Mode and the callback's answer, for each verification."""

    def __post_init__(self) -> None:
        self.url = self.origin.route("/hub", self._asked)

    def _asked(self, asked: Asked) -> Answer:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        threading.Thread(target=self._verify, args=(form,), daemon=True).start()
        return 202, {}, b""

    def _verify(self, form: dict[str, str]) -> None:
        challenge = secrets.token_hex(8)
        mode, topic, callback = (form[f"hub.{name}"] for name in ("mode", "topic", "callback"))
        query = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": challenge}
        if mode == "subscribe":
            query["hub.lease_seconds"] = str(self.lease_s)
        try:
            status, said = call(f"{callback}?{urlencode(query)}")
        except OSError:
            return  # nobody there: the subscription does not come about
        if status == 200 and said == challenge.encode():
            if mode == "subscribe":
                self.subscribers[topic, callback] = form["hub.secret"]
            else:
                self.subscribers.pop((topic, callback), None)
        self.verified.append((mode, status))

    def push(self, topic: str, body: bytes, *, secret: str = "") -> list[int]:
        """Push a document to who subscribed; return the answers."""
        statuses = []
        for (subscribed, callback), own in list(self.subscribers.items()):
            if subscribed == topic:
                made = hmac.new((secret or own).encode(), body, sha256).hexdigest()
                headers = {
                    "X-Hub-Signature": f"sha256={made}",
                    "Content-Type": "application/rss+xml",
                }
                statuses.append(call(callback, body, headers)[0])
        return statuses


def call(
    url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Return status and body of a GET, or of a POST where there is a body."""
    request = urllib.request.Request(url, data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
