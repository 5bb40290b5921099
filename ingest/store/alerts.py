"""Matches and alerts in the database: what was true of an article, and what was told of it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from ingest.model import AlertWhy, Article, Match
from ingest.store.engine import chunks, insert_new
from ingest.store.outbox import ACKNOWLEDGED
from ingest.store.tables import alert_articles, alerts, matches

RAISED = "raised"
"""The state of an alert that was decided for."""


def standing(
    connection: Connection, keys: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], int]:
    """Return the alert ids that exist for these (rule, key) pairs."""
    found: dict[tuple[str, str], int] = {}
    for some in chunks(sorted(keys), 500):
        rules, names = {rule for rule, _ in some}, {key for _, key in some}
        query = select(alerts.c.rule, alerts.c.key, alerts.c.id).where(
            alerts.c.rule.in_(rules), alerts.c.key.in_(names)
        )
        found |= {(row.rule, row.key): row.id for row in connection.execute(query)}
    return {pair: alert_id for pair, alert_id in found.items() if pair in keys}


def sources(connection: Connection, alert_id: int) -> Collection[int]:
    """Return the articles that an alert stands for."""
    query = select(alert_articles.c.article_id).where(alert_articles.c.alert_id == alert_id)
    return frozenset(connection.scalars(query))


def add(
    connection: Connection,
    *,
    rule: str,
    key: str,
    kind: str,
    story_id: int,
    article_id: int,
    reason: str,
    now: datetime,
) -> int:
    """Store an alert with its first article and return its id.

    The write fails with StoreError where the rule has an alert under this key already: of two
    workers that tell the same story at once, the second tries again and finds the alert standing.
    """
    row = {
        "rule": rule,
        "key": key,
        "kind": kind,
        "story_id": story_id,
        "article_id": article_id,
        "state": RAISED,
        "reason": reason,
        "created_at": now,
    }
    alert_id = int(connection.execute(insert(alerts).returning(alerts.c.id), row).scalar_one())
    add_source(connection, alert_id, article_id, now)
    return alert_id


def acknowledge(connection: Connection, ids: Collection[int]) -> int:
    """Mark alerts as noted by someone and return how many there are."""
    noted = update(alerts).where(alerts.c.id.in_(sorted(set(ids)))).values(state=ACKNOWLEDGED)
    return connection.execute(noted).rowcount


def add_source(connection: Connection, alert_id: int, article_id: int, now: datetime) -> None:
    """Note a further article under an alert."""
    row = {"alert_id": alert_id, "article_id": article_id, "added_at": now}
    connection.execute(insert_new(connection, alert_articles), row)


def move(
    connection: Connection, story_id: int, into: int, *, key: str, into_key: str, now: datetime
) -> None:
    """Hand the alerts of a story to the one it goes over into.

    Of two alerts of one rule, that of the other story gets the sources and keeps its key.
    """
    rows = connection.execute(select(alerts.c.id, alerts.c.rule).where(alerts.c.key == key)).all()
    there = standing(connection, {(row.rule, into_key) for row in rows})
    for row in rows:
        stands = there.get((row.rule, into_key))
        if stands is None:
            connection.execute(update(alerts).where(alerts.c.id == row.id).values(key=into_key))
        else:
            for article_id in sources(connection, row.id):
                add_source(connection, stands, article_id, now)
    connection.execute(update(alerts).where(alerts.c.story_id == story_id).values(story_id=into))


def save_match(
    connection: Connection,
    article: Article,
    match: Match,
    why: AlertWhy,
    *,
    entry_id: int,
    alert_id: int | None,
    now: datetime,
) -> None:
    """Keep a match of this revision of an article; the first word on it stands."""
    row = {
        "article_id": article.id,
        "entry_id": entry_id,
        "rule": match.rule,
        "revision": article.revision,
        "spans": [[span.field, span.start, span.end] for span in match.spans],
        "why": why,
        "alert_id": alert_id,
        "matched_at": now,
    }
    connection.execute(insert_new(connection, matches), row)
