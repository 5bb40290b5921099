"""How long to leave a feed alone: after a success by its own rhythm, after a failure later each time."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from ingest.feeds import completeness
from ingest.feeds.settings import FeedConfig, Polling
from ingest.model import EntryPlan, EntryWhy, Feed, FeedState, ParsedFeed, Validators

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
CONFIRM_S = 3600.0
"""How long after a first 410 the second look is, at least: a mistake in a configuration is found."""

PROVE_AFTER_S = 86_400.0
"""How long answers of 304 are believed before one question is asked unconditionally, at least."""
PROVE_SHARE = 100
"""And at least this many intervals: one full answer in a hundred, for feeds polled once a day too."""

GONE = 410
TOO_MANY = 429
_FORGET_S = 604_800.0
_MAX_AGE = re.compile(r"(?<![\w-])max-age\s*=\s*\"?(\d{1,9})")
_DIGITS = re.compile(r"\d{1,9}")


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
    SKIPPED = "feed_skips_these_hours"
    BACKOFF = "failing"
    RETRY_AFTER = "server_said_wait"
    GONE_ONCE = "gone_to_be_confirmed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait, and why."""

    interval_s: float
    why: Why


# --- learning ----------------------------------------------------------------------------------


def rhythm(feed: Feed, parsed: ParsedFeed, now: datetime) -> dict[str, object]:
    """Return the mean time between the newest entries, in seconds, and the time of the newest.

    Where fewer than three entries have dates, and where some were left out unread, the new ones are
    taken together with what is remembered of those before.
    """
    dates = (entry.published_at or entry.updated_at for entry in parsed.entries)
    recent = sorted((at for at in dates if at and at <= now), reverse=True)[:RECENT]
    if len(recent) >= 3 and not parsed.left_out:
        gap_s = (recent[0] - recent[-1]).total_seconds() / (len(recent) - 1)
        return {"gap_s": round(gap_s, 1), "newest": recent[0].isoformat()}
    before = _time(feed.memory.get("newest"))
    new = len([at for at in recent if before is None or at > before])
    if not new:
        return {}
    newest: dict[str, object] = {"newest": recent[0].isoformat()}
    if before is None:
        return newest
    gap_s = number(feed.memory.get("gap_s"))
    old = max(RECENT - 1 - new, 0) if gap_s else 0
    gap_s = (old * gap_s + (recent[0] - before).total_seconds()) / (old + new)
    return {"gap_s": round(gap_s, 1), **newest}


def overlap(
    feed: Feed, parsed: ParsedFeed, plans: Sequence[EntryPlan], limit_s: float, now: datetime
) -> dict[str, object]:
    """Return how much of the document is new, and what follows for polls that are to overlap.

    `limit_s` is the interval that would have left `OVERLAP` of the document known, 0 for none.
    A poll that knows no entry of the last one may have missed some: a gap, counted. So may one that
    finds another entry in a document of one, if time enough for a further one has passed. After a
    document without entries nothing can be told.
    """
    news = sum(plan.why is EntryWhy.NEW for plan in plans)
    count = len(plans) + parsed.left_out
    learned: dict[str, object] = {"entries": count, "new": news}
    if not news or feed.first_polled_at is None or feed.last_checked_at is None:
        return learned
    if feed.memory.get("entries") == 0:
        return learned
    elapsed_s = max((now - feed.last_checked_at).total_seconds(), 1.0)
    wanted_s = elapsed_s * (1 - OVERLAP) * count / news
    learned["limit_s"] = round(min(wanted_s, limit_s or wanted_s), 1)
    if news == count and (count > 1 or _may_hide_one(feed, parsed, feed.last_checked_at, now)):
        learned |= {"gaps": int(number(feed.memory.get("gaps"))) + 1, "gap_at": now.isoformat()}
    return learned


def _may_hide_one(feed: Feed, parsed: ParsedFeed, since: datetime, now: datetime) -> bool:
    """Return whether before this one entry another may have come since the last check, and gone.

    That is after half the usual time between two: in a simulation with entries at random times,
    four out of five checks that lost some are told then, and three of five told ones did.
    """
    dates = (entry.published_at for entry in parsed.entries)
    published_at = next((at for at in dates if at and since < at <= now), None)
    gap_s = number(feed.memory.get("gap_s"))
    if published_at and gap_s:
        return (published_at - since).total_seconds() > gap_s / 2
    return (completeness.expected(feed.memory, since, now) or 0.0) > 1 / 2


