"""One exchange as the RFCs have it: conditions, redirects, secrets, connections, errors."""

import gzip
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from time import monotonic
from typing import Any

import pytest
import requests

from ingest.errors import Blocked, ConfigError, HttpStatus, NetworkError, TimedOut, TooLarge
from ingest.fetch import guard
from ingest.fetch.client import MAX_REDIRECTS, Client, retry_after
from ingest.fetch.settings import Fetch
from ingest.fetch.wire import RUNNING, Adapter, Exchange, Get, tls_context
from ingest.model import Request, Validators
from tests.fetch.hostile import CERTS, Hostile, dripping, ok, read_request, saying
from tests.origin import Answer, Asked, Origin

ETAG, MODIFIED = 'W/"a, b\xe9"', "Mon, 2 Nov 2026 08:00:00 +0000"


def get(url: str, **options: Any) -> Request:
    return replace(Request(url, timeout_s=5, max_bytes=100_000), **options)


def make_client(**settings: Any) -> Client:
    return Client(Fetch.model_validate(settings), user_agent="ingest/test")


@contextmanager
def running() -> Iterator[None]:
    """Stand in for a fetch where the adapter alone is tried."""
    exchange = Exchange("", "", 5, monotonic() + 5, [ip_network("127.0.0.0/8"), ip_network("::1")])
    token = RUNNING.set(exchange)
    try:
        yield
    finally:
        RUNNING.reset(token)


@pytest.fixture
def other() -> Iterator[Origin]:
    """Another site: the same machine under another address."""
    with Origin("127.0.0.2") as origin:
        yield origin


# --- plain answers ----------------------------------------------------------------------------


def test_an_answer_comes_back_whole(client: Client, origin: Origin) -> None:
    url = origin.route(
        "/f", (200, {"ETag": '"1"', "X-A": "b", "Content-Encoding": "gzip"}, gzip.compress(b"hi"))
    )

    response = client.fetch(get(url + "?q=1#part"))

    assert (response.url, response.status, response.body) == (url + "?q=1", 200, b"hi")
    assert response.headers["x-a"] == "b"
    assert response.validators == Validators('"1"', None)
    assert response.permanent_url is None
    assert 0 < response.elapsed_s < 5


def test_we_say_who_we_are_and_what_we_read(client: Client, origin: Origin) -> None:
    client.fetch(get(origin.route("/f", (200, {}, b"")), accept="application/rss+xml"))

    headers = origin.requests[0].headers
    assert headers["user-agent"] == "ingest/test (+mailto:desk@example.org)"
    assert headers["accept"] == "application/rss+xml"
    assert {"gzip", "deflate", "br", "zstd"} == set(headers["accept-encoding"].split(","))
    assert headers["host"] == f"127.0.0.1:{origin.port}"


def test_odd_characters_of_an_address_are_sent_encoded(client: Client, origin: Origin) -> None:
    origin.route("/%C3%A9%20a/%2F", (200, {}, b"ok"))

    assert client.fetch(get(origin.url("/é a/%2F"))).body == b"ok"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 429, 500, 503, 599, 300, 305])
def test_no_success_is_an_error_with_its_status(
    client: Client, origin: Origin, status: int
) -> None:
    url = origin.route("/f", (status, {"Retry-After": "120"}, b"sorry"))

    with pytest.raises(HttpStatus, match=f"127.0.0.1 answered {status}") as caught:
        client.fetch(get(url))

    assert (caught.value.status, caught.value.retry_after_s) == (status, 120)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Wed, 04 Nov 2026 12:10:00 GMT", 600),
        ("Wednesday, 04-Nov-26 12:10:00 GMT", 600),
        ("Wed, 04 Nov 2026 11:00:00 GMT", 0),
        ("Wed, 04 Nov 2099 12:10:00 GMT", 86_400),
        ("9" * 5000, 86_400),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("Wed, 04 Nov 99999999999999999999 12:10:00 GMT", None),
        ("Wed, 04 Nov 2026 12:10:00 +99999999999999999999", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, datetime(2026, 11, 4, 12, tzinfo=UTC)) == seconds


