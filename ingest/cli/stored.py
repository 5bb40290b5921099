"""`entries`, `articles` and `stories`: what was stored."""

from collections.abc import Callable, Iterable
from typing import Any

import click

from ingest.cli.output import Row, filters, json_option, list_rows, parse_time, show, table
from ingest.cli.root import Session


def listing(
    session: Session,
    query: str,
    columns: list[str],
    *,
    as_json: bool,
    limit: int | None,
    since: str | None,
    until: str | None,
    **chosen: str | None,
) -> None:
    """Print the rows of one of the store's listings, newest first."""
    with session.store() as store:
        rows: Callable[..., Iterable[Row]] = getattr(store, query)
        found = rows(
            since=parse_time(since),
            until=parse_time(until),
            limit=limit,
            **{name: value for name, value in chosen.items() if value is not None},
        )
        list_rows(found, columns, as_json=as_json, limit=limit)


def required(row: Row | None, what: str, name: object) -> Row:
    """Return the row, or refuse the name that leads to none."""
    if row is None:
        raise click.ClickException(f"there is no {what} {name}")
    return row


@click.group()
def entries() -> None:
    """Entries as their feeds gave them."""


@entries.command("list")
@filters
@click.pass_obj
def list_entries(session: Session, /, **options: Any) -> None:
    """List entries, newest first."""
    listing(session, "list_entries", ["id", "feed", "state", "first_seen_at", "title"], **options)


@click.group()
def articles() -> None:
    """Articles as read."""


@articles.command("list")
@filters
@click.pass_obj
def list_articles(session: Session, /, **options: Any) -> None:
    """List articles, newest first."""
    columns = ["id", "story", "feed", "published_at", "words", "method", "title"]
    listing(session, "list_articles", columns, **options)


@articles.command("show")
@click.argument("article_id", type=int)
@json_option
@click.pass_obj
def show_article(session: Session, article_id: int, as_json: bool) -> None:
    """Show one article with its text."""
    with session.store() as store:
        row = required(store.article(article_id), "article", article_id)
    show(row, as_json=as_json, body="body")


@click.group()
def stories() -> None:
    """Stories and their sources."""


@stories.command("list")
@filters
@click.pass_obj
def list_stories(session: Session, /, **options: Any) -> None:
    """List stories, newest first."""
    columns = ["id", "articles", "feeds", "first_seen_at", "last_seen_at", "title"]
    listing(session, "list_stories", columns, **options)


@stories.command("show")
@click.argument("story_id", type=int)
@json_option
@click.pass_obj
def show_story(session: Session, story_id: int, as_json: bool) -> None:
    """Show one story and its sources in time order."""
    with session.store() as store:
        row = required(store.story(story_id), "story", story_id)
    sources = row.get("sources", [])
    if as_json:
        show(row, as_json=True)
        return
    show({key: value for key, value in row.items() if key != "sources"}, as_json=False)
    click.echo()
    table(sources, ["article", "feed", "published_at", "why", "distance", "title", "url"])
