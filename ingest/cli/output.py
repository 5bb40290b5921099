"""Tables for people and JSON lines for programs, from the same rows."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import click

Row = Mapping[str, Any]

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")

TABLE_LIMIT = 50
"""Rows of a table where no `--limit` is given; JSON has no limit."""


def dumps(row: object) -> str:
    """Return one line of JSON, UTF-8 as it is."""
    return json.dumps(row, ensure_ascii=False)


def list_rows(
    rows: Iterable[Row], columns: Sequence[str], *, as_json: bool, limit: int | None = None
) -> None:
    """Print rows as JSON lines, or the named columns as a table."""
    if as_json:
        for row in islice(rows, limit):
            click.echo(dumps(row))
        return
    most = limit or TABLE_LIMIT
    shown = list(islice(rows, most + 1))
    table(shown[:most], columns)
    if len(shown) > most:
        click.echo(f"… more; use --limit or --json (showing {most})", err=True)


def table(rows: Sequence[Row], columns: Sequence[str], title: str | None = None) -> None:
    """Print the named columns of rows; a column is written as its key, blanks for underscores."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        click.echo("nothing" if title is None else f"{title}: nothing")
        return
    drawn = Table(title=title, box=None, header_style="bold", pad_edge=False, title_justify="left")
    for column in columns:
        drawn.add_column(column.removesuffix("_at").replace("_", " "), overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(readable(row.get(column))) for column in columns))
    # Text cut to a terminal's width would lie in a pipe, so a pipe is as wide as it needs.
    Console(width=None if sys.stdout.isatty() else 240, highlight=False).print(drawn)


def readable(value: object) -> str:
    """Return a cell's text: short times, lists joined, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(readable(item) for item in value)
    text = str(value)
    if len(text) >= 20 and text[4:5] == "-" and text[10:11] == "T" and text.endswith("Z"):
        return text[:16].replace("T", " ")
    return text


def show(row: Row, *, as_json: bool, body: str | None = None) -> None:
    """Print one record: JSON, or its fields one a line and a long text below."""
    if as_json:
        click.echo(dumps(row))
        return
    width = max(len(key) for key in row)
    for key, value in row.items():
        if key != body:
            click.echo(f"{key.replace('_', ' '):<{width}}  {readable(value)}".rstrip())
    if body and row.get(body):
        click.echo(f"\n{row[body]}")


def parse_time(value: str | None) -> datetime | None:
    """Read `2026-11-23`, an ISO 8601 time, or a span back from now such as `30d`.

    Raises click.BadParameter.
    """
    from ingest.units import parse_duration

    if value is None:
        return None
    try:
        span = parse_duration(value)
    except ValueError:
        pass
    else:
        return datetime.now(UTC) - span  # type: ignore[operator, no-any-return]
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(
            f"`{value}` is neither a time (2026-11-23, 2026-11-23T08:00Z) nor a span (30d, 12h)"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def filters(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that every listing of stored things takes."""
    options = [
        click.option("--feed", help="Only this feed, by name."),
        click.option("--tag", help="Only feeds with this tag."),
        click.option("--since", help="From this time on, or this far back (30d)."),
        click.option("--until", help="Up to this time."),
        click.option("--rule", help="Only what this rule matched."),
        click.option("--limit", type=click.IntRange(min=1), help="At most this many."),
        json_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command
