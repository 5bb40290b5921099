"""The story index: sketches in rows, found by their fingerprints.

The same rows and the same code serve the daemon's stories and `ingest cluster`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from ingest.model import Candidate, Fingerprint, Sketch
from ingest.store.tables import fingerprints, sketches, stories
from ingest.stories import near

CROWDED = 3
"""Stored texts under one fingerprint from which on it is furniture: a footer, a menu, a template.

A story stores each fingerprint once, so these are as many stories. With 2 a second story under one
footer is told apart at once, but a story that was split by mistake loses its text sooner: on our
yardstick 0.7 points of precision are won for 1.2 of recall. 4 costs a quarter of a point of
precision and wins as much of recall.
"""

MAX_CANDIDATES = 3
"""Candidates compared; more found nothing more on our yardstick."""

_LIKELY = 8
"""Texts fetched, of which the best that still live become candidates."""

_MIN_WEIGHT, _FEW = 2.0, 6
"""Two fingerprints in common make a candidate, one where the text has few: of 900 copies two shared
a single one with their story, of 700 new stories 540 did with some text."""

_WEIGHT: Mapping[int, float] = {
    near.Method.SHINGLE: 1.0,
    near.Method.TITLE: 2.0,
    near.Method.TEXT: 100.0,
}

_HITS = select(fingerprints).where(
    fingerprints.c.value.in_(bindparam("values", expanding=True)),
)
_SKETCHES = select(sketches).where(sketches.c.article_id.in_(bindparam("ids", expanding=True)))
_LIVING = _SKETCHES.join(stories, stories.c.id == sketches.c.story_id).where(
    stories.c.last_seen_at >= bindparam("since")
)
_KEEP = insert(sketches)
_KEEP_FINGERPRINTS = insert(fingerprints)
_FORGET = delete(sketches).where(sketches.c.article_id.in_(bindparam("ids", expanding=True)))
_FORGET_FINGERPRINTS = delete(fingerprints).where(
    fingerprints.c.value == bindparam("v"),
    fingerprints.c.method == bindparam("m"),
    fingerprints.c.article_id == bindparam("a"),
)


def find(connection: Connection, sketch: Sketch, since: datetime | None) -> list[Candidate]:
    """Return the stored texts that share most with `sketch`, the likeliest first.

    Only those of stories last seen at `since` or later; None: all.
    Where only furniture is shared, a text that has it comes along to say so.
    """
    asked = near.fingerprints(sketch)
    hits = _hits(connection, asked)
    if not hits:
        return []
    furniture = _crowded(hits)
    weights = {
        article_id: sum(_WEIGHT[method] for method, _ in prints - furniture)
        for article_id, prints in hits.items()
    }
    least = _MIN_WEIGHT if len(asked) > _FEW else 1.0
    likely = [article_id for article_id, weight in weights.items() if weight >= least]
    if not likely and not furniture:
        return []
    likely = likely or list(hits)
    likely.sort(key=lambda article_id: (-weights[article_id], -len(hits[article_id]), article_id))
    rows = _fetched(connection, likely[:_LIKELY], since)
    return _candidates(rows, hits, furniture)


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
    rows = connection.execute(_SKETCHES, {"ids": list(article_ids)}).all()
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


def _hits(connection: Connection, asked: Collection[Fingerprint]) -> dict[int, set[Fingerprint]]:
    """Return which articles are stored under which of these fingerprints."""
    hits: dict[int, set[Fingerprint]] = {}
    if asked:
        wanted = set(asked)
        rows = connection.execute(_HITS, {"values": [value for _, value in asked]})
        for value, method, article_id in rows:
            if (method, value) in wanted:
                hits.setdefault(article_id, set()).add((method, value))
    return hits


def _crowded(hits: Mapping[int, Collection[Fingerprint]]) -> frozenset[Fingerprint]:
    """Return the fingerprints that are furniture; a whole text never is."""
    holders = Counter(chain.from_iterable(hits.values()))
    return frozenset(
        fingerprint
        for fingerprint, texts in holders.items()
        if texts >= CROWDED and fingerprint[0] != near.Method.TEXT
    )


def _fetched(
    connection: Connection, ids: Sequence[int], since: datetime | None
) -> Sequence[Row[Any]]:
    """Return the stored sketches of these articles in the order given."""
    if since is None:
        rows = connection.execute(_SKETCHES, {"ids": ids}).all()
    else:
        rows = connection.execute(_LIVING, {"ids": ids, "since": since}).all()
    return sorted(rows, key=lambda row: ids.index(row.article_id))


def _candidates(
    rows: Sequence[Row[Any]],
    hits: Mapping[int, Collection[Fingerprint]],
    furniture: frozenset[Fingerprint],
) -> list[Candidate]:
    held: defaultdict[int, set[Fingerprint]] = defaultdict(set)
    for row in rows:
        held[row.story_id].update(hits[row.article_id])
    return [
        Candidate(
            row.article_id,
            row.story_id,
            near.unpack(row.sketch),
            hops=row.hops,
            shared=frozenset(held[row.story_id]),
            furniture=furniture,
        )
        for row in rows[:MAX_CANDIDATES]
    ]


def _unheld(connection: Connection, story_id: int, sketch: Sketch) -> list[Fingerprint]:
    """Return the fingerprints that are no furniture and not stored for the story already."""
    asked = near.fingerprints(sketch)
    hits = _hits(connection, asked)
    held = set(_crowded(hits))
    for row in connection.execute(_SKETCHES, {"ids": list(hits)}):
        if row.story_id == story_id:
            held |= hits[row.article_id]
    return [fingerprint for fingerprint in asked if fingerprint not in held]
