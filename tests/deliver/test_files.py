"""Channels that write files: JSON lines, standard output, and an Atom feed for each rule."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import feedparser
import pytest

from ingest.deliver.atom import KEPT, Atom
from ingest.deliver.file import File, Stdout
from ingest.errors import DeliveryError
from ingest.model import Delivery
from tests.alerts.samples import TITLE, data, delivery
from tests.alerts.test_render import SURGE

HEALTH = {"condition": "disk", "subject": "database", "since": None, "detail": "full", "advice": ""}


def numbered(number: int) -> Delivery:
    made = delivery(content=data(title=f"Report {number} <b>& more</b>"))
    return replace(made, id=f"dlv_{number}")


def test_each_message_is_a_line_with_the_id_of_its_delivery(tmp_path: Path) -> None:
    out = tmp_path / "alerts.jsonl"
    for number in range(3):
        File(out).send(numbered(number))

    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["id"] for line in lines] == ["dlv_0", "dlv_1", "dlv_2"]
    assert lines[0]["type"] == "alert.created"


def test_a_line_cut_short_by_a_crash_is_not_joined_to_the_next(tmp_path: Path) -> None:
    out = tmp_path / "alerts.jsonl"
    out.write_bytes(b'{"id": "dlv_0", "ty')
    File(out).send(numbered(1))

    assert json.loads(out.read_text().splitlines()[1])["id"] == "dlv_1"


def test_a_file_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="cannot write") as caught:
        File(tmp_path / "missing" / "alerts.jsonl").send(numbered(1))

    assert not caught.value.permanent


def test_standard_output_takes_lines(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Stdout().send(numbered(1))

    assert json.loads(capfdbinary.readouterr().out)["id"] == "dlv_1"


def test_each_rule_has_a_feed_that_readers_take_newest_first(tmp_path: Path) -> None:
    channel = Atom(tmp_path / "feeds")
    for number in range(3):
        channel.send(numbered(number))
    channel.send(delivery("health.raised", HEALTH))

    file = tmp_path / "feeds" / "pier-closures.atom"
    feed = feedparser.parse(file.read_bytes())
    assert not feed.bozo
    assert feed.version == "atom10"
    assert [entry.id for entry in feed.entries] == [f"urn:ingest:dlv_{n}" for n in (2, 1, 0)]
    assert "Report 2 <b>& more</b>" in file.read_text().replace("&lt;", "<").replace(
        "&gt;", ">"
    ).replace("&amp;", "&")
    assert feed.entries[0].link.startswith("https://coast.example/pier")
    assert (tmp_path / "feeds" / "health.atom").exists()
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_message_sent_again_stands_in_the_feed_once(tmp_path: Path) -> None:
    channel = Atom(tmp_path)
    for number in (1, 2, 1):
        channel.send(numbered(number))

    feed = feedparser.parse((tmp_path / "pier-closures.atom").read_bytes())
    assert [entry.id for entry in feed.entries] == ["urn:ingest:dlv_1", "urn:ingest:dlv_2"]


def test_a_feed_keeps_the_latest_hundred(tmp_path: Path) -> None:
    channel = Atom(tmp_path)
    for number in range(KEPT + 5):
        channel.send(numbered(number))

    feed = feedparser.parse((tmp_path / "pier-closures.atom").read_bytes())
    assert len(feed.entries) == KEPT
    assert feed.entries[-1].id == "urn:ingest:dlv_5"


@pytest.mark.parametrize("rule", ["../../etc/passwd", "a/b", ".", "", "Ärger\0"])
def test_a_rules_name_never_leads_out_of_the_folder(tmp_path: Path, rule: str) -> None:
    folder = tmp_path / "feeds"
    Atom(folder).send(delivery(content={**data(), "rule": rule, "title": TITLE}))

    (made,) = folder.iterdir()
    assert made.suffix == ".atom"
    assert sorted(tmp_path.iterdir()) == [folder]


def test_a_digest_goes_into_the_feeds_of_its_rules(tmp_path: Path) -> None:
    alerts = [{**data(title=f"Report {n}"), "rule": f"rule-{n % 2}"} for n in range(4)]
    digest = delivery("digest", {"alerts": alerts, "reason": None})
    for _ in range(2):
        Atom(tmp_path).send(digest)

    feeds = {file.name: feedparser.parse(file.read_bytes()) for file in tmp_path.iterdir()}
    assert {name: [entry.title for entry in feed.entries] for name, feed in feeds.items()} == {
        "rule-0.atom": ["[rule-0] Report 2", "[rule-0] Report 0"],
        "rule-1.atom": ["[rule-1] Report 3", "[rule-1] Report 1"],
    }


def test_a_surge_in_a_feed_has_its_chart(tmp_path: Path) -> None:
    Atom(tmp_path).send(delivery("alert.surge", SURGE))
    (entry,) = feedparser.parse((tmp_path / "pier-closures.atom").read_bytes()).entries

    raw = (tmp_path / "pier-closures.atom").read_text(encoding="utf-8")
    assert "&lt;title&gt;31 stories in 2 hours, usually 4&lt;/title&gt;" in raw
    assert "Pier shut until the weekend" in entry.content[0].value
