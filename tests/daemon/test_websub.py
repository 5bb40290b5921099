"""A hub pushes to the running daemon: subscribed, verified, told of at once, and left."""

import socket
from contextlib import ExitStack
from time import monotonic

from tests.daemon.hub import Hub, call
from tests.desk import Desk, end, free_port, prose, rss, wait_for


def publish(desk: Desk, hub: Hub, *items: tuple[str, str, str]) -> bytes:
    """Serve a feed that names the hub, and return it."""
    link = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="{hub.url}"/>'
    body = rss("A", items).replace(b"<description>d", link.encode() + b"<description>d", 1)
    desk.origin.publish("/feed.xml", body)
    return body


def item(desk: Desk, number: int) -> tuple[str, str, str]:
    words = " ".join(prose(number, "kraken"))
    return (desk.origin.url(f"/{number}"), f"Kraken number {number}", words)


def listening(desk: Desk) -> str:
    """Configure an address for hubs and return it."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    desk.watch(
        ["/feed.xml"],
        {"kraken": "kraken"},
        web={"listen": f"127.0.0.1:{port}", "base_url": base},
        articles={"full_text": False},
        polling={"interval": "1h"},
    )
    return base


def test_a_push_is_told_of_within_seconds_and_a_retired_feed_is_unsubscribed(desk: Desk) -> None:
    hub = Hub(desk.origin)
    topic = desk.origin.url("/feed.xml")
    publish(desk, hub, item(desk, 1))
    base = listening(desk)
    daemon = desk.start("run")
    wait_for(lambda: hub.verified == [("subscribe", 200)] and len(desk.hooks) == 1, 30)
    polled = len(desk.origin.asked("/feed.xml"))

    forged = hub.push(topic, rss("A", [item(desk, 9)]), secret="guess")
    began = monotonic()
    pushed = hub.push(topic, rss("A", [item(desk, 2)]))
    wait_for(lambda: len(desk.hooks) == 2, 5)
    elapsed_s = monotonic() - began

    assert (forged, pushed) == ([202], [202])
    assert elapsed_s < 4
    assert [hook["data"]["article"]["title"] for hook in desk.hooks] == [
        "Kraken number 1",
        "Kraken number 2",
    ]
    assert len(desk.origin.asked("/feed.xml")) == polled
    assert (
        call(f"{base}/websub/guess?hub.mode=subscribe&hub.topic={topic}&hub.challenge=x")[0] == 404
    )
    assert call(f"{base}/")[0] == 404

    desk.configure(feeds=[], rules=[])
    daemon.send_signal(1)
    wait_for(lambda: ("unsubscribe", 200) in hub.verified)
    assert hub.subscribers == {}
    end(daemon)


def test_hostile_callers_of_the_receiver_cost_little(desk: Desk) -> None:
    hub = Hub(desk.origin)
    publish(desk, hub, item(desk, 1))
    base = listening(desk)
    desk.configure(fetch={**desk.settings["fetch"], "max_body": "100kB"})
    daemon = desk.start("run")
    wait_for(lambda: hub.subscribers, 30)
    ((_, callback),) = hub.subscribers
    port = int(base.rpartition(":")[2])

    with ExitStack() as crowd:
        for _ in range(50):
            slow = crowd.enter_context(socket.create_connection(("127.0.0.1", port)))
            slow.sendall(b"POST /websub/x HTTP/1.1\r\nContent-Length: 50\r\n\r\nonly this")
        statuses = [
            call(callback, b"x" * 200_000, {})[0],
            call(callback, b"x", {"X-Hub-Signature": "sha1=00"})[0],
            call(f"{base}/websub/{'x' * 5000}")[0],
            call(f"{callback}?{'hub.mode=subscribe&' * 100}")[0],
            call(f"{callback}/../../etc/passwd")[0],
        ]
        pushed = hub.push(desk.origin.url("/feed.xml"), rss("A", [item(desk, 2)]))

    assert statuses == [413, 202, 404, 400, 404]
    assert pushed == [202]
    end(daemon)


def test_a_taken_address_leaves_the_daemon_polling(desk: Desk) -> None:
    hub = Hub(desk.origin)
    publish(desk, hub, item(desk, 1))
    base = listening(desk)
    with socket.create_server(("127.0.0.1", int(base.rpartition(":")[2]))):
        daemon = desk.start("run")
        wait_for(lambda: len(desk.hooks) == 1, 30)

        assert "cannot listen on" in end(daemon)
