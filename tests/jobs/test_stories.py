"""Articles, their stories and the alerts on them, over time."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.errors import StoreError, TimedOut
from ingest.jobs.context import Rules
from ingest.jobs.ports import Tx
from ingest.jobs.reprocess import Placed, place_again
from ingest.model import PlacementWhy
from ingest.stories.settings import Stories
from tests.jobs.desk import NOW, JobDesk, open_job_desk
from tests.jobs.test_read import ITEM, OTHER, TEXT, publish

SECOND = "https://b.example/feed.xml"


def publish_copy(desk: JobDesk, *paragraphs: str, path: str = "/copy.html") -> None:
    """A second outlet with its own page, refreshed and due for reading."""
    desk.publish((path, "Badgers are back", "Dig."), feed=SECOND)
    desk.page(path, "Badgers are back", *paragraphs)
    desk.refresh(SECOND)


def test_a_copy_with_other_facts_is_a_changed_version_and_told_as_an_update(tmp_path: Path) -> None:
    desk = open_job_desk(tmp_path, "https://a.example/feed.xml", SECOND)
    desk.rule("badger*")
    publish(desk)
    desk.read()
    desk.deliver()
    publish_copy(desk, *(text.replace("1986", "1979") for text in TEXT))
    (copy,) = desk.read()
    desk.deliver()

    assert copy.kept is not None
    assert copy.kept.placement is not None
    assert copy.kept.placement.why is PlacementWhy.CHANGED_VERSION
    assert copy.kept.placement.detail.endswith("it has 1979 for 1986")
    sent = sorted(delivery.type for delivery in desk.channels.sent)
    assert sent == ["alert.created", "alert.updated"]
    assert len({delivery.alert_id for delivery in desk.channels.sent}) == 1
    (match,) = desk.store.matches_for(copy.kept.article.id)
    assert match["why"] == "changed_version"
    desk.store.close()


def test_copies_of_a_text_are_still_found_when_its_first_source_was_rewritten(
    tmp_path: Path,
) -> None:
    desk = open_job_desk(tmp_path, "https://a.example/feed.xml", SECOND)
    publish(desk)
    desk.read()
    publish_copy(desk, *TEXT)
    (copy,) = desk.read()
    desk.later(minutes=61)
    desk.page("/1.html", "Tallberg to vote on valley road", *OTHER)
    (rewritten, *_) = desk.read()
    publish_copy(desk, *TEXT[:2], path="/third.html")
    (third,) = desk.read()

    assert copy.kept is not None
    assert rewritten.kept is not None
    assert third.kept is not None
    stories = {read.kept.article.story_id for read in (copy, rewritten, third) if read.kept}
    assert len(stories) == 1
    desk.store.close()


def told_on_its_teaser(desk: JobDesk) -> int:
    """An alert on the teaser of the first outlet, whose page does not answer yet; the story's id."""
    desk.rule("badger*", on="entry")
    publish(desk)
    page = desk.web.answers.pop("https://a.example/1.html")
    desk.web.answers["https://a.example/1.html"] = TimedOut("took 30 s", url="")
    desk.read()
    desk.web.answers["https://a.example/1.html"] = page
    (alert,) = desk.store.list_alerts()
    return int(alert["story"])


def test_an_article_told_on_its_teaser_takes_its_alert_to_the_story_of_its_page(
    tmp_path: Path,
) -> None:
    desk = open_job_desk(tmp_path, "https://a.example/feed.xml", SECOND)
    alone = told_on_its_teaser(desk)
    desk.set(rules=Rules(()))
    publish_copy(desk, *TEXT)
    (copy,) = desk.read()
    desk.later(seconds=31)
    (whole,) = desk.read()
    (alert,) = desk.store.list_alerts()

    assert copy.kept is not None
    assert whole.kept is not None
    story = desk.store.story(copy.kept.article.story_id)
    assert story is not None
    assert whole.kept.article.story_id == copy.kept.article.story_id == alert["story"] != alone
    assert story["first_seen_at"] == NOW.isoformat().replace("+00:00", "Z")
    assert desk.store.story(alone) is None

    desk.rule("badger*")
    publish_copy(desk, *TEXT[:2], path="/late.html")
    (late,) = desk.read()
    assert late.kept is not None
    assert late.kept.alerts == 0
    desk.store.close()


