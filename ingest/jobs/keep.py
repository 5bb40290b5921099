"""From a text to what is kept and told of it, inside one transaction: article, story, matches, alerts.

Nothing is sent from here: an alert's deliveries become rows of the outbox beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from ingest.alerts import compose, updates
from ingest.alerts.updates import Update
from ingest.jobs.context import Context
from ingest.jobs.placing import closest, go_over, stands_alone
from ingest.jobs.ports import Tx
from ingest.jobs.scrape import own_key, unread
from ingest.model import (
    AlertWhy,
    Article,
    Change,
    Document,
    Entry,
    Extraction,
    Match,
    PageRead,
    Placement,
    PlacementWhy,
    Sketch,
    Story,
)
from ingest.stories import exact, near, versions


@dataclass(frozen=True, slots=True)
class Reading:
    """All that is known and decided about a text before the transaction."""

    entry: Entry
    key: str
    extraction: Extraction
    page: PageRead
    was: Article | None
    """The entry's article as it stood, if it had one."""
    sketch: Sketch
    matches: Sequence[Match]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the transaction made of a reading."""

    article: Article
    change: Change
    placement: Placement | None = None
    """None where the article stood in its story already and nothing changed."""
    alerts: int = 0


def think(
    entry: Entry,
    extraction: Extraction,
    page: PageRead,
    *,
    key: str,
    was: Article | None,
    matches: Sequence[Match],
) -> Reading:
    """Return a reading with everything computed that needs no database."""
    sketch = near.sketch(extraction.title, extraction.body)
    return Reading(entry, key, extraction, page, was, sketch, matches)


def document(entry: Entry, extraction: Extraction, page: PageRead) -> Document:
    """Return what the rules are asked about: the text, and the feed that led to it."""
    return Document(
        extraction.title,
        extraction.body,
        entry.feed,
        entry.feed_tags,
        extraction.summary,
        extraction.authors,
        extraction.language,
        page.final_url or entry.link,
    )


def keep(tx: Tx, reading: Reading, context: Context, now: datetime) -> Kept | None:
    """Keep a reading: the article, its place among the stories, its matches and alerts.

    None where it is of a page that other entries of the feed lead to as well: it says nothing about
    this one. The feed's own text is an article of its own then.
    """
    standing = tx.article_by_key(reading.key)
    if standing is not None and _is_anothers(tx, standing, reading.entry):
        if reading.extraction.method != "feed":
            return None
        reading = replace(reading, key=own_key(reading.entry))
        standing = tx.article_by_key(reading.key)  # it may have been told early
    since = now - context.stories.window
    kept = _edit(tx, standing, reading, since, now) if standing else _add(tx, reading, since, now)
    if matches := _heard(kept, reading):
        return replace(kept, alerts=_hear(tx, matches, kept, reading, context, now))
    return kept


def _is_anothers(tx: Tx, standing: Article, entry: Entry) -> bool:
    """Return whether a stored article is that of other entries, with which this one shares the link."""
    if entry.article_id is not None or standing.feed_id != entry.feed_id:
        return False
    text = f"{entry.summary}\n{entry.content}"
    others = tx.led_by(standing.id, entry.feed_id)
    return exact.is_anothers(entry.link or "", entry.title, text, others)


def _add(tx: Tx, reading: Reading, since: datetime, now: datetime) -> Kept:
    """Keep a new article in the story of its closest copy, or in one of its own."""
    placement = closest(tx, reading.extraction.body, reading.sketch, since=since)
    article = tx.add_article(
        reading.entry,
        reading.key,
        reading.extraction,
        reading.page,
        placement,
        reading.sketch,
        now=now,
    )
    return Kept(article, Change.NEW, placement)


def _edit(tx: Tx, standing: Article, reading: Reading, since: datetime, now: datetime) -> Kept:
    """Keep what is new of a stored article; it stays in its story, even when edited.

    Only one that stood alone on its feed's teaser is placed anew once its page is read.
    """
    article, change = tx.edit_article(
        standing, reading.entry, reading.extraction, reading.page, now=now
    )
    if change is Change.SAME:
        return Kept(article, change)
    placement = Placement(
        article.story_id, PlacementWhy.SAME_PAGE, detail="edited; stays in its story"
    )
    if _stood_alone(tx, article, reading):
        placed = closest(tx, article.body, reading.sketch, since=since, but=article.id)
        if placed.story_id not in (None, article.story_id):
            go_over(tx, article.story_id, placed.story_id, now)
        placement = placement if placed.story_id is None else placed
    story_id = tx.place(article, reading.sketch, placement, now=now)
    return Kept(replace(article, story_id=story_id), change, placement)


def _stood_alone(tx: Tx, article: Article, reading: Reading) -> bool:
    """Return whether the article was so far only its feed's teaser, and alone in its story."""
    return unread(reading.was) and stands_alone(tx, article)


