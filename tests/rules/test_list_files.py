"""Lists in the configuration: entries, files, and what `check` says of them."""

from pathlib import Path

import pytest

from ingest.app import App
from ingest.config.advice import warnings
from ingest.config.lists import Lists, Watch
from ingest.config.load import load
from ingest.config.plan import rules_of
from ingest.daemon import Daemon, Systemd
from ingest.errors import ConfigErrors
from ingest.model import Document
from ingest.rules.percolate import RuleSet
from ingest.rules.settings import ListFile
from ingest.store import Store

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
        ("{ships: {file: bad.txt}}", "bad.txt, line 2: not UTF-8"),
        ("{ships: {file: bad.csv, column: b}}", "bad.csv, line 3: cannot be read as CSV"),
        ("{ships: {file: long.txt}}", "long.txt, line 3: an entry of more than"),
        ("{ships: 5}", "must be a list"),
        ("{ships: [a], 'two words': [b]}", "not a name"),
        ("{ferries: [a]}", "no list is called `ships`"),
    ],
)
def test_a_list_that_cannot_be_read_is_a_fault(tmp_path: Path, lists: str, fault: str) -> None:
    (tmp_path / "n.csv").write_text("id,name\n", encoding="utf-8")
    (tmp_path / "bad.txt").write_bytes(b"tug\n\xff\xfe")
    (tmp_path / "bad.csv").write_text('a,b\n1,2\n1,"2', encoding="utf-8")
    (tmp_path / "long.txt").write_text("tug\r\n\r\n" + "x" * 2_000, encoding="utf-8")

    with pytest.raises(ConfigErrors, match=fault):
        configured(tmp_path, RULES % "a $ships" + f"lists: {lists}\n")


def test_a_cell_of_a_csv_file_may_hold_a_line_end(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text('name\n"Sea\nQueen"\n', encoding="utf-8")

    rules = configured(tmp_path, RULES % "$ships" + "lists: {ships: {file: n.csv}}\n")

    assert finds(rules, "the Sea Queen")


def test_a_change_of_a_file_is_told_once_it_has_come_to_rest(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("tug", encoding="utf-8")
    watch = Watch()
    of_files: Lists = {"ships": ListFile(file=names), "few": ("a",)}

    def look() -> bool:
        return watch.have_changed(of_files)

    assert [look(), look(), look()] == [False, True, False]
    names.write_text("tug\nferry", encoding="utf-8")
    assert not look()
    names.write_text("tug\nferry\nraft", encoding="utf-8")  # still being written
    assert [look(), look(), look()] == [False, True, False]
    names.unlink()
    assert [look(), look(), look()] == [False, True, False]


def test_the_daemon_takes_changed_lists_and_refuses_those_with_a_fault(tmp_path: Path) -> None:
    """All else of the configuration waits for a reload, whatever its file says by then."""
    names, config = tmp_path / "names.txt", tmp_path / "ingest.yaml"
    names.write_text("tug", encoding="utf-8")
    config.write_text(
        RULES % "$ships" + "lists: {ships: {file: names.txt}}\ndatabase: sqlite:///i.db\n",
        encoding="utf-8",
    )
    settings = load(config, {})
    with Store.open(settings.database) as store:
        app = App(settings, store, listens=False)
        daemon = Daemon(app, config, Systemd({}))

        def found(text: str) -> bool:
            return bool(app.context.rules.match(Document("", text), "article"))

        config.write_text("rules: [half a", encoding="utf-8")
        names.write_text("ferry", encoding="utf-8")
        daemon.read_lists()
        assert (found("a tug"), found("a ferry")) == (False, True)
        names.write_bytes(b"\xff")
        daemon.read_lists()
        assert found("a ferry")
        standing = [(each.kind, each.subject) for each in store.conditions()]
        assert ("reload_refused", "lists") in standing
        names.write_text("raft", encoding="utf-8")
        daemon.read_lists()
        assert (found("a ferry"), found("a raft")) == (False, True)


def watched(folder: Path, lists: str) -> tuple[App, Daemon]:
    """A daemon that is not started, on a configuration with these lists."""
    config = folder / "ingest.yaml"
    config.write_text(
        RULES % "$ships" + f"lists: {lists}\ndatabase: sqlite:///i.db\n", encoding="utf-8"
    )
    settings = load(config, {})
    app = App(settings, Store.open(settings.database), listens=False)
    return app, Daemon(app, config, Systemd({}))


def test_lists_put_right_in_the_configuration_are_no_longer_told_as_refused(tmp_path: Path) -> None:
    names = tmp_path / "n.csv"
    names.write_text("name\ntug\n", encoding="utf-8")
    app, daemon = watched(tmp_path, "{ships: {file: n.csv, column: name}}")
    names.write_text("id,ship\n1,ferry\n", encoding="utf-8")
    daemon.read_lists()

    watched(tmp_path, "{ships: {file: n.csv, column: ship}}")[0].store.close()
    daemon.reload()
    daemon._look()

    assert [each.kind for each in app.store.conditions()] == []
    assert app.context.rules.match(Document("", "a ferry"), "article")
    app.store.close()


def test_lists_that_could_not_be_read_are_looked_at_again_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("tug", encoding="utf-8")
    app, daemon = watched(tmp_path, "{ships: {file: names.txt}}")
    names.unlink()
    names.mkdir()  # there, and cannot be read

    for _ in range(5):
        daemon._look_at_lists()
        while not daemon._signals.empty():
            daemon._signals.get()
            daemon.read_lists()
    told = [each.getMessage() for each in caplog.records if "refused" in each.getMessage()]
    looks = daemon._lists.have_changed(app.settings.lists)

    assert looks
    assert len(told) == 1
    assert f"{tmp_path / 'ingest.yaml'}: cannot read {names}" in told[0]
    app.store.close()


def test_a_file_that_may_be_read_again_counts_as_changed(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("tug", encoding="utf-8")
    watch = Watch()
    of_files: Lists = {"ships": ListFile(file=names)}
    assert [watch.have_changed(of_files) for _ in range(3)] == [False, True, False]

    names.chmod(0)
    names.chmod(0o644)

    assert [watch.have_changed(of_files) for _ in range(3)] == [False, True, False]


def test_check_points_out_entries_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "ingest.yaml"
    path.write_text("lists: {none: [], odd: [a, '!!', '-']}\n", encoding="utf-8")

    said = "\n".join(warnings(load(path, {})))

    assert "list `none`: has no entries" in said
    assert "list `odd`: there is no word in `!!` and 1 more" in said
