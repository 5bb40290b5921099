"""A dead network of our own is told from a dead site."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from ingest.errors import NetworkError, Offline
from ingest.fetch.client import Client
from ingest.fetch.outage import HOLDS_S, PROBED, Origin, Outage
from ingest.fetch.settings import Fetch
from ingest.model import Request
from tests.desk import free_port
from tests.origin import Origin as Server

DEAD: Origin = ("https", "dead.example", 443)
OTHERS: list[Origin] = [("https", f"www.site{number}.example", 443) for number in range(10)]


class Net:
    """A network that is up or down, a clock, and what was probed."""

    def __init__(self) -> None:
        self.now, self.up = 100.0, True
        self.probed: list[Origin] = []
        self.outage = Outage(self.reach, clock=lambda: self.now)

    def reach(self, origin: Origin) -> bool:
        self.probed.append(origin)
        return self.up


@pytest.fixture
def net() -> Net:
    return Net()


def test_a_failure_while_others_answer_is_the_sites_own(net: Net) -> None:
    net.outage.seed(OTHERS)
    net.outage.answered(OTHERS[0])

    assert not net.outage.explains(DEAD, began=99.0)
    assert net.probed == []


def test_one_reachable_site_proves_the_network(net: Net) -> None:
    net.outage.seed(OTHERS)

    assert not net.outage.explains(DEAD, began=100.0)
    assert len(net.probed) == 1


def test_a_failure_is_ours_when_nobody_else_can_be_reached(net: Net) -> None:
    net.outage.seed(OTHERS)
    net.up = False

    assert net.outage.explains(DEAD, began=100.0)
    assert len(net.probed) == PROBED
    assert DEAD not in net.probed


def test_a_hundred_failures_at_once_cost_one_probe(net: Net) -> None:
    net.outage.seed(OTHERS)
    net.up = False

    with ThreadPoolExecutor(10) as threads:
        found = list(threads.map(lambda _: net.outage.explains(DEAD, began=100.0), range(100)))

    assert all(found)
    assert len(net.probed) == PROBED


def test_the_network_is_back_with_the_first_answer_or_probe(net: Net) -> None:
    net.outage.seed(OTHERS)
    net.up = False
    down = net.outage.explains(DEAD, began=100.0)
    net.up = True
    net.now += HOLDS_S

    assert down
    assert not net.outage.explains(DEAD, began=net.now)
    assert not net.outage.is_down


def test_with_few_sites_nothing_can_be_said_and_the_site_is_to_blame(net: Net) -> None:
    net.outage.seed([*OTHERS[:2], DEAD])
    net.outage.answered(("https", "feeds.site1.example", 443))  # the same site as one of them
    net.up = False

    assert not net.outage.explains(DEAD, began=101.0)


def test_those_that_answered_last_are_asked_first(net: Net) -> None:
    net.outage.seed(OTHERS)
    net.outage.answered(OTHERS[7])

    net.outage.explains(DEAD, began=101.0)

    assert net.probed == [OTHERS[7]]


@pytest.fixture
def impatient() -> Iterator[Client]:
    client = Client(
        Fetch.model_validate({"allow_networks": ["127.0.0.0/8"]}), user_agent="ingest/test"
    )
    yield client
    client.close()


class NameServers:
    """Knows the names of a small web on loopback, as long as it is up."""

    def __init__(self, names: dict[str, str]) -> None:
        self._real, self.names, self.up = socket.getaddrinfo, names, True

    def getaddrinfo(self, host: bytes, port: int, **options: Any) -> Any:
        if not self.up:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return self._real(self.names[host.decode()], port, **options)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[NameServers, list[str]]]:
    """Five sites under names of their own, and who knows them."""
    with ExitStack() as network:
        servers = [network.enter_context(Server(host=f"127.0.0.{n}")) for n in range(1, 6)]
        names = {f"site{n}.example": server.host for n, server in enumerate(servers)}
        name_servers = NameServers(names)
        monkeypatch.setattr(socket, "getaddrinfo", name_servers.getaddrinfo)
        for server in servers:
            server.route("/f", (200, {"Connection": "close"}, b"x"))
        pairs = zip(names, servers, strict=True)
        yield name_servers, [f"http://{name}:{server.port}/f" for name, server in pairs]


Web = tuple[NameServers, list[str]]


def test_no_site_is_blamed_when_none_can_be_reached(impatient: Client, web: Web) -> None:
    name_servers, urls = web
    for url in urls:
        impatient.fetch(Request(url, 5, 100))
    name_servers.up = False

    for url in urls:
        with pytest.raises(Offline, match="our own network"):
            impatient.fetch(Request(url, 5, 100))

    name_servers.up = True
    assert impatient.fetch(Request(urls[0], 5, 100)).status == 200


def test_a_name_that_is_gone_alone_is_to_blame(impatient: Client, web: Web) -> None:
    name_servers, urls = web
    for url in urls:
        impatient.fetch(Request(url, 5, 100))
    name_servers.names["gone.example"] = "no-such-name.invalid"

    with pytest.raises(NetworkError):
        impatient.fetch(Request("http://gone.example:8080/f", 5, 100))


def test_a_refusal_is_an_answer_of_the_network(impatient: Client) -> None:
    urls = [f"http://127.0.0.{n}:{free_port()}/f" for n in range(1, 6)]
    impatient.watch(urls)

    with pytest.raises(NetworkError, match="cannot connect"):
        impatient.fetch(Request(urls[0], 5, 100))


def test_configured_feeds_serve_before_any_has_answered(impatient: Client, web: Web) -> None:
    name_servers, urls = web
    impatient.watch([*urls, "file:///etc/passwd"])
    name_servers.up = False

    with pytest.raises(Offline):
        impatient.fetch(Request(urls[0], 5, 100))