# --- conditional requests ---------------------------------------------------------------------


def test_validators_are_replayed_to_the_letter(client: Client, origin: Origin) -> None:
    url = origin.route("/f", (304, {"ETag": ETAG}, b""))

    response = client.fetch(get(url, validators=Validators(ETAG, MODIFIED)))

    assert response.not_modified
    assert response.body == b""
    assert origin.requests[0].headers["if-none-match"] == ETAG
    assert origin.requests[0].headers["if-modified-since"] == MODIFIED


def test_an_etag_round_trips_byte_by_byte(client: Client) -> None:
    raw = b'"\x80\xff~ \t!"'
    seen: list[bytes] = []

    def script(sock: socket.socket) -> None:
        seen.append(read_request(sock))
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: " + raw + b"\r\n\r\n")

    with Hostile(script) as server:
        first = client.fetch(get(server.url()))
        client.fetch(get(server.url(), validators=first.validators))

    assert b"\r\nIf-None-Match: " + raw + b"\r\n" in seen[1]


def test_a_304_that_was_not_asked_for_is_an_error(client: Client, origin: Origin) -> None:
    url = origin.route("/f", (304, {}, b""))

    with pytest.raises(HttpStatus) as caught:
        client.fetch(get(url))

    assert caught.value.status == 304


@pytest.mark.parametrize("etag", ['"a\r\nX-Evil: b"', '"\0"', '"…"', '"' + "a" * 5000 + '"'])
def test_validators_that_cannot_be_sent_are_left_out(
    client: Client, origin: Origin, etag: str
) -> None:
    client.fetch(get(origin.route("/f", (200, {}, b"")), validators=Validators(etag, None)))

    assert "if-none-match" not in origin.requests[0].headers
    assert "x-evil" not in origin.requests[0].headers


def test_a_304_with_a_promise_of_chunks_is_not_waited_for(client: Client) -> None:
    answer = b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"

    with Hostile(dripping(answer, [b""] * 100)) as server:
        response = client.fetch(get(server.url(), validators=Validators('"1"')))

    assert response.not_modified
    assert response.elapsed_s < 1


# --- redirects --------------------------------------------------------------------------------


def redirect(origin: Origin, path: str, status: int, location: str) -> str:
    return origin.route(path, (status, {"Location": location}, b"moved"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(client: Client, origin: Origin, status: int) -> None:
    origin.route("/new", (200, {}, b"here"))
    url = redirect(origin, "/old", status, "new")

    response = client.fetch(get(url))

    assert (response.url, response.body) == (origin.url("/new"), b"here")
    assert response.permanent_url == (origin.url("/new") if status in {301, 308} else None)


def test_only_the_permanent_start_of_a_chain_is_permanent(client: Client, origin: Origin) -> None:
    redirect(origin, "/a", 301, "/b")
    redirect(origin, "/b", 308, "/c")
    redirect(origin, "/c", 302, "/d")
    redirect(origin, "/d", 301, "/e")
    origin.route("/e", (200, {}, b""))

    assert client.fetch(get(origin.url("/a"))).permanent_url == origin.url("/c")
    assert client.fetch(get(origin.url("/c"))).permanent_url is None


def test_redirects_in_circles_end_at_once(client: Client, origin: Origin) -> None:
    redirect(origin, "/a", 301, "/b")
    redirect(origin, "/b", 301, "/a")

    with pytest.raises(HttpStatus, match="circles"):
        client.fetch(get(origin.url("/a")))

    assert len(origin.requests) == 2


def test_endless_redirects_end(client: Client, origin: Origin) -> None:
    def onward(asked: Asked) -> Answer:
        return 302, {"Location": f"/f?{len(origin.requests)}", "Set-Cookie": "a=1"}, b""

    with pytest.raises(HttpStatus, match="too many"):
        client.fetch(get(origin.route("/f", onward)))

    assert len(origin.requests) == MAX_REDIRECTS + 1


def test_a_redirect_without_an_address_is_an_error(client: Client, origin: Origin) -> None:
    with pytest.raises(HttpStatus):
        client.fetch(get(origin.route("/f", (302, {}, b""))))


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "http://u:p@127.0.0.1/", "http://0x7f.1/"]
)
def test_a_redirect_cannot_lead_where_we_may_not_go(
    client: Client, origin: Origin, location: str
) -> None:
    with pytest.raises(Blocked):
        client.fetch(get(redirect(origin, "/f", 302, location)))


