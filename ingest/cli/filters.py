"""`parse`, `extract` and `cluster`: filters for pipelines; no database and no configuration needed."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.output import dumps
from ingest.errors import IngestError

if TYPE_CHECKING:
    from ingest.articles.sites import SiteRule

PIPE_BYTES = 65_536
"""What a pipe holds at most (Linux), read at once: a page is some hundred thousand."""

FETCH_TIMEOUT_S = 30.0
FETCH_MAX_BYTES = 50_000_000


def read_source(source: str, accept: str = "*/*") -> tuple[bytes, str, str | None]:
    """Return the bytes of a file, of a URL or of standard input (`-`), its address and content type."""
    if source == "-":
        return sys.stdin.buffer.read(), "", None
    if source.startswith(("http://", "https://")):
        return _fetch(source, accept)
    try:
        return Path(source).read_bytes(), "", None
    except OSError as error:
        raise click.ClickException(f"cannot read {source}: {error.strerror}") from error


def _fetch(url: str, accept: str) -> tuple[bytes, str, str | None]:
    """Fetch one address, as guarded as the daemon does."""
    from ingest.fetch.client import Client, user_agent
    from ingest.fetch.settings import Fetch
    from ingest.model import Request

    client = Client(Fetch(), user_agent=user_agent(None))
    response = client.fetch(Request(url, FETCH_TIMEOUT_S, FETCH_MAX_BYTES, accept=accept))
    client.close()
    return response.body, response.url, response.headers.get("content-type")


def _site_rule(path: Path) -> "SiteRule":
    from ingest.articles.sites import parse_rule

    return parse_rule(path.read_text(encoding="utf-8"), str(path))


def answer_lines(answer: Callable[[dict[str, Any]], list[dict[str, Any]]]) -> None:
    """Answer each JSON line of standard input before the next is read; a bad line is answered too."""
    lines = open(sys.stdin.fileno(), "rb", buffering=PIPE_BYTES, closefd=False)  # noqa: SIM115
    for line in lines:
        if line.strip():
            for row in _answer(line, answer):
                sys.stdout.buffer.write(dumps(row).encode("utf-8", "replace") + b"\n")
            sys.stdout.buffer.flush()


def _answer(
    line: bytes, answer: Callable[[dict[str, Any]], list[dict[str, Any]]]
) -> Iterator[dict[str, Any]]:
    asked: Any = None
    try:
        asked = json.loads(line)
        if not isinstance(asked, dict):
            raise TypeError("a line is one JSON object")
        yield from answer(asked)
    except (ValueError, TypeError, KeyError, RecursionError, IngestError) as error:
        reason = f"the key {error} is missing" if isinstance(error, KeyError) else str(error)
        yield {"id": asked.get("id") if isinstance(asked, dict) else None, "error": reason}


def text_of(asked: dict[str, Any], key: str) -> str:
    """Return a text of a line; raises TypeError where it is something else, KeyError where missing."""
    value = asked[key]
    if not isinstance(value, str):
        raise TypeError(f"`{key}` is not a text")
    return value


@click.command()
@click.argument("source", default="-")
@click.option("--url", default="", help="Address the feed came from, for relative links.")
def parse(source: str, url: str) -> None:
    """Read a feed from SOURCE (a file, a URL, or - for standard input) and print it as JSON."""
    from ingest.feeds import parse as feeds

    body, address, content_type = read_source(source)
    parsed = feeds.parse(body, url=url or address, content_type=content_type)
    click.echo(dumps(feeds.to_json(parsed)))


@click.command()
@click.argument("source", required=False)
@click.option("--jsonl", is_flag=True, help="Read {id, url, html} lines from standard input.")
@click.option(
    "--site-rule", type=click.Path(path_type=Path, exists=True), help="Use this site rule."
)
@click.option("--url", default="", help="Address a page in a file came from.")
def extract(source: str | None, jsonl: bool, site_rule: Path | None, url: str) -> None:
    """Take the article out of a page (a file, a URL, or - for standard input); print it as JSON."""
    from ingest.articles import extract as articles

    rule = _site_rule(site_rule) if site_rule else None

    def answer(asked: dict[str, Any]) -> list[dict[str, Any]]:
        address = str(asked.get("url") or "")
        page = articles.extract(text_of(asked, "html"), url=address, rule=rule)
        return [articles.to_json(asked.get("id"), page, address)]

    if jsonl:
        articles.expect_many()
        answer_lines(answer)
        return
    if source is None:
        raise click.UsageError("name a file or a URL, or use --jsonl")
    body, address, content_type = read_source(source, "text/html,*/*;q=0.5")
    url = url or address
    page = articles.extract(body, url=url, content_type=content_type, rule=rule)
    click.echo(dumps(articles.to_json(source, page, url)))


@click.command()
@click.option(
    "--state",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Keep the index in this folder, for a later run to go on from.",
)
def cluster(state: Path | None) -> None:
    """Read {id, title, text} lines in arrival order; answer each with the first id of its story."""
    from ingest.store.clusterer import Clusterer

    with Clusterer(state) as stories:

        def answer(asked: dict[str, Any]) -> list[dict[str, Any]]:
            first = stories.place(
                str(asked["id"]), str(asked.get("title") or ""), text_of(asked, "text")
            )
            return [{"id": asked["id"], "cluster": first}]

        answer_lines(answer)
