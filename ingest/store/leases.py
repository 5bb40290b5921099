"""Due rows and who works on them: the one way to claim from the three queues."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
    tuple_,
    update,
)

from ingest.store.locks import is_dead
from ingest.store.tables import deliveries, entries, feeds, subscriptions

LEASE = timedelta(minutes=5)
"""How long a claim stands; longer than any job takes, since each is bounded in time."""

FREED: Mapping[str, None] = {"lease_owner": None, "lease_until": None}
"""What a row gets when its work is done."""


@dataclass(frozen=True)
class Queue:
    """A table whose rows become due, and the lane (site or channel) that shares them out."""

    table: Table
    due: ColumnElement[datetime]
    lane: ColumnElement[str]


FEEDS = Queue(feeds, feeds.c.due_at, feeds.c.site)
ENTRIES = Queue(entries, entries.c.read_at, entries.c.site)
SUBSCRIPTIONS = Queue(subscriptions, subscriptions.c.next_at, subscriptions.c.site)
DELIVERIES = Queue(deliveries, deliveries.c.next_attempt_at, deliveries.c.channel)


def claim(
    connection: Connection,
    queue: Queue,
    now: datetime,
    limit: int,
    *,
    owner: str,
    per_lane: int,
    busy: Collection[str] = (),
    only: ColumnElement[bool] | None = None,
) -> Sequence[Any]:
    """Lease due rows to `owner` and return their ids, most overdue first.

    A row is free when nobody holds it, when its lease ran out, or when its holder is a dead
    process of this machine. Rows that another process is claiming at this moment are skipped, so
    there may be fewer than are due: ask again at the next tick.
    """
    picked = _pick(connection, queue, now, limit, owner, per_lane, busy, only)
    if not picked:
        return []
    table = queue.table
    dead = {row.lease_owner for row in picked if row.lease_owner}
    ids = [row.id for row in picked]
    still = _unheld(table, now) | table.c.lease_owner.in_(sorted(dead))
    free = select(table.c.id).where(table.c.id.in_(ids), queue.due <= now, still)
    taken = connection.execute(
        update(table)
        .where(table.c.id.in_(free.with_for_update(skip_locked=True)))
        .values(lease_owner=owner, lease_until=now + LEASE)
        .returning(table.c.id)
    )
    mine = set(taken.scalars())
    return [row_id for row_id in ids if row_id in mine]


def _pick(
    connection: Connection,
    queue: Queue,
    now: datetime,
    limit: int,
    owner: str,
    per_lane: int,
    busy: Collection[str],
    only: ColumnElement[bool] | None,
) -> list[Row[Any]]:
    """Return the rows to claim.

    The queue is read in order and no further than needed, so the cost follows `limit` and not the
    number of due rows; lanes that have their share are left out of the next page, so that one
    site with thousands of due rows does not hide the others behind it.
    """
    picked: list[Row[Any]] = []
    share: Counter[str] = Counter()
    alive = {owner}
    size = limit + 100
    last: Row[Any] | None = None
    while limit > 0:
        full = {*busy, *(lane for lane, count in share.items() if count >= per_lane)}
        page = connection.execute(_page(queue, now, size, full, alive, last, only)).all()
        for last in page:
            if share[last.lane] < per_lane and _is_free(last, now, alive):
                share[last.lane] += 1
                picked.append(last)
                if len(picked) == limit:
                    return picked
        if len(page) < size:
            break
    return picked


def _page(
    queue: Queue,
    now: datetime,
    size: int,
    full: Collection[str],
    alive: Collection[str],
    last: Row[Any] | None,
    only: ColumnElement[bool] | None,
) -> Select[Any]:
    """Return the query for the next due rows after `last`."""
    table = queue.table
    columns = (table.c.id, queue.due.label("due"), queue.lane.label("lane"))
    query = (
        select(*columns, table.c.lease_owner, table.c.lease_until)
        .where(queue.due <= now, _unheld(table, now) | table.c.lease_owner.not_in(sorted(alive)))
        .order_by(queue.due, table.c.id)
        .limit(size)
    )
    if full:
        query = query.where(queue.lane.not_in(sorted(full)))
    if only is not None:
        query = query.where(only)
    if last is not None:
        place = tuple_(bindparam("due", last.due, queue.due.type), bindparam("id", last.id))
        query = query.where(tuple_(queue.due, table.c.id) > place)
    return query


def _is_free(row: Row[Any], now: datetime, alive: set[str]) -> bool:
    """Return whether a row may be taken; a holder found alive is remembered in `alive`."""
    if row.lease_owner is None or row.lease_until <= now:
        return True
    if row.lease_owner not in alive and is_dead(row.lease_owner):
        return True
    alive.add(row.lease_owner)
    return False


def _unheld(table: Table, now: datetime) -> ColumnElement[bool]:
    return or_(table.c.lease_until.is_(None), table.c.lease_until <= now)


def release(connection: Connection, owner: str) -> None:
    """Give back every lease of `owner`, so that its rows can be claimed at once."""
    for queue in (FEEDS, ENTRIES, SUBSCRIPTIONS, DELIVERIES):
        held = and_(queue.due.is_not(None), queue.table.c.lease_owner == owner)
        connection.execute(update(queue.table).where(held).values(**FREED))


def due(connection: Connection, queue: Queue, now: datetime) -> int:
    """Return how many rows are due, those being worked on included."""
    return connection.scalar(select(func.count()).where(queue.due <= now)) or 0


def next_at(
    connection: Connection, queue: Queue, now: datetime, also: ColumnElement[bool] | None = None
) -> datetime | None:
    """Return when the first row that nobody works on is due; None where there is none."""
    query = (
        select(queue.due)
        .where(queue.due.is_not(None), _unheld(queue.table, now), true() if also is None else also)
        .order_by(queue.due)
        .limit(1)
    )
    return connection.scalar(query)
