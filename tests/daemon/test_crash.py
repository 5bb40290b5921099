"""kill -9 at any point: nothing lost, nothing sent twice under a different id."""

import random
import signal
from collections import Counter
from time import sleep

import pytest

from tests.daemon.storm import Storm
from tests.desk import Desk, end, page, prose, rss

STORIES = 12


def publish_many(desk: Desk) -> None:
    """Four outlets with twelve stories each; every third story matches a rule."""
    feeds = []
    for outlet in range(4):
        items = []
        for number in range(STORIES):
            path = f"/{outlet}/{number}.html"
            headline = f"Report {number} of outlet {outlet}"
            items.append((path, headline, "In short."))
            desk.origin.publish(
                path,
                page(headline, prose(outlet * 100 + number, "gull" if number % 3 else "walrus")),
                "text/html",
            )
        desk.origin.publish(f"/{outlet}.xml", rss(f"Outlet {outlet}", items))
        feeds.append(f"/{outlet}.xml")
    desk.watch(feeds, {"every third": "walrus"})


@pytest.mark.parametrize("seed", range(4))
def test_passes_that_are_killed_lose_nothing_and_repeat_no_alert(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    publish_many(desk)
    for _ in range(4):
        process = desk.start("poll", "--all")
        sleep(chance.uniform(0.4, 1.6))
        end(process, signal.SIGKILL)
    desk.poll("--all")

    assert len(desk.rows("entries", "list")) == 4 * STORIES
    assert {row["state"] for row in desk.rows("entries", "list")} == {"read"}
    articles = desk.rows("articles", "list")
    assert len(articles) == len({row["url"] for row in articles}) == 4 * STORIES
    alerts = desk.rows("alerts", "list")
    assert len(alerts) == 4 * STORIES / 3
    deliveries = desk.rows("deliveries", "list")
    assert Counter(row["state"] for row in deliveries) == {"delivered": 2 * len(alerts)}
    sent = {row["id"] for row in deliveries if row["channel"] == "soc"}
    assert set(desk.hook_ids) == sent
    mailed = {mail["Message-ID"] for mail in desk.postbox.mails}
    assert len(mailed) == len(alerts)


def test_a_killed_daemon_loses_nothing_while_receivers_refuse_stall_and_reset(desk: Desk) -> None:
    storm = Storm(desk, seed=1)
    for _ in range(5):
        storm.kill_once(1.0, 2.0)
    storm.settle(20)

    assert storm.published > 0
    assert storm.faults() == []
