"""Conditions that stand, and what the look at the program's health asks of the database."""

import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Connection, bindparam, delete, distinct, func, insert, select

from ingest.model import Backlog, Condition, DeliveryState, Source
from ingest.store.tables import articles, conditions, deliveries, entries, feeds, matches


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
            over_at=row.over_at,
        )
        for row in connection.execute(select(conditions))
    ]


def save(connection: Connection, keep: Iterable[Condition], drop: Iterable[Condition]) -> None:
    """Store new and changed conditions and forget those that are over."""
    kept = list(keep)
    old = [{"of_kind": each.kind, "of_subject": each.subject} for each in (*kept, *drop)]
    if old:
        connection.execute(_DROP, old)
    names = conditions.c.keys()
    if kept:
        connection.execute(
            insert(conditions), [{name: getattr(each, name) for name in names} for each in kept]
        )


_DROP = delete(conditions).where(
    conditions.c.kind == bindparam("of_kind"), conditions.c.subject == bindparam("of_subject")
)


def dead_letters(connection: Connection, since: datetime) -> Mapping[str, int]:
    """Return how many messages made since then were given up, by channel.

    Those within a digest count as one.
    """
    query = (
        select(deliveries.c.channel, func.count())
        .where(
            deliveries.c.state == DeliveryState.DEAD.value,
            deliveries.c.folded_into.is_(None),
            deliveries.c.created_at >= since,
        )
        .group_by(deliveries.c.channel)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def backlogs(connection: Connection) -> Sequence[Backlog]:
    """Return what is being tried again, by channel, with one of the reasons."""
    count, since = func.count(), func.min(deliveries.c.created_at)
    query = (
        select(deliveries.c.channel, count, since, func.max(deliveries.c.last_error))
        .where(
            deliveries.c.state == DeliveryState.RETRYING.value, deliveries.c.folded_into.is_(None)
        )
        .group_by(deliveries.c.channel)
        .order_by(deliveries.c.channel)
    )
    return [Backlog(row[0], row[1], row[2], row[3] or "") for row in connection.execute(query)]


def matched_rules(connection: Connection) -> Collection[str]:
    """Return the rules that have matched anything.

    One step of the index to each rule: `DISTINCT` would walk through every match.
    """
    first = select(func.min(matches.c.rule).label("rule")).cte("found", recursive=True)
    following = select(func.min(matches.c.rule)).where(matches.c.rule > first.c.rule)
    step = select(following.scalar_subquery()).where(first.c.rule.is_not(None))
    found = first.union_all(step)
    return {rule for rule in connection.scalars(select(found.c.rule)) if rule is not None}


def match_counts(connection: Connection, since: datetime) -> Mapping[str, int]:
    """Return how many articles each rule has matched since then."""
    query = (
        select(matches.c.rule, func.count(distinct(matches.c.article_id)))
        .where(matches.c.matched_at >= since)
        .group_by(matches.c.rule)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def articles_since(connection: Connection, since: datetime) -> tuple[int, int]:
    """Return how many articles came since then, and from how many feeds."""
    query = select(func.count(), func.count(distinct(articles.c.feed_id))).where(
        articles.c.first_seen_at >= since
    )
    count, feeds = connection.execute(query).one()
    return count, feeds


def match_times(connection: Connection, rule: str, since: datetime) -> Sequence[datetime]:
    """Return when a rule matched a story for the first time since then, ascending."""
    first = func.min(matches.c.matched_at).label("at")
    query = (
        select(first)
        .join(articles, articles.c.id == matches.c.article_id)
        .where(matches.c.rule == rule, matches.c.matched_at >= since)
        .group_by(articles.c.story_id)
        .order_by(first)
    )
    return list(connection.scalars(query))


def latest_matched(
    connection: Connection, rule: str, since: datetime, limit: int
) -> Sequence[Source]:
    """Return the latest stories that a rule has matched since then, one article of each."""
    first = (
        select(func.min(matches.c.article_id).label("article_id"))
        .join(articles, articles.c.id == matches.c.article_id)
        .where(matches.c.rule == rule, matches.c.matched_at >= since)
        .group_by(articles.c.story_id)
        .subquery()
    )
    query = (
        select(
            articles.c.id,
            feeds.c.name,
            articles.c.url,
            articles.c.title,
            articles.c.published_at,
        )
        .join(first, first.c.article_id == articles.c.id)
        .join(feeds, feeds.c.id == articles.c.feed_id)
        .order_by(articles.c.id.desc())
        .limit(limit)
    )
    return [Source(*row) for row in connection.execute(query)]


def last_match_at(connection: Connection, rule: str) -> datetime | None:
    """Return when a rule matched last."""
    last = select(func.max(matches.c.matched_at)).where(matches.c.rule == rule)
    at: datetime | None = connection.scalar(last)
    return at


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
