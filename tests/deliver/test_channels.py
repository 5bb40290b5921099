"""The channels as one door, and what goes through Apprise."""

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from time import monotonic, sleep
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from ingest.deliver import Channels
from ingest.deliver.settings import ChannelConfig
from ingest.errors import ConfigError, DeliveryError
from tests.alerts.samples import ARTICLE, TITLE, data, delivery
from tests.deliver.servers import Postbox, mail_server
from tests.fetch.hostile import Hostile
from tests.origin import Origin


class Configured(BaseModel):
    """A part of the configuration that holds channels."""

    channels: dict[str, ChannelConfig]


def configured(**channels: dict[str, Any]) -> dict[str, ChannelConfig]:
    return Configured.model_validate({"channels": channels}).channels


def mail(port: int, **changes: Any) -> dict[str, Any]:
    smtp = {"host": "127.0.0.1", "port": port}
    return {
        "kind": "email",
        "to": ["desk@example.org"],
        "from": "a@example.org",
        "smtp": smtp,
        **changes,
    }


def webhook(url: str) -> dict[str, Any]:
    return {"kind": "webhook", "url": url, "secret": "s" * 24}


def test_a_delivery_goes_to_the_channel_it_names() -> None:
    box = Postbox()
    with mail_server(box) as port, Origin() as origin:
        url = origin.route("/hook", (204, {}, b""))
        channels = Channels(configured(desk=mail(port), soc=webhook(url)))
        channels.send(delivery())
        channels.send(replace(delivery(), channel="soc"))
        channels.close()

    assert (len(box.mails), len(origin.requests)) == (1, 1)


def test_a_delivery_to_a_channel_that_is_gone_is_given_up() -> None:
    with pytest.raises(DeliveryError, match="no channel named desk") as caught:
        Channels({}).send(delivery())

    assert caught.value.permanent


def test_mail_names_the_installation() -> None:
    box = Postbox()
    with mail_server(box) as port:
        channels = Channels(configured(desk=mail(port)), base_url="https://ingest.example")
        channels.send(delivery())
        channels.close()

    assert "https://ingest.example" in box.mails[0][1].as_string()


def test_the_kind_decides_which_keys_a_channel_has() -> None:
    with pytest.raises(ValidationError, match="secret"):
        configured(soc={"kind": "webhook", "url": "https://soc.example.org"})
    with pytest.raises(ValidationError, match="kind"):
        configured(soc={"kind": "pigeon"})


def test_keys_without_effect_yet_are_read_by_every_kind() -> None:
    keys = {
        "digest": {"at": "07:00", "timezone": "Europe/Berlin"},
        "quiet_hours": {"from": "22:00", "to": "07:00"},
        "rate": "10/h",
    }
    found = configured(
        desk=mail(25, **keys),
        soc={**webhook("https://soc.example.org"), **keys},
        phone={"kind": "apprise", "url": "json://localhost", **keys},
    )

    assert all(getattr(channel, key) for channel in found.values() for key in keys)


# --- Apprise --------------------------------------------------------------------------------

# Apprise imports the standard library's `imghdr` where there still is one.
uses_apprise = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def apprise(url: str, **changes: Any) -> Channels:
    pytest.importorskip("apprise", reason="the extra `apprise` is not installed")
    return Channels(configured(phone={"kind": "apprise", "url": url, **changes}))


@pytest.fixture
def push() -> Any:
    return replace(delivery(), channel="phone")


@uses_apprise
def test_a_push_arrives_as_title_and_text(push: Any) -> None:
    with Origin() as origin:
        origin.route("/", (200, {}, b""))
        apprise(f"json://127.0.0.1:{origin.port}/").send(push)

    sent = json.loads(origin.requests[0].body)
    assert sent["title"] == f"[pier-closures] {TITLE}"
    assert "closed the north pier" in sent["message"]


