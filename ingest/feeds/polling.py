"""When to look at a feed again: its next state after a check, with the reason.

What must last between checks stands in `Feed.memory`:
`why` the reason of the next check; `gap_s`, `newest`, `entries`, `new` the feed's rhythm; `limit_s`
the interval beyond which entries slip through, `gaps` and `gap_at` where some may have; `ttl_s`
what the feed asks for; `moving_to` a permanent redirect seen once; `gone_since` a first 410;
`not_modified` answers of 304 in a row, `liar` when they proved false; `keyed_by` how entries are
told apart; `versions` hashes of edits.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from random import Random
from typing import Any

from ingest.errors import (
    Blocked,
    FetchError,
    HttpStatus,
    NotAFeed,
    ParseError,
    TimedOut,
    TooLarge,
)
from ingest.feeds.freshness import RECHECK_AFTER
from ingest.feeds.identity import KeyedBy
from ingest.feeds.parse import TRUNCATED
from ingest.feeds.settings import FeedConfig, Polling
from ingest.model import (
    EntryPlan,
    EntryWhy,
    Feed,
    FeedState,
    Outcome,
    ParsedFeed,
    Validators,
)

MAX_WAIT_S = 86_400.0
"""The longest wait that a server may ask for with Retry-After, one day."""
CHECKS_PER_ENTRY = 24
"""Checks in the usual time between two entries: an entry is then known within some 2 % of it."""
DORMANT_AFTER = timedelta(days=14)
"""How long without an entry before a feed may be looked at more rarely than `SLOWEST` says."""
SLOWEST = 4
"""How many times the usual interval an adaptive one may be while the feed is alive (1 h at 15 m).

A rule on a quiet feed is there for the one entry a week that matters; a day's delay defeats it.
"""
OVERLAP = 0.75
"""The share of a document that should be known at the next check, so that no entry slips through."""
RECENT = 10
"""Entries from which a feed's rhythm is read; older ones tell of other times."""
JITTER = 0.1
"""Checks are put off by up to this share of their interval, so that feeds don't march in step."""
MAX_VERSIONS = 64
"""Hashes of edited entries remembered for each feed."""
CONFIRM_S = 3600.0
"""How long after a first 410 the second look is, at least: a mistake in a configuration is found."""

_GONE = 410
_TOO_MANY = 429
_FOREVER_S = 1e9
_MAX_AGE = re.compile(r"(?<![\w-])max-age\s*=\s*\"?(\d{1,9})")
_DIGITS = re.compile(r"\d{1,9}")
_SUCCESS = frozenset({Outcome.FETCHED, Outcome.NOT_MODIFIED, Outcome.UNCHANGED})
_LEFT_ALONE = frozenset({FeedState.PAUSED, FeedState.RETIRED})


class Why(StrEnum):
    """Why a feed is looked at again when it is; in the feed's memory as `why`."""

    CONFIGURED = "configured_interval"
    USUAL = "usual_interval"
    RHYTHM = "own_rhythm"
    DORMANT = "no_entries_for_long"
    OVERLAP = "entries_could_be_missed"
    GAP = "entries_may_have_been_missed"
    CACHE = "cache_headers"
    TTL = "feed_ttl"
    BACKOFF = "failing"
    RETRY_AFTER = "server_said_wait"
    GONE_ONCE = "gone_to_be_confirmed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Check:
    """One look at a feed and what it came to."""

    outcome: Outcome
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    validators: Validators = field(default_factory=Validators)
    body_hash: str | None = None
    permanent_url: str | None = None
    parsed: ParsedFeed | None = None
    plans: tuple[EntryPlan, ...] = ()
    error: str | None = None
    retry_after_s: float | None = None

    def but(self, **changes: Any) -> "Check":
        """Return the check with these fields changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait, and why."""

    interval_s: float
    why: Why


_OUTCOMES: tuple[tuple[type[FetchError | ParseError], Outcome], ...] = (
    (Blocked, Outcome.BLOCKED),
    (HttpStatus, Outcome.HTTP_ERROR),
    (TooLarge, Outcome.TOO_LARGE),
    (TimedOut, Outcome.TIMEOUT),
    (FetchError, Outcome.NETWORK_ERROR),
    (NotAFeed, Outcome.NOT_A_FEED),
    (ParseError, Outcome.PARSE_ERROR),
)