def relaxed_limit_s(memory: Mapping[str, object]) -> float:
    """Return the limit that overlap set, half as long again at each check; 0 once it is forgotten."""
    limit_s = number(memory.get("limit_s")) * 1.5
    return round(limit_s, 1) if limit_s < _FORGET_S else 0.0


def is_proof_due(feed: Feed, now: datetime) -> bool:
    """Return whether the server's word that nothing changed is to be proved by asking for it all.

    Some servers and caches answer 304 for ever; a full answer now and then finds them out.
    """
    proved_at = _time(feed.memory.get("full_at"))
    if feed.validators == Validators() or proved_at is None:
        return False
    believed_s = max(PROVE_AFTER_S, PROVE_SHARE * (feed.interval_s or 0.0))
    return (now - proved_at).total_seconds() >= believed_s


def number(value: object) -> float:
    """Return a remembered number, 0 where there is none."""
    return float(value) if isinstance(value, int | float) else 0.0


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


# --- after a success ---------------------------------------------------------------------------


def after_success(
    feed: Feed, headers: Mapping[str, str], polling: Polling, config: FeedConfig, now: datetime
) -> Pace:
    """Return when to look again after a good answer.

    A configured interval is kept whatever the feed says; all others give way to what the server
    and the feed ask for, and everything to `polling.min` and `polling.max`.
    """
    if config.interval is not None:
        return _clamped(Pace(config.interval.total_seconds(), Why.CONFIGURED), polling)
    pace = Pace(polling.interval.total_seconds(), Why.USUAL)
    if polling.adaptive:
        pace = _adapted(feed, pace.interval_s, now)
    asked = Pace(_cache_s(headers), Why.CACHE)
    ttl = Pace(number(feed.memory.get("ttl_s")), Why.TTL)
    return _clamped(max(pace, asked, ttl, key=lambda each: each.interval_s), polling)


def _clamped(pace: Pace, polling: Polling) -> Pace:
    low, high = polling.min.total_seconds(), polling.max.total_seconds()
    return replace(pace, interval_s=min(max(pace.interval_s, low), high))


def _adapted(feed: Feed, usual_s: float, now: datetime) -> Pace:
    """Return the pace of a feed by its own rhythm: slower when quiet, faster when it overflows."""
    memory = feed.memory
    gap_s = number(memory.get("gap_s"))
    newest = _time(memory.get("newest")) if gap_s else None
    # Before we watched it nothing is known of a feed: an old archive may wake the next minute.
    since = max(newest, feed.first_polled_at or now) if newest else now
    since_s = (now - since).total_seconds()
    pace = _quiet(max(gap_s, since_s), since_s, usual_s)
    limits = [number(memory.get("limit_s"))]
    if newest:
        limits.append((1 - OVERLAP) * number(memory.get("entries")) * max(gap_s, since_s))
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


def after_skipped(at: datetime, memory: Mapping[str, object], latest: datetime) -> datetime:
    """Return the first time from `at` on outside the hours and days that a feed asks to be left alone.

    Those of RSS 2.0 (`skipHours`, `skipDays`), UTC. `latest` at the latest; `at` itself where the
    feed skips all there is.
    """
    hours, days = _numbers(memory.get("skip_hours")), _numbers(memory.get("skip_days"))
    found = at
    for _ in range(24 * 8 if hours or days else 0):
        if found.hour not in hours and found.weekday() not in days:
            return min(found, max(at, latest))
        found = found.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


def _numbers(value: object) -> frozenset[int]:
    return frozenset(value) if isinstance(value, list) else frozenset()


# --- after a failure ---------------------------------------------------------------------------


def after_failure(
    feed: Feed, status: int | None, wait_s: float, polling: Polling, config: FeedConfig
) -> Pace:
    """Return when to try a failing feed again: each time later, never given up.

    `wait_s` is what the server asked for.
    The first failure costs no delay beyond the interval: most are over by then.
    """
    if feed.state is FeedState.GONE:
        return Pace(polling.max.total_seconds(), Why.GONE)
    usual_s = (config.interval or polling.interval).total_seconds()
    doublings = min(feed.failures - 1 + (status == TOO_MANY), 20)
    pace = _clamped(Pace(usual_s * 2**doublings, Why.BACKOFF), polling)
    if status == GONE:
        return Pace(max(pace.interval_s, CONFIRM_S), Why.GONE_ONCE)
    return Pace(wait_s, Why.RETRY_AFTER) if wait_s > pace.interval_s else pace
