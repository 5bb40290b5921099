"""From a feed to its entries: fetch it, read what it says, keep what is new, decide when to look again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ingest.errors import FetchError, HttpStatus, Offline, ParseError
from ingest.feeds import freshness, polling, websub
from ingest.feeds.polling import Check
from ingest.jobs.context import OFFLINE_WAIT, Context
from ingest.jobs.hubs import wish
from ingest.jobs.ports import Store, Tx
from ingest.model import (
    EntryPlan,
    EntryWhy,
    Exchange,
    Feed,
    FeedState,
    Outcome,
    ParsedFeed,
    Response,
)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What one check of a feed came to."""

    feed: Feed
    before: Feed
    """The feed as it stood before."""
    new: int
    changed: int
    exchange: Exchange
    offline: bool = False
    """Whether nothing could be learned because our own network is down."""


def refresh(feed: Feed, context: Context, now: datetime) -> Refreshed:
    """Check one feed and keep its state and its new entries in one transaction.

    A check that brought no document is noted with others, and nobody waits for that.
    New entries are due for reading at once; nothing is fetched or sent from inside the
    transaction. What goes wrong outside is an outcome of the feed, not an error here.
    """
    try:
        check, exchange = _check(feed, context, now)
    except Offline as error:
        return _wait_for_network(feed, error, context, now)
    plans = [plan for plan in check.plans if plan.why is not EntryWhy.KNOWN or plan.rekeyed]
    silent = feed.first_polled_at is None and context.polling.first == "store"
    settle = partial(
        polling.settle,
        check=check,
        polling=context.polling,
        config=context.feed_config(feed.name, feed.url),
        now=now,
        random=context.random,
        silent_factor=context.health.feed_silent_factor,
    )
    parsed = check.parsed
    # Where all items were known there are none to keep but those that are kept.
    items = _listed(parsed) if parsed and (parsed.entries or not parsed.left_out) else None
    follows_hub = context.listens and parsed is not None

    def save(tx: Tx) -> Feed:
        settled = settle(polling.with_pushed(feed, tx.feed_memory(feed.id)))
        tx.save_feed(settled, items=items)
        if settled.state is FeedState.GONE:
            tx.leave_hub(feed.id, now)
        if follows_hub:
            wish(tx, feed.id, check.hub, now)
        if plans:
            tx.save_entries(settled, plans, silent=silent, now=now)
        return settled

    if check.outcome in polling.NOTHING_CAME:
        settled = settle(feed)
        context.doors.store.note_check(settled, times_only=polling.stands(feed, settled))
    else:
        settled = context.doors.store.write(save)
    counts = Counter(plan.why for plan in plans)
    return Refreshed(settled, feed, counts[EntryWhy.NEW], counts[EntryWhy.CHANGED], exchange)


def _listed(parsed: ParsedFeed) -> Mapping[str, str]:
    """Return the keys of what a document lists, by the digests of its items where those are known."""
    return parsed.items or {entry.key: entry.key for entry in parsed.entries}


def _wait_for_network(feed: Feed, error: Offline, context: Context, now: datetime) -> Refreshed:
    """Leave a feed until our own network is back, with its state as it was."""
    until, said = now + OFFLINE_WAIT, str(error)
    context.doors.store.write(lambda tx: tx.postpone_feed(feed.id, until=until, error=said))
    return Refreshed(feed, feed, 0, 0, Exchange(), offline=True)


def _check(feed: Feed, context: Context, now: datetime) -> tuple[Check, Exchange]:
    """Fetch and understand a feed; every outcome is a value but Offline, an error."""
    config = context.feed_config(feed.name, feed.url)
    request = freshness.request_for(
        feed,
        config,
        timeout_s=context.fetch.timeout.total_seconds(),
        max_bytes=context.fetch.max_body,
        now=now,
    )
    try:
        response = context.doors.fetcher.fetch(request)
    except Offline:
        raise
    except FetchError as error:
        status = error.status if isinstance(error, HttpStatus) else None
        check = Check(
            outcome=polling.outcome_of(error),
            status=status,
            error=str(error),
            retry_after_s=error.retry_after_s,
        )
        return check, Exchange(status, error.retry_after_s)

    exchange = Exchange(response.status, elapsed_s=response.elapsed_s, address=response.address)
    # Where the address has a secret by reference, redirects and hubs would have it kept and told.
    return _answered(feed, response, context, now, hidden=config.address != config.url), exchange


def _answered(
    feed: Feed, response: Response, context: Context, now: datetime, *, hidden: bool
) -> Check:
    """Say what an answer came to: nothing new, a document understood, or none that is a feed."""
    check = Check(
        outcome=Outcome.NOT_MODIFIED,
        status=response.status,
        headers=response.headers,
        validators=response.validators,
        permanent_url=None if hidden else response.permanent_url,
    )
    if response.not_modified:
        return check
    body_hash = freshness.body_hash(response.body)
    if body_hash == feed.body_hash:
        return check.but(outcome=Outcome.UNCHANGED, body_hash=body_hash)
    store, body = context.doors.store, response.body
    try:
        parsed, plans = understand(feed, body, response.url, response.headers, store, now)
    except ParseError as error:
        return check.but(outcome=polling.outcome_of(error), error=str(error))
    return check.but(
        outcome=Outcome.FETCHED,
        body_hash=body_hash,
        parsed=parsed,
        plans=tuple(plans),
        hub=None if hidden else websub.discover(response.headers, body, response.url),
    )


def understand(
    feed: Feed, body: bytes, url: str, headers: Mapping[str, str], store: Store, now: datetime
) -> tuple[ParsedFeed, Sequence[EntryPlan]]:
    """Read a document of a feed and compare it with what is stored; raises ParseError."""
    # Here, as most checks bring nothing to parse and feedparser takes long to load.
    from ingest.feeds import parse  # noqa: PLC0415

    habits = polling.habits(feed)
    parsed = parse.parse(
        body,
        url=url,
        content_type=headers.get("content-type"),
        language=headers.get("content-language"),
        habits=habits,
        seen=store.feed_items(feed.id),
        now=now,
    )
    aliases = parse.aliases(parsed, habits) if feed.first_polled_at else {}
    return parsed, _plans(feed, parsed, aliases, store, now)


def _plans(
    feed: Feed,
    parsed: ParsedFeed,
    aliases: Mapping[str, Mapping[str, bool]],
    store: Store,
    now: datetime,
) -> Sequence[EntryPlan]:
    """Compare a document with what is stored of its feed."""
    keys = {entry.key for entry in parsed.entries}
    known = store.known(feed.id, keys.union(*aliases.values())) if keys else {}
    asked = freshness.question(parsed, known, aliases) if feed.first_polled_at else None
    stored = store.alike(feed.id, asked.ids, asked.links, asked.hashes) if asked else ()
    # Dates made at each fetch would have changed the document at the last check, too.
    made_at = None if feed.last_outcome in polling.NOTHING_CAME else now
    return freshness.decide(parsed, known, aliases=aliases, stored=stored, made_at=made_at)
