"""What is stored, as JSON-ready rows for people and scripts: newest first, read as they are asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    distinct,
    func,
    or_,
    select,
)

from ingest.model import DeliveryState, EntryState
from ingest.store.feeds import SHOWN_STATE
from ingest.store.tables import (
    alert_articles,
    alerts,
    articles,
    deliveries,
    entries,
    feeds,
    link_start,
    matches,
    placements,
    rests,
    stories,
    texts,
)

Json = dict[str, Any]
Query = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Filter:
    """What a listing is restricted to; `since` counts, `until` no longer."""

    feed: str | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    rule: str | None = None
    limit: int | None = None


class Chosen(TypedDict, total=False):
    """The same as keyword arguments."""

    feed: str | None
    tag: str | None
    since: datetime | None
    until: datetime | None
    rule: str | None
    limit: int | None


_OPEN = (DeliveryState.PENDING.value, DeliveryState.RETRYING.value)

_AT_ONCE = 500
"""Rows fetched at a time: a million of them pass through in constant memory."""


def to_json(row: Row[*tuple[Any, ...]]) -> Json:
    """Return a row by its column names, times as ISO 8601 UTC ending in Z."""
    return {name: _plain(value) for name, value in row._mapping.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value


def rows(connection: Connection, query: Query, limit: int | None = None) -> Iterator[Json]:
    """Yield the rows of a query without holding them all."""
    query = query.limit(limit).execution_options(yield_per=_AT_ONCE)
    with connection.execute(query) as found:
        for row in found:
            yield to_json(row)


def one(connection: Connection, query: Query) -> Json | None:
    """Return the one row of a query."""
    row = connection.execute(query).one_or_none()
    return to_json(row) if row else None


# --- the queries; column names are those of the contract ---------------------------------------

FEEDS: Query = select(
    feeds.c.id,
    feeds.c.name,
    feeds.c.url,
    feeds.c.current_url,
    feeds.c.tags,
    SHOWN_STATE.label("state"),
    feeds.c.last_outcome,
    feeds.c.last_status,
    feeds.c.last_checked_at,
    feeds.c.next_check_at,
    feeds.c.interval_s,
    feeds.c.failures,
    feeds.c.last_error,
    select(func.count())
    .where(entries.c.feed_id == feeds.c.id)
    .correlate(feeds)
    .scalar_subquery()
    .label("entries"),
    feeds.c.wait_until,
    feeds.c.first_polled_at,
    feeds.c.memory,
)
ENTRIES: Query = select(
    entries.c.id,
    feeds.c.name.label("feed"),
    entries.c.guid,
    entries.c.link,
    entries.c.title,
    entries.c.published_at,
    entries.c.first_seen_at,
    entries.c.state,
    entries.c.why,
    entries.c.silent,
    feeds.c.tags.label("feed_tags"),
    entries.c.article_id.label("article"),
    entries.c.attempts,
    entries.c.read_at,
    entries.c.page_outcome,
    entries.c.page_error,
).join(feeds, feeds.c.id == entries.c.feed_id)
ARTICLES: Query = (
    select(
        articles.c.id,
        feeds.c.name.label("feed"),
        articles.c.url,
        articles.c.canonical_url,
        articles.c.title,
        articles.c.summary,
        articles.c.authors,
        articles.c.published_at,
        articles.c.language,
        texts.c.body,
        articles.c.words,
        articles.c.story_id.label("story"),
        articles.c.method,
        articles.c.revision,
        articles.c.fetched_at,
        articles.c.first_seen_at,
        articles.c.image,
        articles.c.site_name,
        articles.c.warnings,
    )
    .join(texts, texts.c.id == articles.c.text_id)
    .join(feeds, feeds.c.id == articles.c.feed_id)
)
_IN_STORY = articles.c.story_id == stories.c.id
STORIES: Query = select(
    stories.c.id,
    stories.c.title,
    select(func.count()).where(_IN_STORY).scalar_subquery().label("articles"),
    select(func.count(distinct(articles.c.feed_id)))
    .where(_IN_STORY)
    .scalar_subquery()
    .label("feeds"),
    stories.c.first_seen_at,
    stories.c.last_seen_at,
)
ALERTS: Query = select(
    alerts.c.id,
    alerts.c.rule,
    alerts.c.story_id.label("story"),
    select(func.count())
    .where(alert_articles.c.alert_id == alerts.c.id)
    .scalar_subquery()
    .label("articles"),
    alerts.c.created_at,
    alerts.c.kind,
    alerts.c.state,
    alerts.c.reason,
    alerts.c.article_id.label("article"),
)
_digest = deliveries.alias("digest")
DELIVERIES: Query = select(
    deliveries.c.id,
    deliveries.c.alert_id.label("alert"),
    deliveries.c.channel,
    deliveries.c.state,
    deliveries.c.attempts,
    deliveries.c.next_attempt_at,
    deliveries.c.last_error,
    deliveries.c.delivered_at,
    deliveries.c.type,
    deliveries.c.created_at,
    deliveries.c.reason,
    deliveries.c.folded_into,
    _digest.c.next_attempt_at.label("digest_at"),
    _digest.c.reason.label("digest_reason"),
    rests.c.until.label("rests_until"),
    rests.c.reason.label("rests_reason"),
).select_from(
    deliveries.outerjoin(_digest, _digest.c.id == deliveries.c.folded_into).outerjoin(
        rests, rests.c.channel == deliveries.c.channel
    )
)
MATCHES: Query = select(
    matches.c.id,
    matches.c.rule,
    matches.c.article_id.label("article"),
    matches.c.entry_id.label("entry"),
    matches.c.revision,
    matches.c.spans,
    matches.c.why,
    matches.c.alert_id.label("alert"),
    matches.c.matched_at,
)
PLACEMENTS: Query = select(
    placements.c.story_id.label("story"),
    placements.c.why,
    placements.c.peer_id.label("peer"),
    placements.c.distance,
    placements.c.detail,
    placements.c.placed_at,
)

# --- how feeds lead to what came of them ------------------------------------------------------

_feed, _entry, _article = feeds.alias("led"), entries.alias("through"), articles.alias("member")
_TO_ARTICLES: Query = select(_entry.c.article_id).join(_feed, _feed.c.id == _entry.c.feed_id)
_TO_STORIES: Query = (
    select(_article.c.story_id)
    .join(_entry, _entry.c.article_id == _article.c.id)
    .join(_feed, _feed.c.id == _entry.c.feed_id)
)
_TO_ALERTS: Query = (
    select(alert_articles.c.alert_id)
    .join(_entry, _entry.c.article_id == alert_articles.c.article_id)
    .join(_feed, _feed.c.id == _entry.c.feed_id)
)


def _has_tag(connection: Connection, tags: ColumnElement[Any], tag: str) -> ColumnElement[bool]:
    each = (
        func.json_each(tags)
        if connection.dialect.name == "sqlite"
        else func.json_array_elements_text(tags)
    )
    element = each.table_valued("value")
    return select(element.c.value).where(element.c.value == tag).exists()


def _led_to(
    connection: Connection, query: Query, column: ColumnElement[Any], way: Query, chosen: Filter
) -> Query:
    """Restrict `query` to rows that a feed, or feeds with a tag, led to.

    One feed's rows are few and looked up; a tag's may be most, so each row is asked in turn.
    """
    if chosen.tag is not None:
        way = way.where(_has_tag(connection, _feed.c.tags, chosen.tag))
    if chosen.feed is not None:
        query = query.where(column.in_(way.where(_feed.c.name == chosen.feed)))
    elif chosen.tag is not None:
        query = query.where(way.where(way.selected_columns[0] == column).exists())
    return query


def _between(query: Query, column: ColumnElement[Any], chosen: Filter) -> Query:
    if chosen.since is not None:
        query = query.where(column >= chosen.since)
    if chosen.until is not None:
        query = query.where(column < chosen.until)
    return query


# --- listings ---------------------------------------------------------------------------------


def list_feeds(
    connection: Connection, *, tag: str | None, state: str | None, limit: int | None
) -> Iterator[Json]:
    """Yield feeds."""
    query = FEEDS.order_by(feeds.c.id.desc())
    if tag is not None:
        query = query.where(_has_tag(connection, feeds.c.tags, tag))
    if state is not None:
        query = query.where(SHOWN_STATE.in_([state]))
    return rows(connection, query, limit)


def list_entries(connection: Connection, chosen: Filter) -> Iterator[Json]:
    """Yield entries by when they were first seen; those of pruned articles are not shown."""
    at = entries.c.first_seen_at
    query = _between(ENTRIES, at, chosen).order_by(at.desc(), entries.c.id.desc())
    query = query.where(
        or_(entries.c.state != EntryState.READ.value, entries.c.article_id.is_not(None))
    )
    if chosen.feed is not None:
        query = query.where(feeds.c.name == chosen.feed)
    if chosen.tag is not None:
        query = query.where(_has_tag(connection, feeds.c.tags, chosen.tag))
    if chosen.rule is not None:
        matched = select(matches.c.article_id).where(matches.c.rule == chosen.rule)
        query = query.where(entries.c.article_id.in_(matched))
    return rows(connection, query, chosen.limit)


def list_articles(connection: Connection, chosen: Filter) -> Iterator[Json]:
    """Yield articles by when they were first seen."""
    at = articles.c.first_seen_at
    query = _between(ARTICLES, at, chosen).order_by(at.desc(), articles.c.id.desc())
    query = _led_to(connection, query, articles.c.id, _TO_ARTICLES, chosen)
    if chosen.rule is not None:
        matched = select(matches.c.article_id).where(matches.c.rule == chosen.rule)
        query = query.where(articles.c.id.in_(matched))
    return rows(connection, query, chosen.limit)


def list_stories(connection: Connection, chosen: Filter) -> Iterator[Json]:
    """Yield the stories going on between `since` and `until`, by their latest article."""
    query = STORIES.order_by(stories.c.last_seen_at.desc(), stories.c.id.desc())
    if chosen.since is not None:
        query = query.where(stories.c.last_seen_at >= chosen.since)
    if chosen.until is not None:
        query = query.where(stories.c.first_seen_at < chosen.until)
    query = _led_to(connection, query, stories.c.id, _TO_STORIES, chosen)
    if chosen.rule is not None:
        told = select(_article.c.story_id).join(matches, matches.c.article_id == _article.c.id)
        query = query.where(stories.c.id.in_(told.where(matches.c.rule == chosen.rule)))
    return rows(connection, query, chosen.limit)


def list_alerts(connection: Connection, chosen: Filter) -> Iterator[Json]:
    """Yield alerts by when they were raised."""
    at = alerts.c.created_at
    query = _between(ALERTS, at, chosen).order_by(at.desc(), alerts.c.id.desc())
    query = _led_to(connection, query, alerts.c.id, _TO_ALERTS, chosen)
    if chosen.rule is not None:
        query = query.where(alerts.c.rule == chosen.rule)
    return rows(connection, query, chosen.limit)


def list_deliveries(
    connection: Connection,
    chosen: Filter,
    *,
    state: str | None,
    alert: int | None,
    now: datetime,
) -> Iterator[Json]:
    """Yield deliveries by when they were put in the outbox, those that wait with their reason."""
    at = deliveries.c.created_at
    query = _between(DELIVERIES, at, chosen).order_by(at.desc(), deliveries.c.id.desc())
    query = _led_to(connection, query, deliveries.c.alert_id, _TO_ALERTS, chosen)
    if chosen.rule is not None:
        raised = select(alerts.c.id).where(alerts.c.rule == chosen.rule)
        query = query.where(deliveries.c.alert_id.in_(raised))
    if state is not None:
        query = query.where(deliveries.c.state == state)
    if alert is not None:
        query = query.where(deliveries.c.alert_id == alert)
    return (_with_reason(row, now) for row in rows(connection, query, chosen.limit))


def _with_reason(row: Json, now: datetime) -> Json:
    """Return a delivery with all that keeps it: its own reason, its digest's, its channel's rest."""
    digest_at, digest_reason = row.pop("digest_at"), row.pop("digest_reason")
    until, why = row.pop("rests_until"), row.pop("rests_reason")
    if row["state"] not in _OPEN:
        return row
    if row["folded_into"]:
        row["next_attempt_at"] = digest_at
    reasons = [row["reason"], digest_reason if row["folded_into"] else None]
    due = row["next_attempt_at"]
    if until and max(due or "", _plain(now)) < until:
        reasons.append(f"{row['channel']} is left alone until {until[:16]}Z: {why}")
    row["reason"] = ", ".join(filter(None, reasons)) or None
    return row


# --- single things ----------------------------------------------------------------------------


def article_for_url(connection: Connection, url: str, canonical: str) -> Json | None:
    """Return the article that an address leads to: the page's own, or a link of an entry."""
    query = ARTICLES.where(or_(articles.c.key == canonical, articles.c.key == url))
    by_link = select(entries.c.article_id).where(_links_to(url))
    for found in (query, ARTICLES.where(articles.c.id.in_(by_link))):
        row = connection.execute(found.order_by(articles.c.id.desc()).limit(1)).first()
        if row:
            return to_json(row)
    return None


