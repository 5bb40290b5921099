"""`alerts` and `deliveries`: what was raised, and the outbox."""

from typing import Any

import click

from ingest.alerts.passages import passages
from ingest.cli.output import filters, json_option, show, table
from ingest.cli.root import Session
from ingest.cli.stored import listing, required
from ingest.model import DeliveryState, Match, Span
from ingest.store import Store


@click.group()
def alerts() -> None:
    """Alerts raised."""


@alerts.command("list")
@filters
@click.pass_obj
def list_alerts(session: Session, /, **options: Any) -> None:
    """List alerts, newest first."""
    columns = ["id", "rule", "story", "articles", "created_at", "state", "reason"]
    listing(session, "list_alerts", columns, **options)


@alerts.command("show")
@click.argument("alert_id", type=int)
@json_option
@click.pass_obj
def show_alert(session: Session, alert_id: int, as_json: bool) -> None:
    """Show one alert and why it was raised: what matched, its story's sources, its deliveries."""
    with session.store() as store:
        row = dict(required(store.alert(alert_id), "alert", alert_id))
        row["passages"] = _passages(store, row["article"], row["rule"])
        row["placement"] = store.placement_of(row["article"])
        row["deliveries"] = list(store.list_deliveries(alert=alert_id))
        story = store.story(row["story"]) or {}
    if as_json:
        show(row, as_json=True)
        return
    parts = ("passages", "placement", "deliveries")
    show({key: value for key, value in row.items() if key not in parts}, as_json=False)
    if placement := row["placement"]:
        click.echo(
            f"placement   {placement['why'].replace('_', ' ')} {placement['detail']}".rstrip()
        )
    table(row["passages"], ["field", "term", "excerpt"], "what matched")
    table(story.get("sources", []), ["article", "feed", "published_at", "title", "url"], "sources")
    columns = ["id", "channel", "type", "state", "attempts", "delivered_at", "reason", "last_error"]
    table(row["deliveries"], columns, "deliveries")


def _passages(store: Store, article_id: int, rule: str) -> list[dict[str, str]]:
    """Return the passages of an article that made a rule true, as its text stands now."""
    article = store.article_by_id(article_id)
    if article is None:
        return []
    of_this_text = (
        each["spans"]
        for each in store.matches_for(article_id)
        if each["rule"] == rule and each["revision"] == article.revision
    )
    spans = next(of_this_text, ())
    match = Match(rule, tuple(Span(*span) for span in spans))
    return [
        {"field": each.span.field, "term": each.term, "excerpt": each.excerpt}
        for each in passages(article, match)
    ]


@alerts.command("ack")
@click.argument("ids", nargs=-1, type=int, required=True)
@click.pass_obj
def acknowledge(session: Session, ids: tuple[int, ...]) -> None:
    """Take note of alerts: nobody is told of their updates any more."""
    with session.store() as store:
        count = store.acknowledge(ids)
    if count < len(set(ids)):
        raise click.ClickException(f"{count} of {len(set(ids))} found")
    click.echo(f"{count} acknowledged")


@click.group()
def deliveries() -> None:
    """The outbox: what was sent, what waits, what failed."""


@deliveries.command("list")
@filters
@click.option(
    "--state",
    type=click.Choice([state.value for state in DeliveryState]),
    help="Only those in this state.",
)
@click.pass_obj
def list_deliveries(session: Session, /, **options: Any) -> None:
    """List deliveries, newest first."""
    columns = [
        "id",
        "alert",
        "channel",
        "type",
        "state",
        "attempts",
        "next_attempt_at",
        "reason",
        "last_error",
    ]
    listing(session, "list_deliveries", columns, **options)


@deliveries.command("retry")
@click.argument("ids", nargs=-1)
@click.option("--dead", is_flag=True, help="All dead letters.")
@click.pass_obj
def retry_deliveries(session: Session, ids: tuple[str, ...], dead: bool) -> None:
    """Make these deliveries (or all dead letters) due again at once, under the same ids."""
    if not ids and not dead:
        raise click.UsageError("name deliveries, or use --dead")
    with session.store() as store:
        count = store.retry_deliveries(ids, dead=dead)
    if ids and count < len(set(ids)) and not dead:
        raise click.ClickException(
            f"{count} of {len(set(ids))} found; the others are delivered or unknown"
        )
    click.echo(f"{count} due again")
