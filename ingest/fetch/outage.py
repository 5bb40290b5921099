"""Whether our own network is down: many unrelated sites that cannot be reached, proved by a probe.

Without this, a cable pulled for an hour would mark every feed as failing and send it into backoff.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from ingest import urls

log = logging.getLogger("ingest.fetch")

Origin = tuple[str, str, int]
"""Scheme, host and port."""

PROBED = 6
"""Other sites tried before a failure is taken for our own."""

FEWEST = 3
"""With fewer other sites known nothing can be said, and the failing site is to blame."""

HOLDS_S = 5.0
"""How long the result of a probe holds, so that a hundred failures at once cost one."""

REMEMBERED = 64
"""Origins kept for probing, those that answered last."""


class Outage:
    """Tells a dead site from a dead network of our own. Safe for many threads.

    `reach` says whether a connection to an origin can be made; it is asked only when an exchange
    failed and nobody else has answered since that exchange began.
    """

    def __init__(
        self, reach: Callable[[Origin], bool], *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._reach, self._clock = reach, clock
        self._known: OrderedDict[Origin, None] = OrderedDict()
        self._lock, self._probing = threading.Lock(), threading.Lock()
        self._alive_at = float("-inf")
        self._probed_at = float("-inf")
        self.is_down = False
        """What the last probe found, or an answer since."""

    def seed(self, origins: Iterable[Origin]) -> None:
        """Name sites to probe as long as none has answered."""
        with self._lock:
            for origin in list(origins)[:REMEMBERED]:
                self._known.setdefault(origin)

    def answered(self, origin: Origin) -> None:
        """Note that a site answered, whatever it said: the network is up."""
        with self._lock:
            self._known[origin] = None
            self._known.move_to_end(origin)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            self._alive_at = self._clock()
        if self.is_down:
            self._say(False)

    def explains(self, origin: Origin, began: float) -> bool:
        """Return whether a failure to reach a site, in an exchange since `began`, is our own."""
        with self._probing:
            if self._alive_at >= began:
                return False
            if self._clock() - self._probed_at >= HOLDS_S:
                others = self._others(origin)
                if len(others) < FEWEST:
                    return False
                self._say(not self._any_reached(others))
                self._probed_at = self._clock()
            return self.is_down

    def _others(self, origin: Origin) -> Sequence[Origin]:
        """Return origins of other sites, each site once, those that answered last first."""
        with self._lock:
            known = list(reversed(self._known))
        by_site = {_site(each): each for each in reversed(known)}
        by_site.pop(_site(origin), None)
        return sorted(by_site.values(), key=known.index)[:PROBED]

    def _any_reached(self, others: Sequence[Origin]) -> bool:
        """Try one, as a rule the network is up; then the rest at once."""
        if self._reach(others[0]):
            return True
        with ThreadPoolExecutor(len(others), thread_name_prefix="probe") as threads:
            return any(threads.map(self._reach, others[1:]))

    def _say(self, down: bool) -> None:
        if down and not self.is_down:
            log.warning("our own network seems to be down; no feed is blamed until it is back")
        elif self.is_down and not down:
            log.warning("our own network is back")
        self.is_down = down


def _site(origin: Origin) -> str:
    scheme, host, port = origin
    host = f"[{host}]" if ":" in host else host
    return urls.site(f"{scheme}://{host}:{port}/")
