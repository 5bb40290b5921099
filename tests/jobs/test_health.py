"""A look at the health: conditions as rows, told to the health channels and to rules' channels."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.alerts.health import Observation
from ingest.alerts.settings import Health
from ingest.articles.sites import SiteRule, SiteRules
from ingest.errors import DeliveryError, HttpStatus
from ingest.jobs.context import Rules
from ingest.jobs.health import look, look_at_rules
from ingest.model import Response
from tests.desk import page, prose
from tests.jobs.desk import FEED, JobDesk, open_job_desk
from tests.jobs.test_outbox import drain, tell

REFUSED = Observation("reload_refused", "configuration", "line 3", patience=timedelta())


@pytest.fixture
def jobs(tmp_path: Path) -> JobDesk:
    desk = open_job_desk(tmp_path)
    desk.set(health=Health(channels=("ops",)))
    return desk


def look_for(jobs: JobDesk, **span: float) -> list[dict[str, Any]]:
    """Look, let time pass, look again; return what was sent meanwhile.

    Nobody works on this desk while time passes, so the age of its queues is left aside.
    """
    before = len(jobs.channels.sent)
    look(jobs.context, jobs.now)
    jobs.later(**span)
    look(jobs.context, jobs.now)
    drain(jobs)
    sent: list[Any] = [each.payload for each in jobs.channels.sent[before:]]
    return [each for each in sent if each["data"].get("condition") != "queue age"]


def test_a_feed_that_fails_for_a_day_is_told_once_and_cleared_when_it_is_back(
    jobs: JobDesk,
) -> None:
    jobs.web.answers[FEED] = HttpStatus("500", url=FEED, status=500)
    for _ in range(3):
        jobs.refresh()
    assert look_for(jobs, hours=23) == []
    (raised,) = look_for(jobs, hours=2)
    assert look_for(jobs, hours=2) == []
    jobs.publish()
    jobs.refresh()
    (cleared,) = look_for(jobs, hours=1)

    assert (raised["type"], raised["data"]["condition"]) == ("health.raised", "feed failing")
    assert raised["data"]["subject"] == cleared["data"]["subject"] == "feed 1"
    assert cleared["type"] == "health.cleared"
    assert {each.kind for each in jobs.store.conditions()} <= {"queue_age"}


def test_dead_letters_are_told_to_the_health_channel(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    tell(jobs, 1)
    jobs.channels.refuse = {"desk": DeliveryError("404", permanent=True)}
    drain(jobs)
    (raised,) = look_for(jobs, minutes=1)

    assert raised["data"]["condition"] == "dead letters"
    assert raised["data"]["subject"] == "desk"


def test_what_only_the_caller_sees_is_told_too(jobs: JobDesk) -> None:
    look(jobs.context, jobs.now, besides=[REFUSED])
    look(jobs.context, jobs.now, besides=[REFUSED])
    drain(jobs)

    assert [each.type for each in jobs.channels.sent] == ["health.raised"]


def test_a_surge_is_told_once_to_the_channels_of_its_rule(jobs: JobDesk) -> None:
    jobs.rule("walrus", surge=(4.0, timedelta(hours=2)))
    tell(jobs, 100)
    jobs.later(days=8)
    tell(jobs, *range(6))
    drain(jobs)
    jobs.channels.sent.clear()
    look_for(jobs, minutes=1)
    look_for(jobs, minutes=1)

    (sent,) = (each for each in jobs.channels.sent if each.channel == "desk")
    data: Any = sent.payload["data"]
    assert (sent.type, sent.channel, data["rule"], data["count"]) == (
        "alert.surge",
        "desk",
        "rule 1",
        6,
    )


def test_a_rule_that_should_have_spoken_is_told_as_absent(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    (rule,) = jobs.context.rules.by_name.values()
    jobs.set(rules=Rules((replace(rule, absent=timedelta(hours=24)),)))
    tell(jobs, 1)
    drain(jobs)
    jobs.channels.sent.clear()
    assert look_for(jobs, hours=23) == []
    (told,) = look_for(jobs, hours=2)

    assert told["type"] == "alert.absent"
    assert told["data"]["detail"] == "nothing for 25 hours"


def test_a_check_that_knows_nothing_of_what_it_finds_is_told(jobs: JobDesk) -> None:
    tell(jobs, 1, 2, 3)
    jobs.later(hours=2)
    tell(jobs, 4, 5, 6)
    (told,) = look_for(jobs, minutes=1)

    assert (told["data"]["condition"], told["data"]["subject"]) == ("overlap lost", "feed 1")
    assert look_for(jobs, days=2) == []


def test_a_feed_that_turns_into_a_page_is_told_after_its_day(jobs: JobDesk) -> None:
    tell(jobs, 1)
    jobs.web.answers[FEED] = b"<!doctype html><html><title>For sale</title><body>Buy this</body>"
    jobs.refresh()
    assert look_for(jobs, hours=23) == []
    (told,) = look_for(jobs, hours=2)

    assert told["data"]["condition"] == "not a feed"
    assert "For sale" in told["data"]["detail"]


def test_a_feed_that_is_redirected_for_good_to_another_host_is_told(jobs: JobDesk) -> None:
    tell(jobs, 1)
    body = jobs.web.answers[FEED]
    assert isinstance(body, bytes)
    moved = "https://park.example/feed.xml"
    jobs.web.answers[FEED] = Response(moved, 200, {}, body, permanent_url=moved)
    jobs.refresh()
    assert look_for(jobs, minutes=1) == []
    jobs.refresh()
    (told,) = look_for(jobs, minutes=1)

    assert told["data"]["condition"] == "feed moved"
    assert moved in told["data"]["advice"]


def test_a_certificate_near_its_end_is_told_with_who_goes_by_it(jobs: JobDesk) -> None:
    def note(until: str) -> None:
        certificate = {"notBefore": "Sep  1 12:00:00 2026 GMT", "notAfter": until}
        jobs.context.certificates.note("a.example", certificate)

    jobs.context.certificates.note("a.example", {})
    note("Nov 27 12:00:00 2026 GMT")
    (told,) = look_for(jobs, minutes=1)
    note("Feb 27 12:00:00 2027 GMT")
    (cleared,) = look_for(jobs, hours=1)

    assert (told["data"]["condition"], told["data"]["subject"]) == (
        "certificate expiring",
        "a.example",
    )
    assert "2026-11-27" in told["data"]["detail"]
    assert "the feed feed 1" in told["data"]["advice"]
    assert cleared["type"] == "health.cleared"


def test_a_rule_that_never_matches_is_told_after_a_month_and_cleared_by_a_match(
    jobs: JobDesk,
) -> None:
    def look_hourly() -> list[Any]:
        return [each.payload["data"] for each in look_at_rules(jobs.context, jobs.now)]

    jobs.rule("walrus")
    assert look_hourly() == []
    jobs.later(days=30)
    (told,) = look_hourly()
    tell(jobs, 1)
    assert look_hourly() == []
    jobs.later(hours=1)
    (cleared,) = look_hourly()

    assert (told["condition"], told["subject"]) == ("rule never matches", "rule 1")
    assert cleared["detail"] == "An article has matched it."
    assert look(jobs.context, jobs.now) == []


def test_a_redesign_that_a_site_rule_no_longer_fits_is_told(jobs: JobDesk) -> None:
    rule = SiteRule(hosts=("a.example",), body=("article",))
    jobs.set(sites=SiteRules([rule]))
    read_pages(jobs, range(20), page)
    assert look_for(jobs, minutes=10) == []
    read_pages(jobs, range(20, 27), redesigned)

    (raised,) = look_for(jobs, minutes=10)

    assert (raised["data"]["condition"], raised["data"]["subject"]) == (
        "site rule unfit",
        "a.example",
    )


def test_a_site_that_gives_its_text_no_more_is_told_until_it_does(jobs: JobDesk) -> None:
    read_pages(jobs, range(20), page)
    read_pages(jobs, range(20, 25), lambda headline, _: page(headline, []))
    (raised,) = look_for(jobs, minutes=10)
    read_pages(jobs, range(25, 30), page)
    (cleared,) = look_for(jobs, hours=2)

    assert raised["data"]["condition"] == "extraction dropped"
    assert (cleared["type"], cleared["data"]["subject"]) == ("health.cleared", "a.example")


def redesigned(headline: str, paragraphs: Iterable[str]) -> bytes:
    return page(headline, paragraphs).replace(b"article>", b"main>")


def read_pages(
    jobs: JobDesk, numbers: range, layout: Callable[[str, Iterable[str]], bytes]
) -> None:
    """Let the feed bring entries with pages of this layout, and read them."""
    items = [(f"/{number}", f"News number {number}", "In short.") for number in range(numbers.stop)]
    jobs.publish(*items)
    for number in numbers:
        path, headline, _ = items[number]
        jobs.web.answers[f"https://a.example{path}"] = layout(headline, prose(number, "harbour"))
    jobs.refresh()
    jobs.read()


def test_a_channel_that_takes_nothing_for_an_hour_is_told_by_the_others(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    tell(jobs, 1)
    jobs.channels.refuse = {"desk": DeliveryError("503")}
    told = []
    for _ in range(8):
        drain(jobs)
        told += [each for each in look_for(jobs, minutes=10) if each["data"]["subject"] == "desk"]

    (raised,) = told
    assert raised["data"]["condition"] == "channel failing"
    assert "1 message still not taken: 503" in raised["data"]["detail"]
