"""Entries of one feed that lead to the same address: status pages, lists of changes, warnings."""

import json
from pathlib import Path

import pytest

from ingest.articles.settings import Articles
from ingest.errors import TimedOut
from ingest.jobs.read import Read
from tests.desk import page, prose, rss
from tests.jobs.desk import FEED, JobDesk, open_job_desk

LINK = "https://a.example/notices/2026-status-page"
FIRST = ("Lock 3 closed", "The third lock of the canal is closed until Friday, its keeper said.")
SECOND = ("Lock 4 open", "Boats may pass the fourth lock from noon on, one way at a time.")


@pytest.fixture
def desk(tmp_path: Path) -> JobDesk:
    return open_job_desk(tmp_path)


def publish(desk: JobDesk, *items: tuple[str, str, str], link: str = LINK) -> None:
    """Items of (guid, headline, teaser), all with one link."""
    body = "".join(
        f"<item><title>{headline}</title><link>{link}</link><guid isPermaLink='false'>{guid}</guid>"
        f"<description>{teaser}</description></item>"
        for guid, headline, teaser in items
    )
    desk.web.answers[FEED] = rss("A", []).replace(b"</channel>", f"{body}</channel>".encode())


def bodies(done: list[Read]) -> list[str]:
    return [read.kept.article.body for read in done if read.kept]


@pytest.mark.parametrize("full_text", [True, False])
def test_each_of_several_listed_together_is_an_article_and_told(
    desk: JobDesk, full_text: bool
) -> None:
    desk.set(articles=Articles(full_text=full_text))
    desk.web.answers[LINK] = page("Notices of the canal", prose(3, "canal"))
    desk.rule("lock", repeat="article")
    desk.rule("boats")
    publish(desk, ("1", *FIRST))
    desk.refresh()
    desk.read()
    desk.deliver()
    desk.later(minutes=30)
    publish(desk, ("2", *SECOND), ("1", *FIRST))
    desk.refresh()

    (done,) = desk.read()

    assert bodies([done]) == [SECOND[1]]
    told = [sent.payload["data"]["rule"] for sent in desk.deliver()]  # type: ignore[index]
    assert sorted(told) == ["rule 1", "rule 2"]
    assert done.page.outcome == ("shared_link" if full_text else "feed_text")


def test_one_that_is_edited_later_keeps_its_article_and_its_text(desk: JobDesk) -> None:
    desk.web.answers[LINK] = page("Notices of the canal", prose(3, "canal"))
    third = ("3", "Lock 5 repaired", "The gates of the fifth lock shut again.")
    publish(desk, ("2", *SECOND), ("1", *FIRST), third)
    desk.refresh()
    before = {read.entry.guid: read for read in desk.read()}
    desk.later(minutes=70)
    publish(
        desk, ("2", SECOND[0], "Boats may pass the fourth lock at night."), ("1", *FIRST), third
    )
    desk.refresh()

    (after,) = (read for read in desk.read() if read.entry.why == "changed")

    assert after.kept is not None
    assert after.kept.article.body == "Boats may pass the fourth lock at night."
    assert after.kept.article.id == before["2"].kept.article.id  # type: ignore[union-attr]


@pytest.mark.parametrize("link", ["https://a.example/", "https://a.example/warnings"])
def test_warnings_under_an_address_that_names_none_of_them_do_not_replace_each_other(
    desk: JobDesk, link: str
) -> None:
    desk.set(articles=Articles(full_text=False))
    publish(desk, ("1", *FIRST), link=link)
    desk.refresh()
    first = desk.read()
    desk.later(minutes=70)
    publish(desk, ("2", *SECOND), link=link)
    desk.refresh()

    assert bodies(first + desk.read()) == [FIRST[1], SECOND[1]]
    assert len(list(desk.store.list_articles())) == 2


