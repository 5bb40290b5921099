"""Rules asked of stored articles by command: search, a test on the past, and what a change does."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.cli.changes import changed
from ingest.model import Rule
from ingest.store import Store
from tests.contract.samples import add_entries, add_feeds, extraction, read

CONFIG = """
database: sqlite:///ingest.db
lists: {ships: [ferr*, tug]}
rules:
  - {name: boats, query: $ships}
  - {name: same, query: harbour}
"""


@pytest.fixture
def desk(sqlite_store_url: str, tmp_path: Path) -> Path:
    """A configuration beside a database with three articles of yesterday."""
    then = datetime.now(UTC) - timedelta(days=1)
    with Store.open(sqlite_store_url) as store:
        (feed,) = add_feeds(store, "coast", now=then)
        bodies = ["A ferry leaves.", "A tug in the harbour.", "A tram in town."]
        entries = add_entries(store, feed, "a", "b", "c", now=then)
        for entry, body in zip(entries, bodies, strict=True):
            text = extraction(title=body[:6], body=body, summary="", authors=("Jane Doe",))
            read(store, entry, text, now=then)
    path = tmp_path / "ingest.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def run(desk: Path, *words: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "ingest", "-c", str(desk), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def rows(desk: Path, *words: str) -> list[Any]:
    return [json.loads(line) for line in run(desk, *words, "--json").splitlines()]


def test_search_knows_the_lists_and_the_further_fields(desk: Path) -> None:
    assert [row["body"] for row in rows(desk, "search", "$ships author:doe -town")] == [
        "A tug in the harbour.",
        "A ferry leaves.",
    ]
    assert "no list is called `trains`" in run(desk, "search", "$trains", code=2)


@pytest.mark.parametrize("words", [["search"], ["rules", "test"]])
def test_a_query_that_cannot_be_read_is_an_error_of_usage(desk: Path, words: list[str]) -> None:
    said = run(desk, *words, "ferry OR (tug", code=2).splitlines()

    assert said[0].endswith("this bracket is not closed")
    assert (said[1][said[2].index("^")], len(said)) == ("(", 4)


def test_a_test_on_the_past_counts_what_the_matcher_finds(desk: Path) -> None:
    (row,) = rows(desk, "rules", "test", "$ships OR /tr[ae]m/")

    assert (row["articles"], row["stories"], row["alerts"]) == (3, 3, 3)


def test_a_change_of_rules_is_told_by_what_it_gains_and_loses(desk: Path) -> None:
    old = desk.with_name("old.yaml")
    old.write_text(
        "rules: [{name: boats, query: tug OR tram}, {name: same, query: harbour},"
        " {name: gone, query: town}]",
        encoding="utf-8",
    )

    boats, gone = rows(desk, "rules", "diff", str(old))

    assert boats["rule"] == "boats"
    assert (boats["change"], boats["kept"]) == ("changed", 1)
    assert [len(boats[key]) for key in ("gained", "lost")] == [1, 1]
    assert (gone["rule"], gone["change"], len(gone["lost"])) == ("gone", "removed", 1)
    assert "boats (changed): gains 1, loses 1, keeps 1" in run(desk, "rules", "diff", str(old))


def test_it_is_said_when_every_article_had_to_be_read(desk: Path) -> None:
    command = [sys.executable, "-m", "ingest", "-c", str(desk)]
    for words in (["search"], ["rules", "test"]):
        for query, said in (("/tr[ae]m/", "3 articles were read"), ("tram", ""), ("NOT tram", "")):
            done = subprocess.run(
                [*command, *words, query, "--json"],
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            assert said in done.stderr
            assert said or not done.stderr


def test_an_article_of_several_feeds_counts_once(desk: Path, sqlite_store_url: str) -> None:
    now = datetime.now(UTC)
    with Store.open(sqlite_store_url) as store:
        for name in ("island", "sea"):
            feed = next(feed for feed in add_feeds(store, name, now=now) if feed.name == name)
            (entry,) = add_entries(store, feed, name, now=now)
            text = extraction(title="", body="A lighthouse", summary="")
            read(store, entry, text, key="shared", now=now)
    (test,) = rows(desk, "rules", "test", "lighthouse")
    old = desk.with_name("old.yaml")
    old.write_text("rules: [{name: r, query: lighthouse}]", encoding="utf-8")

    assert (test["articles"], len(rows(desk, "search", "lighthouse"))) == (1, 1)
    assert len(rows(desk, "search", "lighthouse feed:sea")) == 1
    (lost,) = (row for row in rows(desk, "rules", "diff", str(old)) if row["rule"] == "r")
    assert len(lost["lost"]) == 1


def test_a_rule_asks_for_something_else_when_a_list_it_names_has_changed() -> None:
    def rule(query: str, *entries: str) -> Rule:
        return Rule("r", query, lists={"ships": entries, "other": (*entries, "x")})

    assert not list(changed([rule("a", "b")], [rule("a", "c")]))
    assert list(changed([rule("$ships", "b")], [rule("$ships", "c")]))


def test_rules_that_cannot_be_read_end_a_comparison(desk: Path) -> None:
    bad = desk.with_name("bad.yaml")
    bad.write_text("rules: [{name: r, query: '(a'}, {name: s}]", encoding="utf-8")

    assert "query" in run(desk, "rules", "diff", str(bad), code=2)