def _links_to(url: str) -> ColumnElement[bool]:
    """Return the condition in the form that the index on the beginning of links serves."""
    return and_(link_start == url[:500], entries.c.link == url)


def entries_for(connection: Connection, subject: int | str) -> list[Json]:
    """Return the entries that led to an article (by its id), or that link to an address."""
    chosen = entries.c.article_id == subject if isinstance(subject, int) else _links_to(subject)
    return list(rows(connection, ENTRIES.where(chosen).order_by(entries.c.id.desc())))


def story(connection: Connection, story_id: int) -> Json | None:
    """Return a story with its sources, oldest first."""
    found = one(connection, STORIES.where(stories.c.id == story_id))
    if found is None:
        return None
    sources = (
        select(
            articles.c.id.label("article"),
            feeds.c.name.label("feed"),
            articles.c.url,
            articles.c.title,
            articles.c.published_at,
            articles.c.first_seen_at,
            placements.c.why,
            placements.c.distance,
            placements.c.detail,
        )
        .join(feeds, feeds.c.id == articles.c.feed_id)
        .outerjoin(placements, placements.c.article_id == articles.c.id)
        .where(articles.c.story_id == story_id)
        .order_by(articles.c.first_seen_at, articles.c.id)
    )
    return {**found, "sources": list(rows(connection, sources))}


def rule_counts(connection: Connection, rule: str) -> Mapping[str, Any]:
    """Return how often a rule matched and alerted, and when it matched last."""
    counted = select(
        func.count(distinct(matches.c.article_id)).label("articles"),
        func.max(matches.c.matched_at).label("last_matched_at"),
    ).where(matches.c.rule == rule)
    raised = select(func.count()).where(alerts.c.rule == rule)
    found = one(connection, counted) or {}
    return {**found, "alerts": connection.scalar(raised) or 0}