def test_a_redirect_to_a_private_address_is_not_dialled(origin: Origin, other: Origin) -> None:
    client = make_client(allow_networks=["127.0.0.1/32"])
    url = redirect(origin, "/f", 302, other.route("/inner", (200, {}, b"secret")))

    with pytest.raises(Blocked, match="this machine"):
        client.fetch(get(url))

    assert other.connections == 0
    client.close()


def test_the_body_of_a_redirect_is_never_read(client: Client, origin: Origin) -> None:
    target = origin.route("/new", (200, {}, b"here"))
    head = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\n\r\n".encode()

    with Hostile(dripping(head, [b"a"] * 100)) as server:
        assert client.fetch(get(server.url())).elapsed_s < 1


def test_secrets_and_validators_stay_with_whom_they_are_for(
    client: Client, origin: Origin, other: Origin
) -> None:
    redirect(origin, "/a", 302, "/b")
    redirect(origin, "/b", 302, other.url("/c"))
    other.route("/c", (200, {}, b""))

    client.fetch(
        get(
            origin.url("/a"),
            headers={"Authorization": "Bearer s3cret", "user-agent": "mine"},
            validators=Validators('"1"', MODIFIED),
        )
    )

    first, second, third = (*origin.requests, *other.requests)
    assert (first.headers["authorization"], first.headers["if-none-match"]) == (
        "Bearer s3cret",
        '"1"',
    )
    assert first.headers["user-agent"] == "mine"
    assert second.headers["authorization"] == "Bearer s3cret"
    assert "if-none-match" not in second.headers
    assert "s3cret" not in str(third.headers)
    assert third.headers["user-agent"].startswith("ingest/")


# --- cookies ----------------------------------------------------------------------------------


def test_a_cookie_lives_for_one_chain_of_redirects(client: Client, origin: Origin) -> None:
    def gate(asked: Asked) -> Answer:
        if asked.headers.get("cookie") == "seen=yes; b=2":
            return 200, {}, b"welcome"
        return (
            302,
            [("Location", "/f"), ("Set-Cookie", "seen=yes; Path=/"), ("Set-Cookie", "b=2")],
            b"",
        )

    url = origin.route("/f", gate)

    assert client.fetch(get(url)).body == b"welcome"
    assert client.fetch(get(url)).body == b"welcome"
    assert ["cookie" in asked.headers for asked in origin.requests] == [False, True, False, True]


def test_a_cookie_is_for_its_origin_alone(client: Client, origin: Origin, other: Origin) -> None:
    other.route("/f", (200, {}, b""))
    url = origin.route("/f", (302, {"Location": other.url("/f"), "Set-Cookie": "a=b"}, b""))

    client.fetch(get(url))

    assert "cookie" not in other.requests[0].headers


def test_cookies_of_a_chain_are_bounded(client: Client, origin: Origin) -> None:
    cookies = [("Set-Cookie", f"c{n}=" + "x" * 4000) for n in range(15)]

    def onward(asked: Asked) -> Answer:
        turn = len(origin.requests)
        return (302, [("Location", f"/f?{turn}"), *cookies], b"") if turn < 4 else (200, {}, b"")

    client.fetch(get(origin.route("/f", onward)))

    assert len(origin.requests[-1].headers["cookie"]) < 65_000


