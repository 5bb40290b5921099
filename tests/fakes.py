"""Stand-ins for other people's machines: a web that answers from a table, channels that keep a list."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.errors import DeliveryError, FetchError, HttpStatus
from ingest.model import Delivery, Request, Response, RobotsVerdict, RobotsWhy


@dataclass
class FakeFetcher:
    """Answers by URL: a body, a response, or an error to raise."""

    answers: dict[str, bytes | Response | FetchError] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    posted: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def fetch(self, request: Request) -> Response:
        self.asked.append(request)
        answer = self.answers.get(request.url)
        if answer is None:
            raise HttpStatus("404 Not Found", url=request.url, status=404)
        if isinstance(answer, FetchError):
            raise answer
        if isinstance(answer, Response):
            return answer
        return Response(request.url, 200, {"content-type": "text/html; charset=utf-8"}, answer)

    def post(self, url: str, fields: Mapping[str, str], *, timeout_s: float) -> Response:
        self.posted.append((url, fields))
        answer = self.answers.get(url)
        if isinstance(answer, FetchError):
            raise answer
        return Response(url, 202, {}, b"")


@dataclass
class OpenRobots:
    """A robots.txt that forbids what it is told to."""

    forbidden: frozenset[str] = frozenset()

    unreachable: frozenset[str] = frozenset()
    crawl_delay_s: float | None = None

    def verdict(self, url: str) -> RobotsVerdict:
        why = RobotsWhy.DISALLOWED if url in self.forbidden else RobotsWhy.ALLOWED
        why = RobotsWhy.UNREACHABLE if url in self.unreachable else why
        return RobotsVerdict(why is RobotsWhy.ALLOWED, why, self.crawl_delay_s)


@dataclass
class ListChannels:
    """Keeps what is sent; raises what it is told to, by channel."""

    sent: list[Delivery] = field(default_factory=list)
    refuse: Mapping[str, DeliveryError] = field(default_factory=dict)

    def send(self, delivery: Delivery) -> None:
        if delivery.channel in self.refuse:
            raise self.refuse[delivery.channel]
        self.sent.append(delivery)

    def close(self) -> None:
        """Nothing is open."""
