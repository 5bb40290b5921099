"""From an entry to the article on its page: one fetch, one extraction, and a reason where there is none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingest import urls
from ingest.articles import parts, quality
from ingest.errors import ExtractError, FetchError, HttpStatus, NetworkError, Offline, TimedOut
from ingest.feeds.polling import outcome_of
from ingest.jobs.context import Context
from ingest.model import (
    SHARED_LINK,
    Article,
    Entry,
    Exchange,
    Extraction,
    Hint,
    PageRead,
    RawPage,
    Request,
    Response,
    RobotsVerdict,
    RobotsWhy,
)
from ingest.stories import exact

RECENT = timedelta(hours=1)
"""A page read this recently is not fetched again for another feed that leads to it."""

ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"


@dataclass(frozen=True, slots=True)
class Scraped:
    """A page as it was had: its extraction, or the reason why there is none."""

    page: PageRead
    exchange: Exchange
    extraction: Extraction | None = None
    passing: bool = False
    """Whether the failure may pass, so that another try is worth it."""
    moved_to: str | None = None
    """Where a page without an article sends its readers on to; followed once."""


def scrape(entry: Entry, own: Extraction, context: Context, now: datetime) -> Scraped:
    """Fetch and clean the page behind an entry; every outcome is a value but Offline, an error."""
    if (reason := _no_page(entry, context)) is not None:
        return Scraped(reason, Exchange())
    verdict = context.doors.robots.verdict(entry.link or "")
    if verdict.asked and verdict.why is RobotsWhy.ALLOWED:
        page = PageRead("robots_first", "the site was asked for its robots.txt first")
        return Scraped(page, _paced(verdict.asked, verdict, again=True))
    if not verdict.allowed:
        return _kept_out(verdict)
    if entry.article_id is None and (known := _known_page(entry, context, now)):
        page = PageRead("same_page", f"read as article {known.id}", final_url=known.url)
        return Scraped(page, Exchange(), as_extraction(known))
    request = _request(entry, context)
    scraped = _read(request, own, context)
    onward = scraped.moved_to or request.url
    leads_on = onward != request.url and not quality.is_front_page(request.url, onward)
    if leads_on and context.doors.robots.verdict(onward).allowed:
        scraped = _read(replace(request, url=onward), own, context)
    scraped = _with_further(scraped, request, own, context, verdict.crawl_delay_s or 0)
    return replace(scraped, exchange=_paced(scraped.exchange, verdict))


def _paced(exchange: Exchange, verdict: RobotsVerdict, *, again: bool = False) -> Exchange:
    """Return the exchange with the delay that the site's robots.txt asks for."""
    return replace(exchange, crawl_delay_s=verdict.crawl_delay_s, again=again)


def _read(request: Request, own: Extraction, context: Context) -> Scraped:
    """Fetch a page and take its article out."""
    try:
        response = context.doors.fetcher.fetch(request)
    except Offline:
        raise
    except FetchError as error:
        return _failed(error)
    if quality.is_front_page(request.url, response.url):
        page = PageRead("soft_404", "the site answers with its front page", response.url)
        return Scraped(page, _exchange(response))
    return _understood(response, own, context)


def _exchange(response: Response) -> Exchange:
    return Exchange(response.status, elapsed_s=response.elapsed_s, address=response.address)


FURTHER_S = 60.0
"""Seconds for the further pages of an article, rests included; a worker and a slot of the site wait."""


def _with_further(
    first: Scraped, request: Request, own: Extraction, context: Context, crawl_delay_s: float
) -> Scraped:
    """Read the pages on which a site rule says that the article goes on, and join them to it.

    One that cannot be had ends the article there, with a warning.
    """
    had, last, spent_s = [first], first, 0.0
    rest_s = max(context.fetch.site_delay.total_seconds(), crawl_delay_s)
    while (url := _further(had)) and len(had) < parts.MAX_PARTS:
        spent_s += rest_s + last.exchange.elapsed_s
        if spent_s > FURTHER_S or not context.doors.robots.verdict(url).allowed:
            break
        context.doors.rest(rest_s)
        last = _read(replace(request, url=url), own, context)
        if last.extraction is None:
            break
        had.append(last)
    if last is first and url is None:
        return first
    read = [each.extraction for each in had if each.extraction]
    page = replace(first.page, pages=tuple(raw for each in had for raw in each.page.pages))
    extraction = parts.joined(read, whole=url is None)
    return replace(first, page=page, exchange=last.exchange, extraction=extraction)


