"""What others script against: exit codes, keys of the listings, filters line by line."""

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest

from ingest.cli.root import COMMANDS
from tests.desk import Desk, page, rss

KEYS = {
    "feeds": "id name url current_url tags state last_outcome last_status last_checked_at "
    "next_check_at interval_s failures last_error entries",
    "entries": "id feed guid link title published_at first_seen_at state",
    "articles": "id feed url canonical_url title summary authors published_at language body words "
    "story method revision fetched_at",
    "stories": "id title articles feeds first_seen_at last_seen_at",
    "alerts": "id rule story articles created_at kind state reason",
    "deliveries": "id alert channel state attempts next_attempt_at last_error delivered_at",
}

TEXT = (
    "The swing bridge at Havn opened late on Friday because a heron had settled on the control "
    "box, the harbour office said, and nobody wished to disturb it before it had eaten.",
    "Four yachts and a gravel barge waited for an hour. The heron left at half past nine.",
)


@pytest.fixture
def polled(desk: Desk) -> Desk:
    """A desk after one pass over one story."""
    desk.origin.publish(
        "/feed.xml", rss("Outlet", [("/1.html", "Bridge waits for heron", "Late.")])
    )
    desk.origin.publish("/1.html", page("Bridge waits for heron", TEXT), "text/html")
    desk.watch(["/feed.xml"], {"herons": "heron AND bridge", "none": "pelican"})
    desk.poll()
    return desk


@pytest.mark.parametrize("listing", KEYS)
def test_listings_have_the_keys_of_the_contract(polled: Desk, listing: str) -> None:
    rows = polled.rows(listing, "list")

    assert rows
    for row in rows:
        assert set(KEYS[listing].split()) <= set(row)
        for key, value in row.items():
            if key.endswith("_at") and value is not None:
                assert value.endswith("Z"), key


def test_listings_filter_and_limit(polled: Desk) -> None:
    assert polled.rows("articles", "list", "--rule", "none") == []
    assert len(polled.rows("articles", "list", "--rule", "herons", "--feed", "feed.xml")) == 1
    assert polled.rows("articles", "list", "--until", "2020-01-01") == []
    assert len(polled.rows("entries", "list", "--since", "1h", "--limit", "1")) == 1


def test_every_table_is_printed_without_json(polled: Desk) -> None:
    for listing in KEYS:
        assert "Traceback" not in polled.run(listing, "list")
    assert "herons" in polled.run("alerts", "list")
    assert "Bridge waits for heron" in polled.run("stories", "show", "1")
    assert "heron" in polled.run("alerts", "show", "1")
    (shown,) = polled.rows("alerts", "show", "1")
    assert {passage["term"].casefold() for passage in shown["passages"]} >= {"heron"}
    assert shown["placement"]["why"] == "new_story"
    assert TEXT[0] in polled.run("articles", "show", "1")
    assert "feed.xml" in polled.run("feeds", "show", "feed.xml")


def test_explain_tells_the_whole_life_of_an_article(polled: Desk) -> None:
    told = polled.run("explain", polled.origin.url("/1.html"), "--rule", "none")

    for part in ("fetched", "new story", "herons", "alerted", "delivered", "pelican"):
        assert part in told


def test_search_and_rules_test_find_what_the_alert_found(polled: Desk) -> None:
    found = polled.rows("search", 'heron* NEAR/20 "control box"')
    (tested,) = polled.rows("rules", "test", "herons")

    assert [row["title"] for row in found] == ["Bridge waits for heron"]
    assert (tested["articles"], tested["stories"], tested["alerts"]) == (1, 1, 1)


def test_a_faulty_query_is_shown_with_a_caret(polled: Desk) -> None:
    said = polled.run("search", "heron AND (bridge", code=2)

    assert "^" in said


def test_status_counts_what_there_is(polled: Desk) -> None:
    (status,) = polled.rows("status")

    assert status["feeds"]["ok"] == 1
    assert status["deliveries"]["delivered"] == 2


def test_a_faulty_configuration_exits_2_with_every_fault_and_its_place(desk: Desk) -> None:
    desk.config.write_text("feeds:\n  - {url: https://a.example/, intervall: 5m}\nrules: 7\n")
    said = desk.run("check", code=2)

    assert f"{desk.config}:2:" in said
    assert "did you mean `interval`" in said
    assert f"{desk.config}:3:" in said


