"""When a site may be asked next: how many at a time, how long between, and when it wants rest.

Pure bookkeeping in monotonic seconds, handed in; nothing waits here, and one thread calls it.
"""

from collections import Counter, deque
from dataclasses import dataclass, field

from ingest.fetch.settings import Fetch
from ingest.model import Exchange

ASK_AGAIN_S = 0.25
"""How soon to ask again while a site's slots are taken; how long that lasts, nobody knows."""

FIRST_PAUSE_S = 60.0
"""Rest after the first 429 or 503 without Retry-After; doubled each further time."""

MAX_PAUSE_S = 3_600.0
"""Longest rest of our own choosing: every feed of the site waits for it."""

RETRY_AFTER_MAX_S = 86_400.0
"""Longest rest that a site may ask for; a day, then it is asked once more."""

FORBIDDEN_BURST = 3
"""Refusals (403) in a row that are taken for rate limiting: one may be a single closed page."""

SLOW_S = 1.0
"""Answers slower than this on average lengthen the delay: the site is labouring."""

MAX_SLOW_DELAY_S = 60.0
"""Longest delay that slow answers bring about (Scrapy's AutoThrottle stops there as well)."""

MAX_CRAWL_DELAY_S = 60.0
"""Longest `Crawl-delay` followed; a page a minute is 1,440 a day, more than a site publishes."""

PER_HOST = 4
"""Exchanges at a time with one IP address, whatever the number of sites it serves.

Enough for the thousands of sites behind one address of a content network, some 40 answers a second
at 0.1 s each, and little for the one small machine that serves all the blogs of a provider.
"""

IDLE_S = 600.0
"""A site at rest for so long is forgotten, and starts as an unknown one."""

_SWEEP_FROM = 1_000  # sites in memory before looking for idle ones; then at twice what was left


@dataclass(slots=True)
class _Site:
    running: int = 0
    free_at: float = 0.0
    """When the delay since the last exchange is over."""
    paused_until: float = 0.0
    pauses: int = 0
    """Rests in a row, less one for each success since."""
    forbidden: int = 0
    average_s: float = 0.0
    """How long answers take: half the last, a quarter the one before, and so on."""
    crawl_delay_s: float = 0.0
    address: str | None = None
    """The IP address that answered last."""
    charged: deque[str | None] = field(default_factory=deque)
    """For each running exchange, the address whose slot it took."""

    @property
    def rests_until(self) -> float:
        return max(self.free_at, self.paused_until)


class Pacing:
    """Who may be asked now, by site; its memory holds the sites of the last ten minutes.

    The delay runs from the end of one exchange to the start of the next, so a slow server is
    asked the less often the slower it is.
    """

    def __init__(self, settings: Fetch) -> None:
        self._per_site = settings.per_site
        self._per_host = max(PER_HOST, settings.per_site)
        self._hosts: Counter[str] = Counter()
        self._delay_s = settings.site_delay.total_seconds()
        self._sites: dict[str, _Site] = {}
        self._sweep_at = _SWEEP_FROM

    def __len__(self) -> int:
        """Return how many sites are in memory."""
        return len(self._sites)

    def try_start(self, site: str, now: float) -> float:
        """Take a slot of the site and return 0, or return the seconds to wait before asking again."""
        state = self._sites.get(site)
        if state is None:
            self._forget_idle(now)
            state = self._sites[site] = _Site()
        if state.rests_until > now:
            return state.rests_until - now
        if state.running >= self._per_site or self._hosts[state.address or ""] >= self._per_host:
            return ASK_AGAIN_S
        state.running += 1
        state.charged.append(state.address)
        if state.address:
            self._hosts[state.address] += 1
        return 0.0

    def finish(self, site: str, now: float, exchange: Exchange) -> None:
        """Give a slot back, with what the exchange came to; `status` is None where none came.

        Work that ended without asking the site (no status, no time) leaves no trace.
        """
        state = self._sites[site]
        state.running -= 1
        self._free_host(state.charged.popleft())
        state.address = exchange.address or state.address
        if exchange.crawl_delay_s is not None:
            state.crawl_delay_s = min(max(exchange.crawl_delay_s, 0.0), MAX_CRAWL_DELAY_S)
        status = exchange.status
        if status is None and not exchange.elapsed_s:
            return
        state.average_s = (state.average_s + exchange.elapsed_s) / 2
        state.free_at = max(state.free_at, now + self._delay(state))
        state.forbidden = state.forbidden + 1 if status == 403 else 0
        if status in {429, 503} or state.forbidden >= FORBIDDEN_BURST:
            _pause(state, now, exchange.retry_after_s)
        elif status is not None and (200 <= status < 300 or status == 304):
            state.pauses = max(state.pauses - 1, 0)

    def _free_host(self, address: str | None) -> None:
        if address:
            self._hosts[address] -= 1
            if not self._hosts[address]:
                del self._hosts[address]

    def _delay(self, state: _Site) -> float:
        slow = min(state.average_s, MAX_SLOW_DELAY_S) if state.average_s > SLOW_S else 0.0
        return max(self._delay_s, state.crawl_delay_s, slow)

    def _forget_idle(self, now: float) -> None:
        if len(self._sites) < self._sweep_at:
            return
        self._sites = {
            site: state
            for site, state in self._sites.items()
            if state.running or state.rests_until > now - IDLE_S
        }
        self._sweep_at = max(_SWEEP_FROM, 2 * len(self._sites))


def _pause(state: _Site, now: float, retry_after_s: float | None) -> None:
    """Let a site rest as long as it asks; without a wish, longer each time.

    Answers of exchanges that were under way when the rest began are part of the same refusal.
    """
    if retry_after_s is not None:
        state.paused_until = max(state.paused_until, now + min(retry_after_s, RETRY_AFTER_MAX_S))
    elif state.paused_until <= now:
        state.paused_until = now + min(FIRST_PAUSE_S * 2**state.pauses, MAX_PAUSE_S)
        state.pauses = min(state.pauses + 1, 10)
