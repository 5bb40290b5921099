"""From an entry to what is told of it: scrape its page, clean it, place it in a story, match, alert."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingest.articles import learned, quality, track
from ingest.errors import Offline
from ingest.jobs.context import OFFLINE_WAIT, Context
from ingest.jobs.keep import Kept, document, keep, think
from ingest.jobs.ports import Tx
from ingest.jobs.scrape import (
    Scraped,
    as_extraction,
    own_key,
    page_key,
    scrape,
    unread,
    wants_page,
)
from ingest.model import SHARED_LINK, Article, Change, Entry, Exchange, Extraction, PageRead

TRIES = (timedelta(seconds=5), timedelta(seconds=30))
"""Waits between the tries for a page that fails in a way that may pass; then the feed's own text
serves. Short, because an alert waits for them."""


@dataclass(frozen=True, slots=True)
class Read:
    """What reading one entry came to; `kept` is None when it was put off.

    With `exchange.again` it was only begun, and nothing was written but what is told early.
    """

    entry: Entry
    page: PageRead
    kept: Kept | None
    early: Kept | None
    """What was kept of the feed's own text, for rules that are to be told at once."""
    exchange: Exchange

    @property
    def steps(self) -> tuple[Kept, ...]:
        """Return all that was kept, in order."""
        return tuple(step for step in (self.early, self.kept) if step)

    @property
    def alerts(self) -> int:
        """Return how many alerts it raised."""
        return sum(step.alerts for step in self.steps)


def read(entry: Entry, context: Context, now: datetime) -> Read:
    """Read one entry to the end and keep everything about it in one transaction.

    A page that can't be had after its tries becomes an article from the feed's own text. A page
    read before is looked at again for edits; what cannot be had then leaves it as it stands.
    """
    store = context.doors.store
    own = _own_text(entry)
    was = store.article_by_id(entry.article_id) if entry.article_id else None
    early = None
    if was is None and context.rules.early_for(entry.feed, entry.feed_tags):
        early = _tell_early(entry, own, context, now)
        was = early.article if early else None
    try:
        scraped = SHARED if _shares_link(entry, was) else scrape(entry, own, context, now)
    except Offline as error:
        return Read(entry, _wait_for_network(entry, error, context, now), None, early, Exchange())
    if scraped.exchange.again:
        return Read(entry, scraped.page, None, early, scraped.exchange)
    if scraped.passing and unread(was) and entry.attempts < len(TRIES):
        _put_off(entry, scraped, context, now)
        return Read(entry, scraped.page, None, early, scraped.exchange)

    kept = _keep(entry, scraped, own, was, context, now)
    if kept is None:
        scraped = replace(SHARED, exchange=scraped.exchange)
        kept = _keep(entry, scraped, own, was, context, now)
    return Read(entry, scraped.page, kept, early, scraped.exchange)


SHARED = Scraped(PageRead(SHARED_LINK, "other entries of the feed have the same link"), Exchange())


def _shares_link(entry: Entry, was: Article | None) -> bool:
    """Return whether an entry was found to be one of many with the same link.

    One whose article is the page already keeps it.
    """
    own = own_key(entry)
    if was is None or was.key != own:
        return was is None and entry.page_outcome == SHARED_LINK
    return unread(was) and page_key(entry, entry.link, None) != own


def _keep(
    entry: Entry,
    scraped: Scraped,
    own: Extraction,
    was: Article | None,
    context: Context,
    now: datetime,
) -> Kept | None:
    """Keep what was read of an entry and finish it; None where the page is that of other entries."""
    lesson, sighting = _lesson(scraped), track.seen(scraped.page, scraped.extraction)
    extraction = _choose(_without_habits(scraped, lesson, was, context), own, was)
    key = was.key if was else _key(entry, scraped)
    matches = context.rules.match(document(entry, extraction, scraped.page), "article", "edit")
    reading = think(entry, extraction, scraped.page, key=key, was=was, matches=matches)

    def save(tx: Tx) -> Kept | None:
        kept = keep(tx, reading, context, now)
        if kept is None:
            return None
        if lesson and unread(was) and kept.change is not Change.SAME:
            tx.learn(lesson.host, lesson.digests)
        if sighting and unread(was):
            tx.track(learned.site_of(scraped.page.final_url or ""), sighting, now=now)
        again_at = next_look(entry, context, now)
        tx.finish_entry(entry, kept.article, scraped.page, again_at=again_at)
        return kept

    return context.doors.store.write(save)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one page can teach about its site's habits."""

    host: str
    digests: Sequence[int]


