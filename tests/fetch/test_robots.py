"""robots.txt is asked for, read and remembered as RFC 9309 has it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter, sleep

import pytest

from ingest.fetch.client import Client
from ingest.fetch.robots import GIVE_UP_S, MAX_ORIGINS, Robots
from ingest.fetch.settings import Fetch
from ingest.model import Request, Response, RobotsWhy
from tests.fetch.hostile import Hostile, saying
from tests.origin import Answer, Asked, Origin


@dataclass
class Clock:
    now: float = 5000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rules(client: Client, clock: Clock) -> Robots:
    return Robots(client, Fetch(), clock=clock)


def publish(origin: Origin, text: str) -> None:
    origin.route("/robots.txt", (200, {"Content-Type": "text/plain"}, text.encode()))


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/c", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf?y", True),
        ("User-agent: *\nDisallow: /a%3Cd", "/a<d", False),
        ("User-agent: *\nDisallow: /é", "/%C3%A9", False),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: INGEST\nDisallow: /", "/a", False),
        ("User-agent: ingest/2.0 (news)\nDisallow: /", "/a", False),
        ("User-agent: ingester\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: ingest\nAllow: /", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: ingest\n", "/a", True),
        ("User-agent: a\nUser-agent: ingest\nUser-agent: b\nDisallow: /", "/a", False),
        ("User-agent: ingest\nDisallow: /a\nUser-agent: b\nDisallow: /b", "/b", True),
        ("User-agent: ingest\nDisallow: /a\n\nUser-agent: ingest\nDisallow: /b", "/a", False),
        ("User-agent: ingest\nSitemap: /s\nUser-agent: b\nDisallow: /", "/a", False),
        ("\ufeffUser-agent: *\r\nDisallow: / # all of it\r\n", "/a", False),
        ("Disallow: /", "/a", True),
        ("<!DOCTYPE html><title>Not found</title><p style='a: b'>Oh", "/a", True),
        ("\x00\x01\x02: \x03", "/a", True),
    ],
)
def test_rules_are_read(rules: Robots, origin: Origin, text: str, path: str, allowed: bool) -> None:
    publish(origin, text)

    assert rules.allowed(origin.url(path)) is allowed


def test_the_reason_is_told(rules: Robots, origin: Origin) -> None:
    publish(origin, "User-agent: *\nDisallow: /private\nCrawl-delay: 7")

    first = rules.verdict(origin.url("/private"))
    assert first.why is RobotsWhy.DISALLOWED
    assert first.asked is not None
    assert first.asked.status == 200
    assert rules.verdict(origin.url("/private")).asked is None
    assert rules.verdict(origin.url("/open")).why is RobotsWhy.ALLOWED
    assert rules.verdict(origin.url("/open")).crawl_delay_s == 7


@pytest.mark.parametrize("value", ["soon", "-1", "inf", "nan", ""])
def test_a_crawl_delay_that_is_none_is_none(rules: Robots, origin: Origin, value: str) -> None:
    publish(origin, f"User-agent: *\nCrawl-delay: {value}")

    assert rules.verdict(origin.url("/")).crawl_delay_s is None


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        (400, True),
        (401, True),
        (403, True),
        (404, True),
        (410, True),
        (429, False),
        (500, False),
        (503, False),
    ],
)
def test_a_refused_file_allows_all_and_a_failing_one_nothing(
    rules: Robots, origin: Origin, status: int, allowed: bool
) -> None:
    origin.route("/robots.txt", (status, {}, b"User-agent: *\nDisallow: /nothing"))

    verdict = rules.verdict(origin.url("/a"))

    assert verdict.allowed is allowed
    assert verdict.why is (RobotsWhy.ALLOWED if allowed else RobotsWhy.UNREACHABLE)


def test_redirects_are_followed_and_endless_ones_allow_all(rules: Robots, origin: Origin) -> None:
    with Origin("127.0.0.2") as other:
        origin.route("/robots.txt", (301, {"Location": other.url("/r")}, b""))
        other.route("/r", (200, {}, b"User-agent: *\nDisallow: /"))
        other.route("/robots.txt", (302, {"Location": "/robots.txt"}, b""))

        assert not rules.allowed(origin.url("/a"))
        assert rules.allowed(other.url("/a"))


def test_a_site_that_does_not_answer_is_left_alone_for_thirty_days(
    rules: Robots, clock: Clock
) -> None:
    with Origin() as origin:
        url = origin.url("/a")

    for _ in range(3):
        assert rules.verdict(url).why is RobotsWhy.UNREACHABLE
        clock.now += GIVE_UP_S / 2 - 1
    clock.now += 2
    assert rules.verdict(url).why is RobotsWhy.ALLOWED


def test_known_rules_hold_on_while_the_file_cannot_be_had(
    rules: Robots, origin: Origin, clock: Clock
) -> None:
    publish(origin, "User-agent: *\nDisallow: /private")
    rules.allowed(origin.url("/a"))
    origin.route("/robots.txt", (503, {}, b""))
    clock.now += 90_000

    assert rules.allowed(origin.url("/a"))
    assert not rules.allowed(origin.url("/private"))
    assert len(origin.requests) == 2


def test_a_site_is_asked_once_a_day(rules: Robots, origin: Origin, clock: Clock) -> None:
    publish(origin, "User-agent: *\nDisallow: /")
    for _ in range(5):
        rules.allowed(origin.url("/a"))
    publish(origin, "")
    clock.now += 86_399
    assert not rules.allowed(origin.url("/a"))

    clock.now += 2

    assert rules.allowed(origin.url("/a"))
    assert len(origin.requests) == 2


def test_many_threads_ask_once(rules: Robots, origin: Origin) -> None:
    def slowly(asked: Asked) -> Answer:
        sleep(0.1)
        return 200, {}, b"User-agent: *\nDisallow: /"

    origin.route("/robots.txt", slowly)

    with ThreadPoolExecutor(16) as pool:
        verdicts = set(pool.map(rules.allowed, [origin.url(f"/{n}") for n in range(32)]))

    assert verdicts == {False}
    assert len(origin.requests) == 1


def test_each_port_and_scheme_is_an_origin_of_its_own(rules: Robots, origin: Origin) -> None:
    publish(origin, "User-agent: *\nDisallow: /")
    with Origin() as other:
        assert not rules.allowed(origin.url("/a"))
        assert rules.allowed(other.url("/a"))


def test_switched_off_nothing_is_asked(client: Client, origin: Origin) -> None:
    publish(origin, "User-agent: *\nDisallow: /")
    rules = Robots(client, Fetch(robots=False))

    assert rules.allowed(origin.url("/a"))
    assert rules.verdict(origin.url("/a")).crawl_delay_s is None
    assert origin.requests == []


@pytest.mark.parametrize("url", ["ftp://example.org/", "http://u:p@example.org/", "nonsense"])
def test_what_the_guard_refuses_is_the_guards_business(rules: Robots, url: str) -> None:
    assert rules.allowed(url)


def test_only_the_first_500_kib_are_read(rules: Robots, origin: Origin) -> None:
    padding = "# " + "x" * 1000 + "\n"
    publish(origin, "User-agent: *\nDisallow: /a\n" + padding * 600 + "Disallow: /b\n")

    assert not rules.allowed(origin.url("/a"))
    assert rules.allowed(origin.url("/b"))


def test_a_file_that_never_ends_is_no_answer(client: Client) -> None:
    rules = Robots(client, Fetch())
    with Hostile(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")) as server:
        assert rules.verdict(server.url("/a")).why is RobotsWhy.UNREACHABLE


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"user-agent: a{n}\n" for n in range(15_000))
        + "".join(f"allow: /{n}\n" for n in range(20_000)),
        "user-agent: ingest\n" * 12_000 + "disallow: /x\n" * 20_000,
        "user-agent: ingest\ndisallow: /x\n" * 12_000,
        "user-agent: *\n" + "disallow: *a*a*a*a*a*a*a*a*z$\n" * 12_000,
        "user-agent: *\ndisallow: /" + "*a" * 200_000,
        "user-agent: *\n" + "disallow: /%61$\n" * 30_000,
        ":" * 400_000,
        "user-agent: *\ncrawl-delay: " + "9" * 400_000,
    ],
    ids=[
        "many names",
        "one name often",
        "one group often",
        "stars",
        "one star rule",
        "dollars",
        "colons",
        "digits",
    ],
)
def test_a_hostile_file_costs_little(rules: Robots, origin: Origin, text: str) -> None:
    publish(origin, text)
    started = perf_counter()

    rules.verdict(origin.url("/" + "a" * 8000))

    assert perf_counter() - started < 3


class Web:
    """Every site there is, with the same large robots.txt."""

    def __init__(self, text: str) -> None:
        self.text, self.asked = text.encode(), 0

    def fetch(self, request: Request) -> Response:
        self.asked += 1
        return Response(request.url, 200, {}, self.text)


def test_memory_is_bounded_by_sites() -> None:
    web = Web("")
    rules = Robots(web, Fetch())
    for number in range(MAX_ORIGINS + 1):
        rules.allowed(f"http://s{number}.example/")

    rules.allowed("http://s1.example/")
    assert web.asked == MAX_ORIGINS + 1
    rules.allowed("http://s0.example/")
    assert web.asked == MAX_ORIGINS + 2


def test_memory_is_bounded_by_rules() -> None:
    web = Web("user-agent: *\n" + "disallow: /private\n" * 25_000)
    rules = Robots(web, Fetch())
    for number in (1, 2, 3, 4):
        rules.allowed(f"http://s{number}.example/")

    rules.allowed("http://s4.example/")
    assert web.asked == 4
    rules.allowed("http://s1.example/")
    assert web.asked == 5
