"""`db`: the database."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from ingest.cli.output import json_option, show
from ingest.cli.root import Session
from ingest.jobs.reprocess import clean_again, place_again
from ingest.store import migrate
from ingest.workers.pages import Pages


@click.group()
def db() -> None:
    """The database: migrations, retention, integrity, backup."""


@db.command()
@click.pass_obj
def upgrade(session: Session) -> None:
    """Bring the database to the schema of this program."""
    revision = migrate.upgrade(session.settings().database)
    click.echo(f"the database is at {revision}")


@db.command("status")
@json_option
@click.pass_obj
def db_status(session: Session, as_json: bool) -> None:
    """Show which schema the database has and which this program needs."""
    url = session.settings().database
    current, wanted = migrate.current(url), migrate.wanted()
    show({"current": current, "wanted": wanted, "up_to_date": current == wanted}, as_json=as_json)


@db.command()
@json_option
@click.pass_obj
def prune(session: Session, as_json: bool) -> None:
    """Drop what is past its retention."""
    settings = session.settings()
    with session.store(settings) as store:
        counts = store.prune(settings.retention, datetime.now(UTC), window=settings.stories.window)
    show(counts, as_json=as_json)


@db.command()
@click.option("--pages", is_flag=True, help="Take the texts out of the kept pages anew.")
@click.option("--stories", is_flag=True, help="Place articles in stories anew.")
@json_option
@click.pass_obj
def reprocess(session: Session, pages: bool, stories: bool, as_json: bool) -> None:
    """Decide again about what is stored; tells nobody.

    For a new version of this program that cleans pages or knows copies better, after a site rule
    was written (`--pages`; `retention.raw_pages` says how long pages are kept), or after
    `stories.window` was made longer (`--stories`). Stop the daemon first.
    """
    if not (pages or stories):
        raise click.UsageError("say what to decide again: --pages, --stories or both")
    settings = session.settings()
    now = datetime.now(UTC)
    told: dict[str, int] = {}
    with session.store(settings) as store, store.daemon_lock():
        if pages:
            with closing(Pages()) as readers:
                cleaned = clean_again(store, readers.extract, settings.site_rules, now)
            told |= {"pages": cleaned.articles} | {"changed": cleaned.changed}
            told["refused"] = cleaned.refused
        if stories:
            placed = place_again(store, since=now - settings.stories.window)
            told |= {"articles": placed.articles, "moved": placed.moved}
    show(told, as_json=as_json)


@db.command("check")
@click.pass_obj
def check_integrity(session: Session) -> int:
    """Check the database's integrity."""
    with session.store() as store:
        faults = store.integrity()
    for fault in faults:
        click.echo(fault, err=True)
    click.echo("no faults" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


@db.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(session: Session, file: Path) -> None:
    """Copy a running SQLite database to FILE (for PostgreSQL use pg_dump)."""
    if file.exists():
        raise click.ClickException(f"{file} is there already")
    with session.store() as store:
        store.backup(file)
    click.echo(f"wrote {file}")