def _lesson(scraped: Scraped) -> Lesson | None:
    """Return what a page just fetched says of its site's habits."""
    if scraped.extraction is None or scraped.page.outcome != "fetched":
        return None
    host = learned.site_of(scraped.page.final_url or "")
    return Lesson(host, learned.digests(scraped.extraction.body))


def _without_habits(
    scraped: Scraped, lesson: Lesson | None, was: Article | None, context: Context
) -> Scraped:
    """Leave out of a page's text what its site repeats under article after article."""
    if scraped.extraction is None or lesson is None:
        return scraped
    habits = context.doors.store.habits(lesson.host, lesson.digests)
    standing = was.body if was and not unread(was) else ""
    return replace(scraped, extraction=learned.without(scraped.extraction, habits, standing))


def next_look(entry: Entry, context: Context, now: datetime) -> datetime | None:
    """Return when the page is due again for edits, counted from its publication; None for never."""
    if not wants_page(entry, context):
        return None
    born = min(entry.published_at or entry.first_seen_at, entry.first_seen_at)
    looks = (born + offset for offset in sorted(context.articles.recheck))
    return next((at for at in looks if at > now), None)


def _own_text(entry: Entry) -> Extraction:
    """Return the article as the feed itself gives it."""
    # Here, as most feeds have nothing new and this takes long to load.
    from ingest.articles.extract import from_feed  # noqa: PLC0415

    return from_feed(
        entry.title,
        entry.summary,
        entry.content,
        url=entry.link,
        authors=entry.authors,
        published_at=entry.published_at,
        language=None,
    )


def _tell_early(entry: Entry, own: Extraction, context: Context, now: datetime) -> Kept | None:
    """Keep the feed's own text as the article and alert for the rules that want it at once."""
    page = PageRead("feed_text")
    matches = context.rules.match(document(entry, own, page), "entry")
    is_shared = entry.page_outcome == SHARED_LINK
    key = own_key(entry) if is_shared else page_key(entry, entry.link, None)
    reading = think(entry, own, page, key=key, was=None, matches=matches)
    return context.doors.store.write(lambda tx: keep(tx, reading, context, now))


def _choose(scraped: Scraped, own: Extraction, was: Article | None) -> Extraction:
    """Return the text to keep: the page's, else what stands from the page, else the feed's own."""
    if scraped.extraction is None and was and not unread(was):
        return as_extraction(was)
    return quality.choose(scraped.extraction, own)


def _key(entry: Entry, scraped: Scraped) -> str:
    if scraped.page.outcome == SHARED_LINK:
        return own_key(entry)
    canonical = scraped.extraction.canonical_url if scraped.extraction else None
    return page_key(entry, scraped.page.final_url, canonical)


def _wait_for_network(entry: Entry, error: Offline, context: Context, now: datetime) -> PageRead:
    """Leave an entry until our own network is back; it costs none of its tries."""
    until = now + OFFLINE_WAIT
    context.doors.store.write(
        lambda tx: tx.postpone_entry(entry, until=until, error=str(error), count=False)
    )
    return PageRead("offline", str(error))


def _put_off(entry: Entry, scraped: Scraped, context: Context, now: datetime) -> None:
    """Leave an entry for another try, no sooner than its server asked for."""
    asked = timedelta(seconds=scraped.exchange.retry_after_s or 0)
    until = now + max(TRIES[entry.attempts], asked)
    error = scraped.page.error or scraped.page.outcome
    context.doors.store.write(lambda tx: tx.postpone_entry(entry, until=until, error=error))
