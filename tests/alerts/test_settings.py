"""How mail addresses, times of day and rates are written."""

from datetime import time, timedelta

import pytest
from pydantic import ValidationError

from ingest.alerts.settings import Digest, QuietHours, Rate, address
from ingest.units import Section


class Limits(Section):
    """A section with a rate."""

    rate: Rate


@pytest.mark.parametrize(
    ("text", "name", "spec"),
    [
        ("desk@example.org", "", "desk@example.org"),
        (" Desk <desk@example.org> ", "Desk", "desk@example.org"),
        ('"Åkerlund, Ines" <ines+news@example.org>', "Åkerlund, Ines", "ines+news@example.org"),
        ("root@localhost", "", "root@localhost"),
        ("news@straße.example", "", "news@xn--strae-oqa.example"),
    ],
)
def test_addresses_are_read_with_and_without_a_name(text: str, name: str, spec: str) -> None:
    box = address(text)

    assert (box.display_name, box.addr_spec) == (name, spec)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "desk",
        "desk@",
        "@example.org",
        "a@b@example.org",
        "a b@example.org",
        "a..b@example.org",
        "desk@example..org",
        "desk@-example.org",
        "désk@example.org",
        "desk@example.org>",
        "Desk <desk@example.org",
        "desk@example.org\r\nBcc: thief@example.net",
        "Desk\n <desk@example.org>",
        "desk@" + "a" * 64 + ".org",
        "desk@exa mple.org",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"mail address"):
        address(text)


def test_quiet_hours_may_cross_midnight_and_know_their_time_zone() -> None:
    quiet = QuietHours.model_validate({"from": "22:00", "to": "07:00", "timezone": "Europe/Berlin"})

    assert (quiet.start, quiet.end, quiet.timezone.key) == (time(22), time(7), "Europe/Berlin")


@pytest.mark.parametrize("at", ["7:00", "24:00", "07:60", "07.00", "noon", "07:00:00"])
def test_a_time_of_day_is_two_digits_colon_two_digits(at: str) -> None:
    with pytest.raises(ValidationError, match="not a time of day"):
        Digest.model_validate({"at": at})


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        Digest.model_validate({"at": "07:00", "timezone": "Europe/Atlantis"})


@pytest.mark.parametrize(
    ("text", "count", "period"),
    [
        ("10/h", 10, timedelta(hours=1)),
        ("1 / d", 1, timedelta(days=1)),
        ("5/m", 5, timedelta(minutes=1)),
    ],
)
def test_a_rate_is_a_count_and_a_period(text: str, count: int, period: timedelta) -> None:
    rate = Limits.model_validate({"rate": text}).rate

    assert (rate.count, rate.period) == (count, period)


@pytest.mark.parametrize("text", ["10", "0/h", "10/w", "-1/h", "ten/h", "10/h/d"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="not a rate"):
        Limits.model_validate({"rate": text})