def test_of_two_alerts_on_one_story_the_older_gets_the_sources(tmp_path: Path) -> None:
    desk = open_job_desk(tmp_path, "https://a.example/feed.xml", SECOND)
    told_on_its_teaser(desk)
    publish_copy(desk, *TEXT)
    (copy,) = desk.read()
    desk.later(seconds=31)
    (whole,) = desk.read()

    assert copy.kept is not None
    assert whole.kept is not None
    alerts = list(desk.store.list_alerts())
    assert {alert["story"] for alert in alerts} == {whole.kept.article.story_id}
    assert sorted(alert["articles"] for alert in alerts) == [1, 2]
    desk.store.close()


def test_the_full_copy_after_the_flash_joins_it_in_either_order(tmp_path: Path) -> None:
    flash, full = TEXT[:1], TEXT
    for number, (earlier, later) in enumerate([(flash, full), (full, flash)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        desk = open_job_desk(folder, "https://a.example/feed.xml", SECOND)
        desk.publish(ITEM)
        desk.page("/1.html", ITEM[1], *earlier)
        desk.refresh()
        (first,) = desk.read()
        desk.later(hours=2)
        publish_copy(desk, *later)
        second = next(read for read in desk.read() if "copy" in str(read.entry.link))

        assert first.kept is not None
        assert second.kept is not None
        assert first.kept.article.story_id == second.kept.article.story_id
        desk.store.close()


def test_placing_again_changes_nothing_where_nothing_has_changed(tmp_path: Path) -> None:
    desk = open_job_desk(tmp_path, "https://a.example/feed.xml", SECOND)
    publish(desk)
    desk.read()
    publish_copy(desk, *TEXT[:2])
    desk.read()
    before = [(row["id"], row["articles"]) for row in desk.store.list_stories()]

    again = place_again(desk.store, since=NOW)

    assert again == Placed(articles=2, moved=0)
    assert [(row["id"], row["articles"]) for row in desk.store.list_stories()] == before
    publish_copy(desk, *TEXT, path="/third.html")
    (third,) = desk.read()
    assert third.kept is not None
    assert [third.kept.article.story_id] == [row for row, _ in before]
    desk.store.close()


def test_placing_again_comes_to_the_same_where_a_group_is_run_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer does so with a work that failed along with others."""
    desk = open_job_desk(tmp_path)
    publish(desk)
    desk.read()
    before = [row["id"] for row in desk.store.list_stories()]
    write = desk.store.write

    def twice(work: Callable[[Tx], object]) -> object:
        def lost(tx: Tx) -> None:
            work(tx)
            raise StoreError("not kept")

        with pytest.raises(StoreError, match="not kept"):
            write(lost)
        return write(work)

    monkeypatch.setattr(desk.store, "write", twice)

    assert place_again(desk.store, since=NOW) == Placed(articles=len(before), moved=0)
    assert [row["id"] for row in desk.store.list_stories()] == before
    desk.store.close()


def test_placing_again_joins_what_was_split_alert_and_all(tmp_path: Path) -> None:
    desk = open_job_desk(tmp_path, "https://a.example/feed.xml", SECOND)
    desk.set(stories=Stories(window=timedelta(seconds=1)))
    desk.rule("badger*")
    publish(desk)
    desk.read()
    desk.later(hours=2)
    publish_copy(desk, *TEXT)
    desk.read()
    assert len(list(desk.store.list_stories())) == 2

    again = place_again(desk.store, since=NOW)

    assert again == Placed(articles=2, moved=1)
    (story,) = desk.store.list_stories()
    assert story["articles"] == 2
    assert {alert["story"] for alert in desk.store.list_alerts()} == {story["id"]}
    desk.store.close()


def test_placing_again_leaves_stories_before_the_window_alone(tmp_path: Path) -> None:
    desk = open_job_desk(tmp_path, "https://a.example/feed.xml", SECOND)
    publish(desk)
    desk.read()

    assert place_again(desk.store, since=NOW + timedelta(hours=1)).articles == 0
    assert len(list(desk.store.list_stories())) == 1
    desk.store.close()
