"""Deciding again about what is stored, after the way of deciding has changed.

Nobody is told of what comes of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from ingest.jobs.placing import closest, go_over, stands_alone
from ingest.jobs.ports import Store, Tx
from ingest.model import Article
from ingest.stories import near

BATCH = 100
"""Articles to a transaction, a fifth of a second: whoever else writes waits no longer."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What placing again came to."""

    articles: int = 0
    moved: int = 0
    """Articles that stand in another story than before."""


def place_again(store: Store, *, since: datetime) -> Placed:
    """Place the articles of all stories last seen since then anew, oldest first; others stay.

    The index is made new, so no copies must come in meanwhile: hold the daemon's lock. A story
    keeps its id with its oldest article; the alerts of one that goes over into another go along.
    Broken off, it leaves a part of the stories without an index; run it again.
    """
    store.write(lambda tx: tx.clear_index())
    settled: set[int] = set()
    total, last = Placed(), 0
    while batch := store.write(partial(_batch, since=since, last=last, settled=settled)):
        total = Placed(total.articles + len(batch), total.moved + sum(batch.values()))
        last = max(batch)
    return total


def _batch(tx: Tx, *, since: datetime, last: int, settled: set[int]) -> dict[int, bool]:
    """Place the next articles after the id `last`; return whether each went to another story.

    `settled` are the stories placed so far.
    """
    batch = tx.articles_placed(since=since, after=last, limit=BATCH)
    return {article.id: _place(tx, article, since, settled) for article in batch}


def _place(tx: Tx, article: Article, since: datetime, settled: set[int]) -> bool:
    """Place one article anew and return whether it went to another story."""
    sketch = near.sketch(article.title, article.body)
    placement = closest(tx, article, sketch, since=since)
    if placement.story_id is None and article.story_id not in settled:
        placement = replace(placement, story_id=article.story_id)
    into = placement.story_id
    if into not in (None, article.story_id) and stands_alone(tx, article):
        go_over(tx, article.story_id, into, article.fetched_at)
    story = tx.place(article, sketch, placement, now=article.fetched_at)
    settled.add(story.id)
    return story.id != article.story_id
