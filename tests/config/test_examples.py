"""The example files: they load, editors can check them, and the reference tells every key."""

import json
from pathlib import Path

import pytest

from ingest.config import reference
from ingest.config.load import load
from ingest.config.settings import schema, warnings
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
