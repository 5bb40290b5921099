"""`search`: the rule language over stored articles."""

import sys
from itertools import groupby, islice
from operator import attrgetter

import click

from ingest.cli.output import dumps, json_option, parse_time
from ingest.cli.past import hits, passage, tell
from ingest.cli.root import Session
from ingest.model import Rule


@click.command()
@click.argument("query")
@click.option("--feed", help="Only this feed, by name.")
@click.option("--tag", help="Only feeds with this tag.")
@click.option("--since", help="From this time on, or this far back (30d).")
@click.option("--until", help="Up to this time.")
@click.option("--limit", type=click.IntRange(min=1), help="At most this many.")
@json_option
@click.pass_obj
def search(
    session: Session,
    query: str,
    feed: str | None,
    tag: str | None,
    since: str | None,
    until: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """Print the stored articles that QUERY is true of, newest first."""
    settings = session.settings()
    rule = Rule(
        "search",
        query,
        tags=(tag,) if tag else (),
        feeds=(feed,) if feed else (),
        lists=settings.list_entries,
    )
    with session.store(settings) as store:
        found = hits(store, rule, since=parse_time(since), until=parse_time(until), say=tell)
        count = 0
        for _, ways in islice(groupby(found, key=attrgetter("article")), limit):
            hit = next(ways)
            count += 1
            if as_json:
                row = dict(store.article(hit.article) or {})
                row["spans"] = [[span.field, span.start, span.end] for span in hit.spans()]
                click.echo(dumps(row))
            else:
                click.echo(f"{hit.article:>7}  {hit.seen_at:%Y-%m-%d %H:%M}  {hit.feed}")
                click.echo(f"         {hit.document.title}")
                click.echo(f"         {passage(hit, colour=sys.stdout.isatty())}")
    if not as_json:
        click.echo(f"{count} articles", err=True)