@pytest.mark.parametrize("full_text", [True, False])
def test_warnings_of_one_title_under_such_an_address_are_each_told(
    desk: JobDesk, full_text: bool
) -> None:
    link = "https://a.example/warnings"
    desk.set(articles=Articles(full_text=full_text))
    desk.web.answers[link] = page("Weather warning", prose(3, "calm"))
    desk.rule("Hvar")
    storm = ("1", "Weather warning", "Storm expected over Split on Monday evening.")
    snow = ("2", "Weather warning", "Heavy snow around Hvar from Thursday on, roads may close.")
    publish(desk, storm, link=link)
    desk.refresh()
    desk.read()
    desk.later(minutes=70)
    publish(desk, snow, storm, link=link)
    desk.refresh()

    assert snow[2] in bodies(desk.read())
    assert len(list(desk.store.list_articles())) == 2
    assert len(desk.deliver()) == 1


def test_a_report_under_a_new_guid_in_place_of_the_old_one_is_an_edit(desk: JobDesk) -> None:
    desk.set(articles=Articles(full_text=False))
    publish(desk, ("1", *FIRST))
    desk.refresh()
    (first,) = desk.read()
    desk.later(minutes=70)
    publish(desk, ("1#1", "Lock 3 closed for a week", FIRST[1]))
    desk.refresh()

    (second,) = desk.read()

    assert first.kept is not None
    assert second.kept is not None
    assert second.kept.article.id == first.kept.article.id
    assert second.kept.article.revision == 2


def test_a_front_page_of_the_own_site_is_not_read_for_an_entry(desk: JobDesk) -> None:
    publish(desk, ("1", *FIRST), ("2", *SECOND), link="https://a.example/")
    desk.refresh()

    assert sorted(bodies(desk.read())) == sorted([FIRST[1], SECOND[1]])
    assert [asked.url for asked in desk.web.asked] == [FEED]


def test_one_told_early_whose_page_fails_at_first_is_read_in_the_end(desk: JobDesk) -> None:
    desk.set(articles=Articles(full_text=True))
    desk.rule("boats", on="entry")
    desk.rule("lock")
    desk.web.answers[LINK] = page("Notices of the canal", prose(3, "canal"))
    publish(desk, ("1", *FIRST))
    desk.refresh()
    desk.read()
    desk.deliver()
    desk.later(minutes=70)
    publish(desk, ("2", *SECOND), ("1", *FIRST))
    desk.refresh()
    desk.web.answers[LINK] = TimedOut("slow", url=LINK)
    first = desk.read()
    desk.web.answers[LINK] = page("Notices of the canal", prose(3, "canal"))
    desk.later(minutes=5)

    done = [read for read in (*first, *desk.read()) if read.entry.guid == "2" and read.kept]

    assert bodies(done)[-1] == SECOND[1]
    told = {sent.payload["data"]["rule"] for sent in desk.deliver()}  # type: ignore[index]
    assert told == {"rule 1", "rule 2"}


def test_the_holder_of_a_page_that_others_come_to_share_is_still_heard(desk: JobDesk) -> None:
    desk.set(articles=Articles(full_text=False))
    desk.rule("lock", on="edit")
    publish(desk, ("1", *FIRST))
    desk.refresh()
    (before,) = desk.read()
    desk.deliver()
    desk.later(minutes=70)
    edited = "Every lock of the canal stays shut from today on because of the frost, he added."
    third = ("3", "Harbour full", "No berth is free before Sunday.")
    publish(desk, ("2", *SECOND), third, ("1", FIRST[0], edited))
    desk.refresh()

    done = {read.entry.guid: read for read in desk.read()}

    assert done["1"].kept is not None
    assert before.kept is not None
    assert done["1"].kept.article.id == before.kept.article.id
    assert done["1"].kept.article.body == edited
    assert "alert.updated" in [sent.type for sent in desk.deliver()]


def test_notices_of_a_json_feed_are_seen_to_be_listed_together(desk: JobDesk) -> None:
    desk.set(articles=Articles(full_text=False))

    def give(*items: tuple[str, str, str]) -> None:
        told = [{"id": id, "url": LINK, "title": t, "content_text": c} for id, t, c in items]
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "A", "items": told}
        desk.web.answers[FEED] = json.dumps(feed).encode()

    give(("1", *FIRST))
    desk.refresh()
    first = desk.read()
    desk.later(minutes=70)
    give(("2", *SECOND), ("1", *FIRST))
    desk.refresh()

    assert bodies(first + desk.read()) == [FIRST[1], SECOND[1]]
    assert len(list(desk.store.list_articles())) == 2
