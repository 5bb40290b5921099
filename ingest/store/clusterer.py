"""Clustering of any texts, without feeds, articles or a time window: what `ingest cluster` does."""

from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    create_engine,
    func,
    insert,
    select,
)
from sqlalchemy.exc import DBAPIError

from ingest.errors import StoreError
from ingest.store import sketches as index
from ingest.store.tables import fingerprints, sketches
from ingest.stories import cluster, near

_FILE = "stories.db"
_COMMIT_EVERY = 10_000
"""Texts in a transaction: fingerprints fall on pages all over the index, and each commit writes
every page touched. Nothing is promised before the input ends."""

_own = MetaData()
_names = Table(
    "names",
    _own,
    Column("story_id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
)
_BEGIN = insert(_names)
_NAME = select(_names.c.name).where(_names.c.story_id == bindparam("story"))


class Clusterer:
    """Puts texts into clusters as they come; a context manager, durable once it was left.

    `folder` keeps the index for a later run; None: in memory.
    Clusters are never merged, so an answer stands once it is given.
    Raises StoreError where the folder cannot be used.
    """

    def __init__(self, folder: Path | None) -> None:
        target = f"sqlite:///{folder / _FILE}" if folder else "sqlite://"
        try:
            self._engine = create_engine(target)
            self._connection = self._engine.connect()
            self._connection.exec_driver_sql("PRAGMA synchronous = NORMAL")
            self._connection.exec_driver_sql("PRAGMA cache_size = -64000")
            for table in (sketches, fingerprints, _names):
                table.create(self._connection, checkfirst=True)
            self._connection.commit()
            self._placed = self._highest()
        except DBAPIError as error:
            raise StoreError(f"the state in {folder} cannot be used: {error.orig}") from error

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Commit and close."""
        self._connection.commit()
        self._connection.close()
        self._engine.dispose()

    def place(self, name: str, title: str, text: str) -> str:
        """Return the name of the first member of the text's cluster, its own where it is the first."""
        sketch = near.sketch(title, text)
        placement = cluster.place(sketch, index.find(self._connection, sketch, None))
        self._placed += 1
        story_id = self._placed if placement.story_id is None else placement.story_id
        index.keep(
            self._connection,
            self._placed,
            story_id,
            sketch,
            hops=placement.hops,
            under=placement.fingerprints,
        )
        if story_id == self._placed:
            row = {"story_id": story_id, "name": name}
            self._connection.execute(_BEGIN, row)
        else:
            name = self._name(story_id)
        if self._placed % _COMMIT_EVERY == 0:
            self._connection.commit()
        return name

    def _name(self, story_id: int) -> str:
        return str(self._connection.execute(_NAME, {"story": story_id}).scalar_one())

    def _highest(self) -> int:
        """Return the highest number given so far; copies without a row of their own need none."""
        articles = self._connection.scalar(select(func.max(sketches.c.article_id))) or 0
        clusters = self._connection.scalar(select(func.max(_names.c.story_id))) or 0
        return int(max(articles, clusters))
