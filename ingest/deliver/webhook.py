"""The webhook channel: a signed POST of the wire object (Standard Webhooks 1.0)."""

import base64
import hmac
import re
import ssl
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from ingest import __version__
from ingest.alerts.render import read_template, templated_body, webhook_body
from ingest.alerts.tidy import line
from ingest.deliver.deadline import Deadline
from ingest.deliver.reason import reason
from ingest.deliver.settings import WebhookConfig, key_bytes
from ingest.deliver.tls import NoteCertificate, tls_context, unnoted
from ingest.errors import DeliveryError
from ingest.model import Delivery

LATER = {408, 425, 429}
"""The 4xx that say "not now" (RFC 9110 §15.5.9, RFC 8470, RFC 6585) rather than "never"."""
MAX_ANSWER = 1000
"""Bytes read of an answer that is no success, to quote its reason."""


class Webhook:
    """One webhook channel; threads may share it."""

    def __init__(
        self,
        config: WebhookConfig,
        *,
        clock: Callable[[], float] = time.time,
        tls: ssl.SSLContext | None = None,
        note: NoteCertificate = unnoted,
    ) -> None:
        self._config, self._clock, self._tls = config, clock, tls or tls_context()
        self._note = note
        self._keys = [key_bytes(secret.get_secret_value()) for secret in config.secret]
        self._host = urlsplit(config.url).hostname or ""
        self._template = read_template(config.template) if config.template is not None else None

    def send(self, delivery: Delivery) -> None:
        """Post a delivery; a 2xx means it was taken.

        Raises DeliveryError: permanent for a 4xx other than 408, 425 and 429, else to be tried
        again. Redirects are not followed. A connection per delivery, so that none is found
        closed by the receiver just as it is used.
        """
        body = self._body(delivery)
        headers = self._headers(delivery.id, int(self._clock()), body)
        with Deadline(self._config.timeout.total_seconds()) as deadline:
            try:
                self._post(body, headers, deadline)
            except (requests.RequestException, OSError) as error:
                said = "timed out" if deadline.passed else reason(error)
                # `from None`: the message of the cause quotes the address, tokens and all
                raise DeliveryError(f"no answer from {self._host}: {said}") from None

    def _body(self, delivery: Delivery) -> bytes:
        if self._template is None:
            return webhook_body(delivery)
        try:
            return templated_body(delivery, self._template)
        except ValueError as error:
            # tried again: what fails for one message may be put right before the next attempt
            raise DeliveryError(str(error)) from error

    def _post(self, body: bytes, headers: Mapping[str, str], deadline: Deadline) -> None:
        with requests.Session() as session:
            session.trust_env = False  # no proxy, no .netrc: the configuration says it all
            adapter = _Adapter(deadline, self._tls, self._note)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            answer = session.post(
                self._config.url,
                data=body,
                headers=headers,
                timeout=self._config.timeout.total_seconds(),
                allow_redirects=False,
                stream=True,
            )
            with answer:
                self._judge(answer)

    def _headers(self, id: str, at: int, body: bytes) -> dict[str, str]:
        return {
            "User-Agent": f"ingest/{__version__}",
            "Accept-Encoding": "identity",
            **{name: value.get_secret_value() for name, value in self._config.headers.items()},
            "Content-Type": self._config.content_type,
            "webhook-id": id,
            "webhook-timestamp": str(at),
            "webhook-signature": " ".join(_sign(key, id, at, body) for key in self._keys),
        }

    def _judge(self, answer: requests.Response) -> None:
        """Raise DeliveryError unless the receiver took it."""
        status = answer.status_code
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            raise DeliveryError(
                f"{self._host} answered {status}, and redirects are not followed: "
                "give the address it leads to as the channel's url"
            )
        raise DeliveryError(
            f"{self._host} answered {status}{self._quote(answer)}",
            permanent=400 <= status < 500 and status not in LATER,
            retry_after_s=_retry_after_s(answer.headers.get("Retry-After"), self._clock()),
        )

    def _quote(self, answer: requests.Response) -> str:
        """Return what the receiver says about its refusal, unless it repeats a secret of ours."""
        try:
            said = line(answer.raw.read(MAX_ANSWER).decode("utf-8", "replace"), 200)
        except (HTTPError, OSError):
            return ""  # the status says enough
        secrets = [*self._config.secret, *self._config.headers.values()]
        if not said or any(secret.get_secret_value() in said for secret in secrets):
            return ""
        return f": {said}"


class _Adapter(HTTPAdapter):
    """Requests' transport with one shared TLS context, under a deadline."""

    def __init__(self, deadline: Deadline, tls: ssl.SSLContext, note: NoteCertificate) -> None:
        self._deadline, self._tls, self._note = deadline, tls, note
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the certificates to the context; by default they are read again for each post."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _watched(pool.ConnectionCls, self._deadline, self._note)
        return pool


def _watched(kind: Any, deadline: Deadline, note: NoteCertificate) -> Any:
    """Return a connection class whose sockets the deadline watches, and whose certificates are noted."""

    def dial(connection: Any) -> Any:
        sock = kind._new_conn(connection)
        deadline.watch(sock)
        return sock

    def connect(connection: Any) -> None:
        kind.connect(connection)
        if isinstance(connection.sock, ssl.SSLSocket):
            note(connection.host, connection.sock.getpeercert() or {})

    return type(kind.__name__, (kind,), {"_new_conn": dial, "connect": connect})


def _sign(key: bytes, id: str, at: int, body: bytes) -> str:
    signed = hmac.digest(key, f"{id}.{at}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(signed).decode()


def _retry_after_s(value: str | None, now: float) -> float | None:
    """Return the wait that a Retry-After asks for: seconds or an HTTP date (RFC 9110 §10.2.3)."""
    if value is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", value.strip()):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None