def test_check_accepts_a_good_configuration(desk: Desk) -> None:
    desk.watch(["/feed.xml"], {"a": "b"})

    assert "no faults" in desk.run("check")


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    done = ingest("-c", str(tmp_path / "none.yaml"), "feeds", "list")

    assert done.returncode == 2
    assert "none.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_older_schema_exits_3_and_names_the_command(polled: Desk) -> None:
    with sqlite3.connect(polled.folder / "ingest.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    said = polled.run("feeds", "list", code=3)

    assert "ingest db upgrade" in said


def test_an_unknown_command_or_option_exits_2() -> None:
    assert ingest("nonsense").returncode == 2
    assert ingest("poll", "--nonsense").returncode == 2


def test_init_writes_a_configuration_that_check_accepts_and_never_overwrites(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "new"
    assert ingest("init", str(folder)).returncode == 0
    (folder / "feeds.yaml").write_text("feeds: []\n")
    again = ingest("init", str(folder))

    assert "left as it is" in again.stdout
    assert (folder / "feeds.yaml").read_text() == "feeds: []\n"
    assert ingest("-c", str(folder / "ingest.yaml"), "check").returncode in (0, 2)


def test_plan_says_what_the_files_would_change(polled: Desk) -> None:
    feeds = [{"url": "https://new.example/feed", "name": "new"}]
    polled.configure(feeds=feeds)
    steps = polled.rows("plan")

    assert {(step["change"], step["feed"]) for step in steps} == {
        ("add", "new"),
        ("retire", "feed.xml"),
    }


def test_a_channel_can_be_tested(desk: Desk) -> None:
    desk.watch(["/feed.xml"], {})
    desk.run("channels", "test", "soc")
    desk.run("channels", "test", "desk")

    assert desk.hooks[0]["type"] == "test"
    assert "test" in desk.postbox.mails[0]["Subject"].lower()


def test_the_database_can_be_checked_backed_up_and_pruned(polled: Desk, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"

    assert "no faults" in polled.run("db", "check")
    polled.run("db", "backup", str(copy))
    assert copy.stat().st_size > 0
    assert isinstance(polled.rows("db", "prune")[0], dict)
    (status,) = polled.rows("db", "status")
    assert status["current"] == status["wanted"]


def test_parse_gives_the_feed_as_json(desk: Desk, tmp_path: Path) -> None:
    source = tmp_path / "feed.xml"
    source.write_bytes(rss("Outlet", [("https://a.example/1", "A &amp; B", "Teaser")]))
    parsed = json.loads(ingest("parse", str(source)).stdout)

    assert parsed["feed"]["title"] == "Outlet"
    (entry,) = parsed["entries"]
    assert (entry["title"], entry["link"]) == ("A & B", "https://a.example/1")
    assert {"feed", "entries", "warnings"} == set(parsed)


def test_filters_answer_each_line_before_the_next_is_read(tmp_path: Path) -> None:
    rules = tmp_path / "rules.jsonl"
    rules.write_text('{"id": "r", "query": "heron"}\n{"id": "bad", "query": "(heron"}\n')
    cases: list[tuple[list[str], dict[str, object], str]] = [
        (["extract", "--jsonl"], {"url": "", "html": page("T", TEXT).decode()}, "body"),
        (["cluster"], {"title": "T", "text": "\n\n".join(TEXT)}, "cluster"),
        (
            ["match", "--rules", str(rules)],
            {"title": "", "text": "A heron.", "feed": "", "tags": []},
            "rules",
        ),
    ]
    for words, asked, key in cases:
        with subprocess.Popen(
            command(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            if words[0] == "match":
                assert json.loads(process.stdout.readline())["rule"] == "bad"
            for number in range(2):
                process.stdin.write(json.dumps({"id": f"d{number}", **asked}) + "\n")
                process.stdin.flush()
                answer = json.loads(process.stdout.readline())
                assert answer["id"] == f"d{number}"
                assert key in answer
            process.stdin.write("this is no JSON\n")
            process.stdin.flush()
            assert "error" in json.loads(process.stdout.readline())
            process.stdin.close()
            assert process.wait(timeout=20) == 0


def test_cluster_goes_on_from_its_state(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    text = "\n\n".join(TEXT * 3)
    first = ingest("cluster", "--state", str(state), text=line("a", "Heron", text))
    second = ingest("cluster", "--state", str(state), text=line("b", "Bridge waits", text))

    assert json.loads(first.stdout) == {"id": "a", "cluster": "a"}
    assert json.loads(second.stdout) == {"id": "b", "cluster": "a"}


def test_help_lists_every_command() -> None:
    said = ingest("--help").stdout

    for name in COMMANDS:
        assert f"  {name} " in said
    assert ingest("poll", "--help").returncode == 0


def line(id: str, title: str, text: str) -> str:
    """Return one input line of `cluster`."""
    return json.dumps({"id": id, "title": title, "text": text}) + "\n"


def command(*words: str) -> list[str]:
    """Return the command line of the program."""
    import sys

    return [sys.executable, "-m", "ingest", *words]


def ingest(*words: str, text: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the program with no configuration of a desk."""
    return subprocess.run(
        command(*words), input=text, capture_output=True, text=True, timeout=60, check=False
    )
