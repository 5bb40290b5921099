"""A look at the health: conditions as rows, told to the health channels and to rules' channels."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.alerts.health import Observation
from ingest.alerts.settings import Health
from ingest.errors import DeliveryError, HttpStatus
from ingest.jobs.context import Rules
from ingest.jobs.health import look
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
    (cleared,) = look_for(jobs, minutes=1)

    assert (raised["type"], raised["data"]["condition"]) == ("health.raised", "feed failing")
    assert raised["data"]["subject"] == cleared["data"]["subject"] == "feed 1"
    assert cleared["type"] == "health.cleared"
    assert jobs.store.conditions() == []


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

    (sent,) = jobs.channels.sent
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
