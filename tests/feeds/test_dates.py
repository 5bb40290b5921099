"""Dates as feeds write them."""

from datetime import UTC, datetime, timedelta
from time import struct_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.feeds import dates

READ = [
    ("Sat, 22 Jan 2022 14:05:00 +0000", "2022-01-22T14:05:00"),
    ("Sat, 22 Jan 2022 14:05:00 GMT+0100", "2022-01-22T13:05:00"),
    ("22 Jan 22 14:05 EST", "2022-01-22T19:05:00"),
    ("Sat, 22 Jan 2022 14:05:00 CEST", "2022-01-22T12:05:00"),
    ("Sat, 22 Jan 2022 14:05:00 IST", "2022-01-22T08:35:00"),
    ("Sat, 22 Jan 2022 14:05:00 Etc/GMT", "2022-01-22T14:05:00"),
    ("Sat, 22 Jan 2022 14:05:00 XYZ", "2022-01-22T14:05:00"),
    ("2024-05-01T12:00:00Z", "2024-05-01T12:00:00"),
    ("2024-05-01T12:00:00.123456789Z", "2024-05-01T12:00:00"),
    ("2024-05-01T12:00:00,5+0530", "2024-05-01T06:30:00"),
    ("2024-05-01T10:00:00+02:00[Europe/Berlin]", "2024-05-01T08:00:00"),
    ("2024-05-01 12:00", "2024-05-01T12:00:00"),
    ("20240501T120000Z", "2024-05-01T12:00:00"),
    ("2024/05/01 10:00 PM", "2024-05-01T22:00:00"),
    ("2024-05-01 12:10 am", "2024-05-01T00:10:00"),
    ("2024-05-01T24:00:00Z", "2024-05-02T00:00:00"),
    ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00"),
    ("2024-05-01", "2024-05-01T00:00:00"),
    ("May 5, 2024 10:00 AM PST", "2024-05-05T18:00:00"),
    ("Sunday, May 5th 2024", "2024-05-05T00:00:00"),
    ("Mo, 12 Mai 2024 10:00:00 +0200", "2024-05-12T08:00:00"),
    ("3. März 2024", "2024-03-03T00:00:00"),
    ("29 Février 2024 10:00", "2024-02-29T10:00:00"),
    ("5 août 2024", "2024-08-05T00:00:00"),
    ("12 de mayo de 2024", "2024-05-12T00:00:00"),
    ("12 июня 2024", "2024-06-12T00:00:00"),
    ("13 серпня 2024", "2024-08-13T00:00:00"),
    ("1714557600", "2024-05-01T10:00:00"),
    ("1714557600000", "2024-05-01T10:00:00"),
]


@pytest.mark.parametrize(("written", "utc"), READ)
def test_a_date_is_read_as_utc(written: str, utc: str) -> None:
    assert dates.parse(written) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        None, "", "soon", "0", "Thu, 01 Jan 1970 00:00:00 GMT", "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00", "31 Feb 2024", "2024-13-05", "2024-05-01T99:00:00Z", "12 foo 2024",
        "9" * 50, "٣ يونيو", "1 Jan 0000",
    ],
)  # fmt: skip
def test_what_is_no_date_of_an_article_is_none(written: str | None) -> None:
    assert dates.parse(written) is None


def test_feedparsers_reading_counts_only_where_the_text_has_a_year() -> None:
    def other(text: str) -> struct_time:
        return datetime(2024, 6, 3, tzinfo=UTC).timetuple()

    assert dates.parse("2024년 6월 3일", other) == datetime(2024, 6, 3, tzinfo=UTC)
    assert dates.parse("T12:30", other) is None


def test_tomorrow_in_another_zone_is_not_ahead() -> None:
    now = datetime(2024, 6, 3, tzinfo=UTC)

    assert not dates.is_ahead(now + timedelta(hours=28), now)
    assert dates.is_ahead(now + timedelta(days=7), now)


@settings(deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_a_plausible_date_or_none(written: str) -> None:
    when = dates.parse(written)

    assert when is None or dates.OLDEST <= when < dates.NEWEST


@settings(deadline=None)
@given(st.integers(0, 4_000_000_000))
def test_what_is_written_to_the_rfcs_is_read_back(seconds: int) -> None:
    when = dates.OLDEST + timedelta(seconds=seconds)

    assert dates.parse(when.isoformat()) == when
    assert dates.parse(when.strftime("%d %b %Y %H:%M:%S +0000")) == when