def _hear(
    tx: Tx,
    matches: Sequence[Match],
    kept: Kept,
    reading: Reading,
    context: Context,
    now: datetime,
) -> int:
    """Keep the matches and tell of them; return how many alerts were raised.

    A page that had been read before and says something else now is an edit, and so is a feed's own
    text after another. The page itself after the feed's teaser is none.
    """
    article, placement = kept.article, kept.placement
    story = tx.story(article.story_id)
    again = kept.change is Change.TEXT and not unread(reading.was)
    edit = again or _is_said_anew(kept, reading)
    update = _edited(article, reading) if edit else _grown(story, article, placement)
    plans = _plans(
        tx, matches, story, article, reading, context, update=update, edit=edit, again=again
    )
    for plan in plans:
        _settle(tx, plan, story, article, placement, reading, now)
    return sum(plan.why is AlertWhy.ALERTED for plan in plans)


def _is_said_anew(kept: Kept, reading: Reading) -> bool:
    """Return whether the feed's own text has become another, and still no page is read."""
    was = reading.was
    return was is not None and kept.change is Change.TEXT and kept.article.method == was.method


def _grown(story: Story, article: Article, placement: Placement | None) -> Update | None:
    """Return what a further article brings to those alerted of its story already."""
    if placement is not None and placement.why is PlacementWhy.CHANGED_VERSION:
        return Update(AlertWhy.UPDATED, placement.detail)
    return updates.of_source(story.sources, article.id)


def _edited(article: Article, reading: Reading) -> Update | None:
    """Return what the edit of a page brings to those alerted of it already."""
    was = reading.was
    if was is None:
        return None
    facts = versions.replaced(article.body, was.body)
    if facts:
        named = ", ".join(f"{new} for {old}" for old, new in facts[:3])
        return Update(AlertWhy.UPDATED, f"the text was edited; it has {named}")
    return updates.of_edit(was.title, was.body, article.title, article.body)


def _heard(kept: Kept, reading: Reading) -> Sequence[Match]:
    """Return the matches to act on: none where the article stands as it was already heard of."""
    first = reading.entry.article_id is None
    return reading.matches if first or kept.change is Change.TEXT else ()


def _plans(
    tx: Tx,
    matches: Sequence[Match],
    story: Story,
    article: Article,
    reading: Reading,
    context: Context,
    *,
    update: Update | None,
    edit: bool,
    again: bool,
) -> Sequence[compose.AlertPlan]:
    """Decide what becomes of each match, given the alerts that stand."""
    rules = context.rules.by_name
    keys = {
        (match.rule, compose.alert_key(rules[match.rule], story.id, article.id))
        for match in matches
    }
    standing = tx.standing_alerts(keys)
    return compose.plan(
        matches,
        rules,
        story_id=story.id,
        article_id=article.id,
        standing=standing,
        sources={alert: tx.alert_sources(alert) for alert in standing.values()},
        silent=reading.entry.silent,
        update=update,
        edit=edit,
        again=again,
    )


def _settle(
    tx: Tx,
    plan: compose.AlertPlan,
    story: Story,
    article: Article,
    placement: Placement | None,
    reading: Reading,
    now: datetime,
) -> None:
    """Keep a match, and raise its alert or add to the one that stands."""
    alert_id = plan.alert_id
    if plan.why is AlertWhy.ALERTED:
        alert_id = _raise_alert(tx, plan, story, article, placement, now)
    elif alert_id is not None:
        tx.add_source(alert_id, article.id, now=now)
        if plan.update:
            _tell(tx, "alert.updated", alert_id, plan, story, article, placement, now)
    tx.save_match(
        article, plan.match, plan.why, entry_id=reading.entry.id, alert_id=alert_id, now=now
    )


def _raise_alert(
    tx: Tx,
    plan: compose.AlertPlan,
    story: Story,
    article: Article,
    placement: Placement | None,
    now: datetime,
) -> int:
    """Store a new alert and tell of it."""
    alert_id = tx.add_alert(
        rule=plan.rule.name,
        key=plan.key,
        kind="created",
        story_id=story.id,
        article_id=article.id,
        reason=plan.why.value,
        now=now,
    )
    _tell(tx, "alert.created", alert_id, plan, story, article, placement, now)
    return alert_id


def _tell(
    tx: Tx,
    type: str,
    alert_id: int,
    plan: compose.AlertPlan,
    story: Story,
    article: Article,
    placement: Placement | None,
    now: datetime,
) -> None:
    """Put one delivery for each of the rule's channels in the outbox."""
    data = compose.alert_data(
        alert_id=alert_id,
        rule=plan.rule.name,
        story=story,
        article=article,
        match=plan.match,
        severity=plan.rule.severity,
        update=plan.update,
        query=plan.rule.query,
        placement=placement,
    )
    payload = compose.message(type, data, now)
    tx.enqueue(
        compose.new_delivery(alert_id, channel, payload, now, id=f"dlv_{uuid4().hex}")
        for channel in plan.rule.notify
    )
