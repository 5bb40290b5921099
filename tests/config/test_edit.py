"""Feeds added to and taken out of the files, with every other byte as it was."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.config import edit
from ingest.config.load import load
from ingest.errors import ConfigError
from ingest.model import WantedFeed

NEW = WantedFeed("New: one", "https://new.example/feed?a=1&b=${X}", ("defence", "on"))
MESSY = """\
# head
feeds:
- url: https://example.org/a   # why
  name:   'A'
  tags: [ news,   "defence" ]

# the second
- {url: https://example.net/b?x=1&y=2,  name: B,
   tags: [x]}
-   url: "https://example.com/c"
    interval: 010m
    name: >-
      long
      name


rules: []
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_bytes(text.encode())
    return folder / "ingest.yaml"


def names(config: Path) -> list[str]:
    return [feed.name or feed.url for feed in load(config, {}).feeds]


@pytest.mark.parametrize(
    "text",
    [
        MESSY,
        MESSY.replace("\n", "\r\n"),
        "\ufeff" + MESSY,
        "feeds: [{url: 'https://a.example/'}, ]\n",
        "feeds: [{url: 'https://a.example/'}, {url: 'https://b.example/', name: B}]  # all\nrules:\n",
        "feeds: []  # none yet\nrules: []",
        "feeds:\n# none yet\nrules: []\n",
        "rules: []",
        "",
        "feeds:\n  - url: https://a.example/ # no line break at the end",
        "feeds:\n\n  - url: https://a.example/\n\n  - url: https://b.example/\n\n# the end\n",
        "feeds:\n  -\n    url: https://a.example/\n",
        "feeds:\n  - url: https://a.example/\n    name: |\n      A\n# after\n",
    ],
)
def test_a_feed_is_added_and_taken_out_again_without_a_trace(tmp_path: Path, text: str) -> None:
    config = write(tmp_path, ingest=text)
    before = names(config)

    edit.add(config, [NEW], {})
    after = config.read_bytes().decode()
    (added,) = (feed for feed in load(config, {}).feeds if feed.name == NEW.name)

    assert names(config) == [*before, NEW.name]
    assert (added.url, added.tags) == (NEW.url, NEW.tags)
    for line in text.splitlines():
        assert line.replace("[]", "").split("#")[0].rstrip(" ]\ufeff") in after
        assert "#" not in line or line[line.index("#") :] in after
    edit.remove(config, NEW.name, {})
    assert names(config) == before
    if before:
        assert config.read_bytes().decode().rstrip() == text.rstrip()


def test_the_shape_of_the_neighbours_is_kept(tmp_path: Path) -> None:
    config = write(
        tmp_path,
        ingest="feeds:\n\n  - {url: https://a.example/}\n\n  - {url: https://b.example/}  # b\n",
    )

    edit.add(config, [WantedFeed("C", "https://c.example/")], {})

    assert config.read_text().endswith("}  # b\n\n  - {url: 'https://c.example/', name: C}\n")


def test_a_feed_goes_with_its_own_lines_and_no_others(tmp_path: Path) -> None:
    config = write(tmp_path, ingest=MESSY)

    edit.remove(config, "B", {})
    edit.remove(config, "A", {})

    assert config.read_text() == (
        '# head\nfeeds:\n\n# the second\n-   url: "https://example.com/c"\n    interval: 010m\n'
        "    name: >-\n      long\n      name\n\n\nrules: []\n"
    )


def test_the_file_that_lists_feeds_is_the_one_that_gets_them(tmp_path: Path) -> None:
    config = write(
        tmp_path,
        ingest="include: [rules.yaml, feeds.yaml]\n",
        rules="feeds: []\nrules: []\n",
        feeds="feeds:\n  - url: https://a.example/\n",
    )
    link = tmp_path / "feeds.yaml"
    (tmp_path / "real.yaml").write_bytes(link.read_bytes())
    link.unlink()
    link.symlink_to("real.yaml")
    (tmp_path / "real.yaml").chmod(0o640)

    path = edit.add(config, [NEW], {})

    assert path.name == "feeds.yaml"
    assert link.is_symlink()
    assert (tmp_path / "real.yaml").stat().st_mode & 0o777 == 0o640
    assert names(config) == ["https://a.example/", NEW.name]
    assert len(list(tmp_path.iterdir())) == 4


