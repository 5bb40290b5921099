"""From an entry to what is told of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from ingest.articles.settings import Articles
from ingest.errors import DeliveryError, HttpStatus, TimedOut
from ingest.feeds.settings import Polling
from ingest.model import Change, DeliveryState, PlacementWhy
from tests.desk import prose
from tests.fakes import OpenRobots
from tests.jobs.desk import JobDesk, open_job_desk

ITEM = ("/1.html", "Badgers return to Tallberg", "They dig.")
TEXT = (
    "Badgers have returned to the woods above Tallberg for the first time in forty years, the "
    "forest office said on Monday, after a night camera caught three of them at an old sett.",
    "The last badger in the valley was seen in 1986, when the road to the dam was built. Foresters "
    "had long thought that the new ones would come over the pass from the west.",
    "“They came through the culvert under the motorway,” said Signe Holt of the forest office. “We "
    "found their prints on a Tuesday, and their opinion of our fence on a Wednesday.”",
)
OTHER = (
    "The council of Tallberg will vote in December on whether to close the valley road at night, a "
    "step that farmers oppose because of the milk lorry, which comes at four in the morning.",
    "A petition with nine hundred names was handed in last week. The mayor called it a good sign.",
)
PAGE = "https://a.example/1.html"


def publish(desk: JobDesk) -> None:
    """One item with its page, refreshed and due for reading."""
    desk.publish(ITEM)
    desk.page("/1.html", ITEM[1], *TEXT)
    desk.refresh()


def test_the_page_behind_an_entry_becomes_the_article(desk: JobDesk) -> None:
    publish(desk)
    (done,) = desk.read()

    assert done.kept is not None
    assert done.kept.article.body == "\n\n".join(TEXT)
    assert done.kept.article.title == ITEM[1]
    assert desk.claim() == []


def test_a_match_raises_one_alert_and_one_delivery_for_each_channel(desk: JobDesk) -> None:
    publish(desk)
    desk.rule("badger* AND Tallberg")
    (done,) = desk.read()
    (sent,) = desk.deliver()

    assert done.kept is not None
    assert done.kept.alerts == 1
    assert sent.state is DeliveryState.DELIVERED
    assert [delivery.type for delivery in desk.channels.sent] == ["alert.created"]


def test_a_rule_that_is_not_true_tells_nobody(desk: JobDesk) -> None:
    publish(desk)
    desk.rule("wolves")
    desk.rule("badger* NOT Tallberg")
    desk.read()

    assert desk.deliver() == []


def test_a_copy_in_another_feed_joins_the_story_and_the_alert(tmp_path: Path) -> None:
    second = "https://b.example/feed.xml"
    desk = open_job_desk(tmp_path, "https://a.example/feed.xml", second)
    desk.rule("badger*")
    publish(desk)
    desk.read()
    desk.publish(("/copy.html", "Badgers are back", "Dig."), feed=second)
    desk.page("/copy.html", "Badgers are back", *TEXT[:2])
    desk.refresh(second)
    (copy,) = desk.read()

    assert copy.kept is not None
    assert copy.kept.alerts == 0
    assert copy.kept.placement is not None
    assert copy.kept.placement.why is PlacementWhy.NEAR_COPY
    assert len(desk.deliver()) == 1
    desk.store.close()


def test_one_page_in_two_feeds_is_one_article_fetched_once(tmp_path: Path) -> None:
    second = "https://b.example/feed.xml"
    desk = open_job_desk(tmp_path, "https://a.example/feed.xml", second)
    publish(desk)
    (first,) = desk.read()
    desk.publish((f"{ITEM[0]}?utm_source=rss", ITEM[1], ITEM[2]), feed=second)
    desk.refresh(second)
    (again,) = desk.read()

    assert first.kept is not None
    assert again.kept is not None
    assert first.kept.article.id == again.kept.article.id
    assert [request.url for request in desk.web.asked].count(PAGE) == 1
    desk.store.close()


def test_a_rule_for_the_second_feed_alone_is_told_of_a_page_both_lead_to(tmp_path: Path) -> None:
    second = "https://b.example/feed.xml"
    desk = open_job_desk(tmp_path, "https://a.example/feed.xml", second)
    desk.rule("badger*", feeds=("feed 2",))
    publish(desk)
    desk.read()
    assert desk.deliver() == []
    desk.publish(ITEM, feed=second)
    desk.refresh(second)
    desk.read()

    assert len(desk.deliver()) == 1
    desk.store.close()


@pytest.mark.parametrize(
    "error",
    [
        HttpStatus("404 Not Found", url=PAGE, status=404),
        HttpStatus("410 Gone", url=PAGE, status=410),
        HttpStatus("403 Forbidden", url=PAGE, status=403),
    ],
    ids=str,
)
def test_a_page_that_cannot_be_had_leaves_the_feeds_own_text(
    desk: JobDesk, error: HttpStatus
) -> None:
    publish(desk)
    desk.web.answers[PAGE] = error
    desk.rule('"they dig"')
    (done,) = desk.read()

    assert done.kept is not None
    assert (done.kept.article.method, done.kept.article.body) == ("feed", "They dig.")
    assert done.page.error == str(error)
    assert len(desk.deliver()) == 1


def test_a_fault_that_may_pass_is_tried_three_times_before_the_feeds_text_serves(
    desk: JobDesk,
) -> None:
    publish(desk)
    desk.web.answers[PAGE] = TimedOut("took longer than 30 s", url=PAGE)
    came = []
    for _ in range(3):
        came += [done.kept is not None for done in desk.read()]
        assert desk.claim() == []
        desk.later(seconds=31)

    assert came == [False, False, True]
    assert [request.url for request in desk.web.asked].count(PAGE) == 3


def test_a_server_that_names_a_time_is_not_asked_before(desk: JobDesk) -> None:
    publish(desk)
    desk.web.answers[PAGE] = HttpStatus("429", url=PAGE, status=429, retry_after_s=600)
    desk.read()
    desk.later(seconds=599)
    assert desk.claim() == []
    desk.later(seconds=2)

    assert len(desk.claim()) == 1


def test_robots_txt_is_obeyed_and_said(desk: JobDesk) -> None:
    publish(desk)
    doors = desk.context.doors
    robots = OpenRobots(frozenset({PAGE}))
    desk.set(doors=replace(doors, robots=robots))
    (done,) = desk.read()

    assert done.page.outcome == "robots"
    assert PAGE not in [request.url for request in desk.web.asked]


def test_without_full_text_no_page_is_asked_for(desk: JobDesk) -> None:
    publish(desk)
    desk.set(articles=Articles(full_text=False))
    (done,) = desk.read()

    assert done.kept is not None
    assert done.kept.article.method == "feed"
    assert PAGE not in [request.url for request in desk.web.asked]


def test_a_rule_on_entry_is_told_before_the_page_is_had(desk: JobDesk) -> None:
    publish(desk)
    desk.rule("dig", on="entry")
    desk.web.answers[PAGE] = TimedOut("took longer than 30 s", url=PAGE)
    (put_off,) = desk.read()
    assert put_off.kept is None
    assert len(desk.deliver()) == 1
    desk.page("/1.html", ITEM[1], *TEXT)
    desk.later(seconds=31)
    (done,) = desk.read()

    assert done.kept is not None
    assert done.kept.article.body == "\n\n".join(TEXT)
    assert desk.deliver() == []


def test_an_edit_makes_a_revision_and_is_told_to_rules_that_listen_to_edits(desk: JobDesk) -> None:
    publish(desk)
    desk.rule("otter*", on="edit")
    desk.rule("otter*", on="article")
    desk.read()
    desk.later(minutes=61)
    desk.page(
        "/1.html", ITEM[1], *TEXT, "Correction: one of the three was an otter, the office said."
    )
    (done,) = desk.read()

    assert done.kept is not None
    assert (done.kept.change, done.kept.article.revision) == (Change.TEXT, 2)
    (told,) = desk.deliver()
    assert told.payload["data"]["rule"] == "rule 1"  # type: ignore[index]


@pytest.mark.parametrize("page", [False, True])
def test_another_text_of_the_feed_itself_is_an_edit_too(desk: JobDesk, page: bool) -> None:
    if page:
        desk.web.answers[PAGE] = HttpStatus("no", url=PAGE, status=403)
    else:
        desk.set(articles=Articles(full_text=False))
    desk.rule("badger*", on="edit")
    desk.rule("otter*")
    desk.publish((*ITEM[:2], "57 badgers were seen at Tallberg on Monday, the office said."))
    desk.refresh()
    desk.read()
    assert len(desk.deliver()) == 1
    desk.later(minutes=61)
    edited = "312 badgers and an otter were seen at Tallberg on Monday, the office said."
    desk.publish((*ITEM[:2], edited))
    desk.refresh()
    desk.read()

    told = {sent.payload["data"]["rule"]: sent.payload for sent in desk.deliver()}  # type: ignore[index]
    assert told["rule 1"]["type"] == "alert.updated"
    assert "of the text has changed" in told["rule 1"]["data"]["update"]["detail"]  # type: ignore[index]
    assert told["rule 2"]["type"] == "alert.created"


def test_an_unchanged_page_looked_at_again_tells_nothing(desk: JobDesk) -> None:
    publish(desk)
    desk.rule("badger*", on="edit")
    desk.read()
    assert len(desk.deliver()) == 1
    desk.later(minutes=61)
    (done,) = desk.read()

    assert done.kept is not None
    assert done.kept.change is Change.SAME
    assert desk.deliver() == []


def test_a_page_that_is_gone_at_a_recheck_leaves_the_article_as_it_was(desk: JobDesk) -> None:
    publish(desk)
    desk.read()
    desk.later(minutes=61)
    del desk.web.answers[PAGE]
    (done,) = desk.read()

    assert done.kept is not None
    assert (done.kept.change, done.kept.article.body) == (Change.SAME, "\n\n".join(TEXT))


def test_rechecks_end_with_the_last_of_them(desk: JobDesk) -> None:
    publish(desk)
    looks = 0
    for _ in range(40):
        looks += len(desk.read())
        desk.later(hours=1)

    assert looks == 1 + 3


def test_a_silent_first_poll_is_matched_but_not_told(desk: JobDesk) -> None:
    desk.set(polling=Polling(first="store"))
    desk.rule("badger*")
    publish(desk)
    (done,) = desk.read()

    assert done.kept is not None
    assert done.kept.alerts == 0
    assert desk.deliver() == []
    (match,) = desk.store.matches_for(done.kept.article.id)
    assert match["why"] == "first_poll"


def test_two_reports_in_other_words_are_two_stories_and_two_alerts(desk: JobDesk) -> None:
    desk.publish(ITEM, ("/2.html", "Tallberg to vote on valley road", "December."))
    desk.page("/1.html", ITEM[1], *TEXT)
    desk.page("/2.html", "Tallberg to vote on valley road", *OTHER)
    desk.rule("Tallberg")
    desk.refresh()
    done = desk.read()

    assert len({read.kept.article.story_id for read in done if read.kept}) == 2
    assert len(desk.deliver()) == 2


def test_repeat_article_tells_of_every_copy(tmp_path: Path) -> None:
    second = "https://b.example/feed.xml"
    desk = open_job_desk(tmp_path, "https://a.example/feed.xml", second)
    desk.rule("badger*", repeat="article")
    publish(desk)
    desk.read()
    desk.publish(("/copy.html", "Badgers are back", "Dig."), feed=second)
    desk.page("/copy.html", "Badgers are back", *TEXT)
    desk.refresh(second)
    desk.read()

    assert len(desk.deliver()) == 2
    desk.store.close()


def test_a_refused_delivery_is_retried_and_one_that_is_hopeless_buried(desk: JobDesk) -> None:
    publish(desk)
    desk.rule("badger*")
    desk.read()
    desk.channels.refuse = {"desk": DeliveryError("451 try later")}
    (first,) = desk.deliver()
    desk.channels.refuse = {"desk": DeliveryError("550 no such user", permanent=True)}
    desk.later(hours=3)
    (second,) = desk.deliver()

    assert (first.state, second.state) == (DeliveryState.RETRYING, DeliveryState.DEAD)
    assert first.id == second.id
    assert second.last_error is not None
    assert "550" in second.last_error


def test_a_page_that_only_leads_on_is_followed_once(desk: JobDesk) -> None:
    """The page led to leads on again: it is not followed a second time."""
    desk.publish(("/a", "The harbour", "In short."), ("/b", "The pier", "In short."))
    lead = "<meta http-equiv=refresh content='0; url=https://a.example{}'><p>One moment.".format
    desk.web.answers["https://a.example/a"] = lead("/real").encode()
    desk.page("/real", "The harbour", *prose(1, "harbour"))
    desk.web.answers["https://a.example/b"] = lead("/c").encode()
    desk.web.answers["https://a.example/c"] = lead("/d").encode()
    desk.refresh()

    pages = {done.entry.title: done.page for done in desk.read()}

    assert (pages["The harbour"].outcome, pages["The harbour"].final_url) == (
        "fetched",
        "https://a.example/real",
    )
    assert pages["The pier"].outcome == "moved"
    assert "https://a.example/d" not in [request.url for request in desk.web.asked]


def test_a_box_that_a_site_repeats_is_learned_and_left_out(desk: JobDesk) -> None:
    box = "Our readers in the valley get the letter every Friday with the best of the week."
    desk.publish(*((f"/{n}", f"Headline {n}", "In short.") for n in range(9)))
    for n in range(9):
        desk.page(f"/{n}", f"Headline {n}", *prose(n, "harbour"), box)
    desk.refresh()
    desk.read()

    rows = {row["title"]: row for row in desk.store.list_articles()}
    assert sum(box not in row["body"] for row in rows.values()) == 2
    late = next(row for row in rows.values() if box not in row["body"])
    assert late["warnings"] == [f"left out, the site repeats it: {box}"]


def test_learning_is_never_taken_for_an_edit(desk: JobDesk) -> None:
    """The first article keeps its box when its page is looked at again."""
    box = "Our readers in the valley get the letter every Friday with the best of the week."
    desk.publish(*((f"/{n}", f"Headline {n}", "In short.") for n in range(9)))
    for n in range(9):
        desk.page(f"/{n}", f"Headline {n}", *prose(n, "harbour"), box)
    desk.refresh()
    desk.read()
    desk.later(hours=2)

    assert {done.kept.change for done in desk.read() if done.kept} == {Change.SAME}
