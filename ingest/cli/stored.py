"""`entries`, `articles` and `stories`: what was stored."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import unified_diff
from typing import Any

import click

from ingest.cli.output import Row, filters, json_option, list_rows, parse_time, show, table
from ingest.cli.root import Session
from ingest.store import Store
from ingest.stories import passages

MAX_COMPARED = 50
"""Sources of a story whose texts are compared; the others are listed."""


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
@click.option("--html", is_flag=True, help="Print the text alone, as HTML that is safe to show.")
@json_option
@click.pass_obj
def show_article(session: Session, article_id: int, html: bool, as_json: bool) -> None:
    """Show one article with its text."""
    with session.store() as store:
        row = required(store.article(article_id), "article", article_id)
        revisions = store.revisions_of(row)
        markup = store.article_html(article_id) if html else None
    if markup is not None:
        click.echo(markup)
        return
    if as_json:
        show({**row, "revisions": revisions}, as_json=True)
        return
    show(row, as_json=False, body="body")
    for each in revisions:
        when, why = each["replaced_at"][:16].replace("T", " "), each["why"].replace("_", " ")
        click.echo(f"\n--- until {when} ({why}): {each['title']}")
        if "text" in each["changed"]:
            click.echo("\n".join(difference(each["body"], row["body"])))
        row = each


def difference(before: str | None, after: str | None) -> list[str]:
    """Return the paragraphs that went (`-`) and came (`+`)."""
    if before is None or after is None:
        return ["(this text is lost)"]
    lines = unified_diff(before.split("\n\n"), after.split("\n\n"), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


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
    """Show one story and its sources in time order, with what each added or left out."""
    with session.store() as store:
        row = required(store.story(story_id), "story", story_id)
        sources = _compared(store, row.get("sources", []))
    if as_json:
        show({**row, "sources": sources}, as_json=True)
        return
    show({key: value for key, value in row.items() if key != "sources"}, as_json=False)
    click.echo()
    table(sources, ["article", "feed", "published_at", "why", "distance", "title", "url"])
    for source in sources:
        for line in _differences(source):
            click.echo(line)


def _compared(store: Store, sources: Sequence[Row]) -> list[Row]:
    """Return the sources, those after the first with what they have and lack beside it."""
    first = store.article(sources[0]["article"]) if sources else None
    told: list[Row] = list(sources[:1])
    for source in sources[1:MAX_COMPARED]:
        article = store.article(source["article"])
        ours, theirs = (str(text["body"]) if text else "" for text in (article, first))
        told.append(
            {**source, "added": _difference(ours, theirs), "left_out": _difference(theirs, ours)}
        )
    return [*told, *sources[MAX_COMPARED:]]


def _difference(text: str, other: str) -> Row:
    alone = passages.unshared(text, other)
    return {
        "words": passages.count_words(text, alone),
        "passages": passages.excerpts(text, alone),
    }


def _differences(source: Row) -> Iterator[str]:
    """Yield what one source added to the first and left out of it, as lines."""
    heading = f"\narticle {source['article']} of {source['feed']}"
    for key in ("added", "left_out"):
        told = source.get(key)
        if told and told["words"]:
            yield f"{heading} {key.replace('_', ' ')} {told['words']} words"
            yield from (f"  “{passage}”" for passage in told["passages"])
