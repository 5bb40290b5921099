"""Webhooks, posted to receivers on loopback that check the signature with the reference library."""

import base64
import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep, time
from typing import Any

import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from ingest.deliver.settings import WebhookConfig, key_bytes
from ingest.deliver.webhook import Webhook
from ingest.errors import DeliveryError
from ingest.jobs.certificates import Certificates
from tests.alerts.samples import delivery
from tests.deliver.servers import take_post, trusting
from tests.fetch.hostile import Hostile
from tests.origin import Origin

RAW = b"thirty-two bytes of a secret key"
SECRET = "whsec_" + base64.b64encode(RAW).decode()
OLD = "whsec_" + base64.b64encode(b"the secret of the year before").decode()


def config(url: str, **changes: Any) -> WebhookConfig:
    values = {"kind": "webhook", "url": url, "secret": SECRET, "timeout": "5s", **changes}
    return WebhookConfig.model_validate(values)


def fails(url: str, *, clock: Callable[[], float] = time, **changes: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        Webhook(config(url, **changes), clock=clock, tls=trusting()).send(delivery())
    return caught.value


def saying(answer: bytes) -> Callable[[socket.socket], None]:
    """Return a script that reads a post and says this, to the letter."""

    def script(sock: socket.socket) -> None:
        take_post(sock)
        sock.sendall(answer)

    return script


# --- what is sent ---------------------------------------------------------------------------


def test_a_receiver_with_the_reference_library_accepts_the_signature() -> None:
    with Origin() as origin:
        Webhook(config(origin.route("/hook", (204, {}, b"")))).send(delivery())

    (asked,) = origin.requests
    assert Verifier(SECRET).verify(asked.body, dict(asked.headers)) == delivery().payload
    assert (asked.method, asked.headers["content-type"]) == ("POST", "application/json")
    assert asked.headers["webhook-id"] == delivery().id


def test_a_plain_secret_signs_with_its_own_bytes() -> None:
    with Origin() as origin:
        url = origin.route("/hook", (200, {}, b"ok"))
        Webhook(config(url, secret="geheim & lang genug für alle")).send(delivery())

    (asked,) = origin.requests
    key = "geheim & lang genug für alle".encode()
    assert Verifier(key).verify(asked.body, dict(asked.headers))


def test_a_template_gives_the_body_its_own_shape_and_is_signed_as_it_is() -> None:
    template = (
        '{"text": {{ ("[" ~ data.rule ~ "] " ~ data.article.title) | tojson }}, "id": "{{ id }}"}'
    )
    with Origin() as origin:
        url = origin.route("/hook", (204, {}, b""))
        Webhook(config(url, template=template, content_type="text/plain")).send(delivery())

    (asked,) = origin.requests
    assert Verifier(SECRET).verify(asked.body, dict(asked.headers))["id"] == delivery().id
    assert json.loads(asked.body)["text"].startswith("[pier-closures] Harbour authority")
    assert asked.headers["content-type"] == "text/plain"


@pytest.mark.parametrize("template", ["{{ data.rule", "{% if %}", "{{ x | nothing }}"])
def test_a_template_that_cannot_be_read_is_a_fault_of_the_configuration(template: str) -> None:
    with pytest.raises(ValidationError, match="not a template"):
        config("https://soc.example.org", template=template)


@pytest.mark.parametrize(
    "template", ["{{ 1 // 0 }}", "{{ data.__class__.__mro__[1].__subclasses__()[0] }}"]
)
def test_a_template_that_fails_is_tried_again_and_reaches_nothing_else(template: str) -> None:
    error = fails("http://127.0.0.1:9/", template=template)

    assert "template fails" in str(error)
    assert not error.permanent


def test_while_secrets_change_both_are_signed_with() -> None:
    with Origin() as origin:
        url = origin.route("/hook", (204, {}, b""))
        Webhook(config(url, secret=[SECRET, OLD])).send(delivery())

    (asked,) = origin.requests
    headers = dict(asked.headers)
    for secret in (SECRET, OLD):
        assert Verifier(secret).verify(asked.body, headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(b"another one").verify(asked.body, headers)


def test_each_attempt_has_the_same_id_and_body_and_a_time_of_its_own() -> None:
    now = time()
    clock = iter([now - 60, now])
    with Origin() as origin:
        hook = Webhook(config(origin.route("/hook", (204, {}, b""))), clock=lambda: next(clock))
        hook.send(delivery())
        hook.send(delivery())

    first, second = origin.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) == int(now)
    for asked in (first, second):
        Verifier(SECRET).verify(asked.body, dict(asked.headers))


def test_further_headers_go_along() -> None:
    with Origin() as origin:
        url = origin.route("/hook", (204, {}, b""))
        Webhook(config(url, headers={"Authorization": "Bearer t0ken"})).send(delivery())

    assert origin.requests[0].headers["authorization"] == "Bearer t0ken"


def test_a_receiver_with_tls_is_reached() -> None:
    bodies = []

    def script(sock: socket.socket) -> None:
        bodies.append(take_post(sock))
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    certificates = Certificates()
    with Hostile(script, tls=True) as server:
        hook = config(server.url("/hook"))
        Webhook(hook, tls=trusting(), note=certificates.note).send(delivery())

    assert json.loads(bodies[0])["type"] == "alert.created"
    assert certificates.seen()["localhost"].until.year == 2126


def test_an_untrusted_certificate_is_refused() -> None:
    with Hostile(saying(b""), tls=True) as server, pytest.raises(DeliveryError) as caught:
        Webhook(config(server.url("/hook?key=t0ken"))).send(delivery())

    assert "certificate" in str(caught.value)
    assert not caught.value.permanent


def test_neither_proxy_nor_netrc_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with Origin() as origin:
        Webhook(config(origin.route("/hook", (204, {}, b"")))).send(delivery())

    assert "authorization" not in origin.requests[0].headers


# --- what is answered -----------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_means_delivered(status: int) -> None:
    with Origin() as origin:
        Webhook(config(origin.route("/hook", (status, {}, b"")))).send(delivery())


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422])
def test_most_4xx_are_for_good(status: int) -> None:
    with Origin() as origin:
        assert fails(origin.route("/hook", (status, {}, b""))).permanent


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_tried_again(status: int) -> None:
    with Origin() as origin:
        error = fails(origin.route("/hook", (status, {}, b"")))

    assert not error.permanent
    assert str(error) == f"127.0.0.1 answered {status}"


