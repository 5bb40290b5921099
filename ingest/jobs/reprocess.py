"""Deciding again about what is stored, after the way of deciding has changed.

Nobody is told of what comes of it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from ingest.articles import learned, parts, quality
from ingest.articles.sites import SiteRules
from ingest.errors import ExtractError
from ingest.jobs.placing import closest, go_over, stands_alone
from ingest.jobs.ports import Extract, Store, Tx
from ingest.jobs.scrape import as_extraction
from ingest.model import Article, Extraction, PageRead
from ingest.stories import near

BATCH = 100
"""Articles to a transaction, a fifth of a second: whoever else writes waits no longer."""


PAGES = 20
"""Kept pages held in memory at a time; each may have 10 MB."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What placing again came to."""

    articles: int = 0
    moved: int = 0
    """Articles that stand in another story than before."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What cleaning again came to."""

    articles: int = 0
    changed: int = 0
    refused: int = 0
    """Pages that hold no article to the way of today; their articles stay as they are."""


def clean_again(store: Store, extract: Extract, sites: SiteRules, now: datetime) -> Cleaned:
    """Take the text of every article whose page is kept out of that page anew.

    Stories, matches and alerts stay as they are; `place_again` looks at the stories.
    """
    total, last = Cleaned(), 0
    while batch := store.kept_pages(after=last, limit=PAGES):
        last = batch[-1][0].id
        found = [(was, _cleaned(store, was, page, extract, sites)) for was, page in batch]
        good = [(was, extraction) for was, extraction in found if extraction is not None]
        changed = store.write(partial(_keep, found=good, now=now))
        total = Cleaned(
            total.articles + len(batch),
            total.changed + changed,
            total.refused + len(batch) - len(good),
        )
    return total


def _keep(tx: Tx, found: Sequence[tuple[Article, Extraction]], now: datetime) -> int:
    return sum(tx.reclean(was, extraction, now=now) for was, extraction in found)


def _cleaned(
    store: Store, was: Article, page: PageRead, extract: Extract, sites: SiteRules
) -> Extraction | None:
    """Return the article of a kept page; None where it is refused."""
    url = page.final_url or was.url or ""
    rule = sites.for_url(url)
    try:
        read = [
            extract(one.html, url=one.url, content_type=one.content_type, rule=rule, display=True)
            for one in page.pages
        ]
    except ExtractError:
        return None
    extraction = parts.joined(read, whole=parts.LEFT_OUT not in was.warnings)
    habits = store.habits(learned.site_of(url), learned.digests(extraction.body))
    tidy = learned.without(extraction, habits)
    return quality.choose(tidy, as_extraction(was)) if was.method == "feed" else tidy


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
        settled.update(into for _, into in batch.values())
        moved = sum(was != into for was, into in batch.values())
        total = Placed(total.articles + len(batch), total.moved + moved)
        last = max(batch)
    return total


def _batch(
    tx: Tx, *, since: datetime, last: int, settled: Collection[int]
) -> dict[int, tuple[int, int]]:
    """Place the next articles after the id `last`; return the stories of each, before and now.

    `settled` are the stories placed before; they stay as given, for this may be run again.
    """
    placed: dict[int, tuple[int, int]] = {}
    here: set[int] = set()
    for article in tx.articles_placed(since=since, after=last, limit=BATCH):
        was = article.story_id
        into = _place(tx, article, since, keeps=was not in settled and was not in here)
        here.add(into)
        placed[article.id] = was, into
    return placed


def _place(tx: Tx, article: Article, since: datetime, *, keeps: bool) -> int:
    """Place one article anew and return its story; one like no other `keeps` its own or starts one."""
    sketch = near.sketch(article.title, article.body)
    placement = closest(tx, article.body, sketch, since=since, but=article.id)
    if placement.story_id is None and keeps:
        placement = replace(placement, story_id=article.story_id)
    into = placement.story_id
    if into not in (None, article.story_id) and stands_alone(tx, article):
        go_over(tx, article.story_id, into, article.fetched_at)
    return tx.place(article, sketch, placement, now=article.fetched_at)
