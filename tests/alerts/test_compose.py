"""What becomes of a match, and how it stands on the wire."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ingest.alerts import compose
from ingest.model import AlertWhy, DeliveryState, Match, Placement, PlacementWhy, Rule, Source
from tests.alerts.samples import ARTICLE, EARLIER, NOW, RULE, STORY, data, found

EVERY_COPY = replace(RULE, name="every-copy", repeat="article")


def plan_one(
    rule: Rule = RULE,
    *,
    standing: dict[tuple[str, str], int] | None = None,
    sources: dict[int, set[int]] | None = None,
    silent: bool = False,
) -> compose.AlertPlan:
    (plan,) = compose.plan(
        [Match(rule.name, ())],
        {rule.name: rule},
        story_id=9,
        article_id=41,
        standing=standing or {},
        sources=sources or {},
        silent=silent,
    )
    return plan


def test_the_first_article_of_a_story_raises_an_alert() -> None:
    plan = plan_one()

    assert (plan.why, plan.key, plan.alert_id) == (AlertWhy.ALERTED, "story:9", None)


def test_a_further_copy_of_an_alerted_story_is_a_further_source() -> None:
    plan = plan_one(standing={(RULE.name, "story:9"): 17}, sources={17: {40}})

    assert (plan.why, plan.alert_id) == (AlertWhy.SOURCE, 17)


def test_an_article_that_was_alerted_already_adds_nothing() -> None:
    plan = plan_one(standing={(RULE.name, "story:9"): 17}, sources={17: {40, 41}})

    assert (plan.why, plan.alert_id) == (AlertWhy.SEEN, 17)


def test_another_rules_alert_does_not_stand_for_this_rule() -> None:
    plan = plan_one(standing={("other", "story:9"): 17}, sources={17: {41}})

    assert plan.why is AlertWhy.ALERTED


def test_a_rule_for_every_copy_alerts_again_within_a_story() -> None:
    plan = plan_one(EVERY_COPY, standing={(EVERY_COPY.name, "story:9"): 17})

    assert (plan.why, plan.key) == (AlertWhy.ALERTED, "article:41")


def test_a_silent_entry_raises_no_alert() -> None:
    plan = plan_one(silent=True)

    assert (plan.why, plan.alert_id) == (AlertWhy.SILENT, None)


def test_a_silent_entry_is_a_source_of_an_alert_that_stands() -> None:
    plan = plan_one(standing={(RULE.name, "story:9"): 17}, sources={17: {40}}, silent=True)

    assert plan.why is AlertWhy.SOURCE


def test_plans_keep_the_order_of_the_matches() -> None:
    rules = {rule.name: rule for rule in (EVERY_COPY, RULE)}

    plans = compose.plan(
        [Match(name, ()) for name in rules],
        rules,
        story_id=9,
        article_id=41,
        standing={},
        sources={},
        silent=False,
    )

    assert [plan.rule.name for plan in plans] == list(rules)


def test_an_alert_has_the_shape_of_the_contract_and_is_plain_json() -> None:
    content = data()

    assert json.loads(json.dumps(content)) == content
    assert list(content) == [
        "alert",
        "rule",
        "severity",
        "why",
        "story",
        "article",
        "matched",
        "explain_url",
    ]
    assert content["why"] == {"query": "pier AND ferry", "placement": "new story"}
    assert content["story"] == {
        "id": 9,
        "title": STORY.title,
        "first_seen_at": "2026-03-02T07:50:00Z",
        "sources": [
            {
                "feed": source.feed,
                "url": source.url,
                "title": source.title,
                "published_at": f"2026-03-02T{at}:00Z",
            }
            for source, at in zip(STORY.sources, ("07:50", "08:15"), strict=True)
        ],
    }
    assert content["article"] == {
        "id": 41,
        "title": ARTICLE.title,
        "url": ARTICLE.url,
        "authors": ["Ines Åkerlund", "Tom Reed"],
        "published_at": "2026-03-02T07:50:00Z",
        "summary": ARTICLE.summary,
        "language": "en",
    }
    assert {tuple(each) for each in content["matched"]} == {
        ("field", "term", "start", "end", "excerpt")
    }


def test_what_is_unknown_of_an_article_is_null() -> None:
    article = data(url=None, published_at=None, language=None)["article"]

    assert (article["url"], article["published_at"], article["language"]) == (None, None, None)


def test_times_are_utc_without_fractions() -> None:
    east = timezone(timedelta(hours=5, minutes=30))

    message = compose.message("test", {}, datetime(2026, 3, 2, 5, 0, 0, 999, tzinfo=east))

    assert message["timestamp"] == "2026-03-01T23:30:00Z"


def test_the_first_year_of_the_calendar_is_written_in_four_digits() -> None:
    assert data(published_at=datetime(1, 1, 1, tzinfo=NOW.tzinfo))["article"]["published_at"] == (
        "0001-01-01T00:00:00Z"
    )


def test_a_page_that_floods_its_metadata_makes_a_bounded_message() -> None:
    flood = "å" * 100_000
    article = replace(
        ARTICLE,
        title=flood,
        summary=flood,
        authors=(flood,) * 500,
        url="https://x.example/" + flood,
    )
    story = replace(
        STORY, title=flood, sources=(Source(1, "feed", article.url, flood, NOW),) * 1000
    )

    content = compose.alert_data(
        alert_id=1, rule="r", story=story, article=article, match=found(article, "å" * 50)
    )

    assert len(json.dumps(content, ensure_ascii=False)) < 100_000


@pytest.mark.parametrize("id", [None, 17])
def test_a_new_delivery_is_due_at_once(id: int | None) -> None:
    payload = compose.message("test", {}, EARLIER)

    delivery = compose.new_delivery(id, "desk", payload, NOW, id="dlv_1")

    assert (delivery.type, delivery.payload, delivery.alert_id) == ("test", payload, id)
    assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 0)
    assert delivery.next_attempt_at == delivery.created_at == NOW


def test_a_test_message_has_the_shape_of_an_alert_and_says_that_it_is_none() -> None:
    content = compose.example_data("desk", NOW)

    assert list(content) == list(data())
    assert "This is a test" in json.dumps(content)


def test_an_alert_says_how_its_article_came_into_its_story() -> None:
    near = Placement(9, PlacementWhy.NEAR_COPY, 40, 0.1, "90 % of its words are in article 40")

    assert placed(near) == "near copy: 90 % of its words are in article 40"
    assert placed(None) is None


def placed(placement: Placement | None) -> object:
    content = compose.alert_data(
        alert_id=17,
        rule=RULE.name,
        story=STORY,
        article=ARTICLE,
        match=found(ARTICLE, "pier"),
        placement=placement,
    )
    why: Any = content["why"]
    return why["placement"]