def test_a_redirect_is_not_followed() -> None:
    with Origin() as origin:
        target = origin.route("/other", (204, {}, b""))
        error = fails(origin.route("/hook", (308, {"Location": target}, b"")))

        assert not origin.asked("/other")
    assert not error.permanent
    assert "redirects are not followed" in str(error)


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("120", 120.0),
        ("Wed, 21 Oct 2026 07:30:00 GMT", 1800.0),
        ("Wed, 21 Oct 2026 06:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 5000, None),
        ("Wed, 99 Oct 99999 07:28:00 GMT", None),
    ],
    ids=["seconds", "date", "past", "words", "negative", "endless", "no-date"],
)
def test_both_forms_of_retry_after_are_understood(value: str, wait_s: float | None) -> None:
    seven = 1_792_566_000.0  # 21 October 2026, 07:00 UTC
    with Origin() as origin:
        url = origin.route("/hook", (503, {"Retry-After": value}, b""))

        assert fails(url, clock=lambda: seven).retry_after_s == wait_s


def test_the_receivers_reason_is_quoted_on_one_line() -> None:
    with Origin() as origin:
        error = fails(
            origin.route("/hook", (422, {}, b'{"error":\r\n "no such field"}' + b"x" * 9999))
        )

    assert str(error).startswith('127.0.0.1 answered 422: {"error": "no such field"}')
    assert len(str(error)) < 250


@pytest.mark.parametrize("echo", [SECRET, "Bearer t0ken"])
def test_a_receiver_that_repeats_our_secrets_is_not_quoted(echo: str) -> None:
    with Origin() as origin:
        url = origin.route("/hook", (400, {}, f"you said {echo}".encode()))
        error = fails(url, headers={"Authorization": "Bearer t0ken"})

    assert str(error) == "127.0.0.1 answered 400"


# --- receivers that misbehave ---------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense",
        b"HTTP/1.1 999999 x\r\n\r\n",
        b"HTTP/1.1 101 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nHeader" + b"x" * 100_000,
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000,
    ],
    ids=[
        "nothing",
        "nonsense",
        "odd-status",
        "switching-protocols",
        "endless-header",
        "too-many-headers",
    ],
)
def test_an_answer_that_is_none_is_tried_again(answer: bytes) -> None:
    with Hostile(saying(answer)) as server:
        assert not fails(server.url("/hook")).permanent


