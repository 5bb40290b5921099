"""What a check makes of a feed: its next state, its memory, and when to look again and why.

What must last between checks stands in `Feed.memory`:
`why` the reason of the next check; `gap_s`, `newest`, `entries`, `new` the feed's rhythm; `limit_s`
the interval beyond which entries slip through, `gaps` and `gap_at` where some may have; `ttl_s`
what the feed asks for, `skip_hours` and `skip_days` likewise; `moving_to` a permanent redirect seen once; `failing_since` the first of the failures in a row,
`gone_since` a first 410, `moved_to` the address that failed where a feed had moved to;
`full_at` the last full answer beside validators, `doubt` when it brought news that a 304 may have
hidden, `liar` when one was proved false; `shared_guids` guids that name no single item;
`new_guids` documents in a row that had most of their items under new guids; `week` its usual entries
(`completeness`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from operator import attrgetter
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
from ingest.feeds import completeness, identity, pace
from ingest.feeds.completeness import TRUNCATED
from ingest.feeds.freshness import FICKLE_AFTER, new_guids
from ingest.feeds.identity import Habits
from ingest.feeds.pace import GONE, TOO_MANY, Pace, Why
from ingest.feeds.settings import FeedConfig, Polling
from ingest.feeds.websub import Hub
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
JITTER = 0.1
"""Checks are put off by up to this share of their interval, so that feeds don't march in step."""
MAX_REMEMBERED = 64
"""Shared guids remembered for each feed."""
NOTHING_CAME = frozenset({Outcome.NOT_MODIFIED, Outcome.UNCHANGED})
"""The answers that say all is as it was."""
_SUCCESS = NOTHING_CAME | {Outcome.FETCHED}
_LEFT_ALONE = frozenset({FeedState.PAUSED, FeedState.RETIRED})


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
    hub: Hub | None = None

    def but(self, **changes: Any) -> "Check":
        """Return the check with these fields changed."""
        return replace(self, **changes)


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
    feed: Feed,
    check: Check,
    *,
    polling: Polling,
    config: FeedConfig,
    now: datetime,
    random: Random,
    silent_factor: float = 5.0,
) -> Feed:
    """Return the feed as it stands after a check: its state, memory, and when to look again.

    Paused and retired feeds stay so; one is silent after `silent_factor` times its usual pause.
    `memory["why"]` is the reason (`Why`) for the time of the next check.
    """
    if check.outcome in _SUCCESS:
        feed = _succeeded(feed, check, now, silent_factor)
        next_look = pace.after_success(feed, check.headers, polling, config, now)
    else:
        feed = _failed(feed, check, now)
        next_look = pace.after_failure(feed, check.status, _wait_s(check), polling, config)
    next_look, next_check_at = _next_check(feed, next_look, polling, now, random)
    return replace(
        feed,
        last_outcome=check.outcome,
        last_status=check.status,
        last_checked_at=now,
        interval_s=next_look.interval_s,
        wait_until=_wait_until(check, next_look, now),
        next_check_at=next_check_at,
        memory={**feed.memory, "why": next_look.why.value},
    )


_TIMES = {"last_checked_at", "next_check_at", "interval_s"}
_LASTING = attrgetter(*(each.name for each in fields(Feed) if each.name not in _TIMES))


def after_push(feed: Feed, plans: Sequence[EntryPlan], now: datetime) -> Feed:
    """Return the feed with what entries teach that its hub pushed: its usual week, and that it speaks.

    The next check finds them known; without this a feed that is only pushed would seem silent.
    """
    memory = dict(feed.memory)
    _note(memory, "week", completeness.counted(feed.memory, plans, now))
    state = FeedState.OK if feed.state is FeedState.SILENT else feed.state
    return replace(feed, state=state, memory=memory)


def with_pushed(feed: Feed, standing: Mapping[str, object]) -> Feed:
    """Return a feed as it was claimed with what pushes taught since, told by its memory as of now."""
    week = standing.get("week")
    if week == feed.memory.get("week"):
        return feed
    memory = dict(feed.memory)
    _note(memory, "week", week)
    state = FeedState.OK if feed.state is FeedState.SILENT else feed.state
    return replace(feed, state=state, memory=memory)


def stands(before: Feed, after: Feed) -> bool:
    """Return whether a check taught nothing but when the next one is."""
    return bool(_LASTING(before) == _LASTING(after))


def habits(feed: Feed) -> Habits:
    """Return what is known of the feed's guids, for `parse`."""
    return Habits(
        shared=frozenset(_strings(feed.memory.get("shared_guids"))),
        fickle=pace.number(feed.memory.get("new_guids")) >= FICKLE_AFTER,
    )


def _next_check(
    feed: Feed, next_look: Pace, polling: Polling, now: datetime, random: Random
) -> tuple[Pace, datetime | None]:
    """Return the time of the next check, somewhat put off, and why; None for a feed that is gone.

    The hours a feed skips end at the full hour, and those who waited for it spread over minutes.
    """
    if next_look.why is Why.GONE:
        return next_look, None
    late = JITTER * random.random()
    at = now + timedelta(seconds=next_look.interval_s * (1 + late))
    if next_look.why is Why.CONFIGURED:
        return next_look, at
    after = pace.after_skipped(at, feed.memory, now + polling.max)
    if after == at:
        return next_look, at
    return replace(next_look, why=Why.SKIPPED), after + timedelta(hours=late)


# --- success ----------------------------------------------------------------------------------


