"""Publication dates as pages write them in their markup."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}(?!\d))?)?",
    re.I,
)
_COMPACT = re.compile(r"(20\d{2}|19\d{2})(\d{2})(\d{2})(?:T?(\d{2}):?(\d{2})(?::?(\d{2}))?)?(?!\d)")
_EPOCH = re.compile(r"(1\d{9})(\d{3})?$")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier janv enero ene gennaio gen janeiro januari ocak",
            "february feb februar février févr fevrier febrero febbraio fevereiro fev februari şubat",
            "march mar märz maerz mars marzo março maart mrz mart",
            "april apr avril avr abril abr aprile nisan",
            "may mai mayo maggio mag maio mei maj mayıs",
            "june jun juni juin junio giugno giu junho haziran",
            "july jul juli juillet juil julio luglio lug julho temmuz",
            "august aug août aout agosto ago augustus augusti ağustos",
            "september sep sept septembre septiembre settembre set setembro eylül",
            "october oct oktober okt octobre octubre ottobre ott outubro out ekim",
            "november nov novembre noviembre novembro kasım",
            "december dec dezember dez décembre déc diciembre dic dicembre dezembro desember aralık",
        ),
        1,
    )
    for name in names.split()
}
_DAY_FIRST = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?\.?\s+(?:de\s+|of\s+)?([^\W\d]{3,12})\.?,?\s+(?:de\s+)?(\d{4})"
)
_MONTH_FIRST = re.compile(r"([^\W\d]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{4})")
_CJK = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")


@dataclass(frozen=True, slots=True)
class Day:
    """A date as written, and the moment where a time zone was given with it."""

    day: str
    at: datetime | None = None


def read(text: str) -> Day | None:
    """Return the date a markup value names, or None where it names none that can be."""
    text = text.strip()[:80]
    for reader in (_iso, _epoch, _compact, _rfc, _written):
        try:
            found = reader(text)
        except (ValueError, OverflowError, OSError):
            continue
        if found and "1990" <= found.day[:4] <= "2100":
            return found
    return None


_IN_PATH = re.compile(
    r"(?<![\da-f])(20\d{2})([/_-]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?![\da-f])"
)


def in_address(url: str) -> Day | None:
    """Return the day in the path of an address, as many sites write it: `/2031/06/03/`."""
    found = _IN_PATH.search(url.partition("://")[2].partition("?")[0])
    try:
        return _day(found[1], found[3], found[4]) if found else None
    except ValueError:
        return None


def _iso(text: str) -> Day | None:
    found = _ISO.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    moment = datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        min(int(second or 0), 59),
        tzinfo=UTC,
    )
    return Day(moment.date().isoformat(), _aware(moment, zone) if hour else None)


def _aware(moment: datetime, zone: str | None) -> datetime | None:
    """Return the moment in UTC; a time without a zone is read as UTC, the commonest omission."""
    offset = timedelta()
    if zone and zone[0] in "+-":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        offset = -offset if zone[0] == "-" else offset
    return moment.replace(tzinfo=timezone(offset)).astimezone(UTC)


def _epoch(text: str) -> Day | None:
    found = _EPOCH.match(text)
    if not found:
        return None
    at = datetime.fromtimestamp(int(found[1]), UTC)
    return Day(at.date().isoformat(), at)


def _compact(text: str) -> Day | None:
    found = _COMPACT.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return Day(moment.date().isoformat(), _aware(moment, None) if found[4] else None)


def _rfc(text: str) -> Day | None:
    if ":" not in text or "," not in text[:12]:
        return None
    at = parsedate_to_datetime(text)
    return Day(at.date().isoformat(), at.astimezone(UTC) if at.tzinfo else _aware(at, None))


def _written(text: str) -> Day | None:
    """Read a date in words or figures; between day and month, figures above 12 decide."""
    if found := _CJK.search(text):
        return _day(found[1], found[2], found[3])
    if (found := _DAY_FIRST.search(text)) and found[2].casefold() in _MONTHS:
        return _day(found[3], _MONTHS[found[2].casefold()], found[1])
    if (found := _MONTH_FIRST.search(text)) and found[1].casefold() in _MONTHS:
        return _day(found[3], _MONTHS[found[1].casefold()], found[2])
    if found := _NUMERIC.search(text):
        first, second = int(found[1]), int(found[3])
        if first > 12 or found[2] == ".":
            return _day(found[4], second, first)
        if second > 12:
            return _day(found[4], first, second)
    return None


def _day(year: str, month: str | int, day: str | int) -> Day:
    return Day(datetime(int(year), int(month), int(day), tzinfo=UTC).date().isoformat())