def test_a_feed_that_a_rule_asks_for_stays(tmp_path: Path) -> None:
    text = "feeds:\n  - {url: https://a.example/, name: A}\nrules:\n  - {name: r, query: x, feeds: [A]}\n"
    config = write(tmp_path, ingest=text)

    with pytest.raises(ConfigError, match="A"):
        edit.remove(config, "A", {})

    assert config.read_text() == text


@pytest.mark.parametrize(
    "text",
    [
        "feeds: &all\n  - &a {url: https://a.example/}\n  - *a\n",
        "{feeds: [{url: 'https://a.example/'}]}",
    ],
)
def test_what_cannot_be_edited_safely_is_left_alone(tmp_path: Path, text: str) -> None:
    config = write(tmp_path, ingest=text)
    try:
        edit.remove(config, "https://a.example/", {})
    except ConfigError:
        assert config.read_text() == text
    else:
        assert "https://a.example/" not in config.read_text()


def test_a_name_nobody_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no feed is called `X`"):
        edit.remove(write(tmp_path, ingest=MESSY), "X", {})


@pytest.mark.parametrize("name", ["${A}", "https://a.example/?a=${A}"])
def test_a_feed_is_removed_by_the_name_it_was_added_with(tmp_path: Path, name: str) -> None:
    feed = WantedFeed(name, "https://a.example/?a=${A}")
    config = write(tmp_path, ingest="feeds: []\n")

    edit.add(config, [feed], {})
    edit.remove(config, feed.name, {})

    assert names(config) == []


@pytest.mark.parametrize("name", ["Desk 7", "https://a.example/?key=${KEY}"])
def test_a_feed_with_references_is_removed_by_what_it_is_called(tmp_path: Path, name: str) -> None:
    text = "feeds:\n  - {url: https://a.example/, name: 'Desk ${NUMBER}'}\n"
    text += "  - {url: 'https://a.example/?key=${KEY}'}\n"
    config, environ = write(tmp_path, ingest=text), {"NUMBER": "7", "KEY": "secret"}

    edit.remove(config, name, environ)

    assert name not in [feed.called for feed in load(config, environ).feeds]


ITEMS = st.lists(
    st.sampled_from(
        ["- url: https://{}.example/\n", "- {{url: 'https://{}.example/'}}  # x\n", "-   url: https://{}.example/\n    tags:\n    - a\n    # b\n    - c\n", "# - none\n", "\n"]
    ),
    max_size=6,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(ITEMS, st.sampled_from(["", "  "]), st.data())
def test_any_list_can_be_edited(parts: list[str], indent: str, data: st.DataObject) -> None:
    lines = "".join(part.format(at) for at, part in enumerate(parts)).splitlines(keepends=True)
    text = "feeds:\n" + "".join(indent + line if line.strip() else line for line in lines)
    text += "rules: []\n"
    before = edit._feeds(text) or []

    more = edit.with_items(text, [{"url": "https://new.example/"}])

    assert edit._feeds(more) == [*before, {"url": "https://new.example/"}]
    if before:
        at = data.draw(st.integers(0, len(before) - 1))
        assert edit._feeds(edit.without_item(text, at)) == [*before[:at], *before[at + 1 :]]


def test_edits_at_once_wait_for_each_other_and_lose_none(tmp_path: Path) -> None:
    config = write(tmp_path, ingest=MESSY)
    before = names(config)
    start = Barrier(8)

    def one_more(number: int) -> None:
        start.wait()
        with edit.alone(config):
            edit.add(config, [WantedFeed(f"new {number}", f"https://new.example/{number}")], {})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one_more, range(8)))

    assert names(config)[: len(before)] == before
    assert sorted(names(config)[len(before) :]) == [f"new {number}" for number in range(8)]