def test_a_refusal_whose_body_breaks_off_counts_by_its_status() -> None:
    with Hostile(saying(b"HTTP/1.1 410 Gone\r\nContent-Length: 50\r\n\r\nbye")) as server:
        assert fails(server.url("/hook")).permanent


def test_the_body_of_a_success_is_not_waited_for() -> None:
    def endless(sock: socket.socket) -> None:
        take_post(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sock.sendall(b"x" * 65536)

    with Hostile(endless) as server:
        Webhook(config(server.url("/hook"))).send(delivery())


@pytest.mark.parametrize("part", ["header", "body"])
def test_a_receiver_that_drips_is_left_at_the_deadline(part: str) -> None:
    def drip(sock: socket.socket) -> None:
        take_post(sock)
        sock.sendall(b"HTTP/1.1 500 no\r\n" + (b"\r\n" if part == "body" else b""))
        while True:
            sleep(0.05)
            sock.sendall(b"x")

    start = monotonic()
    with Hostile(drip) as server:
        error = fails(server.url("/hook"), timeout="400ms")

    assert monotonic() - start < 3
    assert not error.permanent


def test_a_receiver_that_stalls_in_the_handshake_is_left_at_the_deadline() -> None:
    def stall(sock: socket.socket) -> None:
        while True:
            sleep(0.05)
            sock.sendall(b"\x16")

    start = monotonic()
    with Hostile(stall) as server:
        fails(server.url("/hook").replace("http:", "https:"), timeout="400ms")

    assert monotonic() - start < 3


def test_errors_name_the_host_and_never_the_address_or_the_secrets() -> None:
    with Hostile(saying(b"")) as server:
        url = server.url("/hook/t0ken?key=t0ken").replace("http://", "http://user:t0ken@")
    error = fails(url, headers={"X-Key": "t0ken"})

    assert str(error) == "no answer from 127.0.0.1: Connection refused"
    assert error.__suppress_context__


# --- settings -------------------------------------------------------------------------------


def test_secrets_are_not_shown_with_the_settings() -> None:
    shown = config("https://soc.example.org/t0ken", headers={"X-Key": "t0ken"})

    assert "t0ken" not in repr(shown)
    assert SECRET not in repr(shown) + shown.model_dump_json()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"url": "soc.example.org/hook"}, "not a web address"),
        ({"url": "ftp://soc.example.org/hook"}, "not a web address"),
        ({"url": "https:///hook"}, "not a web address"),
        ({"url": "https://soc.example.org/a b"}, "not a web address"),
        ({"url": "http://[::1"}, "url"),
        ({"secret": "whsec_not base64!"}, "base64"),
        ({"secret": "whsec_"}, "must not be empty"),
        ({"secret": ""}, "must not be empty"),
        ({"secret": []}, "at least 1 item"),
        ({"secret": [SECRET, "whsec_?"]}, "base64"),
        ({"headers": {"X Key": "1"}}, "HTTP does not allow"),
        ({"headers": {"X-Key": "1\r\nX-Other: 2"}}, "HTTP does not allow"),
        ({"headers": {"Webhook-Id": "1"}}, "set by the channel itself"),
        ({"headers": {"Content-Length": "1"}}, "set by the channel itself"),
    ],
)
def test_faulty_settings_are_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        config(**{"url": "https://soc.example.org/hook", **changes})


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        (SECRET, RAW),
        (SECRET.rstrip("="), RAW),
        ("plain", b"plain"),
        ("c2VjcmV0", b"c2VjcmV0"),
    ],
    ids=["base64", "base64-unpadded", "plain", "plain-that-looks-like-base64"],
)
def test_a_secret_becomes_a_key_by_its_prefix(secret: str, key: bytes) -> None:
    assert key_bytes(secret) == key


# --- documentation --------------------------------------------------------------------------


def test_the_documented_way_to_check_a_signature_works() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "webhook.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(page), "exec"), names)
    with Origin() as origin:
        url = origin.route("/hook", (204, {}, b""))
        Webhook(config(url, secret=[SECRET, "a plain secret"])).send(delivery())

    (asked,) = origin.requests
    headers = dict(asked.headers)
    for secret in (SECRET, "a plain secret"):
        assert names["verify"](asked.body, headers, secret) == delivery().payload
    for body, late in ((asked.body + b" ", 0), (asked.body, 301)):
        at = str(int(headers["webhook-timestamp"]) - late)
        with pytest.raises(ValueError, match=r"wrong signature|too old"):
            names["verify"](body, {**headers, "webhook-timestamp": at}, SECRET)
