"""From an entry to what is told of it: scrape its page, clean it, place it in a story, match, alert.

Nothing is sent from here: alerts become rows of the outbox in the article's own transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from ingest.alerts import compose
from ingest.articles import extract, quality
from ingest.errors import ExtractError, FetchError, HttpStatus, NetworkError, TimedOut
from ingest.feeds.polling import outcome_of
from ingest.jobs.context import Context, Exchange
from ingest.jobs.ports import Change, PageRead, Saved, Tx
from ingest.model import (
    AlertWhy,
    Article,
    Document,
    Entry,
    Extraction,
    Match,
    Placement,
    PlacementWhy,
    Request,
    Sketch,
    Story,
)
from ingest.stories import cluster, exact, near

TRIES = (timedelta(seconds=5), timedelta(seconds=30))
"""Waits between the tries for a page that fails in a way that may pass; then the feed's own text
serves. Short, because an alert waits for them."""

RECENT = timedelta(hours=1)
"""A page read this recently is not fetched again for another feed that leads to it."""

PAGE_ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"


@dataclass(frozen=True, slots=True)
class Read:
    """What reading one entry came to; `article` is None when it was put off."""

    entry: Entry
    page: PageRead
    article: Article | None
    change: Change | None
    why: PlacementWhy | None
    alerts: int
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class _Scraped:
    """A page as it was had: its extraction, or the reason why there is none."""

    page: PageRead
    extraction: Extraction | None = None
    canonical_url: str | None = None
    passing: bool = False
    """Whether the failure may pass, so that another try is worth it."""
    exchange: Exchange = Exchange()


@dataclass(frozen=True, slots=True)
class _Reading:
    """All that is decided about a text before the transaction."""

    entry: Entry
    key: str
    extraction: Extraction
    page: PageRead
    sketch: Sketch
    matches: Sequence[Match]
    was: Article | None


def read(entry: Entry, context: Context, now: datetime) -> Read:
    """Read one entry to the end and keep everything about it in one transaction.

    A page that can't be had after its tries becomes an article from the feed's own text. A page
    read before is looked at again for edits; what cannot be had then leaves it as it stands.
    """
    own = extract.from_feed(
        entry.title,
        entry.summary,
        entry.content,
        url=entry.link,
        authors=entry.authors,
        published_at=entry.published_at,
        language=None,
    )
    was = context.doors.store.article_by_id(entry.article_id) if entry.article_id else None
    told = 0
    if was is None and context.rules.early_for(entry.feed, entry.feed_tags):
        was, told = _tell_early(entry, own, context, now)
    scraped = _scrape(entry, own, context, now)
    if scraped.passing and _unread(was) and entry.attempts < len(TRIES):
        return _put_off(entry, scraped, told, context, now)

    key = was.key if was else _page_key(entry, scraped.page.final_url, scraped.canonical_url)
    extraction = quality.choose(scraped.extraction, own)
    if was and scraped.extraction is None and not _unread(was):
        extraction = _as_extraction(was)
    reading = _prepare(entry, key, extraction, scraped.page, was, context, "article", "edit")
    again_at = next_look(entry, context, now)

    def keep(tx: Tx) -> tuple[Saved, Placement | None, int]:
        saved, placement, alerts = _keep(tx, reading, context, now)
        tx.finish_entry(entry, saved.article, scraped.page, again_at=again_at)
        return saved, placement, alerts

    saved, placement, alerts = context.doors.store.write(keep)
    why = placement.why if placement else None
    return Read(
        entry, scraped.page, saved.article, saved.change, why, told + alerts, scraped.exchange
    )


def next_look(entry: Entry, context: Context, now: datetime) -> datetime | None:
    """Return when the page is due again for edits, counted from its publication; None for never."""
    if not entry.link or not _wants_page(entry, context):
        return None
    born = min(entry.published_at or entry.first_seen_at, entry.first_seen_at)
    looks = (born + offset for offset in sorted(context.articles.recheck))
    return next((at for at in looks if at > now), None)


# --- the page -----------------------------------------------------------------------------------


def _scrape(entry: Entry, own: Extraction, context: Context, now: datetime) -> _Scraped:
    """Fetch and clean the page behind an entry; every outcome is a value."""
    if not entry.link:
        return _Scraped(PageRead("feed_text", "the entry has no link"))
    if not _wants_page(entry, context):
        return _Scraped(PageRead("feed_text", "full_text is off"))
    if entry.article_id is None and (known := _known_page(entry, context, now)):
        page = PageRead("same_page", f"read as article {known.id}", final_url=known.url)
        return _Scraped(page, _as_extraction(known), canonical_url=known.canonical_url)
    if not context.doors.robots.allowed(entry.link):
        return _Scraped(PageRead("robots", "the site's robots.txt forbids it"))
    config = context.feed_config(entry.feed)
    request = Request(
        url=entry.link,
        timeout_s=context.fetch.timeout.total_seconds(),
        max_bytes=context.articles.max_page,
        headers={"User-Agent": config.user_agent} if config.user_agent else {},
        accept=PAGE_ACCEPT,
    )
    try:
        response = context.doors.fetcher.fetch(request)
    except FetchError as error:
        status = error.status if isinstance(error, HttpStatus) else None
        return _Scraped(
            PageRead(outcome_of(error).value, str(error)),
            passing=_may_pass(error),
            exchange=Exchange(status, error.retry_after_s),
        )
    exchange = Exchange(response.status, elapsed_s=response.elapsed_s)
    page = PageRead("fetched", final_url=response.url, html=response.body)
    try:
        extraction = extract.extract(
            response.body,
            url=response.url,
            content_type=response.headers.get("content-type"),
            rule=context.sites.for_url(response.url),
            hint=extract.Hint(title=own.title, summary=own.summary, authors=own.authors),
        )
    except ExtractError as error:
        return _Scraped(replace(page, outcome="no_article", error=str(error)), exchange=exchange)
    return _Scraped(page, extraction, extraction.canonical_url, exchange=exchange)


def _may_pass(error: FetchError) -> bool:
    """Return whether a failed fetch is worth another try: no answer, or 429 and 5xx."""
    if isinstance(error, HttpStatus):
        return error.status == 429 or error.status >= 500
    return isinstance(error, TimedOut | NetworkError)


def _wants_page(entry: Entry, context: Context) -> bool:
    wanted = context.feed_config(entry.feed).full_text
    return context.articles.full_text if wanted is None else wanted


def _known_page(entry: Entry, context: Context, now: datetime) -> Article | None:
    """Return the article of the entry's page where another feed led to it a short while ago."""
    article = context.doors.store.article_by_key(_page_key(entry, entry.link, None))
    if article is None or _unread(article) or now - article.fetched_at > RECENT:
        return None
    return article