def outcome_of(error: FetchError | ParseError) -> Outcome:
    """Return what a check that ended in this error came to."""
    return next(outcome for kind, outcome in _OUTCOMES if isinstance(error, kind))


def settle(
    feed: Feed, check: Check, *, polling: Polling, config: FeedConfig, now: datetime, random: Random
) -> Feed:
    """Return the feed as it stands after a check: its state, memory, and when to look again.

    Paused and retired feeds stay so.
    `memory["why"]` is the reason (`Why`) for the time of the next check.
    """
    if check.outcome in _SUCCESS:
        feed = _succeeded(feed, check, now)
        pace = _pace(feed, check, polling, config, now)
    else:
        feed = _failed(feed, check, now)
        pace = _backoff(feed, check, polling, config)
    jittered_s = pace.interval_s * (1 + JITTER * random.random())
    return replace(
        feed,
        last_outcome=check.outcome,
        last_status=check.status,
        last_checked_at=now,
        interval_s=pace.interval_s,
        wait_until=_wait_until(check, pace, now),
        next_check_at=None if pace.why is Why.GONE else now + timedelta(seconds=jittered_s),
        memory={**feed.memory, "why": pace.why.value},
    )


def keyed_by(feed: Feed) -> KeyedBy:
    """Return what the entries of this feed are told apart by, for `parse`."""
    value = feed.memory.get("keyed_by")
    return next((by for by in KeyedBy if by == value), KeyedBy.GUID)


def versions(feed: Feed) -> frozenset[str]:
    """Return the hashes of edits already seen in this feed, for `freshness.decide`."""
    return frozenset(_strings(feed.memory.get("versions")))


# --- success ----------------------------------------------------------------------------------


def _succeeded(feed: Feed, check: Check, now: datetime) -> Feed:
    """Return the feed with what a good answer teaches."""
    memory = _remembered(feed, check, now)
    moved, memory = _moved(feed, check, memory)
    news = any(plan.why is EntryWhy.NEW for plan in check.plans)
    state = feed.state
    if state not in _LEFT_ALONE and (state is not FeedState.SILENT or news):
        state = FeedState.OK
    return replace(
        feed,
        state=state,
        current_url=moved,
        validators=_validators(feed, check),
        body_hash=_hash(feed, check),
        failures=0,
        last_error=None,
        first_polled_at=feed.first_polled_at or now,
        memory=memory,
    )


def _validators(feed: Feed, check: Check) -> Validators:
    """Return what to ask with next time; a document cut off is none that we have (RFC 9110 §15.4.5).

    An answer of 304 may renew one of them and leave out the other.
    """
    if check.outcome is Outcome.NOT_MODIFIED:
        return Validators(
            check.validators.etag or feed.validators.etag,
            check.validators.last_modified or feed.validators.last_modified,
        )
    return Validators() if _is_cut_off(check) else check.validators


def _hash(feed: Feed, check: Check) -> str | None:
    if check.outcome is Outcome.NOT_MODIFIED:
        return feed.body_hash
    return None if _is_cut_off(check) else check.body_hash


def _is_cut_off(check: Check) -> bool:
    return check.parsed is not None and TRUNCATED in check.parsed.warnings


def _moved(feed: Feed, check: Check, memory: dict[str, object]) -> tuple[str, dict[str, object]]:
    """Return the feed's address and memory; a permanent redirect counts when it is seen twice.

    One that leads from https down to http is followed each time but never kept.
    """
    target = check.permanent_url
    seen = memory.pop("moving_to", None)
    downgrade = target is not None and feed.current_url.startswith("https:")
    downgrade = downgrade and not str(target).startswith("https:")
    if target is None or target == feed.current_url or downgrade:
        return feed.current_url, memory
    if seen == target:
        return target, memory
    return feed.current_url, {**memory, "moving_to": target}


def _remembered(feed: Feed, check: Check, now: datetime) -> dict[str, object]:
    """Return the memory with what this document says of the feed's habits."""
    memory = {name: value for name, value in feed.memory.items() if name != "gone_since"}
    if check.outcome is Outcome.NOT_MODIFIED:
        answers = memory.get("not_modified")
        return {**memory, "not_modified": (answers if isinstance(answers, int) else 0) + 1}
    proof = memory.pop("not_modified", 0)
    if check.parsed is None:
        return memory
    news = sum(plan.why is EntryWhy.NEW for plan in check.plans)
    if isinstance(proof, int) and proof >= RECHECK_AFTER and news and _unmoved(feed, check):
        memory["liar"] = True
    _note(memory, "ttl_s", check.parsed.ttl_s)
    _note(memory, "keyed_by", _keyed_by(feed, check))
    _note(memory, "versions", _versions(feed, check))
    return {**memory, **_rhythm(check.parsed, now), **_overlap(feed, check, now)}


