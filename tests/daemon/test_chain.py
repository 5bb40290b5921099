"""Feeds in, one alert per story out: the installed program over real HTTP, SMTP and SQLite."""

import json
import os
from pathlib import Path

import pytest

from tests.desk import Desk, page, rss
from tests.origin import Answer, Asked

WIRE = [
    "The Aurvang, an icebreaker of the coast guard, left the Norhaven yard on Tuesday, eight "
    "months late and with one of its two cranes still missing, the builder said.",
    "Captain Ylva Strand said the ship would spend the winter on trials off Skarholm before it "
    "takes over the northern patrol from the Havn, which has served since 1979.",
    "“A ship is never finished, it is only delivered,” said Jon Vik, who runs the yard. The missing "
    "crane, he added, was held up by a strike at its maker and would be fitted in April.",
    "The coast guard has ordered a second ship of the class, to be called the Solvang. Its keel is "
    "to be laid once the slipway is free, which the yard expects in the first week of May.",
    "The two ships cost 2.1 billion crowns together, a third more than parliament agreed in 2021. "
    "The auditor general has announced a report on the purchase for the autumn session.",
]

SOUP = [
    "Leeks are cheap this week, and so the kitchen of the Norhaven harbour canteen has put them in "
    "everything, starting with a soup that needs an hour and no supervision.",
    "Cut three leeks into rings, wash them twice, and let them stand in butter until they are soft. "
    "Add barley, stock and a bay leaf, and leave the pot alone until the barley is done.",
]

RULES = {"icebreakers": 'icebreaker AND (Norhaven OR "coast guard")', "never": "submarine"}


def publish_three(desk: Desk) -> None:
    """Three outlets: the wire, a copy with its own headline and a cut tail, and something else."""
    web = desk.origin
    web.publish("/wire.xml", rss("Wire", [("/wire/1.html", "Aurvang leaves the yard", "At last.")]))
    web.publish("/wire/1.html", page("Aurvang leaves the yard", WIRE), "text/html")
    web.publish("/coast.xml", rss("Coast", [("/coast/1.html", "Late icebreaker sails", "Trials.")]))
    web.publish("/coast/1.html", page("Late icebreaker sails", WIRE[:4]), "text/html")
    web.publish("/other.xml", rss("Other", [("/other/1.html", "Soup of the week", "Leeks.")]))
    web.publish("/other/1.html", page("Soup of the week", SOUP), "text/html")
    desk.watch(["/wire.xml", "/coast.xml", "/other.xml"], RULES)


def test_copies_of_one_story_raise_one_alert_by_mail_and_webhook(desk: Desk) -> None:
    publish_three(desk)
    summary = desk.poll()

    assert summary["outcomes"] == {"fetched": 3}
    assert (summary["entries_new"], summary["articles_new"]) == (3, 3)
    assert (summary["stories_new"], summary["alerts"]) == (2, 1)
    (alert,) = desk.rows("alerts", "list")
    assert (alert["rule"], alert["articles"]) == ("icebreakers", 2)
    assert len(desk.postbox.mails) == len(desk.hooks) == 1


def test_the_webhook_is_as_the_contract_says(desk: Desk) -> None:
    publish_three(desk)
    desk.poll()

    (hook,) = desk.hooks
    data = hook["data"]
    assert hook["type"] == "alert.created"
    assert data["rule"] == "icebreakers"
    assert {"alert", "rule", "story", "article", "matched", "explain_url"} <= set(data)
    assert {match["term"].lower() for match in data["matched"]} >= {"icebreaker", "norhaven"}
    text = desk.rows("articles", "show", str(data["article"]["id"]))[0]
    for match in data["matched"]:
        whole = text["title"] if match["field"] == "title" else text["body"]
        assert whole[match["start"] : match["end"]] == match["term"]


def test_a_body_is_what_a_reader_would_call_the_article(desk: Desk) -> None:
    publish_three(desk)
    desk.poll()

    bodies = {row["feed"]: row["body"] for row in desk.rows("articles", "list")}
    assert bodies["wire.xml"].split("\n\n") == WIRE
    assert bodies["coast.xml"].split("\n\n") == WIRE[:4]


def test_a_second_pass_asks_and_does_nothing_else(desk: Desk) -> None:
    publish_three(desk)
    desk.poll()
    asked = len(desk.origin.requests)
    summary = desk.poll("--all")

    assert summary["outcomes"] == {"not_modified": 3}
    assert summary["entries_new"] == summary["articles_new"] == summary["alerts"] == 0
    assert len(desk.origin.requests) - asked == 3
    assert len(desk.postbox.mails) == len(desk.hooks) == 1


