"""An article's place among the stories, decided from what is stored."""

from datetime import datetime

from ingest.alerts import compose
from ingest.jobs.ports import Tx
from ingest.model import Article, Placement, PlacementWhy, Sketch
from ingest.stories import cluster, versions


def closest(
    tx: Tx, body: str, sketch: Sketch, *, since: datetime, but: int | None = None
) -> Placement:
    """Return the story of a text's closest copy in stories last seen since then, or a new one.

    `but` is the article of the text, where it is stored already: it is no copy of itself.
    """
    found = tx.candidates(sketch, since=since)
    others = [candidate for candidate in found if candidate.article_id != but]
    placement = cluster.place(sketch, others)
    if placement.why is not PlacementWhy.NEAR_COPY or placement.peer_id is None:
        return placement
    peer = tx.article(placement.peer_id)
    return versions.marked(placement, versions.replaced(body, peer.body) if peer else ())


def go_over(tx: Tx, story_id: int, into: int, now: datetime) -> None:
    """Hand the alerts of a story to the one that its only article goes over to."""
    keys = compose.story_key(story_id), compose.story_key(into)
    tx.move_alerts(story_id, into, key=keys[0], into_key=keys[1], now=now)


def stands_alone(tx: Tx, article: Article) -> bool:
    """Return whether the article is the only one of its story."""
    return len(tx.story(article.story_id).sources) == 1
