"""Conditions that stand, and what the look at the program's health asks of the database."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Connection, and_, delete, func, insert, select

from ingest.model import Condition, DeliveryState
from ingest.store.tables import conditions, deliveries, entries, matches


def standing(connection: Connection) -> Sequence[Condition]:
    """Return every condition."""
    return [
        Condition(
            kind=row.kind,
            subject=row.subject,
            since=row.since,
            detail=row.detail,
            advice=row.advice,
            raised_at=row.raised_at,
            told_at=row.told_at,
        )
        for row in connection.execute(select(conditions))
    ]


def save(connection: Connection, keep: Iterable[Condition], drop: Iterable[Condition]) -> None:
    """Store new and changed conditions and forget those that are over."""
    kept = list(keep)
    for each in (*kept, *drop):
        this = and_(conditions.c.kind == each.kind, conditions.c.subject == each.subject)
        connection.execute(delete(conditions).where(this))
    for each in kept:
        row = {name: getattr(each, name) for name in conditions.c.keys()}  # noqa: SIM118
        connection.execute(insert(conditions), row)


def dead_letters(connection: Connection) -> Mapping[str, int]:
    """Return how many messages were given up, by channel; those within a digest not again."""
    query = (
        select(deliveries.c.channel, func.count())
        .where(deliveries.c.state == DeliveryState.DEAD.value, deliveries.c.folded_into.is_(None))
        .group_by(deliveries.c.channel)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def match_times(connection: Connection, rule: str, since: datetime) -> Sequence[datetime]:
    """Return when a rule matched an article for the first time, ascending."""
    first = func.min(matches.c.matched_at).label("at")
    query = (
        select(first)
        .where(matches.c.rule == rule, matches.c.matched_at >= since)
        .group_by(matches.c.article_id)
        .order_by(first)
    )
    return list(connection.scalars(query))


def known_since(connection: Connection) -> datetime | None:
    """Return when the first entry that is still known was seen."""
    at: datetime | None = connection.scalar(select(func.min(entries.c.first_seen_at)))
    return at


def disk(address: URL) -> tuple[int, int] | None:
    """Return free and total bytes of the disk of an SQLite file; None for a server's."""
    if address.get_backend_name() != "sqlite" or not address.database:
        return None
    usage = shutil.disk_usage(Path(address.database).parent)
    return usage.free, usage.total
