"""The example files: they load, editors can check them, and the reference tells every key."""

import json
from pathlib import Path

import pytest

from ingest.config import reference
from ingest.config.advice import warnings
from ingest.config.load import load
from ingest.config.settings import schema
from ingest.config.starter import files

ROOT = Path(__file__).resolve().parents[2]


def test_the_examples_load_and_say_what_is_left_to_do(tmp_path: Path) -> None:
    for name, text in files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    settings = load(tmp_path / "ingest.yaml", {})

    assert len(settings.feeds) == 3
    assert [warning.split(";")[0].split(" of")[0] for warning in warnings(settings)] == [
        "no `contact` is set",
        "no channel is told",
    ]


def test_the_channels_of_the_example_are_right_once_uncommented(tmp_path: Path) -> None:
    texts = dict(files())
    lines = texts["ingest.yaml"].splitlines()
    start = lines.index("# channels:")
    lines[start:] = [line.removeprefix("# ") for line in lines[start:]]
    texts["ingest.yaml"] = "\n".join(lines)
    texts["rules.yaml"] = texts["rules.yaml"].replace("# notify", "notify")
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    settings = load(tmp_path / "ingest.yaml", {"SMTP_PASSWORD": "p", "HOOK_SECRET": "s" * 32})

    assert list(settings.channels) == ["desk", "hook"]
    assert len(warnings(settings)) == 1


@pytest.mark.parametrize("name", ["ingest.yaml", "feeds.yaml", "rules.yaml"])
def test_the_first_line_names_the_schema_for_editors(name: str) -> None:
    assert files()[name].startswith("# yaml-language-server: $schema=./ingest.schema.json\n")


def test_the_schema_file_is_the_schema_of_the_settings() -> None:
    written = json.loads((ROOT / "config" / "ingest.schema.json").read_text(encoding="utf-8"))

    assert written == schema(), "run `ingest schema > config/ingest.schema.json`"


def test_the_schema_writes_defaults_as_they_are_written_in_the_files() -> None:
    made = schema()

    assert made["$defs"]["Polling"]["properties"]["interval"]["default"] == "15m"
    assert made["$defs"]["Articles"]["properties"]["recheck"]["default"] == ["1h", "6h", "24h"]
    assert "P" not in {
        str(field.get("default", ""))[:1]
        for model in made["$defs"].values()
        for field in model.get("properties", {}).values()
    }


def test_no_key_is_required_at_the_top_so_that_each_file_can_be_checked_alone() -> None:
    assert "required" not in schema()


def test_the_reference_tells_every_key() -> None:
    page = ROOT / "docs" / "reference" / "configuration.md"

    assert page.read_text(encoding="utf-8") == reference.page(), (
        "run `python -m ingest.config.reference > docs/reference/configuration.md`"
    )


EVERY_ROOM = """
database: sqlite:///var/desk.db
contact: mailto:desk@example.org
fetch: {timeout: 30s, max_body: 20MB, per_site: 1, site_delay: 1s, robots: true, allow_networks: []}
polling: {interval: 15m, min: 2m, max: 24h, adaptive: true, first: alert}
articles: {full_text: true, max_page: 10MB, recheck: [1h, 6h, 24h]}
stories: {window: 72h}
retention: {articles: 365d, raw_pages: 14d}
web: {listen: 127.0.0.1:8080, password_file: null}
metrics: {enabled: true}
channels:
  desk: {kind: email, to: [a@example.org], from: b@example.org, smtp: {host: mail.example.org, port: 587, security: starttls, username: u, password: "${PASSWORD}"}}
  morning: {kind: email, to: [a@example.org], digest: {at: "07:00", timezone: Europe/Berlin}, smtp: {host: localhost, port: 25}}
  hook: {kind: webhook, url: https://hook.example.org/in, secret: ["${SECRET}", "${SECRET}"]}
  phone: {kind: apprise, url: "${PHONE}", quiet_hours: {from: "22:00", to: "07:00", timezone: Europe/Berlin}, rate: 10/h}
health: {channels: [desk], feed_failing_after: 24h, feed_silent_factor: 5}
feeds:
  - {url: https://example.org/rss.xml, name: Example, tags: [ports], interval: 10m}
  - {url: https://example.net/atom.xml, full_text: false, headers: {Authorization: "${TOKEN}"}}
rules:
  - name: cranes
    query: '"gantry crane" AND (Havn OR Skarholm) NOT title:cricket'
    tags: [ports]
    notify: [desk, hook]
    on: article
    repeat: story
    surge: {factor: 4, window: 2h}
"""


def test_a_configuration_that_speaks_of_every_room_loads(tmp_path: Path) -> None:
    path = tmp_path / "ingest.yaml"
    path.write_text(EVERY_ROOM, encoding="utf-8")
    names = ("PASSWORD", "PHONE", "SECRET", "TOKEN")
    settings = load(path, {name: f"a {name.lower()} of more than thirty-two" for name in names})

    assert len(settings.channels) == 4
    assert settings.rules[0].on == "article"
