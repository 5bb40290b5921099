"""What the sites repeat: a row for each paragraph seen lately at the ends of their articles."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from ingest.articles import learned
from ingest.articles.learned import Habits, Mark
from ingest.store.engine import insert_into, insert_new
from ingest.store.tables import furniture, site_articles

_COUNT = select(site_articles.c.articles).where(site_articles.c.host == bindparam("h"))
_MARKS = select(furniture).where(
    furniture.c.host == bindparam("h"),
    furniture.c.digest.in_(bindparam("digests", expanding=True)),
)
_FORGET = delete(furniture).where(
    furniture.c.host == bindparam("h"), furniture.c.seen_in < bindparam("before")
)


def of_site(connection: Connection, host: str, digests: Collection[int]) -> Habits:
    """Return what is remembered of these paragraphs of a site."""
    articles = connection.scalar(_COUNT, {"h": host}) or 0
    if not articles or not digests:
        return Habits(articles)
    rows = connection.execute(_MARKS, {"h": host, "digests": list(digests)})
    return Habits(articles, {row.digest: Mark(row.weight, row.seen_in) for row in rows})


def learn(connection: Connection, host: str, digests: Collection[int]) -> None:
    """Count one more article of a site, with these paragraphs, and forget what has faded."""
    known = of_site(connection, host, digests)
    articles = known.articles + 1
    connection.execute(insert_new(connection, site_articles), {"host": host, "articles": 0})
    here = update(site_articles).where(site_articles.c.host == host)
    connection.execute(here.values(articles=articles))
    marks = {digest: learned.seen_again(known.marks.get(digest), articles) for digest in digests}
    if marks:
        # In order, so that two machines never wait for each other.
        rows = [
            {"host": host, "digest": digest, "weight": mark.weight, "seen_in": mark.at}
            for digest, mark in sorted(marks.items(), key=lambda pair: pair[0])
        ]
        connection.execute(_upsert(connection), rows)
    connection.execute(_FORGET, {"h": host, "before": articles - learned.FADED})


def _upsert(connection: Connection) -> Any:
    added = insert_into(connection.dialect.name, furniture)
    return added.on_conflict_do_update(
        index_elements=["host", "digest"],
        set_={"weight": added.excluded.weight, "seen_in": added.excluded.seen_in},
    )