# --- connections ------------------------------------------------------------------------------


def test_a_connection_is_used_again(client: Client, origin: Origin) -> None:
    url = origin.publish("/f", b"<rss/>")
    validators = client.fetch(get(url)).validators

    for _ in range(3):
        assert client.fetch(get(url, validators=validators)).not_modified

    assert origin.connections == 1


def test_a_kept_connection_that_died_is_replaced(client: Client) -> None:
    def script(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(ok(b"once"))
        read_request(sock)  # and hang up in place of an answer

    with Hostile(script) as server:
        assert client.fetch(get(server.url())).body == b"once"
        assert client.fetch(get(server.url())).body == b"once"
        assert server.connections == 2


def test_a_new_connection_that_dies_is_not_tried_again(client: Client) -> None:
    with Hostile(saying()) as server, pytest.raises(NetworkError):
        client.fetch(get(server.url()))

    assert server.connections == 1


def test_many_threads_get_each_their_own_answer(client: Client, origin: Origin) -> None:
    origin.route("/f", lambda asked: (200, {}, asked.path.encode()))
    paths = [f"/f?{number}" for number in range(400)]

    with ThreadPoolExecutor(32) as pool:
        bodies = list(pool.map(lambda path: client.fetch(get(origin.url(path))).body, paths))

    assert [body.decode() for body in bodies] == paths


def test_connections_are_kept_for_the_hosts_asked_last() -> None:
    adapter = Adapter(tls_context, hosts=2, per_host=1)
    answer: Answer = (200, {}, b"")
    with Origin("127.0.1.1") as one, Origin("127.0.1.2") as two, Origin("127.0.1.3") as three:
        for site in (one, two, three, three, one):
            with running():
                adapter.open(Get(guard.read_url(site.route("/", answer)), {})).raw.drain_conn()

        assert [site.connections for site in (one, two, three)] == [2, 1, 1]
        adapter.close()


# --- names ------------------------------------------------------------------------------------


class Names:
    """Name servers of a test: what each name stands for now, and how often it was asked for."""

    def __init__(self, real: Any) -> None:
        self._real, self.addresses, self.asked = real, dict[str, list[str]](), list[str]()
        self.answering = threading.Event()
        self.answering.set()

    def getaddrinfo(self, host: bytes, port: int, **options: Any) -> Any:
        name = host.decode()
        if name not in self.addresses:
            return self._real(host, port, **options)
        self.asked.append(name)
        self.answering.wait(5)
        return [place for address in self.addresses[name] for place in self._real(address, port)]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names(socket.getaddrinfo)
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    return names


def test_the_address_dialled_is_the_address_checked(origin: Origin, names: Names) -> None:
    client = make_client(allow_networks=["127.0.0.1/32"])
    origin.route("/", (200, {}, b"in"))
    names.addresses["rebind.example"] = ["10.0.0.1", "127.0.0.2", "127.0.0.1"]
    url = f"http://rebind.example:{origin.port}/"

    assert client.fetch(get(url)).body == b"in"
    assert names.asked == ["rebind.example"]
    assert origin.requests[0].headers["host"] == f"rebind.example:{origin.port}"
    client.close()


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "127.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%1"]
)
def test_a_name_for_an_inner_address_is_refused(address: str, names: Names) -> None:
    client = make_client()
    names.addresses["inner.example"] = [address]

    with pytest.raises(Blocked, match="refused to connect"):
        client.fetch(get("http://inner.example/"))
    client.close()


def test_a_port_of_other_services_is_refused(names: Names) -> None:
    client = make_client()
    names.addresses["public.example"] = ["93.184.216.34"]

    with pytest.raises(Blocked, match="port 25"):
        client.fetch(get("http://public.example:25/"))
    client.close()


