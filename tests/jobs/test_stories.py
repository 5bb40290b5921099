"""Articles, their stories and the alerts on them, over time."""

from pathlib import Path

from ingest.model import PlacementWhy
from tests.jobs.desk import JobDesk, open_job_desk
from tests.jobs.test_read import TEXT, publish

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
