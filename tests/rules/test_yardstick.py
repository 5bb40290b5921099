"""The hand-written cases of the rule language, where they are at hand."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ingest.model import Document, Rule
from ingest.rules.percolate import RuleSet

FOLDER = os.environ.get("INGEST_YARDSTICKS")

pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="INGEST_YARDSTICKS names no folder with the yardsticks"
)


def rows(name: str) -> list[dict[str, Any]]:
    lines = (Path(FOLDER or "") / "match" / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def document(row: dict[str, Any]) -> Document:
    return Document(row["title"], row["text"], row["feed"], tuple(row["tags"]))


def test_every_case_is_answered_as_an_analyst_expects() -> None:
    cases = rows("cases.jsonl")
    rules = RuleSet(Rule(case["id"], case["query"]) for case in cases)

    wrong = [
        (case["query"], case["why"])
        for case in cases
        if (case["id"] in rules.names(document(case))) != case["match"]
    ]

    assert wrong == []
    assert rules.errors == ()


def test_bad_rules_are_refused() -> None:
    bad = rows("bad_rules.jsonl")

    assert len(RuleSet(Rule(row["id"], row["query"]) for row in bad).errors) == len(bad)


def test_a_generated_set_matches_as_expected() -> None:
    rules = RuleSet(Rule(row["id"], row["query"]) for row in rows("set/rules.jsonl"))
    expected = {row["id"]: row["rules"] for row in rows("set/expected.jsonl")}

    for article in rows("set/articles.jsonl"):
        assert sorted(rules.names(document(article))) == sorted(expected[article["id"]])
