"""YAML text to a tree with places."""

import pytest
import yaml

from ingest.config import nodes
from ingest.config.nodes import read


def only_fault(text: str) -> str:
    _, faults = read(text, "f.yaml")
    assert len(faults) == 1
    return str(faults[0])


def test_every_value_knows_where_it_stands() -> None:
    root, faults = read("a:\n  - {b: one}\n  - two\n", "f.yaml")

    assert faults == []
    assert root is not None
    listed = root.get("a")
    assert listed is not None
    inner = listed.items()[0].get("b")
    assert inner is not None
    assert inner.place == ("f.yaml", 2, 9)
    assert listed.items()[1].place == ("f.yaml", 3, 5)


@pytest.mark.parametrize(
    "text", ["on", "yes", "22:00", "1_000", "0x1F", "2026-11-01", ".inf", "=", "<<"]
)
def test_a_scalar_stays_the_text_it_is(text: str) -> None:
    root, _ = read(f"a: {text}", "f.yaml")

    assert root is not None
    node = root.get("a")
    assert node is not None
    assert node.value == text


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_nothing_null_and_tilde_are_none(text: str) -> None:
    root, _ = read(f"a: {text}", "f.yaml")

    assert root is not None
    node = root.get("a")
    assert node is not None
    assert node.value is None


def test_a_quoted_null_is_text() -> None:
    root, _ = read("a: 'null'", "f.yaml")

    assert root is not None
    node = root.get("a")
    assert node is not None
    assert node.value == "null"


def test_an_empty_file_has_no_root() -> None:
    assert read("# nothing\n", "f.yaml") == (None, [])


def test_an_alias_stands_for_its_anchor() -> None:
    root, faults = read("a: &x {b: 1}\nc: *x\n", "f.yaml")

    assert faults == []
    assert root is not None
    assert root.get("c") is root.get("a")


FAULTS = {
    "tab": ("a:\n\tb: 1\n", "f.yaml:2:1: ", "indent with spaces, not tabs"),
    "duplicate key": ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: the key `a` stands here twice", "line 1"),
    "two documents": ("a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document", "---"),
    "tag": ("a: !!python/name:os.system x\n", "f.yaml:1:4: tags such as", "remove"),
    "unknown alias": ("a: *b\n", "f.yaml:1:4: no anchor `&b`", "quotes"),
    "ring": ("a: &a [*a]\n", "f.yaml:1:8: no anchor `&a`", ""),
    "list as key": ("? [a]\n: b\n", "f.yaml:1:3: a list or mapping where a key", "quotes"),
    "alias as key": ("a: &x b\n*x : c\n", "f.yaml:2:1: an alias where a key", ""),
    "control character": ("a: 1\nb: \x07\n", "f.yaml:2:4: a character that YAML does not", "x07"),
    "at sign": ("a: @b\n", "f.yaml:1:4: ", "use quotes"),
    "colon in text": ("a: b: c\n", "f.yaml:1:5: ", "needs quotes"),
    "text after a quote": ('q: "S-400" AND x\nr: 1\n', "f.yaml:1:12: ", "in single quotes"),
    "text after a quote, in braces": (
        'a: {q: "S-400" AND x}\n',
        "f.yaml:1:16: ",
        "in single quotes",
    ),
    "open bracket": ("a: [b\nc: d\n", "f.yaml:2:2: ", "bracket"),
    "open quote": ('a: "b\n', "f.yaml:2:1: ", "closing quote"),
}


@pytest.mark.parametrize(("text", "start", "part"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_names_its_place_and_what_is_usually_behind_it(
    text: str, start: str, part: str
) -> None:
    fault = only_fault(text)

    assert fault.startswith(start)
    assert part in fault


def test_reading_goes_on_after_a_duplicate_key() -> None:
    _, faults = read("a: 1\na: 2\nb: 1\nb: 2\nc: [\n", "f.yaml")

    assert [fault.line for fault in faults] == [2, 4, 6]


@pytest.mark.parametrize("text", ["a: " + "[" * 100_000, "- " * 50_000 + "x", "{a: " * 50_000])
def test_depth_is_bounded(text: str) -> None:
    assert "nested more than 32 levels" in only_fault(text)


def test_depth_is_bounded_through_aliases() -> None:
    chain = "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 1000))

    assert "nested more than 32 levels" in only_fault("a0: &a0 [x]\n" + chain)


def test_aliases_of_aliases_cannot_grow_without_end() -> None:
    laughs = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 20))

    assert "more than 5,000,000 values" in only_fault("a0: &a0 [x]\n" + laughs)


def test_the_pure_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x [1, 'two', {b: null}]\nc: *x\nd: |\n  more\n"
    fast, _ = read(text, "f.yaml")
    monkeypatch.setattr(nodes, "_Loader", yaml.SafeLoader)
    slow, _ = read(text, "f.yaml")

    assert fast is not None
    assert slow is not None
    assert shape(slow) == shape(fast)


def shape(node: nodes.Node) -> object:
    if isinstance(node.value, list):
        return (node.place, [shape(item) for item in node.value])
    if isinstance(node.value, dict):
        return (
            node.place,
            {key: (place, shape(child)) for key, (place, child) in node.value.items()},
        )
    return (node.place, node.value)