def _page_key(entry: Entry, url: str | None, canonical: str | None) -> str:
    return exact.page_key(url or entry.link, canonical, fallback=f"entry:{entry.id}")


def _unread(article: Article | None) -> bool:
    """Return whether there is nothing yet from the page itself."""
    return article is None or article.method == "feed"


def _as_extraction(article: Article) -> Extraction:
    return Extraction(
        title=article.title,
        body=article.body,
        summary=article.summary,
        authors=article.authors,
        published_at=article.published_at,
        language=article.language,
        canonical_url=article.canonical_url,
        image=article.image,
        site_name=article.site_name,
        method=article.method,
        warnings=article.warnings,
    )


def _put_off(entry: Entry, scraped: _Scraped, told: int, context: Context, now: datetime) -> Read:
    """Leave an entry for another try, no sooner than its server asked for."""
    wait = TRIES[entry.attempts]
    if scraped.exchange.retry_after_s:
        wait = max(wait, timedelta(seconds=scraped.exchange.retry_after_s))
    error = scraped.page.error or scraped.page.outcome
    context.doors.store.write(lambda tx: tx.postpone_entry(entry, until=now + wait, error=error))
    return Read(entry, scraped.page, None, None, None, told, scraped.exchange)


# --- the text -----------------------------------------------------------------------------------


def _tell_early(
    entry: Entry, own: Extraction, context: Context, now: datetime
) -> tuple[Article, int]:
    """Keep the feed's own text as the article and alert for the rules that want it at once."""
    page = PageRead("feed_text")
    key = _page_key(entry, entry.link, None)
    reading = _prepare(entry, key, own, page, None, context, "entry")
    saved, _, alerts = context.doors.store.write(lambda tx: _keep(tx, reading, context, now))
    return saved.article, alerts


def _prepare(
    entry: Entry,
    key: str,
    extraction: Extraction,
    page: PageRead,
    was: Article | None,
    context: Context,
    *moments: str,
) -> _Reading:
    """Do all the thinking that needs no database."""
    document = Document(extraction.title, extraction.body, entry.feed, entry.feed_tags)
    matches = context.rules.match(document, *moments)
    sketch = near.sketch(extraction.title, extraction.body)
    return _Reading(entry, key, extraction, page, sketch, matches, was)


