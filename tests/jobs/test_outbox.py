"""From the outbox to the receiver: restraint that drops nothing, and channels that fail alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.alerts.breaker import FAILURES
from ingest.alerts.settings import Restraint
from ingest.errors import DeliveryError
from ingest.model import Delivery
from tests.desk import prose
from tests.jobs.desk import NOW, JobDesk, open_job_desk

DOWN = DeliveryError("no answer")


@pytest.fixture
def jobs(tmp_path: Path) -> JobDesk:
    return open_job_desk(tmp_path)


def restrain(jobs: JobDesk, **keys: Any) -> None:
    jobs.set(restraints={"desk": Restraint.model_validate(keys)})


def tell(jobs: JobDesk, *numbers: int) -> None:
    """Publish these reports, each a story of its own that the rule finds, and read them."""
    jobs.publish(*((f"/{n}.html", f"Report {n}", "In short.") for n in numbers))
    for number in numbers:
        jobs.page(f"/{number}.html", f"Report {number}", *prose(number, "walrus"))
    jobs.refresh()
    jobs.read()


def drain(jobs: JobDesk) -> list[Delivery]:
    """Deliver until nothing is due, as the pool does."""
    done: list[Delivery] = []
    while some := jobs.deliver():
        done += some
    return done


def rows(jobs: JobDesk, state: str) -> list[dict[str, Any]]:
    return [dict(row) for row in jobs.store.list_deliveries(state=state)]


def headlines(delivery: Delivery) -> list[str]:
    """Return the headlines a message tells of, in its order."""
    data: Any = delivery.payload["data"]
    return [alert["article"]["title"] for alert in data.get("alerts", [data])]


def test_a_digest_waits_for_its_time_and_tells_all_in_order(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    restrain(jobs, digest={"at": "12:00"})
    tell(jobs, 1, 2)
    drain(jobs)
    jobs.later(hours=1)
    tell(jobs, 3, 2, 1)
    drain(jobs)
    assert jobs.channels.sent == []
    assert {row["reason"] for row in rows(jobs, "pending")} == {"digest until 2026-11-23T12:00Z"}
    jobs.later(hours=3)
    drain(jobs)

    (sent,) = jobs.channels.sent
    assert sent.type == "digest"
    assert headlines(sent) == ["Report 1", "Report 2", "Report 3"]
    assert len(rows(jobs, "delivered")) == 4
    assert rows(jobs, "pending") == []


def test_a_digest_that_fails_takes_its_parts_along_and_comes_again_as_it_was(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    restrain(jobs, digest={"at": "12:00"})
    tell(jobs, 1, 2)
    drain(jobs)
    jobs.later(hours=4)
    jobs.channels.refuse = {"desk": DOWN}
    drain(jobs)
    states = {row["state"] for row in jobs.store.list_deliveries()}
    jobs.channels.refuse = {}
    jobs.later(hours=1)
    tell(jobs, 3)
    drain(jobs)

    assert states == {"retrying"}
    (sent,) = jobs.channels.sent
    assert headlines(sent) == ["Report 1", "Report 2"]
    assert len(rows(jobs, "delivered")) == 3


def test_quiet_hours_hold_and_then_send_each(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    restrain(jobs, quiet_hours={"from": "06:00", "to": "09:00"})
    tell(jobs, 1, 2)
    drain(jobs)
    assert jobs.channels.sent == []
    jobs.later(hours=1)
    drain(jobs)

    assert [each.type for each in jobs.channels.sent] == ["alert.created"] * 2


def test_a_loud_night_comes_as_one_message_that_lists_it_all(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    restrain(jobs, quiet_hours={"from": "06:00", "to": "09:00"})
    tell(jobs, *range(10))
    drain(jobs)
    assert jobs.channels.sent == []
    jobs.later(hours=1)
    drain(jobs)

    (sent,) = jobs.channels.sent
    assert sent.type == "digest"
    assert sorted(headlines(sent)) == [f"Report {number}" for number in range(10)]


def test_a_rate_folds_the_rest_into_one_message_that_lists_them_all(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    restrain(jobs, rate="2/h")
    tell(jobs, *range(10))
    drain(jobs)
    assert len(jobs.channels.sent) == 2
    assert all("rate until" in row["reason"] for row in rows(jobs, "pending"))
    jobs.later(hours=1)
    drain(jobs)

    assert len(jobs.channels.sent) == 3
    told = [title for each in jobs.channels.sent for title in headlines(each)]
    assert sorted(told) == [f"Report {number}" for number in range(10)]
    assert rows(jobs, "pending") == []


def test_a_critical_rule_passes_digest_quiet_hours_and_rate(jobs: JobDesk) -> None:
    jobs.rule("walrus", severity="critical")
    restrain(jobs, digest={"at": "12:00"}, quiet_hours={"from": "06:00", "to": "09:00"}, rate="1/h")
    tell(jobs, 1, 2, 3)
    drain(jobs)

    assert len(jobs.channels.sent) == 3


def test_a_snoozed_rule_is_held_and_then_told_in_one_message(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    jobs.store.snooze("rule 1", NOW + timedelta(hours=2), NOW)
    tell(jobs, 1, 2, 3)
    drain(jobs)
    assert jobs.channels.sent == []
    jobs.later(hours=2)
    drain(jobs)

    (sent,) = jobs.channels.sent
    assert len(headlines(sent)) == 3


def test_a_snooze_that_is_ended_early_lets_go_at_once(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    jobs.store.snooze("rule 1", NOW + timedelta(hours=2), NOW)
    tell(jobs, 1)
    drain(jobs)
    jobs.store.snooze("rule 1", NOW, NOW)
    drain(jobs)

    assert len(jobs.channels.sent) == 1


def test_what_is_asked_for_by_hand_passes_every_restraint(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    restrain(jobs, digest={"at": "12:00"})
    tell(jobs, 1, 2)
    drain(jobs)
    (row, _) = rows(jobs, "pending")
    jobs.store.retry_deliveries([row["id"]])
    jobs.now += timedelta(days=365)  # the command asks the machine's own clock
    restrain(jobs, digest={"at": "12:00"}, quiet_hours={"from": "00:00", "to": "00:00"})
    drain(jobs)

    assert [each.id for each in jobs.channels.sent] == [row["id"]]


def test_a_new_configuration_decides_anew_on_what_is_held(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    restrain(jobs, digest={"at": "12:00"})
    tell(jobs, 1)
    drain(jobs)
    restrain(jobs)
    jobs.store.release_held(jobs.now)
    drain(jobs)

    assert [each.type for each in jobs.channels.sent] == ["alert.created"]


def test_a_channel_that_is_down_rests_and_no_attempt_is_counted_meanwhile(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    tell(jobs, *range(FAILURES + 7))
    jobs.channels.refuse = {"desk": DOWN}
    drain(jobs)

    assert len(rows(jobs, "retrying")) == FAILURES
    assert {row["attempts"] for row in rows(jobs, "pending")} == {0}
    assert jobs.context.traffic.resting(jobs.now) == ["desk"]


def test_why_a_channel_rests_stands_beside_what_waits_for_it(jobs: JobDesk) -> None:
    jobs.now = datetime.now(UTC)  # the listing asks the machine's own clock
    jobs.rule("walrus")
    tell(jobs, *range(FAILURES + 2))
    jobs.channels.refuse = {"desk": DOWN}
    drain(jobs)
    waiting = {row["reason"] for row in rows(jobs, "pending")}
    jobs.channels.refuse = {}
    jobs.later(minutes=2)
    drain(jobs)

    (said,) = waiting
    assert said.startswith("desk is left alone until ")
    assert said.endswith(": no answer")
    assert {row["reason"] for row in rows(jobs, "delivered")} == {None}


def test_a_channel_that_is_back_is_found_by_one_probe_and_gets_everything(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    tell(jobs, *range(FAILURES + 7))
    jobs.channels.refuse = {"desk": DOWN}
    drain(jobs)
    jobs.channels.refuse = {}
    jobs.later(minutes=2)
    drain(jobs)

    assert len({each.id for each in jobs.channels.sent}) == FAILURES + 7
    assert len(rows(jobs, "delivered")) == FAILURES + 7


def test_a_bug_in_sending_lets_the_next_probe_through(jobs: JobDesk) -> None:
    jobs.rule("walrus")
    tell(jobs, *range(FAILURES + 1))
    jobs.channels.refuse = {"desk": DOWN}
    drain(jobs)
    jobs.later(minutes=1)
    jobs.channels.refuse = {"desk": ZeroDivisionError()}  # type: ignore[dict-item]
    with pytest.raises(ZeroDivisionError):
        jobs.deliver()

    assert jobs.context.traffic.resting(jobs.now) == []
    assert jobs.context.traffic.sending() == frozenset()
