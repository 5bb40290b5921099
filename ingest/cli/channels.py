"""`channels`: the configured ways out."""

from datetime import UTC, datetime
from uuid import uuid4

import click

from ingest.alerts import compose
from ingest.cli.output import json_option, list_rows
from ingest.cli.root import Session
from ingest.deliver import Channels


@click.group()
def channels() -> None:
    """The configured ways out."""


@channels.command("list")
@json_option
@click.pass_obj
def list_channels(session: Session, as_json: bool) -> None:
    """List the channels and the rules that speak to them."""
    settings = session.settings()
    rows = [
        {
            "name": name,
            "kind": channel.kind,
            "rules": [rule.name for rule in settings.rules if name in rule.notify],
        }
        for name, channel in settings.channels.items()
    ]
    list_rows(rows, ["name", "kind", "rules"], as_json=as_json)


@channels.command("test")
@click.argument("name")
@click.pass_obj
def test_channel(session: Session, name: str) -> None:
    """Send a marked test alert to a channel, now, and say what its receiver answered."""
    settings = session.settings()
    if name not in settings.channels:
        raise click.UsageError(
            f"no channel is called `{name}`; there are {', '.join(settings.channels)}"
        )
    now = datetime.now(UTC)
    payload = compose.message("test", compose.example_data(name, now), now)
    delivery = compose.new_delivery(None, name, payload, now, id=f"dlv_{uuid4().hex}")
    ways_out = Channels(settings.channels, base_url=settings.web.base_url)
    try:
        ways_out.send(delivery)
    finally:
        ways_out.close()
    click.echo(f"{name} took the test alert {delivery.id}")