def _keep(
    tx: Tx, reading: _Reading, context: Context, now: datetime
) -> tuple[Saved, Placement | None, int]:
    """Keep the article, its place among the stories, its matches and its alerts."""
    saved = tx.save_article(reading.entry, reading.key, reading.extraction, reading.page, now=now)
    story, placement = _place(tx, saved, reading, context, now)
    article = replace(saved.article, story_id=story.id)
    saved = replace(saved, article=article)
    alerts = _alert(tx, article, story, _heard(saved, reading, context), reading, context, now)
    return saved, placement, alerts


def _place(
    tx: Tx, saved: Saved, reading: _Reading, context: Context, now: datetime
) -> tuple[Story, Placement | None]:
    """Find the article's story; one that stands in a story stays there, even when edited.

    Only an article that stood alone on its feed's teaser is placed anew once its page is read.
    """
    article = saved.article
    if saved.placed and saved.change is Change.SAME:
        return tx.story(article.story_id), None
    if saved.placed and not (_unread(reading.was) and len(tx.story(article.story_id).sources) == 1):
        placement = Placement(
            article.story_id, PlacementWhy.SAME_PAGE, detail="edited; stays in its story"
        )
    else:
        since = now - context.stories.window
        candidates = [
            candidate
            for candidate in tx.candidates(reading.sketch, since=since)
            if candidate.article_id != article.id
        ]
        placement = cluster.place(reading.sketch, candidates)
        if saved.placed and placement.story_id is None:
            placement = replace(placement, story_id=article.story_id)
    return tx.place(article, reading.sketch, placement, now=now), placement


def _heard(saved: Saved, reading: _Reading, context: Context) -> list[Match]:
    """Return the matches to act on: all of a first reading, of an edit only `on: edit` rules'."""
    first = reading.entry.article_id is None
    completed = saved.change is Change.TEXT and _unread(reading.was)
    if first or completed:
        return list(reading.matches)
    if saved.change is Change.TEXT:
        by_name = context.rules.by_name
        return [match for match in reading.matches if by_name[match.rule].on == "edit"]
    return []


def _alert(
    tx: Tx,
    article: Article,
    story: Story,
    matches: Sequence[Match],
    reading: _Reading,
    context: Context,
    now: datetime,
) -> int:
    """Keep each match with what becomes of it; return how many alerts were raised."""
    rules = context.rules.by_name
    keys = {
        (match.rule, compose.alert_key(rules[match.rule], story.id, article.id))
        for match in matches
    }
    standing = tx.standing_alerts(keys) if keys else {}
    plans = compose.plan(
        matches,
        rules,
        story_id=story.id,
        article_id=article.id,
        standing=standing,
        sources={alert: tx.alert_sources(alert) for alert in standing.values()},
        silent=reading.entry.silent,
    )
    for plan in plans:
        alert_id = plan.alert_id
        if plan.why is AlertWhy.ALERTED:
            alert_id = _raise_alert(tx, plan, article, story, context, now)
        elif plan.why is AlertWhy.SOURCE and alert_id is not None:
            tx.add_source(alert_id, article.id, now=now)
        tx.save_match(
            article, plan.match, plan.why, entry_id=reading.entry.id, alert_id=alert_id, now=now
        )
    return sum(plan.why is AlertWhy.ALERTED for plan in plans)


def _raise_alert(
    tx: Tx,
    plan: compose.AlertPlan,
    article: Article,
    story: Story,
    context: Context,
    now: datetime,
) -> int:
    """Store a new alert and put one delivery for each of its rule's channels in the outbox."""
    alert_id = tx.add_alert(
        rule=plan.rule.name,
        key=plan.key,
        kind="created",
        story_id=story.id,
        article_id=article.id,
        reason=plan.why.value,
        now=now,
    )
    base = context.base_url
    data = compose.alert_data(
        alert_id=alert_id,
        rule=plan.rule.name,
        story=story,
        article=article,
        match=plan.match,
        explain_url=f"{base.rstrip('/')}/alerts/{alert_id}" if base else None,
    )
    payload = compose.message("alert.created", data, now)
    tx.enqueue(
        compose.new_delivery(alert_id, channel, payload, now, id=f"dlv_{uuid4().hex}")
        for channel in plan.rule.notify
    )
    return alert_id
