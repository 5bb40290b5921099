"""Settings of the alerts room: when a channel may speak, and how a mailbox is written."""

import re
from datetime import time, timedelta
from email.headerregistry import Address
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import idna
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, WithJsonSchema

from ingest.units import Duration, Section

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_RATE = re.compile(r"([1-9]\d{0,5})\s*/\s*(m|h|d)")
_PERIODS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _clock_time(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = _CLOCK.fullmatch(value.strip())
    if found is None:
        raise ValueError("not a time of day; write for example 07:00 or 22:30")
    return time(int(found[1]), int(found[2]))


ClockTime = Annotated[
    time,
    BeforeValidator(_clock_time),
    WithJsonSchema({"type": "string", "pattern": rf"^{_CLOCK.pattern}$"}),
]


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str | time) else value


_TIME_SCHEMA: dict[str, Any] = {"type": "string", "pattern": rf"^{_CLOCK.pattern}$"}
ClockTimes = Annotated[
    tuple[ClockTime, ...],
    BeforeValidator(_one_or_more),
    WithJsonSchema({"anyOf": [_TIME_SCHEMA, {"type": "array", "items": _TIME_SCHEMA}]}),
]

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Digest(Section):
    """Collect alerts and send them together at these times of day."""

    at: ClockTimes = Field(
        min_length=1, description="Time of day, for example 07:00, or a list of them."
    )
    days: tuple[Weekday, ...] = Field(
        WEEKDAYS, min_length=1, description="Only on these days, for example [mon, thu]."
    )
    timezone: ZoneInfo = Field(ZoneInfo("UTC"), description="IANA name, e.g. Europe/Berlin.")


class QuietHours(Section):
    """Hold alerts from one time of day to another; the span may cross midnight."""

    start: ClockTime = Field(alias="from", description="Hold alerts from this time of day.")
    end: ClockTime = Field(alias="to", description="Send what was held at this time of day.")
    timezone: ZoneInfo = Field(ZoneInfo("UTC"), description="IANA name, e.g. Europe/Berlin.")


class RateLimit(Section):
    """At most so many messages in a period, written `10/h`."""

    count: int = Field(ge=1)
    period: timedelta


def _rate(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = _RATE.fullmatch(value.strip())
    if found is None:
        raise ValueError("not a rate; write for example 10/h (m, h and d are known)")
    return RateLimit(count=int(found[1]), period=_PERIODS[found[2]])


Rate = Annotated[
    RateLimit,
    BeforeValidator(_rate),
    WithJsonSchema({"type": "string", "pattern": rf"^\s*{_RATE.pattern}\s*$"}),
]


class Restraint(Section):
    """When a channel may speak; alerts of critical rules pass all of it."""

    digest: Digest | None = Field(None, description="Collect alerts and send them together.")
    quiet_hours: QuietHours | None = Field(None, description="Hold alerts at these times of day.")
    rate: Rate | None = Field(
        None, description="At most so many messages, for example 10/h; the rest goes together."
    )


class Health(Section):
    """Who is told when the program or a feed is unwell, and when."""

    channels: tuple[str, ...] = Field((), description="Channels to tell.")
    feed_failing_after: Duration = Field(
        timedelta(hours=24), description="Tell of a feed that has failed for this long."
    )
    feed_silent_factor: float = Field(
        5,
        gt=1,
        allow_inf_nan=False,
        description="Tell of a feed quiet for this many times its usual pause.",
    )
    heartbeat: SecretStr | None = Field(
        None, description="Address asked once a minute while all is well: a dead man's switch."
    )


def address(text: str) -> Address:
    """Read `local@domain` or `Name <local@domain>`; an international domain becomes its `xn--` form.

    Raises ValueError for anything else: quoted local parts, address literals, and local parts
    beyond ASCII, which would need a mail server with SMTPUTF8 (RFC 6531) at every step.
    """
    if _CONTROL.search(text):
        raise ValueError("a mail address holds no line breaks or control characters")
    name, bracket, rest = text.strip().rpartition("<")
    if bracket != ("<" if rest.endswith(">") else ""):
        raise ValueError("write a mail address as desk@example.org or Desk <desk@example.org>")
    local, _, domain = rest.removesuffix(">").strip().rpartition("@")
    if not _LOCAL_PART.fullmatch(local) or local.startswith(".") or ".." in f"{local}.":
        raise ValueError("not a mail address; write for example desk@example.org")
    return Address(name.strip().strip('"').strip(), local, _ascii_domain(domain))


def _ascii_domain(domain: str) -> str:
    """Return a domain in ASCII by IDNA 2008 (RFC 5891), which keeps `ß` where IDNA 2003 did not."""
    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"the domain of a mail address is not valid: {error}") from error


def _check_mailbox(value: Any) -> str:
    address(value)
    return str(value)


Mailbox = Annotated[str, AfterValidator(_check_mailbox)]
"""A mail address as the operator wrote it, known to be one that `address` reads."""
