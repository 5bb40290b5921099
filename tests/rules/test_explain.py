"""What is said about a rule and an article."""

import time

import pytest
from hypothesis import given, settings

from ingest.model import Document, Rule
from ingest.rules.check import warnings
from ingest.rules.explain import explain
from ingest.rules.implies import implies
from ingest.rules.language import parse
from tests.rules.slow import slowly
from tests.rules.test_percolate import documents, queries

ARTICLE = Document(
    "Ferry sinks off Crete",
    "Two P-38s flew over Crete. The coast and harbour guard searched. A pear fell. "
    "Rescuers with three boats reached the ferry late.",
    "Harbour Times",
    ("sea",),
)


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("boat", "`boat` is not there; nearest is “boats”, which `boat*` finds"),
        ("fery", "`fery` is not there; nearest is “ferry”"),
        ("Quito", "`Quito` is not there"),
        ("P-38", "`P-38` is not there; nearest is “p38s”, which `p38*` finds"),
        ("title:boats", "`boats` is not in the headline, only in the body"),
        ("=Pear", "`=Pear` is there only as “pear”, with other letter case or accents"),
        ('"coast guard"', "the words of `\"coast guard\"` are there, but not next to each other in one sentence"),
        ('"coast patrol"', "“patrol” of `\"coast patrol\"` is not there"),
        ("boats NEAR/1 ferry", "`boats` and `ferry` are not as near as asked: at best 2 words lie between"),
        ("ferry ONEAR/5 boats", "`ferry` and `boats` are not as near as asked: they stand in the other order"),
        ("sinks NEAR/5 pear", "`sinks` and `pear` are not as near as asked: they never stand in the same field"),
        ("boats NEAR/2 submarine", "`submarine` is not there"),
        ("Crete -boats", "`boats` is excluded, and is true: “boats” in the body, once in all"),
        ("Crete feed:reef", "`feed:reef` does not fit; the article's feed: `harbour times`"),
        ("Quito OR Lima", "none of the 2 alternatives is true"),
        ("atleast(2, Crete, Quito, Lima)", "1 of the 2 clauses that are asked for are true"),
        ("(", "the rule cannot be read: this bracket is not closed"),
    ],
)  # fmt: skip
def test_a_failed_clause_is_named_with_its_nearest_miss(query: str, line: str) -> None:
    told = explain(Rule("r", query), ARTICLE)

    assert not told.matched
    assert line in told.lines


def test_a_match_says_what_made_it_true() -> None:
    told = explain(Rule("r", '"Crete" (Quito OR boats) -storm', tags=("sea",)), ARTICLE)

    assert told.matched
    assert told.lines == (
        '`"Crete"` is there: “Crete” in the headline, 2 times in all',
        "`boats` is there: “boats” in the body, once in all",
        "`storm` is not there, as asked",
        "`tag:sea` fits",
    )


def test_no_explanation_takes_long() -> None:
    query = " OR ".join(f"word{number}x" for number in range(5_000))
    text = " ".join(f"wird{number}y" for number in range(20_000))
    before = time.process_time()

    told = explain(Rule("r", query), Document("", text))

    assert not told.matched
    assert len(told.lines) == 20
    assert time.process_time() - before < 8


def test_the_scope_of_a_rule_is_explained_too() -> None:
    told = explain(Rule("r", "Crete", tags=("land",), feeds=("a", "b")), ARTICLE)

    assert "`tag:land` does not fit; the article's tag: `sea`" in told.lines
    assert "`feed:a` does not fit; the article's feed: `harbour times`" in told.lines


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("P-38 Crete", "write `P-38*`"),
        ("-Crete", "nearly every article"),
        ("Crete OR -boats", "nearly every article"),
        ("Crete and boats", "the operator is `AND`"),
        ("Crete near/3 boats", "the operator is `NEAR/3`"),
        ("'Crete boats'", "single quotes"),
        ("Crete -Crete", "can never match"),
        ("feed:a feed:b", "can never match"),
        ("title:a NEAR/2 text:b", "can never match"),
        ("xy*", "nearly every article"),
        ("Crete,boats", "one phrase"),
        ("Crete?", "punctuation"),
        ("lang:de-at lang:fr", "has one language"),
        ("Crete NOT NEAR/2 (Crete OR boats)", "what is looked for"),
    ],
)
def test_check_points_out_what_may_be_overlooked(query: str, says: str) -> None:
    [(name, warning)] = warnings([Rule("r", query)])

    assert name == "r"
    assert says in warning


@pytest.mark.parametrize(
    "query", ["Crete", '"and" Crete', "CVE-2031-12345", "P-38*", "feed:a* feed:b", "Crete -boats", "2031", "北*", "("]
)  # fmt: skip
def test_check_is_silent_about_ordinary_rules(query: str) -> None:
    assert warnings([Rule("r", query)]) == []


def test_check_names_a_rule_that_asks_the_same_as_another() -> None:
    found = warnings([Rule("one", "a OR b"), Rule("two", "(a) OR  b"), Rule("three", "b OR a")])

    assert found == [
        ("two", "asks the same as the rule `one`"),
        ("three", "adds nothing to the rule `one`, which is true whenever it is"),
    ]


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("a b", "a"),
        ("a b c", "c a"),
        ('"red tape*"', "tape*"),
        ("drones", "drone*"),
        ("title:a", "a OR b"),
        ("(a OR b) c", "b OR a OR d"),
        ("a NEAR/3 b", "b"),
        ("a NOT NEAR/3 b", "a"),
        ("atleast(2, a, b)", "b"),
        ("=Crete", "crete"),
        ("feed:abc", "feed:a*"),
    ],
)
def test_check_names_a_rule_that_adds_nothing_to_another(narrow: str, wide: str) -> None:
    says = "adds nothing to the rule `wide`"

    both = warnings([Rule("wide", wide, notify=("x", "y")), Rule("narrow", narrow, notify=("x",))])
    elsewhere = warnings([Rule("wide", wide, notify=("x",)), Rule("narrow", narrow, notify=("y",))])

    assert [name for name, warning in both if says in warning] == ["narrow"]
    assert not any(says in warning for _, warning in elsewhere)


@settings(max_examples=100, deadline=None)
@given(queries, queries, queries, documents)
def test_what_is_implied_is_true(one: str, two: str, three: str, document: Document) -> None:
    one_tree = parse(f"({one}) ({two})")
    for other in (one, two, f"({one}) OR {three}", three):
        tree = parse(other)
        if implies(one_tree, tree) and slowly(one_tree, document):
            assert slowly(tree, document)
