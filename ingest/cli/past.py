"""Asking stored articles with the matcher that judges new ones; shared by `search` and `rules test`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ingest.model import Document, Rule, Span
from ingest.rules.glance import Glance
from ingest.rules.percolate import RuleSet
from ingest.rules.search import mentioned, needed
from ingest.store import Store

HIT = "\x1b[1m"
END = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored article that a rule is true of, seen through one of the feeds that led to it."""

    article: int
    story: int
    feed: str
    url: str | None
    seen_at: datetime
    document: Document
    """Without its text where that could mean nothing to the rule."""
    rules: RuleSet

    def spans(self) -> tuple[Span, ...]:
        """Return the passages that make the rule true; found when asked for, few ever are."""
        (match,) = self.rules.match(self.document)
        return match.spans


def hits(
    store: Store, rule: Rule, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Hit]:
    """Yield the articles a rule is true of, newest first; raises RuleError for one that can't be read."""
    rules = RuleSet([rule])
    for _, error in rules.errors:
        raise error
    glance = Glance(rule)
    wanted = needed(rule)
    others = wanted is None
    having = mentioned(rule) if others else wanted
    for stored in store.iter_documents(since, until, wanted=having, others=others):
        document = stored.document
        told = glance(document)
        if told or (told is None and rules.names(document)):
            yield Hit(
                stored.article,
                stored.story,
                document.feed,
                stored.url,
                stored.seen_at,
                document,
                rules,
            )


def among(store: Store, rule: Rule, *, since: datetime | None = None) -> dict[int, Hit]:
    """Return the articles a rule is true of by their numbers, newest first, each seen once."""
    found: dict[int, Hit] = {}
    for hit in hits(store, rule, since=since):
        found.setdefault(hit.article, hit)
    return found


def passage(hit: Hit, *, colour: bool, around: int = 60) -> str:
    """Return the first matched passage with some text around it, on one line."""
    spans = sorted(hit.spans(), key=lambda span: span.field != "text")
    if not spans:
        return ""
    first = spans[0]
    text = hit.document.title if first.field == "title" else hit.document.text
    start, end = max(0, first.start - around), min(len(text), first.end + around)
    before, found, after = (
        text[start : first.start],
        text[first.start : first.end],
        text[first.end : end],
    )
    found = f"{HIT}{found}{END}" if colour else found
    line = f"{'…' if start else ''}{before}{found}{after}{'…' if end < len(text) else ''}"
    return " ".join(line.split())
