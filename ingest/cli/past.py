"""Asking stored articles with the matcher that judges new ones; shared by `search` and `rules test`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

import click

from ingest.model import Document, Rule, Span
from ingest.rules.glance import Glance
from ingest.rules.percolate import RuleSet
from ingest.rules.search import any_of, mentioned, needed
from ingest.store import Store
from ingest.store.documents import Look, StoredDocument

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


Say = Callable[[str], object]
"""Tells whoever asked why it may have taken long."""


def tell(said: str) -> None:
    """Print a line for the reader that is no part of the result."""
    click.echo(said, err=True)


class _Asked:
    """One rule, to be asked about stored articles."""

    def __init__(self, rule: Rule) -> None:
        self.rules = RuleSet([rule])
        for _, error in self.rules.errors:
            raise error
        self._glance = Glance(rule)
        self.look = self._glance if self._glance.by_text else None
        """What may be asked before feeds, authors and the like are read, where they say nothing."""

    def find(self, stored: StoredDocument) -> Hit | None:
        """Return an article that the rule is true of."""
        document = stored.document
        told = self._glance(document) if stored.told is None else stored.told
        if told is False or (told is None and not self.rules.names(document)):
            return None
        seen = stored.article, stored.story, document.feed, stored.url, stored.seen_at
        return Hit(*seen, document, self.rules)


def hits(
    store: Store,
    rule: Rule,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    say: Say = len,
) -> Iterator[Hit]:
    """Yield the articles a rule is true of, newest first; raises RuleError for one that can't be read."""
    asked = _Asked(rule)
    for stored in _documents(store, [rule], since, until, say, asked.look):
        if hit := asked.find(stored):
            yield hit


def both(
    store: Store, was: Rule | None, is_: Rule | None, *, since: datetime | None, say: Say = len
) -> Iterator[tuple[Hit | None, Hit | None]]:
    """Yield the articles that either of two rules is true of, each once and as either sees it first."""
    old, new = _Asked(was) if was else None, _Asked(is_) if is_ else None
    found = _documents(store, [rule for rule in (was, is_) if rule], since, None, say)
    for _, ways in groupby(found, key=attrgetter("article")):
        before, after = None, None
        for stored in ways:
            before = before or (old.find(stored) if old else None)
            after = after or (new.find(stored) if new else None)
        if before or after:
            yield before, after


def _documents(
    store: Store,
    rules: Sequence[Rule],
    since: datetime | None,
    until: datetime | None,
    say: Say,
    look: Look | None = None,
) -> Iterator[StoredDocument]:
    """Yield the articles that some rule may be true of, and say how many where all had to be read."""
    wanted = any_of(map(needed, rules))
    others = wanted is None
    having = any_of(map(mentioned, rules)) if others else wanted
    count = 0

    def seen(document: Document) -> bool | None:
        nonlocal count
        count += 1
        return look(document) if look else None

    try:
        yield from store.iter_documents(since, until, wanted=having, others=others, look=seen)
    finally:
        if having is None:
            say(f"the text index has no words to look for: {count:,} articles were read")


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