LINK = str(ARTICLE.url)
SERVICES = {
    "discord": (
        f"discord://{'1' * 18}/{'a' * 60}",
        "notify_url",
        f"/{'1' * 18}/{'a' * 60}",
        "content",
    ),
    "telegram": (
        f"tgram://12345678:{'A' * 35}/123",
        "notify_url",
        f"12345678:{'A' * 35}/sendMessage",
        "text",
    ),
    "slack": (
        f"slack://T1JJ3T3L2/A1BRTD4JD/{'T' * 24}/#desk",
        "webhook_url",
        f"/T1JJ3T3L2/A1BRTD4JD/{'T' * 24}",
        "attachments",
    ),
    "google chat": ("gchat://space/key/token", "notify_url", "", "text"),
    "ntfy": ("ntfy://127.0.0.1:{port}/alerts", None, "/", "message"),
    "ntfy in markdown": ("ntfy://127.0.0.1:{port}/alerts?format=markdown", None, "/", "message"),
    "gotify": (f"gotify://127.0.0.1:{{port}}/{'a' * 15}", None, "/message", "message"),
    "mattermost": (f"mmost://127.0.0.1:{{port}}/{'a' * 26}", None, f"/hooks/{'a' * 26}", "text"),
}
"""Of each: an address, the attribute of its plugin that leads outside, where it posts, and the key of
the text."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, Any], list[str]]:
    """Give what sends a delivery by a service, its plugin led to loopback, and returns the texts."""

    def send(name: str, kind: str, content: Any) -> list[str]:
        library = pytest.importorskip("apprise", reason="the extra `apprise` is not installed")
        url, outside, path, field = SERVICES[name]
        with Origin() as origin:
            url = url.format(port=origin.port)
            if outside:
                plugin = type(library.Apprise.instantiate(url))
                monkeypatch.setattr(plugin, outside, origin.url("/out"))
            answer = b"ok" if name == "slack" else b'{"ok": true}'
            origin.route(f"/out{path}" if outside else path, (200, {}, answer))
            apprise(url).send(replace(delivery(kind, content), channel="phone"))
            bodies = [json.loads(asked.body)[field] for asked in origin.requests]
        return [each if isinstance(each, str) else each[0]["text"] for each in bodies]

    return send


@uses_apprise
@pytest.mark.parametrize(
    ("name", "marked", "link"),
    [
        ("discord", "north **pier** on", f"[Coast Courier](<{LINK}>)"),
        (
            "telegram",
            "north <b>pier</b> on",
            f'<a href="{LINK.replace("&", "&amp;")}">Coast Courier</a>',
        ),
        ("slack", "north *pier* on", f"<{LINK.replace('&', '&amp;')}|Coast Courier>"),
        ("google chat", "north *pier* on", f"<{LINK.replace('&', '&amp;')}|Coast Courier>"),
        ("ntfy", "north pier on", f"\n{LINK}"),
        ("ntfy in markdown", "north **pier** on", f"[Coast Courier](<{LINK}>)"),
        ("gotify", "north pier on", f"\n{LINK}"),
        ("mattermost", "north pier on", f"\n{LINK}"),
    ],
)
def test_each_service_gets_what_it_shows(service: Any, name: str, marked: str, link: str) -> None:
    (text,) = service(name, "alert.created", data())

    assert marked in text
    assert link in text


@uses_apprise
@pytest.mark.parametrize(
    ("name", "hostile"),
    [
        ("discord", "@everyone"),
        ("slack", "<!channel>"),
        ("telegram", "<script>"),
        ("google chat", "<users/all>"),
    ],
)
def test_a_hostile_title_or_text_is_shown_and_not_obeyed(
    service: Any, name: str, hostile: str
) -> None:
    content = data(title=f"{hostile} pier", body=f"{hostile} pier and ferry")
    (text,) = service(name, "alert.created", content)
    (listed,) = service(name, "digest", {"alerts": [content]})

    for each in (text, listed):
        assert hostile not in each
        assert hostile.strip("<>@!") in each


@uses_apprise
@pytest.mark.parametrize(
    ("name", "most"), [("discord", 2000), ("telegram", 4096), ("google chat", 4000), ("ntfy", 4096)]
)
def test_a_long_digest_is_listed_whole_within_the_limits_of_the_service(
    service: Any, name: str, most: int
) -> None:
    alerts = [data(title=f"Отчёт гавани номер {number}") for number in range(38)]
    texts = service(name, "digest", {"alerts": alerts, "reason": "rate until later"})

    assert all(any(f"номер {number}" in text for text in texts) for number in range(38))
    assert all(len(text) <= most for text in texts)
    assert name != "ntfy" or all(len(text.encode()) <= most for text in texts)


@uses_apprise
def test_a_push_that_is_refused_is_tried_again_and_tells_no_address(push: Any) -> None:
    with Origin() as origin:
        origin.route("/", (500, {}, b""))
        with pytest.raises(DeliveryError) as caught:
            apprise(f"json://user:t0ken@127.0.0.1:{origin.port}/").send(push)

    assert not caught.value.permanent
    assert "error=500" in str(caught.value)
    assert "t0ken" not in str(caught.value)


@uses_apprise
def test_a_refusal_that_repeats_the_address_is_not_quoted(push: Any) -> None:
    with Origin() as origin, pytest.raises(DeliveryError) as caught:
        apprise(f"ntfy://127.0.0.1:{origin.port}/secret-topic").send(push)

    assert str(caught.value) == "ntfy did not take the message"


@uses_apprise
def test_a_push_service_that_stalls_is_left_at_the_deadline(push: Any) -> None:
    def stall(sock: socket.socket) -> None:
        while sock.recv(65536):
            sleep(0.05)

    start = monotonic()
    with Hostile(stall) as server, pytest.raises(DeliveryError):
        apprise(server.url("/").replace("http:", "json:"), timeout="1s").send(push)

    assert monotonic() - start < 4


@uses_apprise
def test_an_address_apprise_does_not_know_is_given_up(push: Any) -> None:
    with pytest.raises(DeliveryError) as caught:
        apprise("nosuchservice://t0ken").send(push)

    assert caught.value.permanent
    assert "t0ken" not in str(caught.value)


def test_a_missing_library_is_said_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ConfigError, match=r"phone needs the Apprise library .*ingest\[apprise\]"):
        Channels(configured(phone={"kind": "apprise", "url": "json://localhost"}))
