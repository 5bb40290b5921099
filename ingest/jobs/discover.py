"""From the address of a site to its feeds: look where they may be, and keep what can be read as one."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from ingest.errors import FetchError, ParseError
from ingest.feeds import discover, encoding, parse
from ingest.feeds.discover import Candidate
from ingest.feeds.freshness import ACCEPT
from ingest.jobs.ports import Fetcher
from ingest.model import ParsedFeed, Request, Response

TIMEOUT_S = 15.0
MAX_BYTES = 10_000_000
TOTAL_S = 60.0
"""A person waits for this; what has not been looked at by then is left out."""


@dataclass(frozen=True, slots=True)
class Found:
    """A feed that was found, as read."""

    url: str
    why: str
    feed: ParsedFeed


def find(fetcher: Fetcher, url: str, *, clock: Callable[[], float]) -> list[Found]:
    """Return the feeds of a page or site, those it names itself first.

    The usual places are tried only where the page names none. Raises FetchError where the page
    cannot be had.
    """
    until = clock() + TOTAL_S
    page = _get(fetcher, url)
    if itself := _read(page, "page"):
        return [itself]
    html, _ = encoding.decode(page.body, page.headers.get("content-type"))
    named = [*discover.in_page(html, page.url), *_robots(fetcher, page.url)]
    found = list(_readable(fetcher, named, until, clock))
    if found:
        return found
    return list(_readable(fetcher, discover.usual(page.url), until, clock))


def _robots(fetcher: Fetcher, url: str) -> list[Candidate]:
    try:
        text = _get(fetcher, urljoin(url, "/robots.txt")).body.decode("utf-8", "replace")
    except FetchError:
        return []
    return discover.in_robots(text, url)


def _readable(
    fetcher: Fetcher, candidates: Iterable[Candidate], until: float, clock: Callable[[], float]
) -> Iterator[Found]:
    """Yield those candidates that are feeds, each address it leads to once.

    An index of sitemaps that a robots.txt names gives way to the news among them.
    """
    seen: set[str] = set()
    waiting = deque(candidates)
    while waiting and clock() <= until:
        candidate = waiting.popleft()
        try:
            page = _get(fetcher, candidate.url)
        except FetchError:
            continue
        found = _read(page, candidate.why)
        if found and found.url not in seen:
            seen.add(found.url)
            yield found
        if not found and candidate.why == "robots":
            waiting += discover.in_index(page.body.decode("utf-8", "replace"), page.url)


def _get(fetcher: Fetcher, url: str) -> Response:
    return fetcher.fetch(Request(url, TIMEOUT_S, MAX_BYTES, accept=f"text/html, {ACCEPT}"))


def _read(response: Response, why: str) -> Found | None:
    try:
        feed = parse.parse(
            response.body, url=response.url, content_type=response.headers.get("content-type")
        )
    except ParseError:
        return None
    return Found(response.permanent_url or response.url, why, feed)
