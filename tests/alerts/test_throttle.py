"""Digests, quiet hours, rates and snoozes: what waits, until when, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts import throttle
from ingest.alerts.settings import Digest, QuietHours, Restraint
from ingest.alerts.throttle import A_CROWD, BY_HAND, Facts, Hold, Why
from ingest.model import Delivery
from tests.alerts.samples import data, delivery

NIGHT = {"from": "22:00", "to": "07:00", "timezone": "Europe/Berlin"}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, 23, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def restraint(**keys: Any) -> Restraint:
    return Restraint.model_validate(keys)


def an_alert(at: datetime = NOON, *, severity: str = "normal", **more: Any) -> Delivery:
    made = delivery(content={**data(), "severity": severity})
    return replace(made, created_at=at, next_attempt_at=at, **more)


# In 2026 Berlin springs forward on 29 March at 01:00 UTC and falls back on 25 October at 01:00 UTC;
# Lord Howe Island moves by half an hour on 5 April; Kathmandu is at 5:45 the whole year.
@pytest.mark.parametrize(
    ("digest", "after", "at"),
    [
        ({"at": "07:00"}, "2026-03-02T06:59", "2026-03-02T07:00"),
        ({"at": "07:00"}, "2026-03-02T07:00", "2026-03-03T07:00"),
        ({"at": ["18:00", "07:00"]}, "2026-03-02T07:00", "2026-03-02T18:00"),
        ({"at": ["18:00", "07:00"]}, "2026-03-02T18:01", "2026-03-03T07:00"),
        ({"at": "07:00", "days": ["mon", "fri"]}, "2026-03-02T08:00", "2026-03-06T07:00"),
        ({"at": "07:00", "days": ["mon"]}, "2026-03-02T07:00", "2026-03-09T07:00"),
        ({"at": "07:00", "timezone": "Europe/Berlin"}, "2026-03-28T12:00", "2026-03-29T05:00"),
        ({"at": "07:00", "timezone": "Europe/Berlin"}, "2026-10-24T12:00", "2026-10-25T06:00"),
        ({"at": "02:30", "timezone": "Europe/Berlin"}, "2026-03-28T12:00", "2026-03-29T01:30"),
        ({"at": "02:30", "timezone": "Europe/Berlin"}, "2026-10-24T12:00", "2026-10-25T00:30"),
        ({"at": "02:30", "timezone": "Europe/Berlin"}, "2026-10-25T00:30", "2026-10-26T01:30"),
        ({"at": "00:15", "timezone": "Asia/Kathmandu"}, "2026-03-02T12:00", "2026-03-02T18:30"),
        (
            {"at": "01:45", "timezone": "Australia/Lord_Howe"},
            "2026-04-04T12:00",
            "2026-04-04T14:45",
        ),
        (
            {"at": "07:00", "days": ["mon"], "timezone": "Pacific/Auckland"},
            "2026-03-01T17:00",
            "2026-03-01T18:00",
        ),
    ],
)
def test_a_digest_comes_at_the_wall_clocks_time(digest: Any, after: str, at: str) -> None:
    assert throttle.next_digest(Digest.model_validate(digest), utc(after)) == utc(at)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_there_is_a_digest_within_the_next_day_and_never_two_at_once(
    moment: datetime, zone: str
) -> None:
    digest, after = (
        Digest.model_validate({"at": "02:30", "timezone": zone}),
        moment.replace(tzinfo=UTC),
    )
    first = throttle.next_digest(digest, after)
    second = throttle.next_digest(digest, first)

    assert timedelta() < first - after <= timedelta(hours=25)
    assert timedelta(hours=22) < second - first < timedelta(hours=26)


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (NIGHT, "2026-03-02T20:59", None),
        (NIGHT, "2026-03-02T21:00", "2026-03-03T06:00"),
        (NIGHT, "2026-03-03T05:59", "2026-03-03T06:00"),
        (NIGHT, "2026-03-03T06:00", None),
        (NIGHT, "2026-03-28T23:00", "2026-03-29T05:00"),
        (NIGHT, "2026-10-24T23:00", "2026-10-25T06:00"),
        ({"from": "12:00", "to": "14:00"}, "2026-03-02T13:00", "2026-03-02T14:00"),
        ({"from": "12:00", "to": "14:00"}, "2026-03-02T14:00", None),
        ({"from": "09:00", "to": "09:00"}, "2026-03-02T08:00", "2026-03-02T09:00"),
        (
            {"from": "02:15", "to": "02:45", "timezone": "Europe/Berlin"},
            "2026-10-25T00:30",
            "2026-10-25T00:45",
        ),
        ({"from": "02:15", "to": "02:45", "timezone": "Europe/Berlin"}, "2026-10-25T01:30", None),
        (
            {"from": "01:00", "to": "02:30", "timezone": "Europe/Berlin"},
            "2026-03-29T00:45",
            "2026-03-29T01:30",
        ),
    ],
)
def test_quiet_hours_hold_by_the_wall_clock(quiet: Any, now: str, until: str | None) -> None:
    found = throttle.quiet_until(QuietHours.model_validate(quiet), utc(now))

    assert found == (utc(until) if until else None)


def test_a_rate_frees_its_next_place_when_the_oldest_message_leaves_the_period() -> None:
    sent = [NOON - timedelta(minutes=minutes) for minutes in (90, 50, 40, 10)]
    three, four = restraint(rate="3/h").rate, restraint(rate="4/h").rate
    assert three
    assert four

    assert throttle.over_rate(three, sent, NOON) == NOON + timedelta(minutes=10)
    assert throttle.over_rate(four, sent, NOON) is None
    assert throttle.over_rate(three, (), NOON) is None


EVERYTHING = restraint(quiet_hours=NIGHT, rate="1/h", digest={"at": "12:00"})
FULL = Facts(sent=(MIDNIGHT - timedelta(minutes=1),))


@pytest.mark.parametrize(
    ("what", "limits", "facts", "why"),
    [
        (an_alert(MIDNIGHT), restraint(), FULL, None),
        (an_alert(MIDNIGHT), restraint(digest={"at": "12:00"}), FULL, Why.DIGEST),
        (an_alert(MIDNIGHT), restraint(quiet_hours=NIGHT), FULL, Why.QUIET_HOURS),
        (an_alert(MIDNIGHT), restraint(rate="1/h"), FULL, Why.RATE),
        (an_alert(MIDNIGHT, severity="critical"), EVERYTHING, FULL, None),
        (an_alert(MIDNIGHT, reason=BY_HAND), EVERYTHING, FULL, None),
        (an_alert(MIDNIGHT, attempts=2), restraint(rate="1/h"), FULL, None),
        (an_alert(MIDNIGHT, attempts=2), restraint(quiet_hours=NIGHT), FULL, Why.QUIET_HOURS),
        (delivery("test", {}), EVERYTHING, FULL, None),
        (delivery("health.raised", {}), EVERYTHING, FULL, None),
        (delivery("digest", {"alerts": []}), restraint(rate="1/h"), FULL, None),
        (delivery("digest", {"alerts": []}), restraint(quiet_hours=NIGHT), FULL, Why.QUIET_HOURS),
        (
            an_alert(MIDNIGHT, severity="critical"),
            EVERYTHING,
            Facts(snoozed_until=MIDNIGHT + timedelta(hours=1)),
            Why.SNOOZED,
        ),
        (an_alert(MIDNIGHT), restraint(), Facts(snoozed_until=MIDNIGHT), None),
        (an_alert(MIDNIGHT), restraint(), Facts(acknowledged=True), None),
    ],
)
def test_each_restraint_holds_what_it_is_for(
    what: Delivery, limits: Restraint, facts: Facts, why: Why | None
) -> None:
    verdict = throttle.decide(what, limits, facts, MIDNIGHT)

    assert (verdict.why if verdict else None) == why


def test_an_update_of_an_acknowledged_alert_is_suppressed_with_its_reason() -> None:
    update = delivery("alert.updated", data())
    hold = throttle.decide(update, restraint(), Facts(acknowledged=True), NOON)
    assert hold == Hold(Why.ACKNOWLEDGED)
    suppressed = throttle.held(update, hold)

    assert (suppressed.state, suppressed.next_attempt_at) == ("suppressed", None)
    assert suppressed.reason == "acknowledged"


def test_a_hold_says_why_and_until_when() -> None:
    hold = throttle.decide(an_alert(MIDNIGHT), restraint(quiet_hours=NIGHT), Facts(), MIDNIGHT)
    assert hold is not None
    waiting = throttle.held(an_alert(MIDNIGHT), hold)

    assert (waiting.state, waiting.reason) == ("pending", "quiet hours until 2026-03-03T06:00Z")
    assert waiting.next_attempt_at == utc("2026-03-03T06:00")


def test_what_waited_for_a_digest_goes_out_with_it_even_much_later() -> None:
    limits = restraint(digest={"at": "12:00"})
    made = an_alert(NOON - timedelta(hours=1))

    assert throttle.decide(made, limits, Facts(), NOON) is None
    assert throttle.decide(made, limits, Facts(), NOON + timedelta(days=3)) is None


@pytest.mark.parametrize(
    ("what", "limits", "least"),
    [
        (an_alert(), restraint(digest={"at": "12:00"}), 1),
        (an_alert(severity="critical"), restraint(digest={"at": "12:00"}), None),
        (an_alert(reason=BY_HAND), restraint(digest={"at": "12:00"}), None),
        (an_alert(reason="rate until 2026-03-02T13:00Z"), restraint(rate="1/h"), 2),
        (an_alert(reason="snoozed until 2026-03-02T13:00Z"), restraint(), 2),
        (an_alert(reason="quiet hours until 2026-03-02T13:00Z"), restraint(), A_CROWD),
        (an_alert(), restraint(rate="1/h"), None),
        (delivery("test", {}), restraint(digest={"at": "12:00"}), None),
    ],
)
def test_what_a_digest_a_rate_or_a_snooze_held_goes_out_together(
    what: Delivery, limits: Restraint, least: int | None
) -> None:
    assert throttle.folds_from(what, limits) == least
