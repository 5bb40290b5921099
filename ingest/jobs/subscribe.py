"""Pushes instead of waiting: subscribing to hubs, answering them, and taking what they push (WebSub).

A feed that can't be had this way is polled as ever; a push goes the way of a poll.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from ingest.errors import FetchError, HttpStatus, ParseError
from ingest.feeds import completeness, polling, websub
from ingest.feeds.websub import Intent
from ingest.jobs.context import Context
from ingest.jobs.ports import Tx
from ingest.jobs.refresh import understand
from ingest.model import EntryWhy, Exchange, Subscription

PATH: Final = "websub"
"""Where hubs find us, below `web.base_url`; a token no one can guess follows."""


class Answer(StrEnum):
    """What a hub is told."""

    CONFIRMED = "confirmed"
    TAKEN = "taken"
    IGNORED = "ignored"
    """The push bears no valid signature, or can't be read; the hub learns nothing of that."""
    UNKNOWN = "unknown"
    """There is no such subscription, or we meant no such thing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking a hub came to; `subscription` is None when it is over."""

    feed: str
    subscription: Subscription | None
    error: str | None
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push came to."""

    answer: Answer
    feed: str = ""
    new: int = 0
    changed: int = 0
    week_known: bool = field(default=False, compare=False)
    """Whether it is known how many entries the feed usually has."""


def subscribe(due: Subscription, context: Context, now: datetime) -> Asked:
    """Ask a hub to begin, go on or end; what it answers is verified by its own call."""
    callback = f"{(context.base_url or '').rstrip('/')}/{PATH}/{due.token}"
    exchange, error = Exchange(), None
    try:
        response = context.doors.fetcher.post(
            due.hub,
            websub.fields(due, callback),
            timeout_s=context.fetch.timeout.total_seconds(),
        )
        exchange = Exchange(response.status, elapsed_s=response.elapsed_s)
    except FetchError as failure:
        error = str(failure)
        status = failure.status if isinstance(failure, HttpStatus) else None
        exchange = Exchange(status, failure.retry_after_s)
    after = websub.after_asking(due, error, now)

    def save(tx: Tx) -> None:
        standing = tx.subscription(due.feed_id)
        if standing is None or standing.token != due.token:
            return  # another hub was named meanwhile
        if standing.verified != due.verified:
            tx.free_subscription(due.feed_id)  # the hub was faster with its own call
        elif after is None:
            tx.drop_subscription(due.feed_id)
        else:
            tx.save_subscription(after)

    context.doors.store.write(save)
    return Asked(due.feed, after, error, exchange)


def confirm(token: str, intent: Intent, context: Context, now: datetime) -> Answer:
    """Answer a hub that wants to know whether we meant it."""

    def save(tx: Tx) -> Answer:
        standing = tx.subscription_by_token(token)
        if standing is None or not websub.is_meant(standing, intent):
            return Answer.UNKNOWN
        after = websub.after_intent(standing, intent, now)
        if after is None:
            tx.drop_subscription(standing.feed_id)
        else:
            tx.save_subscription(after, verified=True)
        return Answer.CONFIRMED

    return context.doors.store.write(save)


def receive(
    token: str, body: bytes, *, signature: str, content_type: str, context: Context, now: datetime
) -> Pushed:
    """Take what a hub pushes: its entries are kept as those of a poll, the polling state is not.

    The document may hold new entries only, so nothing is learned from what it leaves out.
    """
    store = context.doors.store
    found = store.pushed_feed(token)
    if found is None:
        return Pushed(Answer.UNKNOWN)
    feed, secret = found
    if not websub.is_genuine(secret, signature, body):
        return Pushed(Answer.IGNORED, feed.name)
    try:
        _, plans = understand(
            feed, body, feed.current_url, {"content-type": content_type}, store, now
        )
    except ParseError:
        return Pushed(Answer.IGNORED, feed.name)
    news = [plan for plan in plans if plan.why is not EntryWhy.KNOWN or plan.rekeyed]
    counts = Counter(plan.why for plan in news)
    silent = feed.first_polled_at is None and context.polling.first == "store"

    def save(tx: Tx) -> None:
        tx.note_push(feed.id, now)
        if news:
            tx.save_entries(feed, news, silent=silent, now=now)
        if counts[EntryWhy.NEW]:
            tx.save_news(polling.after_push(tx.feed(feed.id), news, now))

    store.write(save)
    return Pushed(
        Answer.TAKEN,
        feed.name,
        counts[EntryWhy.NEW],
        counts[EntryWhy.CHANGED],
        week_known=completeness.week(feed.memory, now) is not None,
    )
