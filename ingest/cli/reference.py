"""Writes the reference page of the commands from the commands themselves.

python -m ingest.cli.reference > docs/reference/commands.md
"""

from collections.abc import Iterator

import click

from ingest.cli.root import COMMANDS, cli

HEAD = """# Commands

One program, `ingest`; this page is written by `python -m ingest.cli.reference`.

Global options come before the command: `-c, --config PATH` (default `$INGEST_CONFIG`, else
`./config/ingest.yaml`, else `/etc/ingest/ingest.yaml`), `-v, --verbose`, `--version`.
Every listing takes `--json` and then prints one JSON object per line, times in ISO 8601 UTC.

Exit codes: 0 done, 1 failed, 2 configuration or usage, 3 the database needs a migration,
130 interrupted.
"""


def page() -> str:
    """Return the page as Markdown."""
    context = click.Context(cli, info_name="ingest")
    parts = [HEAD]
    for name, (_, text) in COMMANDS.items():
        command = cli.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            parts.append(f"## `{name}`: {text[0].lower()}{text[1:]}\n")
            parts += [_section(f"{name} {inner}", leaf) for inner, leaf in command.commands.items()]
        else:
            parts.append(_section(name, command))
    return "\n".join(parts)


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context)).replace("[OPTIONS]", "").split()
    rows = "".join(f"- {row}\n" for row in _options(command, context))
    text = " ".join((command.help or "").split())
    return f"### `{' '.join(['ingest', name, *usage])}`\n\n{text}\n" + (f"\n{rows}" if rows else "")


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for option in command.params:
        record = option.get_help_record(context)
        if record is not None and isinstance(option, click.Option):
            yield f"`{record[0]}`: {record[1]}"


if __name__ == "__main__":
    click.echo(page(), nl=False)
