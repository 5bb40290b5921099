"""What a message says to people, before it becomes a mail or a push: subject, byline, labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingest.alerts import chart
from ingest.alerts.passages import pieces
from ingest.alerts.tidy import line

MAX_SUBJECT = 160
"""A headline and its rule; phones show about 40 characters, desktops about 80."""

MAX_QUERY = 300
"""Of what a rule asks for; the program has it whole."""

SHOWN_ALERTS = 20
"""Alerts of a digest told in full, the others as a line each: about what Gmail shows of a mail
before it cuts it, at 102 kB."""

SHOWN_SOURCES = 25
"""More than a reader goes through; the webhook and the program itself have them all."""

LABELS = {
    "alert.created": "New alert",
    "alert.updated": "Update",
    "alert.surge": "Surge",
    "alert.absent": "Absence",
    "health.raised": "Problem",
    "health.cleared": "Cleared",
    "test": "Test",
}


@dataclass(frozen=True, slots=True)
class Marked:
    """An excerpt cut into pieces, each with whether it is what matched."""

    field: str
    pieces: Sequence[tuple[str, bool]]

    @property
    def text(self) -> str:
        """The excerpt in one piece."""
        return "".join(text for text, _ in self.pieces)


def subject(type: str, data: Mapping[str, Any]) -> str:
    """Return the subject line of a message, at most 160 characters, free of tricks."""
    rule, headline = data.get("rule", ""), headline_of(data)
    match type:
        case "digest":
            text = _digest_subject(data)
        case "health.raised":
            text = f"[health] {data.get('subject')}: {data.get('condition')}"
        case "health.cleared":
            text = f"[health] Cleared: {data.get('subject')}: {data.get('condition')}"
        case "alert.updated":
            # mail clients group a thread by its subject, but for a leading `Re:`
            text = f"Re: [{rule}] {headline}"
        case "alert.surge" | "alert.absent":
            text = f"[{rule}] {LABELS[type]}: {headline}"
        case _:
            text = f"[{rule}] {headline}"
    # a title that looks like an encoded word (RFC 2047) must not be decoded on the way
    return line(text, MAX_SUBJECT).replace("=?", "= ?")


def _digest_subject(data: Mapping[str, Any]) -> str:
    """Return `Digest: 5 alerts`, or, where a rate or a snooze held them, the first and the rest."""
    alerts = data.get("alerts", ())
    if not data.get("reason") or str(data["reason"]).startswith("digest") or not alerts:
        return f"Digest: {_count(len(alerts), 'alert')}"
    first, more = alerts[0], len(alerts) - 1
    rest = f", and {more} more {'story' if more == 1 else 'stories'}" if more else ""
    # the rest is said however long the headline is
    return f"[{first.get('rule', '')}] {line(headline_of(first), 90)}{rest}"


def headline_of(data: Mapping[str, Any]) -> str:
    """Return the headline of an alert: its article's, else its story's."""
    if data.get("detail") and not data.get("article"):
        return str(data["detail"])  # a surge or an absence
    for part in ("article", "story"):
        title = (data.get(part) or {}).get("title")
        if title:
            return str(title)
    return "(no title)"


def alert_view(type: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an alert's tidy `data` with what the templates show beside it."""
    latest = data.get("latest") or ()
    sources = latest or (data.get("story") or {}).get("sources", ())
    return {
        **data,
        "label": LABELS.get(type, "Alert"),
        "headline": headline_of(data),
        "byline": _byline(data, sources),
        "note": _note(type, data),
        "because": _because(data),
        "chart": chart_of(data),
        "passages": marked(data),
        "sources_label": "The latest" if latest else f"Told by {_count(len(sources), 'source')}",
        "shown_sources": sources[:SHOWN_SOURCES],
        "more_sources": f"and {more} more" if (more := len(sources) - SHOWN_SOURCES) > 0 else "",
    }


def chart_of(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the chart of a surge with its caption."""
    counts = [int(count) for count in data.get("counts", ())]
    if not counts:
        return None
    return {
        "counts": counts,
        "text": chart.text(counts),
        "heights": chart.heights(counts),
        "caption": f"In windows of {data.get('window')}; the last one is the present",
    }


def marked(data: Mapping[str, Any]) -> Sequence[Marked]:
    """Return each excerpt once, in order, with all the terms that were found in it."""
    terms: dict[tuple[str, str], list[str]] = {}
    for found in data.get("matched", ()):
        terms.setdefault((found["field"], found["excerpt"]), []).append(found["term"])
    return [Marked(field, pieces(excerpt, found)) for (field, excerpt), found in terms.items()]


def moment(text: str) -> str:
    """Return a time of the wire as people read it: `2026-11-23 09:28 UTC`; odd text as it is."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return text


def _byline(data: Mapping[str, Any], sources: Sequence[Mapping[str, Any]]) -> str:
    """Return outlet, authors and time of an alert's article."""
    article = data.get("article") or {}
    url = article.get("url")
    feeds = [source["feed"] for source in sources if url and source.get("url") == url]
    published = article.get("published_at")
    parts = [feeds[0] if feeds else "", ", ".join(article.get("authors", ()))]
    return " · ".join([*filter(None, parts), *([moment(published)] if published else [])])


def _because(data: Mapping[str, Any]) -> str:
    """Return why there is this alert: its rule, what that asks for, and the place in its story."""
    if not data.get("alert"):
        return ""
    why = data.get("why") or {}
    asks = f": {line(str(why['query']), MAX_QUERY)}" if why.get("query") else ""
    place = f" Its place among the stories: {why['placement']}." if why.get("placement") else ""
    return f"Alert {data['alert']}, because the rule “{data.get('rule')}” matched{asks}.{place}"


def _note(type: str, data: Mapping[str, Any]) -> str:
    """Return what a surge or an update adds to its alert: how many, or what has changed."""
    if type == "alert.updated":
        detail = str((data.get("update") or {}).get("detail") or "")
        return f"{detail[:1].upper()}{detail[1:]}." if detail else ""
    if type != "alert.surge":
        return ""
    if data.get("detail"):
        return ""  # the headline and the chart say it
    return f"{data.get('count')} in {data.get('window')}, usually {data.get('usual')}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
