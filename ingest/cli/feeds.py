"""`feeds`: the watched feeds."""

from datetime import UTC, datetime
from typing import Any

import click

from ingest.cli import sources
from ingest.cli.output import Row, json_option, list_rows, show
from ingest.cli.root import Session
from ingest.cli.stored import required
from ingest.feeds import completeness
from ingest.model import FeedState


@click.group()
def feeds() -> None:
    """The watched feeds."""


for command in (sources.add, sources.remove, sources.discover, sources.import_, sources.export):
    feeds.add_command(command)


@feeds.command("list")
@click.option("--tag", help="Only feeds with this tag.")
@click.option(
    "--state",
    type=click.Choice([state.value for state in FeedState]),
    help="Only those in this state.",
)
@click.option("--limit", type=click.IntRange(min=1), help="At most this many.")
@json_option
@click.pass_obj
def list_feeds(session: Session, /, as_json: bool, limit: int | None, **chosen: Any) -> None:
    """List feeds and how they stand."""
    columns = ["name", "state", "last_outcome", "last_checked_at", "next_check_at", "entries"]
    columns += ["per_day", "overlap", "gaps"]
    with session.store() as store:
        rows = map(_complete, store.list_feeds(limit=limit, **chosen))
        list_rows(rows, columns, as_json=as_json, limit=limit)


@feeds.command("show")
@click.argument("name")
@json_option
@click.pass_obj
def show_feed(session: Session, name: str, as_json: bool) -> None:
    """Show everything known of one feed."""
    with session.store() as store:
        row = _complete(required(store.feed(name), "feed", name))
    show(row, as_json=as_json)


def _complete(row: Row) -> Row:
    """Return a feed's row with what its memory says of its completeness."""
    facts = completeness.facts(row.get("memory") or {}, datetime.now(UTC))
    return {
        **{name: value for name, value in row.items() if name != "memory"},
        **facts,
        "memory": row.get("memory"),
    }


@feeds.command("pause")
@click.argument("name")
@click.pass_obj
def pause(session: Session, name: str) -> None:
    """Stop polling a feed until `feeds resume`; its articles stay."""
    _set_paused(session, name, paused=True)


@feeds.command("resume")
@click.argument("name")
@click.pass_obj
def resume(session: Session, name: str) -> None:
    """Poll a feed again that is paused, or gone."""
    _set_paused(session, name, paused=False)


def _set_paused(session: Session, name: str, *, paused: bool) -> None:
    with session.store() as store:
        required(store.feed(name), "feed", name)
        store.set_paused(name, paused, datetime.now(UTC))
    click.echo(f"{name} is {'paused' if paused else 'polled again'}")