def _succeeded(feed: Feed, check: Check, now: datetime, silent_factor: float) -> Feed:
    """Return the feed with what a good answer teaches."""
    memory = {**_remembered(feed, check, now), **_proof(feed, check, now)}
    moved, memory = _moved(feed, check, memory)
    state = feed.state
    if state not in _LEFT_ALONE and (state is not FeedState.SILENT or _has_news(check)):
        silent = completeness.is_silent(memory, now, silent_factor)
        state = FeedState.SILENT if silent else FeedState.OK
    return replace(
        feed,
        state=state,
        current_url=moved,
        validators=_validators(feed, check) if "doubt" not in memory else feed.validators,
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
    """Return the memory with what this answer says of the feed's habits."""
    dropped = {"failing_since", "gone_since", "moved_to", "doubt"}
    memory = {name: value for name, value in feed.memory.items() if name not in dropped}
    limit_s = pace.relaxed_limit_s(memory)
    _note(memory, "limit_s", limit_s)
    if check.parsed is None:
        if pace.number(memory.get("new_guids")) < FICKLE_AFTER:
            memory.pop("new_guids", None)  # made at each fetch, they would change the document
        return memory
    _note(memory, "ttl_s", check.parsed.ttl_s)
    _note(memory, "skip_hours", sorted(check.parsed.skip_hours))
    _note(memory, "skip_days", sorted(check.parsed.skip_days))
    _note(memory, "week", completeness.counted(feed.memory, check.plans, now))
    _note(memory, "shared_guids", _shared_guids(feed, check))
    _note(memory, "new_guids", _new_guids(feed, check))
    overlap = pace.overlap(feed, check.parsed, check.plans, limit_s, now)
    return {**memory, **pace.rhythm(feed, check.parsed, now), **overlap}


def _has_news(check: Check) -> bool:
    return any(plan.why is EntryWhy.NEW for plan in check.plans)


def _proof(feed: Feed, check: Check, now: datetime) -> dict[str, object]:
    """Return what this answer proves of the server's word that nothing changed.

    News in an answer asked for without conditions casts doubt: they may be a minute old, or hidden
    behind answers of 304. The next question then repeats the validators of the older document;
    a server that still says 304 to them lies. One that gives another document the same validators
    has proved it already.
    """
    if check.outcome is Outcome.NOT_MODIFIED:
        return {"liar": True} if feed.memory.get("doubt") else {}
    if check.validators == Validators():
        return {}
    proof: dict[str, object] = {"full_at": now.isoformat()}
    if _has_news(check) and not _is_cut_off(check) and pace.is_proof_due(feed, now):
        proof["liar" if check.validators == feed.validators else "doubt"] = True
    return proof


def _note(memory: dict[str, object], name: str, value: object) -> None:
    """Keep a value, or forget the old one where there is none."""
    if value:
        memory[name] = value
    else:
        memory.pop(name, None)


def _new_guids(feed: Feed, check: Check) -> int:
    left_out = check.parsed.left_out if check.parsed else 0
    return new_guids(feed.memory.get("new_guids"), check.plans, left_out)


def _shared_guids(feed: Feed, check: Check) -> list[str]:
    """Return the guids that several items have had, those of this document last."""
    before = _strings(feed.memory.get("shared_guids"))
    now = identity.shared_guids([plan.entry.key for plan in check.plans])
    return list(dict.fromkeys([*before, *now]))[-MAX_REMEMBERED:]


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


# --- failure ----------------------------------------------------------------------------------


def _failed(feed: Feed, check: Check, now: datetime) -> Feed:
    """Return the feed with one more failure; gone when a second answer confirms it (410).

    One that moved is gone only where its configured address says so as well.
    """
    memory = dict(feed.memory)
    state, failures = feed.state, feed.failures + 1
    confirmed = check.status == GONE and "gone_since" in memory
    memory.setdefault("failing_since", now.isoformat())
    if check.status == GONE:
        memory.setdefault("gone_since", now.isoformat())
    if confirmed or failures % ELSEWHERE_AFTER == 0:
        feed, memory = _elsewhere(feed, memory)
    if state not in _LEFT_ALONE and state is not FeedState.GONE:
        gone = confirmed and "gone_since" in memory
        state = FeedState.GONE if gone else FeedState.FAILING
    return replace(feed, state=state, failures=failures, last_error=check.error, memory=memory)


ELSEWHERE_AFTER = 5
"""Failures in a row after which a feed that moved is asked at its other address, by turns."""


def _elsewhere(feed: Feed, memory: dict[str, object]) -> tuple[Feed, dict[str, object]]:
    """Return a feed that moved with its other address, and its memory; others as they are."""
    moved_to = memory.pop("moved_to", None)
    if feed.current_url != feed.url:
        other, memory = feed.url, {**memory, "moved_to": feed.current_url}
    elif isinstance(moved_to, str) and "gone_since" not in memory:
        other = moved_to
    else:
        return feed, memory
    memory.pop("gone_since", None)
    return replace(feed, current_url=other, validators=Validators()), memory


def _wait_s(check: Check) -> float:
    """Return how long the server asked us to stay away, within reason."""
    return min(max(check.retry_after_s or 0.0, 0.0), MAX_WAIT_S)


def _wait_until(check: Check, next_look: Pace, now: datetime) -> datetime | None:
    """Return until when only `--force` asks again: what the server said, or our delay after 429."""
    wait_s = _wait_s(check)
    if check.status == TOO_MANY:
        wait_s = max(wait_s, next_look.interval_s)
    return now + timedelta(seconds=wait_s) if wait_s else None