def _unmoved(feed: Feed, check: Check) -> bool:
    """Return whether the server calls a changed document by the old validators."""
    return check.validators != Validators() and check.validators == feed.validators


def _note(memory: dict[str, object], name: str, value: object) -> None:
    """Keep a value, or forget the old one where there is none."""
    if value:
        memory[name] = value
    else:
        memory.pop(name, None)


def _keyed_by(feed: Feed, check: Check) -> str | None:
    """Return what to tell entries apart by from now on; None is the guid."""
    before = keyed_by(feed)
    if before is not KeyedBy.GUID:
        return before.value
    if any(plan.entry.key.startswith("b:") for plan in check.plans):
        return KeyedBy.BOTH.value
    return None


def _versions(feed: Feed, check: Check) -> list[str]:
    """Return hashes of edits, oldest first."""
    seen = _strings(feed.memory.get("versions"))
    new = [plan.entry.hash for plan in check.plans if plan.why is EntryWhy.CHANGED]
    return list(dict.fromkeys([*seen, *new]))[-MAX_VERSIONS:]


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _rhythm(parsed: ParsedFeed, now: datetime) -> dict[str, object]:
    """Return the mean time between the newest entries, in seconds, and the time of the newest.

    Nothing where fewer than three entries have dates.
    """
    dates = (entry.published_at or entry.updated_at for entry in parsed.entries)
    recent = sorted((at for at in dates if at and at <= now), reverse=True)[:RECENT]
    if len(recent) < 3:
        return {}
    gap_s = (recent[0] - recent[-1]).total_seconds() / (len(recent) - 1)
    return {"gap_s": round(gap_s, 1), "newest": recent[0].isoformat()}


def _overlap(feed: Feed, check: Check, now: datetime) -> dict[str, object]:
    """Return how much of the document is new, and what follows for polls that are to overlap.

    `limit_s` is the interval that would have left `OVERLAP` of the document known; it is relaxed
    by half at each check.
    A poll that knows no entry of the last one may have missed some: a gap, counted.
    """
    news = sum(plan.why is EntryWhy.NEW for plan in check.plans)
    count = len(check.plans)
    learned: dict[str, object] = {"entries": count, "new": news}
    if feed.first_polled_at is None or feed.last_checked_at is None:
        return learned
    elapsed_s = max((now - feed.last_checked_at).total_seconds(), 1.0)
    limit_s = _number(feed.memory.get("limit_s")) * 1.5 or _FOREVER_S
    if news:
        limit_s = min(limit_s, elapsed_s * (1 - OVERLAP) * count / news)
    learned["limit_s"] = round(min(limit_s, _FOREVER_S), 1)
    if news == count >= 2:
        learned |= {"gaps": int(_number(feed.memory.get("gaps"))) + 1, "gap_at": now.isoformat()}
    return learned


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


# --- pace -------------------------------------------------------------------------------------


def _pace(feed: Feed, check: Check, polling: Polling, config: FeedConfig, now: datetime) -> Pace:
    """Return when to look again after a good answer.

    A configured interval is kept whatever the feed says; all others give way to what the server
    and the feed ask for, and everything to `polling.min` and `polling.max`.
    """
    if config.interval is not None:
        return _clamped(Pace(config.interval.total_seconds(), Why.CONFIGURED), polling)
    pace = Pace(polling.interval.total_seconds(), Why.USUAL)
    if polling.adaptive:
        pace = _adapted(feed, pace.interval_s, now)
    asked = Pace(_cache_s(check.headers), Why.CACHE)
    ttl = Pace(_number(feed.memory.get("ttl_s")), Why.TTL)
    return _clamped(max(pace, asked, ttl, key=lambda each: each.interval_s), polling)


def _clamped(pace: Pace, polling: Polling) -> Pace:
    low, high = polling.min.total_seconds(), polling.max.total_seconds()
    return replace(pace, interval_s=min(max(pace.interval_s, low), high))