def test_a_later_copy_is_noted_as_a_source_and_tells_nobody_again(desk: Desk) -> None:
    publish_three(desk)
    desk.poll()
    soup = ("/other/1.html", "Soup of the week", "Leeks.")
    items = [("/other/2.html", "An icebreaker at last", "It sails."), soup]
    desk.origin.publish("/other.xml", rss("Other", items))
    desk.origin.publish("/other/2.html", page("An icebreaker at last", WIRE), "text/html")
    summary = desk.poll("--all")

    assert (summary["articles_new"], summary["stories_new"], summary["alerts"]) == (1, 0, 0)
    (alert,) = desk.rows("alerts", "list")
    assert alert["articles"] == 3
    assert len(desk.hooks) == 1


def test_an_entry_whose_page_is_gone_is_told_from_the_feeds_own_text(desk: Desk) -> None:
    teaser = "The icebreaker Aurvang left the Norhaven yard on Tuesday."
    desk.origin.publish("/wire.xml", rss("Wire", [("/gone.html", "Aurvang sails", teaser)]))
    desk.watch(["/wire.xml"], RULES)
    desk.poll()

    (article,) = desk.rows("articles", "list")
    assert (article["method"], article["body"]) == ("feed", teaser)
    assert len(desk.hooks) == 1
    told = desk.run("explain", str(article["id"]))
    assert "http_error" in told
    assert "404" in told


def test_a_page_that_fails_in_passing_is_tried_again_within_the_pass(desk: Desk) -> None:
    answers = [500, 200]

    def shaky(asked: Asked) -> Answer:
        status = answers.pop(0) if answers else 200
        return status, {"Content-Type": "text/html"}, page("Aurvang sails", WIRE)

    desk.origin.route("/shaky.html", shaky)
    desk.origin.publish("/wire.xml", rss("Wire", [("/shaky.html", "Aurvang sails", "At last.")]))
    desk.watch(["/wire.xml"], RULES)
    desk.poll()

    (article,) = desk.rows("articles", "list")
    assert article["body"].split("\n\n") == WIRE


def test_a_broken_feed_is_in_the_summary_and_harms_no_other(desk: Desk) -> None:
    publish_three(desk)
    desk.origin.route("/other.xml", (200, {"Content-Type": "text/html"}, b"<html>Log in</html>"))
    summary = desk.poll()

    assert summary["outcomes"] == {"fetched": 2, "not_a_feed": 1}
    assert [error["feed"] for error in summary["errors"]] == ["other.xml"]
    assert summary["alerts"] == 1


def test_a_receiver_that_is_down_gets_the_same_delivery_later(desk: Desk) -> None:
    publish_three(desk)
    desk.origin.route("/hook", (503, {}, b""))
    desk.poll()
    (waiting,) = (row for row in desk.rows("deliveries", "list") if row["channel"] == "soc")
    desk.origin.route("/hook", desk.receive)
    desk.run("deliveries", "retry", waiting["id"])
    desk.poll()

    assert waiting["state"] == "retrying"
    assert desk.hook_ids == [waiting["id"]]


def test_names_given_to_poll_are_the_only_feeds_asked(desk: Desk) -> None:
    publish_three(desk)
    summary = desk.poll("coast.xml")

    assert summary["feeds"] == 1
    assert {asked.route for asked in desk.origin.requests} >= {"/coast.xml"}
    assert not desk.origin.asked("/wire.xml")


@pytest.fixture
def seed() -> Path:
    """The folder of the seed story."""
    folder = os.environ.get("INGEST_YARDSTICKS")
    if folder is None:
        pytest.skip("INGEST_YARDSTICKS is not set: the seed story is not part of this repository")
    return Path(folder) / "seed"


def test_the_seed_story_comes_out_exactly(desk: Desk, seed: Path) -> None:
    expected = json.loads((seed / "expected.json").read_text())
    rules = expected.pop("_rules")
    desk.origin.serve_dir("/", seed / "site")
    feeds = [f"/{outlet}/feed.xml" for outlet in expected]
    desk.watch(
        feeds,
        {f"match {query}": query for query in rules["match"]}
        | {f"no match {query}": query for query in rules["no_match"]},
    )
    desk.poll()

    articles = {row["feed"].split("/")[0]: row for row in desk.rows("articles", "list")}
    for outlet, wanted in expected.items():
        got = articles[outlet]
        paragraphs = got["body"].split("\n\n")
        assert paragraphs[-len(wanted["paragraphs"]) :] == wanted["paragraphs"]
        assert len(paragraphs) - len(wanted["paragraphs"]) <= 1
        assert got["title"] == wanted["title"]
        if wanted["authors"] is not None:
            assert got["authors"] == wanted["authors"]
        if wanted["date"] is not None:
            assert got["published_at"].startswith(wanted["date"])
        assert not [text for text in wanted["must_not"] if text in got["body"]]
    assert len({row["story"] for row in articles.values()}) == 1
    alerts = sorted(row["rule"] for row in desk.rows("alerts", "list"))
    assert alerts == sorted(f"match {query}" for query in rules["match"])
    assert len(desk.hooks) == len(desk.postbox.mails) == len(alerts)
