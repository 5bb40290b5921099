"""Slow and broken receivers: none of them holds up the others."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

from ingest.store import Store
from tests.desk import KEY, Desk, end, page, prose, rss, wait_for
from tests.origin import Answer, Asked

SLOW = 5
STORIES = 12


def publish(desk: Desk) -> None:
    items = []
    for number in range(STORIES):
        headline = f"Walrus report {number}"
        items.append((f"/{number}.html", headline, "In short."))
        desk.origin.publish(f"/{number}.html", page(headline, prose(number, "walrus")), "text/html")
    desk.origin.publish("/feed.xml", rss("Outlet", items))


@contextmanager
def stored(desk: Desk) -> Iterator[Store]:
    """Look into the database without starting the program for it."""
    with Store.open(f"sqlite:///{desk.folder / 'ingest.db'}") as store:
        yield store


def deliveries(desk: Desk, state: str | None = None) -> list[dict[str, Any]]:
    with stored(desk) as store:
        return list(store.list_deliveries(state=state))


def alerts(desk: Desk) -> list[dict[str, Any]]:
    with stored(desk) as store:
        return list(store.list_alerts())


def stall(asked: Asked) -> Answer:
    """Take far longer than a test has."""
    sleep(4)
    return 204, {}, b""


def test_receivers_that_stall_do_not_delay_the_one_that_answers(desk: Desk) -> None:
    hooks = {
        f"slow {number}": {
            "kind": "webhook",
            "url": desk.origin.route(f"/slow/{number}", stall),
            "secret": f"whsec_{KEY}",
            "timeout": "3s",
        }
        for number in range(SLOW)
    }
    publish(desk)
    rule = {"name": "walruses", "query": "walrus", "notify": [*hooks, "soc"]}
    desk.configure(
        channels={**hooks, **desk.settings["channels"]},
        feeds=[{"url": desk.origin.url("/feed.xml"), "name": "feed"}],
        rules=[rule],
    )
    process = desk.start("run")
    wait_for(lambda: len(desk.hooks) >= 1)
    began = monotonic()
    wait_for(lambda: len(desk.hooks) == STORIES)
    took = monotonic() - began
    end(process)

    assert took < 6  # one after another behind a stalled receiver they would take over a minute
    waiting = [row for row in deliveries(desk) if row["channel"] != "soc"]
    assert len(waiting) == SLOW * STORIES
    assert all(row["state"] in ("pending", "retrying") for row in waiting)


def test_a_message_that_a_receiver_chokes_on_does_not_delay_the_others(desk: Desk) -> None:
    def choke(asked: Asked) -> Answer:
        if json.loads(asked.body)["data"]["article"]["title"] == "Walrus report 0":
            return 500, {}, b"cannot read this"
        return desk.receive(asked)

    publish(desk)
    desk.watch(["/feed.xml"], {"walruses": "walrus"})
    desk.origin.route("/hook", choke)
    desk.poll()

    assert len(desk.hooks) == STORIES - 1
    (poison,) = deliveries(desk, "retrying")
    assert "cannot read this" in poison["last_error"]


def test_a_rate_is_kept_and_the_rest_waits_with_its_reason(desk: Desk) -> None:
    publish(desk)
    channels = dict(desk.settings["channels"])
    channels["desk"] = {**channels["desk"], "rate": "2/h"}
    desk.configure(channels=channels)
    desk.watch(["/feed.xml"], {"walruses": "walrus"})
    desk.poll()
    held = deliveries(desk, "pending")
    late = next(row["article"] for row in alerts(desk) if row["id"] == held[0]["alert"])
    said = desk.run("explain", str(late))

    assert len(desk.postbox.mails) == 2
    assert len(held) == STORIES - 2
    assert all(row["reason"].startswith("rate until") for row in held)
    assert len(desk.hooks) == STORIES
    assert "delivery to soc: delivered at " in said
    assert f"delivery to desk: pending, {held[0]['reason']}" in said


def test_snooze_and_acknowledge_by_command(desk: Desk) -> None:
    publish(desk)
    desk.watch(["/feed.xml"], {"walruses": "walrus"})
    said = desk.run("rules", "snooze", "walruses", "2h")
    desk.poll()
    assert "held until" in said
    assert not desk.hooks
    assert not desk.postbox.mails
    desk.run("rules", "snooze", "walruses", "0s")
    desk.poll()
    raised = alerts(desk)
    desk.run("alerts", "ack", str(raised[0]["id"]))

    told = [alert for hook in desk.hooks for alert in hook["data"].get("alerts", [hook["data"]])]
    assert sorted(each["alert"] for each in told) == sorted(row["id"] for row in raised)
    states = {row["id"]: row["state"] for row in alerts(desk)}
    assert states[raised[0]["id"]] == "acknowledged"
