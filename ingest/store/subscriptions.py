"""Subscriptions to hubs: one for a feed, its place in the queue, and who may push."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from ingest.model import Feed, Subscription, SubscriptionState
from ingest.store import leases
from ingest.store.engine import insert_new
from ingest.store.feeds import CLOSED, FEED, site_of, to_feed
from ingest.store.leases import FREED
from ingest.store.tables import feeds, subscriptions

_QUERY = select(subscriptions, feeds.c.name).join(feeds)


def to_subscription(row: Row[Any]) -> Subscription:
    """Return a row of `_QUERY` as a record."""
    return Subscription(
        feed_id=row.feed_id,
        feed=row.name,
        hub=row.hub,
        topic=row.topic,
        token=row.token,
        secret=row.secret,
        state=SubscriptionState(row.state),
        next_at=row.next_at,
        expires_at=row.expires_at,
        failures=row.failures,
        last_error=row.last_error,
        verified=row.verified,
    )


def of_feed(connection: Connection, feed_id: int) -> Subscription | None:
    """Return the subscription of a feed."""
    row = connection.execute(_QUERY.where(subscriptions.c.feed_id == feed_id)).first()
    return to_subscription(row) if row else None


def by_token(connection: Connection, token: str) -> Subscription | None:
    """Return the subscription that a hub's call is about."""
    row = connection.execute(_QUERY.where(subscriptions.c.token == token)).first()
    return to_subscription(row) if row else None


def pushed_feed(connection: Connection, token: str) -> tuple[Feed, str] | None:
    """Return the feed that a hub may push under this token, and the secret it signs with."""
    found = by_token(connection, token)
    if found is None or found.state is SubscriptionState.LEAVING:
        return None
    row = connection.execute(FEED.where(feeds.c.id == found.feed_id)).one()
    return to_feed(row), found.secret


def save(connection: Connection, subscription: Subscription, *, verified: bool = False) -> None:
    """Store a subscription and give up its lease."""
    values = {
        "hub": subscription.hub,
        "site": site_of(subscription.hub),
        "topic": subscription.topic,
        "token": subscription.token,
        "secret": subscription.secret,
        "state": subscription.state,
        "next_at": subscription.next_at,
        "expires_at": subscription.expires_at,
        "failures": subscription.failures,
        "last_error": subscription.last_error,
        "verified": subscription.verified + verified,
        **FREED,
    }
    this = subscriptions.c.feed_id == subscription.feed_id
    if not connection.execute(update(subscriptions).where(this).values(values)).rowcount:
        row = {"feed_id": subscription.feed_id, **values}
        connection.execute(insert_new(connection, subscriptions), row)


def free(connection: Connection, feed_id: int) -> None:
    """Give up the lease of a subscription."""
    this = subscriptions.c.feed_id == feed_id
    connection.execute(update(subscriptions).where(this).values(**FREED))


def drop(connection: Connection, feed_id: int) -> None:
    """Forget a subscription."""
    connection.execute(delete(subscriptions).where(subscriptions.c.feed_id == feed_id))


def note_push(connection: Connection, feed_id: int, now: datetime) -> None:
    """Note when a hub pushed last."""
    this = subscriptions.c.feed_id == feed_id
    connection.execute(update(subscriptions).where(this).values(pushed_at=now))


def leave(connection: Connection, now: datetime, feed_id: int | None = None) -> None:
    """Have us unsubscribed from a feed, or from all that are not polled any more."""
    closed = select(feeds.c.id).where(CLOSED)
    mine = (
        subscriptions.c.feed_id.in_(closed)
        if feed_id is None
        else subscriptions.c.feed_id == feed_id
    )
    leaving = SubscriptionState.LEAVING.value
    connection.execute(
        update(subscriptions)
        .where(mine, subscriptions.c.state != leaving)
        .values(state=leaving, next_at=now, failures=0)
    )


def postpone(connection: Connection, feed_id: int, until: datetime, error: str) -> None:
    """Put off a subscription for a reason of our own and give up its lease."""
    this = subscriptions.c.feed_id == feed_id
    values = {"next_at": until, "last_error": error, **FREED}
    connection.execute(update(subscriptions).where(this).values(values))


def claim(
    connection: Connection,
    now: datetime,
    limit: int,
    *,
    owner: str,
    per_site: int,
    busy_sites: Collection[str],
) -> Sequence[Subscription]:
    """Lease due subscriptions to `owner`, most overdue first."""
    ids = leases.claim(
        connection,
        leases.SUBSCRIPTIONS,
        now,
        limit,
        owner=owner,
        per_lane=per_site,
        busy=busy_sites,
    )
    if not ids:
        return []
    rows = connection.execute(_QUERY.where(subscriptions.c.id.in_(ids)))
    return [to_subscription(row) for row in rows]
