"""Copies that say something else."""

import time

import pytest

from ingest.model import Placement, PlacementWhy
from ingest.stories.versions import marked, replaced

TEXT = (
    "The ferry Aurora ran aground off Alvik on Monday with 212 people aboard. The coast guard said "
    "that all of them were safe, and that the captain, Jonas Ferrow, would be heard in court. Oil "
    "to the amount of 40 tonnes had to be pumped from her tanks before night."
)


@pytest.mark.parametrize(
    ("was", "became", "facts"),
    [
        pytest.param("212 people", "221 people", [("212", "221")], id="number"),
        pytest.param("on Monday", "on Tuesday", [("monday", "tuesday")], id="day"),
        pytest.param("off Alvik", "off Bergen", [("alvik", "bergen")], id="name"),
        pytest.param(
            "Jonas Ferrow", "Maria Quist", [("jonas", "maria"), ("ferrow", "quist")], id="two names"
        ),
    ],
)
def test_replaced_facts_are_named(was: str, became: str, facts: list[tuple[str, str]]) -> None:
    assert replaced(TEXT.replace(was, became), TEXT) == facts


@pytest.mark.parametrize(
    ("was", "became"),
    [
        pytest.param("40 tonnes", "40t", id="unit written to the number"),
        pytest.param("Alvik", "Alvjk", id="letter error"),
        pytest.param("safe", "unharmed", id="synonym"),
        pytest.param("Monday", "Mon", id="abbreviation"),
        pytest.param(" Oil", " Experts warned of 300 dead seals. Oil", id="added sentence"),
        pytest.param(" with 212 people aboard", "", id="left out"),
        pytest.param("court. Oil", "court. OIL", id="capitals"),
        pytest.param("before night", "before the night", id="small word"),
        pytest.param("all of them", "not one but all of them", id="negation among other words"),
    ],
)
def test_what_a_house_does_to_a_copy_replaces_no_fact(was: str, became: str) -> None:
    assert replaced(TEXT.replace(was, became), TEXT) == []


def test_a_copy_that_denies_what_the_other_says_is_told() -> None:
    denied = TEXT.replace("were safe", "were not safe")

    assert replaced(denied, TEXT) == [("", "not")]
    assert replaced(TEXT, denied) == [("not", "")]


def test_texts_without_a_passage_in_common_replace_nothing() -> None:
    assert replaced(TEXT, "Ten of 70 wolves were seen in Norberg.") == []
    assert replaced("", TEXT) == replaced(TEXT, "") == []


def test_a_changed_version_says_what_it_has_instead() -> None:
    copy = Placement(1, PlacementWhy.NEAR_COPY, 7, detail="90 % of it stands in article 7")

    changed = marked(copy, [("212", "221")])

    assert changed.why is PlacementWhy.CHANGED_VERSION
    assert changed.detail == "90 % of it stands in article 7; it has 221 for 212"
    assert marked(copy, []) is copy
    assert marked(copy, [("", "not")]).detail.endswith("it has “not” put in")
    assert marked(copy, [("nicht", "")]).detail.endswith("it has “nicht” taken out")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("word " * 1_000_000, id="one word"),
        pytest.param(" ".join(f"A{number % 700} {number}" for number in range(10_000)), id="facts"),
    ],
)
def test_huge_texts_are_compared_in_bounded_time(text: str) -> None:
    started = time.process_time()

    replaced(text, text.replace("9", "8"))

    assert time.process_time() - started < 1
