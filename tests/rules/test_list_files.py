"""Lists in the configuration: entries, files, and what `check` says of them."""

from pathlib import Path

import pytest

from ingest.config.advice import warnings
from ingest.config.load import load
from ingest.config.plan import rules_of
from ingest.errors import ConfigErrors
from ingest.model import Document
from ingest.rules.percolate import RuleSet

RULES = "rules: [{name: r, query: %s}]\n"


def configured(folder: Path, text: str) -> RuleSet:
    path = folder / "ingest.yaml"
    path.write_text(text, encoding="utf-8")
    return RuleSet(rules_of(load(path, {})))


def finds(rules: RuleSet, text: str) -> bool:
    return rules.names(Document("", text)) == ["r"]


def test_a_list_is_named_by_rules(tmp_path: Path) -> None:
    rules = configured(
        tmp_path, RULES % "$ships -$old" + "lists: {ships: [ferr*, tug], old: [x]}\n"
    )

    assert finds(rules, "two ferries")
    assert not finds(rules, "two ferries, x")


def test_a_text_file_has_one_entry_a_line_and_is_read_again(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("# ships of the line\n\n Sea Queen \n", encoding="utf-8")
    text = RULES % "$ships" + "lists: {ships: {file: names.txt}}\n"

    assert finds(configured(tmp_path, text), "the sea queen")
    names.write_text("Red Star\n", encoding="utf-8")
    assert finds(configured(tmp_path, text), "the Red Star")


def test_a_csv_file_gives_a_column(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text('id,name\n1,"Doe, Jane"\n2,\n3,Wei Li\n', encoding="utf-8")
    text = RULES % "$people" + "lists: {people: {file: n.csv, column: name}}\n"

    rules = configured(tmp_path, text)

    assert finds(rules, "doe jane")
    assert finds(rules, "Wei Li")
    assert not finds(rules, "3")


@pytest.mark.parametrize(
    ("lists", "fault"),
    [
        ("{ships: {file: none.txt}}", "cannot read"),
        ("{ships: {file: n.csv}}", "needs a `column:`"),
        ("{ships: {file: n.csv, column: nobody}}", "needs a `column:`"),
        ("{ships: {file: bad.txt}}", "not UTF-8"),
        ("{ships: {file: bad.csv, column: b}}", "as CSV"),
        ("{ships: 5}", "must be a list"),
        ("{ships: [a], 'two words': [b]}", "not a name"),
        ("{ferries: [a]}", "no list is called `ships`"),
    ],
)
def test_a_list_that_cannot_be_read_is_a_fault(tmp_path: Path, lists: str, fault: str) -> None:
    (tmp_path / "n.csv").write_text("id,name\n", encoding="utf-8")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe")
    (tmp_path / "bad.csv").write_text('a,b\n1,"2', encoding="utf-8")

    with pytest.raises(ConfigErrors, match=fault):
        configured(tmp_path, RULES % "a $ships" + f"lists: {lists}\n")


def test_check_points_out_entries_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "ingest.yaml"
    path.write_text("lists: {none: [], odd: [a, '!!', '-']}\n", encoding="utf-8")

    said = "\n".join(warnings(load(path, {})))

    assert "list `none`: has no entries" in said
    assert "list `odd`: there is no word in `!!` and 1 more" in said
