"""`feeds discover`, `add`, `remove`, `import`, `export`: the feeds in the configuration files."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from ingest import urls
from ingest.cli.output import dumps, json_option, table
from ingest.cli.root import Session
from ingest.config import edit
from ingest.config.plan import wanted_feeds
from ingest.config.settings import Settings
from ingest.errors import FetchError, HttpStatus
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
    _, found = _find(fetch, _addresses(url), contact)
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
    tries, labels = _addresses(url), tuple(dict.fromkeys(tags))
    for address in tries:
        _refuse_known(settings, WantedFeed(name or address, address, labels))
    address, warning = _look_at(settings, tries)
    wanted = WantedFeed(name or address, address, labels)
    with edit.alone(session.config):
        _refuse_known(session.settings(), wanted)
        path = edit.add(session.config, [wanted], os.environ)
    if warning:
        click.echo(f"warning: {warning}; added all the same", err=True)
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
    listed, left_out = opml.read(file.read_bytes())
    with edit.alone(session.config):
        new = _unknown(listed, wanted_feeds(session.settings()))
        path = edit.add(session.config, new, os.environ) if new else None
    there = f", {len(listed) - len(new)} were there already" if len(new) < len(listed) else ""
    if path is None:
        click.echo(f"nothing to add{there}")
    else:
        click.echo(f"{len(new)} feeds added to {path}{there}; {NEXT}")
    for each in left_out:
        click.echo(f"left out: {each}", err=True)


def _unknown(listed: Iterable[WantedFeed], known: Collection[WantedFeed]) -> list[WantedFeed]:
    """Return those feeds whose addresses are not known, under names that are free."""
    addresses, names = {_spelling(feed.url) for feed in known}, {feed.name for feed in known}
    new = []
    for feed in listed:
        if _spelling(feed.url) not in addresses:
            name = opml.free_name(feed.name, feed.url, names)
            names.add(name)
            addresses.add(_spelling(feed.url))
            new.append(WantedFeed(name, feed.url, feed.tags))
    return new


def _spelling(url: str) -> str:
    """Return the one spelling of an address; as written where it is a reference and no address."""
    try:
        return urls.canonical(url)
    except ValueError:
        return url


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


def _addresses(written: str) -> tuple[str, ...]:
    """Return what an address on the command line may mean, likeliest first."""
    if found := urls.typed(written):
        return found
    raise click.ClickException(
        f"{written} is no web address; write for example https://example.org/feed.xml"
    )


def _find(
    fetch: Fetch, addresses: tuple[str, ...], contact: str | None
) -> "tuple[str, list[Found]]":
    """Return the first of these addresses that answers, and the feeds there.

    Raises FetchError where none does: that of a server before that of none.
    """
    from ingest.fetch.client import Client, user_agent
    from ingest.jobs.discover import find

    failed: list[FetchError] = []
    client = Client(fetch, user_agent=user_agent(contact))
    try:
        for address in addresses:
            try:
                return address, find(client, address, clock=monotonic)
            except FetchError as error:
                failed.append(error)
        raise next((each for each in failed if isinstance(each, HttpStatus)), failed[0])
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
        if _spelling(feed.url) == _spelling(wanted.url):
            raise click.ClickException(f"this address is there already, as {feed.name}")
        if feed.name == wanted.name:
            raise click.ClickException(f"another feed is called {feed.name}")


def _look_at(settings: Settings, tries: tuple[str, ...]) -> tuple[str, FetchError | None]:
    """Return at which address the feed is, and what is to be said where nothing answers.

    A page is refused, since its feed has another address; so is a guess that nothing answers to.
    """
    try:
        address, found = _find(settings.fetch, tries, settings.contact)
    except FetchError as error:
        if len(tries) > 1:
            hint = "with http:// or https:// before it, it is added all the same"
            raise click.ClickException(f"{error}; {hint}") from error
        return tries[0], error
    if any(each.why == "page" for each in found):
        return address, None
    named = "".join(f"\n  {each.url}  {each.feed.title}" for each in found)
    raise click.ClickException(
        f"{address} is no feed; its site has:{named}"
        if named
        else f"{address} is no feed, and names none"
    )
