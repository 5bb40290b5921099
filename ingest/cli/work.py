"""`ingest run` and `ingest poll`: the daemon, and one pass."""

import os
import sys
from collections.abc import Collection
from typing import Self

import click

from ingest import log
from ingest import poll as one_pass
from ingest.app import App
from ingest.cli.output import dumps, json_option
from ingest.cli.root import Session
from ingest.poll import Summary
from ingest.units import parse_duration


@click.command()
@click.pass_obj
def run(session: Session) -> None:
    """Run the daemon in the foreground until SIGTERM; SIGHUP reloads the configuration."""
    from ingest import daemon  # its clock and its server are of no use to one pass

    daemon.run(session.config, session.settings(), os.environ)


@click.command()
@click.argument("feeds", nargs=-1)
@click.option(
    "--all", "everything", is_flag=True, help="Ask every feed now, whatever its interval."
)
@click.option("--force", is_flag=True, help="Ask also those paused, gone or told to wait.")
@click.option("--max-time", help="Stop after this long (10m); the rest stays due.")
@json_option
@click.pass_obj
def poll(
    session: Session,
    feeds: tuple[str, ...],
    everything: bool,
    force: bool,
    max_time: str | None,
    as_json: bool,
) -> None:
    """One pass now: due feeds (or the FEEDs named), their pages, alerts and deliveries."""
    settings = session.settings()
    log.setup("console", "debug" if session.verbose else "warning")
    app = App(settings, session.store(settings))
    app.sync_feeds()
    _require(app, feeds)
    with _Progress(shown=sys.stderr.isatty() and not as_json) as progress:
        summary = one_pass.poll(
            app,
            names=feeds,
            everything=everything,
            force=force,
            max_time_s=_seconds(max_time),
            progress=progress,
        )
    if as_json:
        click.echo(dumps(summary.to_json()))
    else:
        _print(summary)


def _require(app: App, names: Collection[str]) -> None:
    """Refuse a name that no configured feed bears."""
    known = {feed.called for feed in app.settings.feeds}
    for name in names:
        if name not in known:
            raise click.UsageError(f"no feed is called `{name}`; `ingest feeds list` names them")


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parse_duration(text).total_seconds()  # type: ignore[attr-defined, no-any-return]
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--max-time") from error


class _Progress:
    """One line on the terminal while a pass runs; nothing anywhere else."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)

    def __call__(self, summary: Summary) -> None:
        if self._shown:
            line = (
                f"{sum(summary.feeds.values())} feeds, {summary.entries_new} new entries, "
                f"{sum(summary.pages.values())} read, {summary.alerts} alerts"
            )
            click.echo(f"\r\x1b[K{line}", nl=False, err=True)


def _print(summary: Summary) -> None:
    """Print a summary for people."""

    def counts(of: dict[str, int]) -> str:
        return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in of.items())

    lines = [
        ("feeds", f"{sum(summary.feeds.values())}", counts(dict(summary.feeds.most_common()))),
        ("entries", f"{summary.entries_new}", f"new, {summary.entries_changed} changed"),
        ("articles", f"{summary.articles_new}", f"new, {summary.articles_changed} changed"),
        ("pages", f"{sum(summary.pages.values())}", counts(dict(summary.pages.most_common()))),
        ("stories", f"{summary.stories_new}", "new"),
        ("alerts", f"{summary.alerts}", "raised"),
        (
            "deliveries",
            f"{sum(summary.deliveries.values())}",
            counts(dict(summary.deliveries.most_common())),
        ),
    ]
    for name, number, detail in lines:
        click.echo(f"{name:<11}{number:>7}  {detail}".rstrip())
    for error in summary.errors:
        kind = next(key for key in error if key != "error")
        click.echo(f"{kind} {error[kind]}: {error['error']}", err=True)
    if summary.errors_more:
        click.echo(f"and {summary.errors_more} more errors; see `ingest feeds list`", err=True)
    if not summary.complete:
        click.echo("time is up; what is left stays due", err=True)
    click.echo(f"{summary.seconds:.1f} s")
