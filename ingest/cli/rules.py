"""`rules`: the configured rules, and trying one on the past."""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import click

from ingest.cli.changes import SHOWN, Change, compare
from ingest.cli.match import read_rules
from ingest.cli.output import dumps, json_option, list_rows, parse_time, show
from ingest.cli.past import Hit, hits, passage, tell
from ingest.cli.root import Session
from ingest.config.plan import rules_of
from ingest.config.settings import Settings
from ingest.model import Rule
from ingest.units import parse_duration


@click.group()
def rules() -> None:
    """The configured rules, and trying one on the past."""


@rules.command("list")
@json_option
@click.pass_obj
def list_rules(session: Session, as_json: bool) -> None:
    """List the configured rules."""
    rows = [_row(rule) for rule in rules_of(session.settings())]
    list_rows(rows, ["name", "on", "notify", "tags", "feeds", "query"], as_json=as_json)


@rules.command("show")
@click.argument("name")
@json_option
@click.pass_obj
def show_rule(session: Session, name: str, as_json: bool) -> None:
    """Show one rule and how often it matched."""
    rule = _named(session.settings(), name)
    if rule is None:
        raise click.ClickException(f"there is no rule {name}")
    with session.store() as store:
        counts = store.rule_counts(name)
    show({**_row(rule), **counts}, as_json=as_json)


@rules.command("test")
@click.argument("rule")
@click.option("--since", default="30d", show_default=True, help="How far back to look.")
@json_option
@click.pass_obj
def test_rule(session: Session, rule: str, since: str, as_json: bool) -> None:
    """Try RULE (a rule's name, or a query) on stored articles: what it would have found and sent."""
    settings = session.settings()
    tried = _named(settings, rule) or Rule(rule, rule, lists=settings.list_entries)
    per_day: Counter[str] = Counter()
    stories: set[int] = set()
    shown: list[Hit] = []
    with session.store(settings) as store:
        found = hits(store, tried, since=parse_time(since), say=tell)
        for _, ways in groupby(found, key=attrgetter("article")):
            hit = next(ways)
            per_day[f"{hit.seen_at:%Y-%m-%d}"] += 1
            stories.add(hit.story)
            if len(shown) < SHOWN:
                shown.append(hit)
    articles = per_day.total()
    alerts = len(stories) if tried.repeat != "article" else articles
    result = {
        "rule": tried.name,
        "query": tried.query,
        "articles": articles,
        "stories": len(stories),
        "alerts": alerts,
        "deliveries": alerts * len(tried.notify),
        "per_day": dict(sorted(per_day.items())),
    }
    if as_json:
        click.echo(dumps(result))
        return
    _print(result, shown)


@rules.command("diff")
@click.argument("old", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("new", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
@click.option("--since", default="30d", show_default=True, help="How far back to look.")
@json_option
@click.pass_obj
def diff_rules(session: Session, old: Path, new: Path | None, since: str, as_json: bool) -> None:
    """Tell what a change of rules gains and loses on stored articles.

    OLD and NEW are files with `rules:` (and `lists:`); without NEW, those of the configuration.
    """
    settings = session.settings()
    later = read_rules(new) if new else rules_of(settings)
    with session.store(settings) as store:
        change = None
        for change in compare(store, read_rules(old), later, since=parse_time(since), say=tell):
            click.echo(dumps(_diff_row(change)) if as_json else "\n".join(_diff_lines(change)))
    if change is None and not as_json:
        click.echo("no rule asks for anything else")


def _diff_row(change: Change) -> dict[str, object]:
    return {
        "rule": change.rule,
        "change": change.kind,
        "kept": change.kept,
        "gained": change.gained.articles.tolist(),
        "lost": change.lost.articles.tolist(),
    }


def _diff_lines(change: Change) -> Iterator[str]:
    gained, lost = len(change.gained.articles), len(change.lost.articles)
    counts = f"gains {gained}, loses {lost}, keeps {change.kept}"
    yield f"{change.rule} ({change.kind}): {counts}"
    for sign, side in (("+", change.gained), ("-", change.lost)):
        for hit in side.first:
            yield f"  {sign} {hit.article:>7}  {hit.feed}: {hit.document.title}"
        if more := len(side.articles) - len(side.first):
            yield f"  {sign} and {more} more"


@rules.command("snooze")
@click.argument("name")
@click.argument("span", metavar="SPAN")
@click.pass_obj
def snooze_rule(session: Session, name: str, span: str) -> None:
    """Hold the alerts of rule NAME for SPAN (2h, 3d; 0s ends it), then send them together."""
    settings = session.settings()
    if _named(settings, name) is None:
        raise click.ClickException(f"there is no rule {name}")
    try:
        length = parse_duration(span)
    except ValueError as error:
        raise click.UsageError(f"{span}: {error}") from error
    assert isinstance(length, timedelta)
    now = datetime.now(UTC)
    with session.store(settings) as store:
        store.snooze(name, now + length, now)
    click.echo(
        f"{name} is held until {now + length:%Y-%m-%d %H:%M} UTC" if length else f"{name} speaks"
    )


def _print(result: dict[str, object], shown: list[Hit]) -> None:
    per_day = result["per_day"]
    assert isinstance(per_day, dict)
    for day, count in per_day.items():
        click.echo(f"{day}  {count:>6}  {'▪' * min(count, 60)}")
    click.echo(
        f"{result['articles']} articles in {result['stories']} stories; "
        f"it would have raised {result['alerts']} alerts and sent {result['deliveries']} messages"
    )
    for hit in shown:
        click.echo(f"\n{hit.article}  {hit.feed}: {hit.document.title}")
        click.echo(f"   {passage(hit, colour=sys.stdout.isatty())}")


def _named(settings: Settings, name: str) -> Rule | None:
    return next((rule for rule in rules_of(settings) if rule.name == name), None)


def _row(rule: Rule) -> dict[str, object]:
    return {
        "name": rule.name,
        "query": rule.query,
        "on": rule.on,
        "repeat": rule.repeat,
        "tags": list(rule.tags),
        "feeds": list(rule.feeds),
        "notify": list(rule.notify),
        "severity": rule.severity,
    }
