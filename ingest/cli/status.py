"""`status`: one screen for the operator."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from ingest.alerts import health
from ingest.cli.output import dumps, json_option
from ingest.cli.root import Session


@click.command()
@json_option
@click.pass_obj
def status(session: Session, as_json: bool) -> None:
    """One screen: feeds by state, queue ages, the last hour, rules, deliveries."""
    settings = session.settings()
    with session.store(settings) as store:
        counts = dict(store.status_counts(datetime.now(UTC)))
        problems = sorted(store.conditions(), key=lambda each: each.since)
    counts["rules"] = len(settings.rules)
    counts["channels"] = len(settings.channels)
    counts["problems"] = [health.data(each) for each in problems if each.raised_at]
    if as_json:
        click.echo(dumps(counts))
        return
    problems = counts.pop("problems")
    for name, value in counts.items():
        click.echo(f"{name.replace('_', ' '):<12} {_line(value)}")
    for problem in problems:
        click.echo(f"{problem['subject']}: {problem['condition']}. {problem['detail']}")


def _line(value: Any) -> str:
    """Return one line for a count, or for counts by name."""
    if not isinstance(value, Mapping):
        return str(value)
    parts = [
        f"{inner} {_line(number)}".replace("_", " ")
        for inner, number in value.items()
        if number not in (0, None)
    ]
    return ", ".join(parts) or "none"
