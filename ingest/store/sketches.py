"""The story index: sketches in rows, found by their fingerprints.

Which of them are compared is decided in `stories.index`.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, select

from ingest.model import Candidate, Fingerprint, Sketch
from ingest.store.engine import among, as_one
from ingest.store.tables import fingerprints, sketches, stories
from ingest.stories import index, near


@cache
def _rows(dialect: str) -> Select[Any]:
    query = select(fingerprints.c.value, fingerprints.c.method, fingerprints.c.article_id)
    return query.where(among(dialect, fingerprints.c.value, "values"))


@cache
def _sketches(dialect: str) -> Select[Any]:
    query = select(sketches.c.article_id, sketches.c.story_id, sketches.c.hops, sketches.c.sketch)
    return query.where(among(dialect, sketches.c.article_id, "ids"))


@cache
def _living(dialect: str) -> Select[Any]:
    query = _sketches(dialect).join(stories, stories.c.id == sketches.c.story_id)
    return query.where(stories.c.last_seen_at >= bindparam("since"))


_KEEP = insert(sketches)
_KEEP_FINGERPRINTS = insert(fingerprints)
_FORGET = delete(sketches).where(sketches.c.article_id.in_(bindparam("ids", expanding=True)))
_FORGET_FINGERPRINTS = delete(fingerprints).where(
    fingerprints.c.value == bindparam("v"),
    fingerprints.c.method == bindparam("m"),
    fingerprints.c.article_id == bindparam("a"),
)


def find(connection: Connection, sketch: Sketch, since: datetime) -> list[Candidate]:
    """Return the stored texts that share most with `sketch`, the likeliest first.

    Only those of stories last seen at `since` or later.
    Where only furniture is shared, a text that has it comes along to say so.
    """
    hits = _hits(connection, near.fingerprints(sketch))
    if not hits.likely:
        return []
    dialect = connection.dialect.name
    values = {"ids": as_one(dialect, hits.likely), "since": since}
    rows = connection.execute(_living(dialect), values)
    return list(index.candidates(hits, rows))


def keep(
    connection: Connection,
    article_id: int,
    story_id: int,
    sketch: Sketch,
    *,
    hops: int,
    under: Collection[Fingerprint] | None,
) -> None:
    """Store a sketch under these fingerprints; None: under those new to the story, furniture aside.

    Nothing is stored where there is none.
    """
    if under is None:
        under = _unheld(connection, story_id, sketch)
    if not under:
        return
    packed = near.pack(sketch)
    row = {"article_id": article_id, "story_id": story_id, "hops": hops, "sketch": packed}
    connection.execute(_KEEP, row)
    connection.execute(
        _KEEP_FINGERPRINTS,
        [{"value": value, "method": method, "article_id": article_id} for method, value in under],
    )


def forget(connection: Connection, article_ids: Collection[int]) -> Collection[int]:
    """Remove sketches and their fingerprints; return the stories that had them."""
    rows = _those_of(connection, article_ids)
    gone = [
        {"v": value, "m": method, "a": row.article_id}
        for row in rows
        for method, value in near.fingerprints(near.unpack(row.sketch))
    ]
    if gone:
        connection.execute(_FORGET_FINGERPRINTS, gone)
    connection.execute(_FORGET, {"ids": list(article_ids)})
    return {row.story_id for row in rows}


def clear(connection: Connection) -> None:
    """Remove all sketches and fingerprints."""
    connection.execute(delete(fingerprints))
    connection.execute(delete(sketches))


def _hits(connection: Connection, asked: Sequence[Fingerprint]) -> index.Hits:
    if not asked:
        return index.Hits({})
    values = [value for _, value in asked]
    dialect = connection.dialect.name
    rows = connection.execute(_rows(dialect), {"values": as_one(dialect, values)})
    return index.hits(asked, rows)


def _those_of(connection: Connection, article_ids: Iterable[int]) -> Sequence[Row[Any]]:
    """Return the sketches of articles."""
    dialect = connection.dialect.name
    return connection.execute(_sketches(dialect), {"ids": as_one(dialect, article_ids)}).all()


def _unheld(connection: Connection, story_id: int, sketch: Sketch) -> list[Fingerprint]:
    """Return the fingerprints that are no furniture and not stored for the story already."""
    asked = near.fingerprints(sketch)
    hits = _hits(connection, asked)
    held = set(hits.furniture)
    for row in _those_of(connection, hits.prints):
        if row.story_id == story_id:
            held |= set(hits.prints[row.article_id])
    return [fingerprint for fingerprint in asked if fingerprint not in held]
