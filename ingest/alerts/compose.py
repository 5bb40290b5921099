"""What becomes of a match, and how it reads on the wire; nothing is stored or sent from here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingest.alerts.health import in_words
from ingest.alerts.passages import passages
from ingest.alerts.surge import Surge
from ingest.alerts.updates import Update
from ingest.model import (
    AlertWhy,
    Article,
    Delivery,
    DeliveryState,
    Match,
    Placement,
    Rule,
    Source,
    Story,
)

# Bounds on what a feed or page can put into one message: with them an ordinary alert is a few
# kilobytes and a hostile one stays far below the 10 MB that mail servers commonly take.
MAX_TITLE = 500
MAX_SUMMARY = 2000
MAX_AUTHORS = 20
MAX_SOURCES = 100
MAX_URL = 8000  # what RFC 9110 §4.1 asks everyone to support


@dataclass(frozen=True, slots=True)
class AlertPlan:
    """What becomes of one match; `alert_id` is the alert that stands already, if there is one."""

    match: Match
    rule: Rule
    key: str
    why: AlertWhy
    alert_id: int | None = None
    update: Update | None = None
    """What those alerted are told of, where they are told again."""


def alert_key(rule: Rule, story_id: int, article_id: int) -> str:
    """Return what a rule alerts once about: `story:ID`, or `article:ID` by its `repeat`."""
    return f"article:{article_id}" if rule.repeat == "article" else story_key(story_id)


def story_key(story_id: int) -> str:
    """Return what a rule alerts once about where it repeats by story."""
    return f"story:{story_id}"


def plan(
    matches: Sequence[Match],
    rules: Mapping[str, Rule],
    *,
    story_id: int,
    article_id: int,
    standing: Mapping[tuple[str, str], int],
    sources: Mapping[int, Collection[int]],
    silent: bool,
    update: Update | None = None,
    edit: bool = False,
    again: bool = False,
) -> list[AlertPlan]:
    """Decide what becomes of each match of an article, in the order given.

    `standing` holds the alerts that exist by rule and key, `sources` the articles each stands for.
    An alert is raised once per rule and key; a silent entry raises none, but is still noted as a
    further source where an alert stands. `update` is what is new for those alerted already, if
    anything is: with an `edit` those told of this very article, else those told of another. A page
    read `again` raises no alert, unless the rule listens to edits.
    """
    plans = []
    for match in matches:
        rule = rules[match.rule]
        key = alert_key(rule, story_id, article_id)
        alert_id = standing.get((rule.name, key))
        if alert_id is None:
            if again and rule.on != "edit":
                continue
            why = AlertWhy.SILENT if silent else AlertWhy.ALERTED
            plans.append(AlertPlan(match, rule, key, why))
            continue
        seen = article_id in sources.get(alert_id, ())
        why = AlertWhy.SEEN if seen else AlertWhy.SOURCE
        told = update if not silent and rule.repeat != "once" and seen == edit else None
        plans.append(AlertPlan(match, rule, key, told.why if told else why, alert_id, told))
    return plans


def alert_data(
    *,
    alert_id: int,
    rule: str,
    story: Story,
    article: Article,
    match: Match,
    explain_url: str | None = None,
    severity: str = "normal",
    update: Update | None = None,
    query: str = "",
    placement: Placement | None = None,
) -> dict[str, object]:
    """Return the `data` of an alert as JSON: what matched, where it stands and why, who else tells it.

    `query` is what the rule asks for, `placement` how the article came into its story, where that
    was decided just now. Long titles, summaries and lists are cut; an address beyond 8,000 characters is left out.
    """
    told = {"update": {"why": update.why.value, "detail": update.detail}} if update else {}
    return {
        **told,
        "alert": alert_id,
        "rule": rule,
        "severity": severity,
        "why": {"query": _clip(query, MAX_SUMMARY), "placement": _placed(placement)},
        "story": _story(story),
        "article": _article(article),
        "matched": [
            {
                "field": passage.span.field,
                "term": passage.term,
                "start": passage.span.start,
                "end": passage.span.end,
                "excerpt": passage.excerpt,
            }
            for passage in passages(article, match)
        ],
        "explain_url": explain_url,
    }


def _placed(placement: Placement | None) -> str | None:
    """Return how an article came into its story, in a few words."""
    if placement is None:
        return None
    why = placement.why.value.replace("_", " ")
    return f"{why}: {placement.detail}" if placement.detail else why


def surge_data(rule: Rule, found: Surge, latest: Sequence[Source] = ()) -> dict[str, object]:
    """Return the `data` of a surge: how many stories, against how many usually, and the latest."""
    span = in_words(found.window)
    return {
        **_without_story(rule),
        "count": found.count,
        "usual": found.usual,
        "window": span,
        "counts": list(found.counts),
        "detail": f"{found.count} stories in {span}, usually {found.usual:g}",
        "latest": [_source(source) for source in latest],
    }


def absence_data(rule: Rule, silent: timedelta) -> dict[str, object]:
    """Return the `data` of an absence: for how long the rule has not matched."""
    return {
        **_without_story(rule),
        "silent_s": int(silent.total_seconds()),
        "detail": f"nothing for {in_words(silent)}",
    }


def _without_story(rule: Rule) -> dict[str, object]:
    return {
        "alert": None,
        "rule": rule.name,
        "severity": rule.severity,
        "story": None,
        "article": None,
        "matched": [],
        "explain_url": None,
    }


def example_data(channel: str, now: datetime) -> dict[str, object]:
    """Return the `data` of a test message: shaped like an alert, and saying that it is none."""
    title = f"Test of the channel {channel}"
    body = "This is a test. No rule has matched anything; the channel works."
    article = Article(
        id=0,
        key="test",
        feed="ingest",
        feed_id=0,
        url=None,
        canonical_url=None,
        title=title,
        summary=body,
        authors=(),
        published_at=now,
        language="en",
        body=body,
        words=0,
        story_id=0,
        method="test",
        revision=1,
        fetched_at=now,
    )
    story = Story(0, title, now, now, (Source(0, "ingest", None, title, now),))
    return alert_data(
        alert_id=0, rule="test", story=story, article=article, match=Match("test", ())
    )


def message(type: str, data: Mapping[str, object], now: datetime) -> dict[str, object]:
    """Return the wire object of a message (the Standard Webhooks shape)."""
    return {"type": type, "timestamp": _iso(now), "data": dict(data)}


def new_delivery(
    alert_id: int | None, channel: str, payload: Mapping[str, object], now: datetime, id: str
) -> Delivery:
    """Return a delivery that is due at once."""
    return Delivery(
        id=id,
        alert_id=alert_id,
        channel=channel,
        type=str(payload["type"]),
        payload=payload,
        state=DeliveryState.PENDING,
        attempts=0,
        created_at=now,
        next_attempt_at=now,
    )


def digest(
    parts: Sequence[Delivery], now: datetime, *, id: str, why: str | None = None
) -> Delivery:
    """Return one delivery that tells what these tell, in their order, each with its `type`.

    `why` is the reason of their waiting, where it was no digest of their channel that they waited
    for.
    """
    alerts = [{"type": part.type, **_data(part)} for part in parts]
    data = {"alerts": alerts, "reason": why}
    return new_delivery(None, parts[0].channel, message("digest", data, now), now, id)


def _data(delivery: Delivery) -> Mapping[str, object]:
    data = delivery.payload.get("data")
    return data if isinstance(data, Mapping) else {}


def _story(story: Story) -> dict[str, object]:
    return {
        "id": story.id,
        "title": _clip(story.title, MAX_TITLE),
        "first_seen_at": _iso(story.first_seen_at),
        "sources": [_source(source) for source in story.sources[:MAX_SOURCES]],
    }


def _source(source: Source) -> dict[str, object]:
    return {
        "feed": source.feed,
        "url": _address(source.url),
        "title": _clip(source.title, MAX_TITLE),
        "published_at": _iso(source.published_at),
    }


def _article(article: Article) -> dict[str, object]:
    return {
        "id": article.id,
        "title": _clip(article.title, MAX_TITLE),
        "url": _address(article.url),
        "authors": [_clip(name, MAX_TITLE) for name in article.authors[:MAX_AUTHORS]],
        "published_at": _iso(article.published_at),
        "summary": _clip(article.summary, MAX_SUMMARY),
        "language": article.language,
    }


def _address(url: str | None) -> str | None:
    return url if url and len(url) <= MAX_URL else None


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else None
