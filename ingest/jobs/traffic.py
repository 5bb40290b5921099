"""What this process knows of its channels: which rest, and what is being sent just now."""

from collections.abc import Collection
from datetime import datetime
from threading import Lock

from ingest.alerts import breaker
from ingest.alerts.breaker import CLOSED, Circuit
from ingest.errors import DeliveryError
from ingest.model import Delivery


class Traffic:
    """Circuits by channel and the deliveries in flight; threads share it.

    A new process starts with closed circuits: it finds out with a few deliveries what the last one
    knew, and nothing is lost by that.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._circuits: dict[str, Circuit] = {}
        self._sending: set[str] = set()

    def start(self, delivery: Delivery, now: datetime) -> bool:
        """Note a delivery as being sent; False where its channel rests."""
        with self._lock:
            circuit = self._circuits.get(delivery.channel, CLOSED)
            admitted = breaker.admit(circuit, delivery.id, now)
            if admitted is None:
                return False
            self._circuits[delivery.channel] = admitted
            self._sending.add(delivery.id)
            return True

    def answered(self, delivery: Delivery, error: DeliveryError | None, now: datetime) -> Circuit:
        """Note what came of an attempt and return what is remembered of the channel now."""
        with self._lock:
            circuit = self._circuits.get(delivery.channel, CLOSED)
            if error is None:
                after = breaker.after_success(circuit)
            else:
                after = breaker.after_failure(circuit, delivery.id, error, now)
            self._circuits[delivery.channel] = after
            return after

    def end(self, delivery: Delivery) -> None:
        """Note that a delivery is not being sent any more, whatever came of it."""
        with self._lock:
            self._sending.discard(delivery.id)
            circuit = self._circuits.get(delivery.channel, CLOSED)
            self._circuits[delivery.channel] = breaker.released(circuit, delivery.id)

    def sending(self) -> Collection[str]:
        """Return the ids of the deliveries that are being sent."""
        with self._lock:
            return frozenset(self._sending)

    def resting(self, now: datetime) -> Collection[str]:
        """Return the channels that nothing may go to just now."""
        with self._lock:
            return [name for name, each in self._circuits.items() if breaker.rests(each, now)]

    def forget(self) -> None:
        """Close every circuit: a new configuration may have put things right."""
        with self._lock:
            self._circuits.clear()
