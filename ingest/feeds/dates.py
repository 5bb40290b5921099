"""Dates as feeds write them, read as aware UTC; what is plainly no date of an article is None."""

import re
import unicodedata
from calendar import timegm
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import struct_time

OLDEST = datetime(1971, 1, 1, tzinfo=UTC)
"""Before this stand the zeros of software: 1970 (Unix), 1899 and 1900 (spreadsheets), 0001 (.NET)."""
NEWEST = datetime(2100, 1, 1, tzinfo=UTC)
"""At and after this stand its infinities: 9999, 2106 (32 bits)."""
AHEAD = timedelta(days=2)
"""How far ahead of the clock a date may lie: time zones left out make up to 14 hours, twice."""

_ISO = re.compile(
    r"(\d{4})[-/.]?(\d\d)[-/.]?(\d\d)"
    r"(?:[T\s]+(\d{1,2}):?(\d\d)(?::?(\d\d)(?:[.,]\d{1,12})?)?\s*(.{0,40}))?",
    re.IGNORECASE,
)
_TIME = r"(?:[,\s]+(?:at\s+|um\s+)?(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?(?:\.\d{1,9})?\s*(.{0,40}))?"
_DAY_FIRST = re.compile(
    r"(?:[^\W\d_]{2,14}\.?,?\s+)?(\d{1,2})(?:st|nd|rd|th|\.)?[\s-]+(?:de\s+)?"
    r"([^\W\d_]{3,12})\.?,?[\s-]+(?:de\s+)?(\d{4}|\d\d)" + _TIME,
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    r"(?:[^\W\d_]{2,14}\.?,\s+)?([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})"
    + _TIME,
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d")
_OFFSET = re.compile(r"(?:GMT|UTC|Z)?\s*([+-])(\d{1,2}):?(\d\d)?", re.IGNORECASE)
_ZONE = re.compile(r"[A-Z]{1,5}", re.IGNORECASE)
_HALF = re.compile(r"([ap])\.?m\b\.?\s*", re.IGNORECASE)

_MONTHS = {
    # First letters of the months, accents off: en, de, fr, es, it, pt, nl, sv, pl, tr, ru, uk.
    1: "jan gen ene oca янв січ sty",
    2: "feb fev sub фев лют lut",
    3: "mar mrz maa мар бер",
    4: "apr avr abr nis апр кві kwi",
    5: "may mai mag maj mei мая май тра",
    6: "jun juin giu haz июн чер cze",
    7: "jul juil lug tem июл лип lip",
    8: "aug aou ago agu авг сер sie",
    9: "sep set eyl сен вер wrz",
    10: "oct okt out ott eki окт жов paz",
    11: "nov kas ноя лис lis",
    12: "dec dez des dic ara дек гру gru",
}
_MONTH = {stem: number for number, stems in _MONTHS.items() for stem in stems.split()}

_HOURS = {
    # RFC 822 §5.1, then what feeds write besides; a name of two meanings has its commoner one.
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "ET": -5, "CT": -6, "MT": -7, "PT": -8, "AST": -4, "ADT": -3, "NST": -3.5, "NDT": -2.5,
    "AKST": -9, "AKDT": -8, "HST": -10, "BRT": -3, "ART": -3, "CLT": -4, "COT": -5, "PET": -5,
    "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "MET": 1, "MEST": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "MSD": 4, "TRT": 3, "SAST": 2, "EAT": 3, "WAT": 1, "CAT": 2,
    "GST": 4, "PKT": 5, "IST": 5.5, "NPT": 5.75, "ICT": 7, "WIB": 7, "HKT": 8, "SGT": 8, "MYT": 8,
    "PHT": 8, "AWST": 8, "KST": 9, "JST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11,
    "NZST": 12, "NZDT": 13,
}  # fmt: skip


def parse(
    written: str | None, other: Callable[[str], struct_time | None] | None = None
) -> datetime | None:
    """Return the time a feed writes, or None where it can't be read or is no article's date.

    `other` is asked for the forms that only feedparser knows (Korean, Greek, Hungarian); it is
    checked, since it fills what is missing from today's date.
    A time without zone is taken as UTC, as the RSS and W3C profiles have it.
    """
    text = " ".join((written or "")[:100].split())
    try:
        when = _number(text) or _iso(text) or _words(text) or _by_other(text, other)
    except (ValueError, OverflowError):
        return None
    return when if when and OLDEST <= when < NEWEST else None


def is_ahead(when: datetime, now: datetime) -> bool:
    """Return whether a date lies further in the future than clocks and zones explain."""
    return when > now + AHEAD


def _number(text: str) -> datetime | None:
    """Read seconds or milliseconds since 1970."""
    if not text.isascii() or not text.isdigit() or len(text) not in {9, 10, 12, 13}:
        return None
    return datetime.fromtimestamp(int(text) / (1000 if len(text) > 10 else 1), UTC)


def _iso(text: str) -> datetime | None:
    """Read ISO 8601 and its neighbours: spaces, slashes, zone names, `2024-05-01 10:00 PM`."""
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    year, month, day, *clock = found.groups()
    return _when(int(year), int(month), int(day), *clock)


def _words(text: str) -> datetime | None:
    """Read RFC 822 and dates with a month's name in the languages of `_MONTHS`."""
    if found := _DAY_FIRST.fullmatch(text):
        day, name, year, *clock = found.groups()
    elif found := _MONTH_FIRST.fullmatch(text):
        name, day, year, *clock = found.groups()
    else:
        return None
    month = _month(name)
    if month is None:
        return None
    years = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 90 else 1900)
    return _when(years, month, int(day), *clock)


def _month(name: str) -> int | None:
    name = unicodedata.normalize("NFKD", name.lower())
    name = "".join(char for char in name if not unicodedata.combining(char) or char == "\u0306")
    name = unicodedata.normalize("NFC", name)
    return _MONTH.get(name[:4]) or _MONTH.get(name[:3])


def _when(
    year: int,
    month: int,
    day: int,
    hour: str | None,
    minute: str | None,
    second: str | None,
    rest: str | None,
) -> datetime:
    """Return the time as UTC; midnight where none is written, 24:00 and leap seconds included."""
    hours, rest = int(hour or 0), (rest or "").strip()
    if half := _HALF.match(rest):
        hours = hours % 12 + (12 if half[1].lower() == "p" else 0)
        rest = rest[half.end() :]
    start = datetime(year, month, day, tzinfo=UTC)
    clock = timedelta(hours=hours, minutes=int(minute or 0), seconds=int(second or 0))
    if clock > timedelta(days=1, seconds=1):
        raise ValueError("a day has 24 hours")
    return start + clock - _offset(rest)


def _offset(zone: str) -> timedelta:
    """Return how far a zone is ahead of UTC; nothing for one we do not know."""
    if found := _OFFSET.match(zone):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return -offset if found[1] == "-" else offset
    name = _ZONE.match(zone)
    return timedelta(hours=_HOURS.get(name[0].upper(), 0)) if name else timedelta()


def _by_other(text: str, other: Callable[[str], struct_time | None] | None) -> datetime | None:
    """Return another's reading where the text has a year at all."""
    given = other(text) if other and _YEAR.search(text) else None
    return datetime.fromtimestamp(timegm(given), UTC) if given else None
