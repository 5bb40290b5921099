"""`check`, `init`, `plan` and `schema`: the configuration before anything runs on it."""

import json
import os
from pathlib import Path

import click

from ingest.cli.output import dumps, json_option, table
from ingest.cli.root import Session
from ingest.config.advice import warnings
from ingest.config.load import load
from ingest.config.plan import plan as decide
from ingest.config.plan import wanted_feeds
from ingest.config.settings import schema as describe
from ingest.config.starter import files
from ingest.errors import ConfigErrors


@click.command()
@click.pass_obj
def check(session: Session) -> int:
    """Validate the whole configuration; print every fault with its place and a hint."""
    try:
        settings = load(session.config, os.environ)
    except ConfigErrors as faults:
        for fault in faults.faults:
            click.echo(str(fault), err=True)
        click.echo(f"{len(faults.faults)} faults", err=True)
        return 2
    for warning in warnings(settings):
        click.echo(f"warning: {warning}", err=True)
    click.echo(
        f"{session.config}: {len(settings.feeds)} feeds, {len(settings.rules)} rules, "
        f"{len(settings.channels)} channels, no faults"
    )
    return 0


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("config"))
def init(folder: Path) -> None:
    """Write a commented starter configuration into FOLDER (config), never over a file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        target = folder / name
        if target.exists():
            click.echo(f"{target} is there already; left as it is")
            continue
        target.write_text(text, encoding="utf-8")
        click.echo(f"wrote {target}")
    click.echo(f"next: edit them, then `ingest -c {folder / 'ingest.yaml'} check`")


@click.command()
@json_option
@click.pass_obj
def plan(session: Session, as_json: bool) -> None:
    """Show what the configuration would add, change and retire among the stored feeds."""
    settings = session.settings()
    with session.store(settings) as store:
        steps = decide(wanted_feeds(settings), store.stored_feeds()).rows()
    if as_json:
        for step in steps:
            click.echo(dumps(step))
    elif steps:
        table(steps, ["change", "feed", "detail"])
    else:
        click.echo("the stored feeds are as configured")


@click.command()
def schema() -> None:
    """Print the JSON Schema of the configuration."""
    click.echo(json.dumps(describe(), indent=2, ensure_ascii=False))
