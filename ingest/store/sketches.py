"""The story index: sketches in rows, found by their fingerprints.

The same rows and the same code serve the daemon's stories and `ingest cluster`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from ingest.model import Candidate, Fingerprint, Sketch
from ingest.store.tables import fingerprints, sketches, stories
from ingest.stories import near

CROWDED = 3
"""Stories that hold a fingerprint from which on it is furniture: a footer, a menu, a template.

With 2 a second story under one footer is told apart at once, but a story that was split by mistake
loses its text sooner; 4 costs half a point of precision on our yardstick.
"""

MAX_CANDIDATES = 4
"""Candidates compared; the fifth best never was the right one on our yardstick."""

_MAX_HITS = 64
"""Articles looked up for one text; a fingerprint is kept for few, so that hostile texts alone reach it."""

_WEIGHT = {near.Method.SHINGLE: 1.0, near.Method.TITLE: 2.0, near.Method.TEXT: 100.0}
_FURNITURE_WEIGHT = 0.01

_HITS = select(fingerprints).where(
    fingerprints.c.value.in_(bindparam("values", expanding=True)),
)
_SKETCHES = select(sketches).where(sketches.c.article_id.in_(bindparam("ids", expanding=True)))
_LIVING = _SKETCHES.join(stories, stories.c.id == sketches.c.story_id).where(
    stories.c.last_seen_at >= bindparam("since")
)


def find(connection: Connection, sketch: Sketch, since: datetime | None) -> list[Candidate]:
    """Return the stored texts that share most with `sketch`, the likeliest first.

    Only those of stories last seen at `since` or later; None: all.
    """
    hits = _hits(connection, near.fingerprints(sketch))
    if not hits:
        return []
    likely = sorted(hits, key=lambda article_id: (-len(hits[article_id]), article_id))[:_MAX_HITS]
    if since is None:
        rows = connection.execute(_SKETCHES, {"ids": likely}).all()
    else:
        rows = connection.execute(_LIVING, {"ids": likely, "since": since}).all()
    return _ranked(rows, hits)


def keep(
    connection: Connection,
    article_id: int,
    story_id: int,
    sketch: Sketch,
    *,
    hops: int,
    under: Collection[Fingerprint] | None,
) -> None:
    """Store a sketch under these fingerprints; None: under all that are not crowded.

    Nothing is stored where there is none.
    """
    if under is None:
        under = _uncrowded(connection, near.fingerprints(sketch))
    if not under:
        return
    packed = near.pack(sketch)
    row = {"article_id": article_id, "story_id": story_id, "hops": hops, "sketch": packed}
    connection.execute(insert(sketches), row)
    connection.execute(
        insert(fingerprints),
        [{"value": value, "method": method, "article_id": article_id} for method, value in under],
    )


def forget(connection: Connection, article_ids: Collection[int]) -> None:
    """Remove sketches and their fingerprints."""
    rows = connection.execute(_SKETCHES, {"ids": list(article_ids)}).all()
    gone = [
        {"v": value, "m": method, "a": row.article_id}
        for row in rows
        for method, value in near.fingerprints(near.unpack(row.sketch))
    ]
    if gone:
        connection.execute(
            delete(fingerprints).where(
                fingerprints.c.value == bindparam("v"),
                fingerprints.c.method == bindparam("m"),
                fingerprints.c.article_id == bindparam("a"),
            ),
            gone,
        )
    if rows:
        connection.execute(
            delete(sketches).where(sketches.c.article_id.in_([row.article_id for row in rows]))
        )


def _hits(
    connection: Connection, asked: Collection[Fingerprint]
) -> Mapping[int, list[Fingerprint]]:
    """Return which articles are stored under which of these fingerprints."""
    hits: defaultdict[int, list[Fingerprint]] = defaultdict(list)
    if asked:
        wanted = set(asked)
        rows = connection.execute(_HITS, {"values": [value for _, value in asked]})
        for value, method, article_id in rows:
            if (method, value) in wanted:
                hits[article_id].append((method, value))
    return hits


def _ranked(rows: Sequence[Row[Any]], hits: Mapping[int, list[Fingerprint]]) -> list[Candidate]:
    held: defaultdict[int, set[Fingerprint]] = defaultdict(set)
    for row in rows:
        held[row.story_id].update(hits[row.article_id])
    holders = Counter(fingerprint for prints in held.values() for fingerprint in prints)
    furniture = frozenset(
        fingerprint
        for fingerprint, stories_ in holders.items()
        if stories_ >= CROWDED and fingerprint[0] != near.Method.TEXT
    )

    def weight(row: Row[Any]) -> float:
        return sum(
            _FURNITURE_WEIGHT if fingerprint in furniture else _WEIGHT[near.Method(fingerprint[0])]
            for fingerprint in hits[row.article_id]
        )

    ranked = sorted(rows, key=lambda row: (-weight(row), row.article_id))[:MAX_CANDIDATES]
    return [
        Candidate(
            row.article_id,
            row.story_id,
            near.unpack(row.sketch),
            hops=row.hops,
            shared=frozenset(held[row.story_id]),
            furniture=furniture,
        )
        for row in ranked
    ]


def _uncrowded(connection: Connection, asked: Sequence[Fingerprint]) -> list[Fingerprint]:
    hits = _hits(connection, asked)
    holders = Counter(fingerprint for prints in hits.values() for fingerprint in prints)
    return [
        fingerprint
        for fingerprint in asked
        if holders[fingerprint] < CROWDED or fingerprint[0] == near.Method.TEXT
    ]