def _adapted(feed: Feed, usual_s: float, now: datetime) -> Pace:
    """Return the pace of a feed by its own rhythm: slower when quiet, faster when it overflows."""
    memory = feed.memory
    newest, gap_s = _time(memory.get("newest")), _number(memory.get("gap_s"))
    since_s = (now - newest).total_seconds() if newest else 0.0
    pace = _quiet(max(gap_s, since_s), since_s, usual_s)
    limits = [_number(memory.get("limit_s"))]
    if newest:
        limits.append((1 - OVERLAP) * _number(memory.get("entries")) * max(gap_s, since_s))
    limit_s = min((limit for limit in limits if limit > 0), default=pace.interval_s)
    if limit_s >= pace.interval_s:
        return pace
    was_gap = memory.get("gap_at") == now.isoformat()
    return Pace(limit_s, Why.GAP if was_gap else Why.OVERLAP)


def _quiet(typical_s: float, since_s: float, usual_s: float) -> Pace:
    """Return the pace for the usual time between entries, and the time since the last one."""
    wanted_s = typical_s / CHECKS_PER_ENTRY
    dormant_s = (since_s - DORMANT_AFTER.total_seconds()) / CHECKS_PER_ENTRY
    slowest_s = SLOWEST * usual_s
    if dormant_s > slowest_s:
        return Pace(dormant_s, Why.DORMANT)
    if wanted_s <= usual_s:
        return Pace(usual_s, Why.USUAL)
    return Pace(min(wanted_s, slowest_s), Why.RHYTHM)


def _cache_s(headers: Mapping[str, str]) -> float:
    """Return how long an answer stays fresh by its headers (RFC 9111 §4.2), 0 where they don't say."""
    directives = headers.get("cache-control", "").lower()
    if "no-cache" in directives or "no-store" in directives:
        return 0.0
    if found := _MAX_AGE.search(directives):
        age = headers.get("age", "").strip()
        return max(0.0, float(found[1]) - (float(age) if _DIGITS.fullmatch(age) else 0.0))
    expires, date = _http_date(headers.get("expires")), _http_date(headers.get("date"))
    return max(0.0, (expires - date).total_seconds()) if expires and date else 0.0


def _http_date(value: str | None) -> datetime | None:
    try:
        when = parsedate_to_datetime((value or "")[:100])
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


# --- failure ----------------------------------------------------------------------------------


def _failed(feed: Feed, check: Check, now: datetime) -> Feed:
    """Return the feed with one more failure; gone when a second answer confirms it (410)."""
    memory = dict(feed.memory)
    state = feed.state
    if state not in _LEFT_ALONE and state is not FeedState.GONE:
        confirmed = check.status == _GONE and "gone_since" in memory
        state = FeedState.GONE if confirmed else FeedState.FAILING
    if check.status == _GONE:
        memory.setdefault("gone_since", now.isoformat())
    return replace(
        feed, state=state, failures=feed.failures + 1, last_error=check.error, memory=memory
    )


def _backoff(feed: Feed, check: Check, polling: Polling, config: FeedConfig) -> Pace:
    """Return when to try a failing feed again: each time later, never given up.

    The first failure costs no delay beyond the interval: most are over by then.
    """
    if feed.state is FeedState.GONE:
        return Pace(polling.max.total_seconds(), Why.GONE)
    usual_s = (config.interval or polling.interval).total_seconds()
    doublings = min(feed.failures - 1 + (check.status == _TOO_MANY), 20)
    pace = _clamped(Pace(usual_s * 2**doublings, Why.BACKOFF), polling)
    if check.status == _GONE:
        return replace(pace, interval_s=max(pace.interval_s, CONFIRM_S), why=Why.GONE_ONCE)
    wait_s = _wait_s(check)
    return Pace(wait_s, Why.RETRY_AFTER) if wait_s > pace.interval_s else pace


def _wait_s(check: Check) -> float:
    """Return how long the server asked us to stay away, within reason."""
    return min(max(check.retry_after_s or 0.0, 0.0), MAX_WAIT_S)


def _wait_until(check: Check, pace: Pace, now: datetime) -> datetime | None:
    """Return until when only `--force` asks again: what the server said, or our delay after 429."""
    wait_s = _wait_s(check)
    if check.status == _TOO_MANY:
        wait_s = max(wait_s, pace.interval_s)
    return now + timedelta(seconds=wait_s) if wait_s else None
