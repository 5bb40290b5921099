"""Clustering of any texts, without feeds, articles or a time window: what `ingest cluster` does.

Its own file, one writer, three tables and nothing to migrate: asked of SQLite directly, which is
half the cost of a text and of the start.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.errors import StoreError
from ingest.model import Candidate, Sketch
from ingest.stories import cluster, index, near

_FILE = "stories.db"
_COMMIT_EVERY = 10_000
"""Texts in a transaction: fingerprints fall on pages all over the index, and each commit writes
every page touched. Nothing is promised before the input ends."""

_SET_UP = """
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -64000;
    CREATE TABLE IF NOT EXISTS sketches (
        article_id INTEGER PRIMARY KEY, story_id INTEGER, hops INTEGER, sketch BLOB
    );
    CREATE TABLE IF NOT EXISTS fingerprints (
        value INTEGER, method INTEGER, article_id INTEGER,
        PRIMARY KEY (value, method, article_id)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS names (story_id INTEGER PRIMARY KEY, name TEXT NOT NULL);
"""


_HITS = """
    SELECT f.value, method, article_id
    FROM json_each(?) AS asked CROSS JOIN fingerprints AS f ON f.value = asked.value
"""
_SKETCHES = """
    SELECT article_id, story_id, hops, sketch
    FROM json_each(?) AS asked CROSS JOIN sketches ON article_id = asked.value
"""
_NAME = "SELECT name FROM names WHERE story_id = ?"
_HIGHEST = """
    SELECT max(ifnull((SELECT max(article_id) FROM sketches), 0),
               ifnull((SELECT max(story_id) FROM names), 0))
"""


class Clusterer:
    """Puts texts into clusters as they come; a context manager, durable once it was left.

    `folder` keeps the index for a later run; None: in memory.
    Clusters are never merged, so an answer stands once it is given.
    Raises StoreError where the folder cannot be used.
    """

    def __init__(self, folder: Path | None) -> None:
        try:
            self._index = sqlite3.connect(folder / _FILE if folder else ":memory:")
            self._index.executescript(_SET_UP)
            self._placed = self._highest()
        except sqlite3.Error as error:
            raise StoreError(f"the state in {folder} cannot be used: {error}") from error

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
        self._index.commit()
        self._index.close()

    def place(self, name: str, title: str, text: str) -> str:
        """Return the name of the first member of the text's cluster, its own where it is the first."""
        sketch = near.sketch(title, text)
        placement = cluster.place(sketch, self._candidates(sketch))
        self._placed += 1
        story_id = self._placed if placement.story_id is None else placement.story_id
        if placement.fingerprints:
            row = self._placed, story_id, placement.hops, near.pack(sketch)
            self._index.execute("INSERT INTO sketches VALUES (?, ?, ?, ?)", row)
            self._index.executemany(
                "INSERT INTO fingerprints VALUES (?, ?, ?)",
                [(value, method, self._placed) for method, value in placement.fingerprints],
            )
        if story_id == self._placed:
            self._index.execute("INSERT INTO names VALUES (?, ?)", (story_id, name))
        else:
            name = self._name(story_id)
        if self._placed % _COMMIT_EVERY == 0:
            self._index.commit()
        return name

    def _candidates(self, sketch: Sketch) -> Iterable[Candidate]:
        asked = near.fingerprints(sketch)
        values = [value for _, value in asked]
        hits = index.hits(asked, self._index.execute(_HITS, (str(values),)))
        if not hits.likely:
            return ()
        rows = self._index.execute(_SKETCHES, (str(hits.likely),))
        return index.candidates(hits, rows)

    def _name(self, story_id: int) -> str:
        (name,) = self._index.execute(_NAME, (story_id,)).fetchone()
        return str(name)

    def _highest(self) -> int:
        """Return the highest number given so far; copies without a row of their own need none."""
        (number,) = self._index.execute(_HIGHEST).fetchone()
        return int(number)