def test_a_dead_address_does_not_spoil_a_living_one(
    client: Client, origin: Origin, names: Names
) -> None:
    origin.route("/", (200, {}, b"alive"))
    names.addresses["half.example"] = ["127.0.0.9", "127.0.0.1"]

    assert client.fetch(get(f"http://half.example:{origin.port}/")).body == b"alive"


def test_a_name_server_that_hangs_is_left_at_the_deadline(client: Client, names: Names) -> None:
    names.addresses["slow.example"] = ["127.0.0.1"]
    names.answering.clear()
    started = monotonic()

    with pytest.raises(TimedOut):
        client.fetch(get("http://slow.example/", timeout_s=0.3))

    assert monotonic() - started < 1
    names.answering.set()


def test_a_name_that_does_not_exist_is_a_network_error(client: Client) -> None:
    with pytest.raises((NetworkError, TimedOut)):
        client.fetch(get("http://no-such-host.invalid/", timeout_s=2))


@pytest.mark.parametrize("host", ["a" * 63 + ".example", "xn--0.example", "_a.example"])
def test_odd_names_are_looked_up_without_a_crash(client: Client, names: Names, host: str) -> None:
    names.addresses[host] = ["10.0.0.1"]

    with pytest.raises(Blocked):
        client.fetch(get(f"http://{host}/"))


# --- TLS --------------------------------------------------------------------------------------


@pytest.fixture
def trusting() -> Iterator[Client]:
    client = make_client(allow_networks=["127.0.0.0/8", "::1/128"], ca_file=CERTS / "root.pem")
    yield client
    client.close()


def test_a_trusted_certificate_is_accepted(trusting: Client) -> None:
    with Hostile(saying(ok(b"safe")), tls=True) as server:
        assert trusting.fetch(get(server.url())).body == b"safe"


def test_the_certificate_of_a_new_connection_is_noted_by_host() -> None:
    noted: list[tuple[str, object]] = []
    client = Client(
        Fetch.model_validate({"allow_networks": ["127.0.0.0/8"], "ca_file": CERTS / "root.pem"}),
        user_agent="ingest/test",
        note_certificate=lambda host, found: noted.append((host, found["notAfter"])),
    )
    with Hostile(saying(ok(b"safe")), tls=True) as server:
        client.fetch(get(server.url()))
    client.close()

    assert noted == [("localhost", "Oct 30 09:46:19 2126 GMT")]


def test_an_unknown_certificate_is_refused(client: Client) -> None:
    with (
        Hostile(saying(ok(b"never")), tls=True) as server,
        pytest.raises(NetworkError, match="certificate of localhost is not trusted"),
    ):
        client.fetch(get(server.url()))


def test_no_option_of_requests_turns_verification_off() -> None:
    context = tls_context()
    adapter = Adapter(lambda: context, hosts=1, per_host=1)

    with (
        Hostile(saying(ok(b"never")), tls=True) as server,
        running(),
        pytest.raises(requests.exceptions.SSLError, match="certificate verify failed"),
    ):
        adapter.send(Get(guard.read_url(server.url()), {}), verify=False, timeout=2)

    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    adapter.close()


@pytest.mark.parametrize("name", ["nothing.pem", "hostile.py"])
def test_a_ca_file_without_certificates_is_a_fault_of_the_configuration(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"`fetch\.ca_file` .*{name}"):
        make_client(ca_file=CERTS.parent / name)


def test_a_certificate_for_another_name_is_refused(trusting: Client) -> None:
    with (
        Hostile(saying(ok(b"never")), tls=True) as server,
        pytest.raises(NetworkError, match=r"certificate of 127\.0\.0\.1 is not trusted"),
    ):
        trusting.fetch(get(server.url().replace("localhost", "127.0.0.1")))


def test_a_slow_body_over_tls_ends_at_the_deadline(trusting: Client) -> None:
    with Hostile(dripping(ok(b"")[:-2], [b"a"] * 200), tls=True) as server, pytest.raises(TimedOut):
        trusting.fetch(get(server.url(), timeout_s=0.25))


