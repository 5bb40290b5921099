"""Stories in the database: which articles tell the same, and how the next copy finds them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, select, update

from ingest.errors import StoreError
from ingest.model import Article, Candidate, Placement, Sketch, Source, Story
from ingest.store import sketches as index
from ingest.store.tables import (
    alerts,
    articles,
    clean,
    feeds,
    placements,
    sketches,
    stories,
    texts,
)
from ingest.stories import near

MAX_SOURCES = 100
"""Sources given with a story, the first ones; a hundred thousand copies make no longer list."""

_PLACING = 0x696E67657375
"""The advisory lock's number on PostgreSQL, held while an article is placed."""

_SOURCES = (
    select(
        articles.c.id,
        articles.c.url,
        articles.c.title,
        articles.c.published_at,
        articles.c.first_seen_at,
        feeds.c.name.label("feed"),
    )
    .select_from(placements)
    .join(articles, articles.c.id == placements.c.article_id)
    .join(feeds, feeds.c.id == articles.c.feed_id)
    .where(placements.c.story_id == bindparam("story_id"))
    .order_by(placements.c.article_id)
    .limit(MAX_SOURCES)
)
_older = stories.alias("older")
_BEGIN = insert(stories)
_TOUCH = (
    update(stories)
    .where(stories.c.id == bindparam("story"), stories.c.last_seen_at < bindparam("now"))
    .values(last_seen_at=bindparam("now"))
)
_PLACE = insert(placements)
_LEAVE = delete(placements).where(placements.c.article_id == bindparam("article"))
_AGE = (
    update(stories)
    .where(
        stories.c.id == bindparam("story"),
        stories.c.first_seen_at > _older.c.first_seen_at,
        _older.c.id == bindparam("was"),
    )
    .values(first_seen_at=_older.c.first_seen_at)
)
"""A story is as old as the oldest that went over into it."""

_STAND_INS = 3
"""Members of a story that step in for one that left: of a wire report there are a full copy and a
cut one or two; a hundred copies more would bring nothing."""

_UNINDEXED = (
    select(articles.c.id, articles.c.title, articles.c.story_id, texts.c.body)
    .join(texts, texts.c.id == articles.c.text_id)
    .outerjoin(sketches, sketches.c.article_id == articles.c.id)
    .where(articles.c.story_id == bindparam("story"), sketches.c.article_id.is_(None))
    .order_by(articles.c.id)
    .limit(_STAND_INS)
)
_SET_STORY = (
    update(articles)
    .where(articles.c.id == bindparam("article"))
    .values(story_id=bindparam("story"))
)


def candidates(connection: Connection, sketch: Sketch, since: datetime) -> list[Candidate]:
    """Return stored articles sharing text with `sketch`, in stories last seen since then.

    From here to the end of the transaction no other writer places an article, or two copies that
    arrive at once would not see each other: on SQLite there is one writer anyway, on PostgreSQL a
    lock is taken, so placing is done by one worker at a time however many there are.
    """
    alone(connection)
    return index.find(connection, sketch, since)


def enter(connection: Connection, placement: Placement, title: str, now: datetime) -> int:
    """Return the story of a placement, begun or seen now."""
    if placement.story_id is None:
        return _begin(connection, title, now)
    connection.execute(_TOUCH, {"story": placement.story_id, "now": now})
    return placement.story_id


def stand(
    connection: Connection,
    article_id: int,
    story_id: int,
    sketch: Sketch,
    placement: Placement,
    now: datetime,
) -> None:
    """Note why an article stands in a story, and have it found by its text where it brings any."""
    connection.execute(
        _PLACE,
        {
            "article_id": article_id,
            "story_id": story_id,
            "why": placement.why.value,
            "peer_id": placement.peer_id,
            "distance": placement.distance,
            "detail": placement.detail,
            "placed_at": now,
        },
    )
    index.keep(
        connection,
        article_id,
        story_id,
        sketch,
        hops=placement.hops,
        under=placement.fingerprints,
    )


def place(
    connection: Connection,
    article: Article,
    sketch: Sketch,
    placement: Placement,
    now: datetime,
) -> int:
    """Put a stored article in the story of its placement, or in a new one, and return its id.

    It is taken out of the story it stands in first, index and all; where copies of its old text
    stay behind, they are to be found by in its place.
    """
    was = article.story_id
    indexed = _leave(connection, article.id)
    story_id = enter(connection, placement, article.title, now)
    stand(connection, article.id, story_id, sketch, placement, now)
    connection.execute(_SET_STORY, {"article": article.id, "story": story_id})
    if was != story_id:
        connection.execute(_AGE, {"story": story_id, "was": was})
        _drop_if_empty(connection, was)
    if indexed:
        stand_in(connection, was)
    return story_id


def stand_in(connection: Connection, story_id: int | None) -> None:
    """Put members of a story in the index whose text only one that left it was found by.

    They are the oldest few that are not in the index, since they were no news beside it.
    """
    alone(connection)
    for row in connection.execute(_UNINDEXED, {"story": story_id}).all():
        sketch = near.sketch(row.title, row.body)
        index.keep(connection, row.id, row.story_id, sketch, hops=1, under=None)


def story(connection: Connection, story_id: int) -> Story:
    """Return a story with its first `MAX_SOURCES` sources, oldest first.

    Raises StoreError where there is none of this id.
    """
    row = connection.execute(select(stories).where(stories.c.id == story_id)).one_or_none()
    if row is None:
        raise StoreError(f"there is no story {story_id}")
    sources = sorted(connection.execute(_SOURCES, {"story_id": story_id}), key=_appeared)
    return Story(
        id=row.id,
        title=row.title,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        sources=tuple(
            Source(source.id, source.feed, source.url, source.title, source.published_at)
            for source in sources
        ),
    )


def expire(connection: Connection, before: datetime, limit: int = 1_000) -> int:
    """Take the articles of stories last seen before then out of the index; return how many.

    Oldest first, at most `limit`; the stories themselves stay. Call it until it returns 0.
    """
    old = connection.scalars(
        select(sketches.c.article_id)
        .join(stories, stories.c.id == sketches.c.story_id)
        .where(stories.c.last_seen_at < before)
        .order_by(sketches.c.article_id)
        .limit(limit)
    ).all()
    index.forget(connection, old)
    return len(old)


def alone(connection: Connection) -> None:
    """Wait until no other writer changes the index; before any of its rows is touched."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_PLACING)))


def _begin(connection: Connection, title: str, now: datetime) -> int:
    row = {"title": clean(title), "first_seen_at": now, "last_seen_at": now}
    key = connection.execute(_BEGIN, row).inserted_primary_key
    assert key is not None
    return int(key[0])


def _leave(connection: Connection, article_id: int) -> bool:
    """Take an article out of its story; return whether it was found by its text."""
    indexed = index.forget(connection, [article_id])
    connection.execute(_LEAVE, {"article": article_id})
    return bool(indexed)


def _drop_if_empty(connection: Connection, story_id: int) -> None:
    """Remove a story that its last article has left, unless an alert still speaks of it."""
    connection.execute(
        delete(stories).where(
            stories.c.id == story_id,
            ~exists().where(articles.c.story_id == stories.c.id),
            ~exists().where(placements.c.story_id == stories.c.id),
            ~exists().where(alerts.c.story_id == stories.c.id),
        )
    )


def _appeared(source: Any) -> tuple[datetime, int]:
    """Return when a source was there at the latest: a date in the future proves nothing."""
    seen: datetime = source.first_seen_at
    return min(source.published_at or seen, seen), source.id
