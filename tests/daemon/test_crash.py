"""kill -9 at any point: nothing lost, nothing sent twice under a different id."""

import random
import signal
from collections import Counter
from time import sleep

import pytest

from tests.desk import Desk, page, rss

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
            desk.origin.publish(path, page(headline, paragraphs(outlet, number)), "text/html")
        desk.origin.publish(f"/{outlet}.xml", rss(f"Outlet {outlet}", items))
        feeds.append(f"/{outlet}.xml")
    desk.watch(feeds, {"every third": "walrus"})


def paragraphs(outlet: int, number: int) -> list[str]:
    """Return a text of its own for each article, so that each is its own story."""
    chance = random.Random(outlet * 100 + number)
    words = [
        f"{chance.choice('bdfgklmnprst')}{chance.choice('aeiou')}{chance.choice('lmnrst')}"
        for _ in range(99)
    ]
    animal = "walrus" if number % 3 == 0 else "gull"
    return [f"The {animal} of {' '.join(words[i : i + 33])} was seen." for i in (0, 33, 66)]


@pytest.mark.parametrize("chance", [random.Random(seed) for seed in range(4)], ids=str)
def test_passes_that_are_killed_lose_nothing_and_repeat_no_alert(
    desk: Desk, chance: random.Random
) -> None:
    publish_many(desk)
    for _ in range(4):
        process = desk.start("poll", "--all")
        sleep(chance.uniform(0.4, 1.6))
        process.send_signal(signal.SIGKILL)
        process.wait()
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
