"""Wanted feeds against stored feeds."""

from dataclasses import replace
from pathlib import Path

from ingest.config.plan import ConfigPlan, plan, rules_of, wanted_feeds
from ingest.model import Feed, FeedState, WantedFeed
from tests.config.files import settings_of

STORED = Feed(id=1, name="A", url="https://a.example/", current_url="https://a.example/")
WANTED = WantedFeed(name="A", url="https://a.example/")


def test_nothing_changes_when_files_and_store_agree() -> None:
    assert plan([WANTED], [STORED]) == ConfigPlan((), (), ())


def test_a_feed_only_in_the_files_is_added() -> None:
    assert plan([WANTED], []).rows() == [
        {"change": "add", "feed": "A", "detail": "https://a.example/"}
    ]


def test_a_feed_no_longer_in_the_files_is_retired_once() -> None:
    retired = replace(STORED, id=2, name="B", state=FeedState.RETIRED)

    assert plan([], [STORED, retired]).rows() == [
        {"change": "retire", "feed": "A", "detail": "no longer in the files"}
    ]


def test_each_difference_is_a_change_of_its_own() -> None:
    wanted = WantedFeed(name="A", url="https://b.example/", tags=("x", "y"), paused=True)

    assert [row["detail"] for row in plan([wanted], [STORED]).rows()] == [
        "url: https://a.example/ → https://b.example/",
        "tags: none → x, y",
        "paused: no → yes",
    ]


def test_a_feed_under_a_new_name_is_known_by_its_address() -> None:
    renamed, other = replace(WANTED, name="B"), replace(WANTED, name="C")

    assert plan([renamed], [STORED]).rows() == [
        {"change": "change", "feed": "B", "detail": "name: A → B"}
    ]
    assert [row["change"] for row in plan([renamed, other], [STORED]).rows()] == ["add", "change"]


def test_a_feed_that_comes_back_is_revived() -> None:
    retired = replace(STORED, state=FeedState.RETIRED)

    assert [row["detail"] for row in plan([WANTED], [retired]).rows()] == ["retired: yes → no"]


def test_a_feed_paused_by_command_is_left_alone() -> None:
    assert plan([WANTED], [replace(STORED, state=FeedState.PAUSED)]).rows() == []


def test_settings_become_records(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        "feeds: [{url: https://a.example/, tags: [x]}]\n"
        "rules: [{name: r, query: a b, tags: [x], on: edit, repeat: article}]",
    )

    assert wanted_feeds(settings) == (
        WantedFeed(name="https://a.example/", url="https://a.example/", tags=("x",)),
    )
    (rule,) = rules_of(settings)
    assert (rule.name, rule.query, rule.tags, rule.on, rule.repeat) == (
        "r",
        "a b",
        ("x",),
        "edit",
        "article",
    )
