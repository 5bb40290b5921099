"""What this process has seen of the certificates of others, on connections made anyway."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Lock

from ingest.model import Validity

MOST = 50_000
"""Hosts remembered, some 10 MB of them; the earliest are forgotten, and seen again."""


class Certificates:
    """From when until when the certificates hold that hosts have shown; threads share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen: dict[str, Validity] = {}

    def note(self, host: str, certificate: Mapping[str, object]) -> None:
        """Remember a verified certificate as `ssl.SSLSocket.getpeercert` gives it."""
        try:
            since, until = (_time(str(certificate[name])) for name in ("notBefore", "notAfter"))
        except (KeyError, ValueError, OverflowError, OSError):
            return  # no dates that can be read: nothing to tell
        with self._lock:
            self._seen.pop(host, None)
            self._seen[host] = Validity(since, until)
            if len(self._seen) > MOST:
                del self._seen[next(iter(self._seen))]

    def seen(self) -> Mapping[str, Validity]:
        """Return what was seen, by host."""
        with self._lock:
            return dict(self._seen)


def _time(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
