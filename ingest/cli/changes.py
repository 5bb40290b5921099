"""What a change of rules gains and loses, on stored articles."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ingest.cli.past import Hit, among
from ingest.model import Rule
from ingest.store import Store

_LISTS = re.compile(r"\$([^\W\d][\w-]*)")


@dataclass(slots=True)
class Change:
    """What became of one rule; articles as they were seen first."""

    rule: str
    kind: str
    """`added`, `removed` or `changed`."""
    gained: list[Hit] = field(default_factory=list)
    lost: list[Hit] = field(default_factory=list)
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
    store: Store, old: Iterable[Rule], new: Iterable[Rule], *, since: datetime | None
) -> Iterator[Change]:
    """Yield what each rule that asks for something else gains and loses; raises RuleError."""
    for was, is_ in changed(old, new):
        rule = is_ or was
        assert rule is not None
        kind = "added" if was is None else "removed" if is_ is None else "changed"
        yield _told(Change(rule.name, kind), _found(store, was, since), _found(store, is_, since))


def _found(store: Store, rule: Rule | None, since: datetime | None) -> dict[int, Hit]:
    """Return the articles that a rule is true of, by their numbers, newest first."""
    return {} if rule is None else among(store, rule, since=since)


def _told(change: Change, before: dict[int, Hit], after: dict[int, Hit]) -> Change:
    change.gained = [hit for number, hit in after.items() if number not in before]
    change.lost = [hit for number, hit in before.items() if number not in after]
    change.kept = len(before.keys() & after.keys())
    return change
