"""What is worth telling again, and what is not."""

import pytest

from ingest.alerts import compose, updates
from ingest.alerts.updates import OUTLETS, Update
from ingest.model import AlertWhy, Match, Rule, Source
from tests.alerts.samples import BODY, TITLE

UPDATE = Update(AlertWhy.TEXT, "half of it")


def sources(count: int) -> list[Source]:
    return [Source(number, f"feed {number}", None, TITLE, None) for number in range(count)]


@pytest.mark.parametrize("count", OUTLETS)
def test_a_notable_number_of_outlets_is_told_once(count: int) -> None:
    found = updates.of_source(sources(count), count - 1)

    assert found == Update(AlertWhy.OUTLETS, f"now told by {count} outlets")
    assert updates.of_source(sources(count - 1), count - 2) is None
    assert updates.of_source(sources(count + 1), count) is None


def test_a_further_article_of_the_same_outlet_is_no_further_outlet() -> None:
    many = [*sources(10), Source(99, "feed 3", None, TITLE, None)]

    assert updates.of_source(many, 99) is None


@pytest.mark.parametrize(
    ("title", "body", "why"),
    [
        (TITLE, BODY, None),
        (TITLE.upper(), BODY, None),
        (TITLE.replace("north", "south"), BODY, None),
        ("Ferry operator sues the port", BODY, AlertWhy.HEADLINE),
        (TITLE, BODY + "\n\nCorrection: the ferry is called Aurelia.", None),
        (TITLE, BODY.split("\n\n")[0], AlertWhy.TEXT),
        (TITLE, BODY + " ".join(f"word{number}" for number in range(60)), AlertWhy.TEXT),
        (TITLE, "", AlertWhy.TEXT),
    ],
)
def test_an_edit_is_told_where_much_has_changed(
    title: str, body: str, why: AlertWhy | None
) -> None:
    found = updates.of_edit(TITLE, BODY, title, body)

    assert (found.why if found else None) == why


def test_texts_without_spaces_are_compared_by_their_characters() -> None:
    old = "港務局星期一關閉了北碼頭渡輪兩天前在霧中撞上了它"

    assert updates.of_edit("標題", old, "標題", old[:-1]) is None
    assert updates.of_edit("標題", old, "標題", old[:10]) is not None


@pytest.mark.parametrize(
    ("rule", "seen", "edit", "silent", "why"),
    [
        (Rule("r", "q"), False, False, False, AlertWhy.TEXT),
        (Rule("r", "q"), True, False, False, AlertWhy.SEEN),
        (Rule("r", "q"), True, True, False, AlertWhy.TEXT),
        (Rule("r", "q"), True, True, True, AlertWhy.SEEN),
        (Rule("r", "q", repeat="once"), False, False, False, AlertWhy.SOURCE),
        (Rule("r", "q", repeat="once"), True, True, False, AlertWhy.SEEN),
    ],
)
def test_an_update_goes_to_those_alerted_unless_the_rule_speaks_once(
    rule: Rule, seen: bool, edit: bool, silent: bool, why: AlertWhy
) -> None:
    (plan,) = compose.plan(
        [Match("r", ())],
        {"r": rule},
        story_id=9,
        article_id=41,
        standing={("r", "story:9"): 17},
        sources={17: {41} if seen else {40}},
        silent=silent,
        update=UPDATE,
        edit=edit,
    )

    assert plan.why is why
    assert plan.update == (UPDATE if why is AlertWhy.TEXT else None)


@pytest.mark.parametrize(
    ("on", "again", "raised"),
    [
        ("article", True, 0),
        ("entry", True, 0),
        ("edit", True, 1),
        ("article", False, 1),
        ("edit", False, 1),
    ],
)
def test_a_page_read_again_raises_an_alert_only_for_rules_that_listen_to_edits(
    on: str, again: bool, raised: int
) -> None:
    plans = compose.plan(
        [Match("r", ())],
        {"r": Rule("r", "q", on=on)},
        story_id=9,
        article_id=41,
        standing={},
        sources={},
        silent=False,
        edit=True,
        again=again,
    )

    assert len(plans) == raised