def test_a_handshake_that_never_comes_ends_at_the_deadline(trusting: Client) -> None:
    with Hostile(dripping(b"", [b""] * 200)) as server, pytest.raises(TimedOut):
        trusting.fetch(get(server.url().replace("http", "https"), timeout_s=0.25))


def test_a_flood_over_tls_is_cut_off(trusting: Client) -> None:
    with Hostile(saying(ok(b"a" * 300_000)), tls=True) as server, pytest.raises(TooLarge):
        trusting.fetch(get(server.url()))


# --- proxies ----------------------------------------------------------------------------------


def test_proxies_of_the_environment_are_ignored(
    client: Client, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert client.fetch(get(origin.route("/", (200, {}, b"direct")))).body == b"direct"


def test_a_configured_proxy_is_asked_for_everything(origin: Origin) -> None:
    proxy = f"http://me:pass%20word@127.0.0.1:{origin.port}"
    client = make_client(proxy=proxy)
    origin.route("http://far.example/f", (200, {}, b"through"))

    response = client.fetch(get("http://far.example/f"))

    assert (response.url, response.body) == ("http://far.example/f", b"through")
    assert origin.requests[0].headers["proxy-authorization"] == "Basic bWU6cGFzcyB3b3Jk"
    assert origin.requests[0].headers["host"] == "far.example"
    client.close()


@pytest.mark.parametrize("proxy", ["socks5://h:1", "https://h:1", "h:1"])
def test_a_proxy_of_another_kind_is_a_fault_of_the_configuration(proxy: str) -> None:
    with pytest.raises(ValueError, match="HTTP proxy"):
        Fetch.model_validate({"proxy": proxy})


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "https://[::1]/", "http://far.example:25/"])
def test_a_proxy_is_not_led_to_inner_addresses(origin: Origin, url: str) -> None:
    client = make_client(proxy=origin.url())

    with pytest.raises(Blocked):
        client.fetch(get(url))

    assert origin.connections == 0
    client.close()


def test_a_proxy_that_refuses_a_tunnel_is_named_without_its_password() -> None:
    seen: list[bytes] = []

    def script(sock: socket.socket) -> None:
        seen.append(read_request(sock))
        sock.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

    with Hostile(script) as server:
        client = make_client(proxy=server.url().replace("//", "//me:hidden@"))
        with pytest.raises(NetworkError, match="407") as caught:
            client.fetch(get("https://far.example/f"))
        client.close()

    assert seen[0].startswith(b"CONNECT far.example:443 ")
    assert "hidden" not in str(caught.value)


def test_without_time_nothing_is_dialled(client: Client, origin: Origin) -> None:
    with pytest.raises(TimedOut):
        client.fetch(get(origin.url(), timeout_s=0))

    assert origin.connections == 0


# --- what errors say --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers", [{"X-Key": "s3cret\r\nX: y"}, {"X-Key": "s3cret…"}, {"X Key": "s3cret"}]
)
def test_a_header_that_cannot_be_sent_is_named_without_its_value(
    client: Client, origin: Origin, headers: dict[str, str]
) -> None:
    with pytest.raises(Blocked, match="the header") as caught:
        client.fetch(get(origin.url(), headers=headers))

    assert "s3cret" not in str(caught.value)
    assert origin.connections == 0


def test_errors_show_no_user_name(client: Client) -> None:
    with pytest.raises(Blocked) as caught:
        client.fetch(get("https://me:s3cret@example.org/feed"))

    assert "s3cret" not in f"{caught.value} {caught.value.url}"
    assert caught.value.url == "https://example.org/feed"


def test_nobody_listening_is_said_plainly(client: Client) -> None:
    with Origin() as origin:
        url = origin.url()

    with pytest.raises(NetworkError, match=r"cannot connect to 127\.0\.0\.1: Connection refused"):
        client.fetch(get(url))