def _further(had: Sequence[Scraped]) -> str | None:
    """Return the address of the page after those had."""
    extraction = had[-1].extraction
    seen = [raw.url for each in had for raw in each.page.pages]
    return parts.following(extraction, seen) if extraction else None


def wants_page(entry: Entry, context: Context) -> bool:
    """Return whether the configuration asks for the page behind this entry."""
    wanted = context.feed_config(entry.feed).full_text
    return bool(entry.link) and (context.articles.full_text if wanted is None else wanted)


def page_key(entry: Entry, url: str | None, canonical: str | None) -> str:
    """Return the identity of the page that an entry leads to."""
    return exact.page_key(url or entry.link, canonical, fallback=own_key(entry))


def own_key(entry: Entry) -> str:
    """Return the identity of an entry's article that is no page's."""
    return f"entry:{entry.id}"


def unread(article: Article | None) -> bool:
    """Return whether there is nothing yet from the page itself."""
    return article is None or article.method == "feed"


def as_extraction(article: Article) -> Extraction:
    """Return a stored article as if its page had just been read."""
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


def _no_page(entry: Entry, context: Context) -> PageRead | None:
    """Return the reason why no page is asked for, if there is one."""
    if not entry.link:
        return PageRead("feed_text", "the entry has no link")
    if not wants_page(entry, context):
        return PageRead("feed_text", "full_text is off")
    if urls.is_front(entry.link) and entry.site == _site_of_feed(entry, context):
        return PageRead(SHARED_LINK, "the link is the site's front page and no article's")
    return None


def _site_of_feed(entry: Entry, context: Context) -> str | None:
    try:
        return urls.site(context.feed_config(entry.feed).url)
    except ValueError:
        return None


def _kept_out(verdict: RobotsVerdict) -> Scraped:
    """Say why robots.txt keeps us out; rules that cannot be had just now may be had soon."""
    exchange = _paced(verdict.asked or Exchange(), verdict)
    if verdict.why is RobotsWhy.UNREACHABLE:
        page = PageRead("robots_unreachable", "the site's robots.txt cannot be had")
        return Scraped(page, exchange, passing=True)
    return Scraped(PageRead("robots", "the site's robots.txt forbids it"), exchange)


def _known_page(entry: Entry, context: Context, now: datetime) -> Article | None:
    """Return the article of the entry's page where another feed led to it a short while ago."""
    article = context.doors.store.article_by_key(page_key(entry, entry.link, None))
    if article is None or unread(article) or now - article.fetched_at > RECENT:
        return None
    return article


def _request(entry: Entry, context: Context) -> Request:
    """Ask for a page; a feed's own headers may be secrets of that feed and stay out."""
    user_agent = context.feed_config(entry.feed).user_agent
    return Request(
        url=entry.link or "",
        timeout_s=context.fetch.timeout.total_seconds(),
        max_bytes=context.articles.max_page,
        headers={"User-Agent": user_agent} if user_agent else {},
        accept=ACCEPT,
    )


def _failed(error: FetchError) -> Scraped:
    """Name a failed fetch; no answer, 429 and 5xx are worth another try."""
    status = error.status if isinstance(error, HttpStatus) else None
    passing = isinstance(error, TimedOut | NetworkError)
    if status is not None:
        passing = status == 429 or status >= 500
    page = PageRead(outcome_of(error).value, str(error))
    return Scraped(page, Exchange(status, error.retry_after_s), passing=passing)


def _understood(response: Response, own: Extraction, context: Context) -> Scraped:
    """Take the article out of a page."""
    content_type = response.headers.get("content-type")
    raw = RawPage(response.url, response.body, content_type)
    page = PageRead("fetched", final_url=response.url, pages=(raw,))
    exchange = _exchange(response)
    try:
        extraction = context.doors.extract(
            response.body,
            url=response.url,
            content_type=content_type,
            rule=context.sites.for_url(response.url),
            hint=Hint(title=own.title, summary=own.summary, authors=own.authors),
            display=True,
        )
    except ExtractError as error:
        named = replace(page, outcome=error.outcome, error=str(error))
        return Scraped(named, exchange, moved_to=error.moved_to)
    return Scraped(page, exchange, extraction)
