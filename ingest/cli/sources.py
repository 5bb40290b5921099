"""`feeds discover`, `add`, `remove`, `import`, `export`: the feeds in the configuration files."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from ingest.cli.output import dumps, json_option, table
from ingest.cli.root import Session
from ingest.config import edit
from ingest.config.plan import wanted_feeds
from ingest.config.settings import Settings
from ingest.errors import FetchError
from ingest.feeds import opml
from ingest.fetch.settings import Fetch
from ingest.model import WantedFeed

if TYPE_CHECKING:
    from ingest.jobs.discover import Found

NEXT = "a running daemon takes it up on SIGHUP (systemctl reload ingest)"


@click.command()
@click.argument("url")
@json_option
@click.pass_obj
def discover(session: Session, url: str, as_json: bool) -> None:
    """Look for the feeds of the site or page at URL."""
    settings = session.settings() if session.config.exists() else None
    fetch, contact = (settings.fetch, settings.contact) if settings else (Fetch(), None)
    found = _find(fetch, url, contact)
    rows = [_row(each) for each in found]
    if as_json:
        for row in rows:
            click.echo(dumps(row))
    elif rows:
        table(rows, ["url", "title", "format", "entries", "latest_at", "found"])
    if not rows:
        raise click.ClickException(f"no feed found at {url}")


@click.command()
@click.argument("url")
@click.option("--name", help="A unique name; the address where none is given.")
@click.option("--tag", "tags", multiple=True, help="A label that rules can select by; repeatable.")
@click.pass_obj
def add(session: Session, url: str, name: str | None, tags: tuple[str, ...]) -> None:
    """Add the feed at URL to the configuration file that lists the feeds."""
    settings = session.settings()
    wanted = WantedFeed(name or url, url, tuple(dict.fromkeys(tags)))
    _refuse_known(settings, wanted)
    _look_at(settings, url)
    with edit.alone(session.config):
        _refuse_known(session.settings(), wanted)
        path = edit.add(session.config, [wanted], os.environ)
    click.echo(f"{wanted.name} added to {path}; {NEXT}")


@click.command()
@click.argument("name")
@click.pass_obj
def remove(session: Session, name: str) -> None:
    """Take a feed out of its configuration file; what it brought is kept."""
    with edit.alone(session.config):
        path = edit.remove(session.config, name, os.environ)
    click.echo(f"{name} removed from {path}; {NEXT}")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def import_(session: Session, file: Path) -> None:
    """Add the feeds of an OPML FILE; the outlines around a feed become its tags."""
    listed = opml.read(file.read_bytes())
    with edit.alone(session.config):
        new = _unknown(listed, wanted_feeds(session.settings()))
        path = edit.add(session.config, new, os.environ) if new else None
    there = f", {len(listed) - len(new)} were there already" if len(new) < len(listed) else ""
    if path is None:
        click.echo(f"nothing to add{there}")
    else:
        click.echo(f"{len(new)} feeds added to {path}{there}; {NEXT}")


def _unknown(listed: Iterable[WantedFeed], known: Collection[WantedFeed]) -> list[WantedFeed]:
    """Return those feeds whose addresses are not known, under names that are free."""
    addresses, names = {feed.url for feed in known}, {feed.name for feed in known}
    new = []
    for feed in listed:
        if feed.url not in addresses:
            name = opml.free_name(feed.name, feed.url, names)
            names.add(name)
            new.append(WantedFeed(name, feed.url, feed.tags))
    return new


@click.command()
@click.pass_obj
def export(session: Session) -> None:
    """Print the configured feeds as OPML 2.0, but for those with a `${…}` in their address."""
    settings = session.settings()
    secret = {feed.called for feed in settings.feeds if feed.address != feed.url}
    open_ones = [feed for feed in wanted_feeds(settings) if feed.name not in secret]
    click.echo(opml.write(open_ones, "Feeds of ingest"), nl=False)
    for name in sorted(secret):
        click.echo(f"warning: {name} is left out: its address has a reference", err=True)


def _find(fetch: Fetch, url: str, contact: str | None) -> "list[Found]":
    from ingest.fetch.client import Client, user_agent
    from ingest.jobs.discover import find

    client = Client(fetch, user_agent=user_agent(contact))
    try:
        return find(client, url if "://" in url else f"https://{url}", clock=monotonic)
    finally:
        client.close()


def _row(found: "Found") -> dict[str, object]:
    dates = [entry.published_at for entry in found.feed.entries if entry.published_at]
    latest = max(dates).isoformat().replace("+00:00", "Z") if dates else None
    return {
        "url": found.url,
        "title": found.feed.title,
        "format": found.feed.format,
        "entries": len(found.feed.entries),
        "latest_at": latest,
        "found": found.why,
    }


def _refuse_known(settings: Settings, wanted: WantedFeed) -> None:
    for feed in wanted_feeds(settings):
        if feed.url == wanted.url:
            raise click.ClickException(f"this address is there already, as {feed.name}")
        if feed.name == wanted.name:
            raise click.ClickException(f"another feed is called {feed.name}")


def _look_at(settings: Settings, url: str) -> None:
    """Say what stands at an address; a page is refused, since its feed has another."""
    try:
        found = _find(settings.fetch, url, settings.contact)
    except FetchError as error:
        click.echo(f"warning: {error}; added all the same", err=True)
        return
    if any(each.why == "page" for each in found):
        return
    named = "".join(f"\n  {each.url}  {each.feed.title}" for each in found)
    raise click.ClickException(
        f"{url} is no feed; its site has:{named}" if named else f"{url} is no feed, and names none"
    )
