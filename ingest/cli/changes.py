"""What a change of rules gains and loses, on stored articles."""

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ingest.cli.past import Hit, Say, both
from ingest.model import Rule
from ingest.store import Store

_LISTS = re.compile(r"\$([^\W\d][\w-]*)")


SHOWN = 10
"""Articles kept to be shown; of the others, the numbers."""


@dataclass(slots=True)
class Side:
    """Articles that a change gains, or loses, newest first."""

    articles: "array[int]" = field(default_factory=lambda: array("q"))
    first: list[Hit] = field(default_factory=list)

    def add(self, hit: Hit) -> None:
        """Take in one more."""
        self.articles.append(hit.article)
        if len(self.first) < SHOWN:
            self.first.append(hit)


@dataclass(slots=True)
class Change:
    """What became of one rule; articles as they were seen first."""

    rule: str
    kind: str
    """`added`, `removed` or `changed`."""
    gained: Side = field(default_factory=Side)
    lost: Side = field(default_factory=Side)
    kept: int = 0


def changed(old: Iterable[Rule], new: Iterable[Rule]) -> Iterator[tuple[Rule | None, Rule | None]]:
    """Yield the rules that ask for something else, each as it was and as it is."""
    before = {rule.name: rule for rule in old}
    after = {rule.name: rule for rule in new}
    for name in dict.fromkeys([*before, *after]):
        was, is_ = before.get(name), after.get(name)
        if was is None or is_ is None or _asks(was) != _asks(is_):
            yield was, is_


def _asks(rule: Rule) -> tuple[object, ...]:
    lists = {name: rule.lists.get(name) for name in _LISTS.findall(rule.query)}
    return rule.query, set(rule.tags), set(rule.feeds), rule.stem, lists


def compare(
    store: Store, old: Iterable[Rule], new: Iterable[Rule], *, since: datetime | None, say: Say
) -> Iterator[Change]:
    """Yield what each rule that asks for something else gains and loses; raises RuleError."""
    for was, is_ in changed(old, new):
        rule = is_ or was
        assert rule is not None
        kind = "added" if was is None else "removed" if is_ is None else "changed"
        change = Change(rule.name, kind)
        for before, after in both(store, was, is_, since=since, say=say):
            if before and after:
                change.kept += 1
            elif before:
                change.lost.add(before)
            elif after:
                change.gained.add(after)
        yield change
