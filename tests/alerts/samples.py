"""A story, an article, a match and a delivery to test with; each part can be replaced."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ingest.alerts import compose
from ingest.model import (
    Article,
    Delivery,
    Match,
    Placement,
    PlacementWhy,
    Rule,
    Source,
    Span,
    Story,
)

NOW = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
EARLIER = datetime(2026, 3, 2, 7, 50, tzinfo=UTC)
TITLE = "Harbour authority closes the north pier after ferry damage"
SUMMARY = "Inspectors found cracks below the waterline."
BODY = (
    "The harbour authority of Lindholm closed the north pier on Monday, two days after the ferry "
    "Aurelia struck it in fog.\n\n"
    "Divers found cracks below the waterline, a spokeswoman said, and no ferry will call before "
    "the weekend. The operator has moved its timetable to the south pier.\n\n"
    "Residents were told to expect delays."
)
RULE = Rule("pier-closures", "pier AND ferry", notify=("desk",))

ARTICLE = Article(
    id=41,
    key="https://coast.example/pier",
    feed="Coast Courier",
    feed_id=3,
    url="https://coast.example/pier?edition=1&lang=en",
    canonical_url="https://coast.example/pier",
    title=TITLE,
    summary=SUMMARY,
    authors=("Ines Åkerlund", "Tom Reed"),
    published_at=EARLIER,
    language="en",
    body=BODY,
    words=70,
    story_id=9,
    method="page",
    revision=1,
    fetched_at=NOW,
)
STORY = Story(
    id=9,
    title=TITLE,
    first_seen_at=EARLIER,
    last_seen_at=NOW,
    sources=(
        Source(41, "Coast Courier", ARTICLE.url, TITLE, EARLIER),
        Source(42, "Lindholm Daily", "https://daily.example/7", "Pier shut until the weekend", NOW),
    ),
)


def found(article: Article, *words: str, rule: str = RULE.name) -> Match:
    """Return a match on every occurrence of these words in title and text."""
    pattern = re.compile("|".join(map(re.escape, words)))
    texts = (("title", article.title), ("text", article.body))
    return Match(
        rule,
        tuple(Span(field, *hit.span()) for field, text in texts for hit in pattern.finditer(text)),
    )


def data(**changes: Any) -> dict[str, Any]:
    """Return the data of an alert; keywords replace parts of its article."""
    article = replace(ARTICLE, **changes)
    return compose.alert_data(
        alert_id=17,
        rule=RULE.name,
        story=STORY,
        article=article,
        match=found(article, "pier", "ferry"),
        explain_url="https://ingest.example/alerts/17",
        query=RULE.query,
        placement=Placement(None, PlacementWhy.NEW),
    )


def delivery(type: str = "alert.created", content: Mapping[str, Any] | None = None) -> Delivery:
    """Return a pending delivery of this type."""
    payload = compose.message(type, data() if content is None else content, NOW)
    return compose.new_delivery(17, "desk", payload, NOW, id="dlv_00000000000000000000000000000001")
