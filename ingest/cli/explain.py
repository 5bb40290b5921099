"""`explain`: everything decided about one entry."""

from typing import Any

import click

from ingest import urls
from ingest.cli.output import dumps, json_option
from ingest.cli.root import Session
from ingest.config.plan import rules_of
from ingest.model import Document
from ingest.rules.explain import explain as explain_rule
from ingest.store import Store
from ingest.stories import passages


@click.command()
@click.argument("subject")
@click.option("--rule", "rule_name", help="Also: why this rule matched, or which clause failed.")
@json_option
@click.pass_obj
def explain(session: Session, subject: str, rule_name: str | None, as_json: bool) -> None:
    """Tell the life of SUBJECT, an article's URL or id: fetched, cleaned, placed, matched, sent."""
    settings = session.settings()
    with session.store(settings) as store:
        article = _find(store, subject)
        if article is None:
            raise click.ClickException(f"nothing is stored under {subject}")
        told = _tell(store, article)
    if rule_name:
        rule = next((rule for rule in rules_of(settings) if rule.name == rule_name), None)
        if rule is None:
            raise click.UsageError(f"no rule is called `{rule_name}`")
        told["rule"] = [
            {"feed": entry["feed"], **_judge(rule, article, entry)} for entry in told["entries"]
        ]
    click.echo(dumps(told) if as_json else "\n".join(_lines(told)))


def _find(store: Store, subject: str) -> dict[str, Any] | None:
    """Return the article an id or an address leads to."""
    if subject.isdigit():
        found = store.article(int(subject))
    else:
        found = store.article_for_url(subject, urls.canonical(subject))
    return dict(found) if found else None


def _tell(store: Store, article: dict[str, Any]) -> dict[str, Any]:
    """Gather what was decided, in the order it was decided."""
    number = article["id"]
    matches = list(store.matches_for(number))
    alerts = sorted({match["alert"] for match in matches if match["alert"] is not None})
    return {
        "article": {key: value for key, value in article.items() if key != "body"},
        "entries": list(store.entries_for(number)),
        "revisions": [
            {name: value for name, value in each.items() if name != "body"}
            for each in store.revisions_of(article)
        ],
        "placement": _placement(store, article),
        "matches": matches,
        "deliveries": [row for alert in alerts for row in store.list_deliveries(alert=alert)],
    }


def _delivery(row: dict[str, Any]) -> str:
    """Return what became of a delivery, or why it waits and until when."""
    said = [f"delivery to {row['channel']}: {row['state']}"]
    if row["delivered_at"]:
        said[0] += f" at {_minute(row['delivered_at'])}"
    if row["delivered_at"] and row["folded_into"]:
        said.append(f"as a part of {row['folded_into']}")
    elif row["reason"]:
        said.append(row["reason"])
    elif row["next_attempt_at"]:
        said.append(f"due at {_minute(row['next_attempt_at'])}")
    if row["last_error"]:
        said.append(f"attempt {row['attempts']}: {row['last_error']}")
    return ", ".join(said)


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")


def _placement(store: Store, article: dict[str, Any]) -> dict[str, Any] | None:
    """Return where the article was placed, with the passages it shares with what it is a copy of."""
    placement = store.placement_of(article["id"])
    if placement is None:
        return None
    peer = store.article(placement["peer"]) if placement["peer"] is not None else None
    body, other = str(article["body"]), str(peer["body"]) if peer else ""
    shared = passages.shared(body, other)
    told = {
        "words": passages.count_words(body, shared),
        "passages": passages.excerpts(body, shared),
    }
    return {**placement, "shared": told if peer else None}


def _judge(rule: Any, article: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    document = Document(
        article["title"],
        article["body"],
        entry["feed"],
        tuple(entry["feed_tags"]),
        article["summary"],
        tuple(article["authors"]),
        article["language"],
        article["url"],
    )
    judged = explain_rule(rule, document)
    return {"matched": judged.matched, "because": list(judged.lines)}


def _lines(told: dict[str, Any]) -> list[str]:
    """Return the story of an article as sentences."""
    article = told["article"]
    lines = [f"article {article['id']}: {article['title']}", f"  {article['url'] or 'no address'}"]
    for entry in told["entries"]:
        seen = _minute(entry["first_seen_at"])
        lines.append(f"entry {entry['id']} of {entry['feed']}: {entry['why']} at {seen}")
        detail = f" ({entry['page_error']})" if entry["page_error"] else ""
        lines.append(f"  page: {entry['page_outcome'] or 'not read yet'}{detail}")
    lines.append(
        f"text: {article['words']} words by method {article['method']}, revision {article['revision']}"
    )
    for each in told["revisions"]:
        when = _minute(each["replaced_at"])
        why, changed = each["why"].replace("_", " "), " and ".join(each["changed"])
        lines.append(f"  {why} at {when}: {changed}, was “{each['title']}”")
    lines += [f"  {warning}" for warning in article.get("warnings", [])]
    if placement := told["placement"]:
        why = placement["why"].replace("_", " ")
        lines.append(f"story {placement['story']}: {why}. {placement['detail']}".rstrip())
        if shared := placement["shared"]:
            distance = f"distance {placement['distance']} from article {placement['peer']}"
            lines.append(f"  {distance}, {shared['words']} words in common by now")
            lines += [f"  “{passage}”" for passage in shared["passages"]]
    if not told["matches"]:
        lines.append("no rule matched")
    for match in told["matches"]:
        alert = f", alert {match['alert']}" if match["alert"] is not None else ""
        lines.append(f"rule {match['rule']}: matched, {match['why'].replace('_', ' ')}{alert}")
        if match["alert"] not in {None, *(delivery["alert"] for delivery in told["deliveries"])}:
            lines.append("  told to nobody: the rule named no channel")
    lines += [_delivery(delivery) for delivery in told["deliveries"]]
    for judged in told.get("rule", []):
        lines.append(f"asked through {judged['feed']}: {'matches' if judged['matched'] else 'no'}")
        lines += [f"  {reason}" for reason in judged["because"]]
    return lines
