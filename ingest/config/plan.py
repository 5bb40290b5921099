"""The configuration as records: the rules, the wanted feeds, and what they would change."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.model import Feed, FeedState, Rule, WantedFeed

if TYPE_CHECKING:
    from ingest.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Change:
    """A stored feed that the configuration now describes otherwise."""

    name: str
    what: str
    """`name`, `url`, `tags`, `paused` or `retired`."""
    old: str
    new: str

    def in_words(self) -> str:
        """Return the change as `url: old → new`."""
        return f"{self.what}: {self.old or 'none'} → {self.new or 'none'}"


@dataclass(frozen=True, slots=True)
class ConfigPlan:
    """What bringing the stored feeds in step would do; each part in the order of the files."""

    add: tuple[WantedFeed, ...]
    change: tuple[Change, ...]
    retire: tuple[str, ...]
    """Names of feeds no longer in the files; their articles stay."""

    def rows(self) -> list[dict[str, str]]:
        """Return one row for each step: `change`, `feed` and, in words, `detail`."""
        return [
            *({"change": "add", "feed": feed.name, "detail": feed.url} for feed in self.add),
            *(
                {"change": "change", "feed": each.name, "detail": each.in_words()}
                for each in self.change
            ),
            *(
                {"change": "retire", "feed": name, "detail": "no longer in the files"}
                for name in self.retire
            ),
        ]


def wanted_feeds(settings: "Settings") -> tuple[WantedFeed, ...]:
    """Return the configured feeds; references in their addresses stay as written."""
    return tuple(
        WantedFeed(name=feed.called, url=feed.address, tags=feed.tags, paused=feed.paused)
        for feed in settings.feeds
    )


def rules_of(settings: "Settings") -> tuple[Rule, ...]:
    """Return the configured rules, in the order of the files."""
    return tuple(
        Rule(
            name=rule.name,
            query=rule.query,
            tags=rule.tags,
            feeds=rule.feeds,
            notify=rule.notify,
            on=rule.on,
            repeat=rule.repeat,
            severity=rule.severity,
            surge=(rule.surge.factor, rule.surge.window) if rule.surge else None,
            absent=rule.absent,
            stem=rule.stem,
            lists=settings.list_entries,
        )
        for rule in settings.rules
    )


def plan(wanted: Iterable[WantedFeed], stored: Iterable[Feed]) -> ConfigPlan:
    """Compare wanted with stored feeds, by name; one under a new name is known by its address."""
    known = {feed.name: feed for feed in stored}
    feeds = tuple(wanted)
    names = {feed.name for feed in feeds}
    left = {feed.url: name for name, feed in known.items() if name not in names}
    for feed in feeds:
        if feed.name not in known and feed.url in left:
            known[feed.name] = known.pop(left.pop(feed.url))
    return ConfigPlan(
        add=tuple(feed for feed in feeds if feed.name not in known),
        change=tuple(
            change for feed in feeds if feed.name in known for change in _changes(feed, known)
        ),
        retire=tuple(
            name
            for name, feed in known.items()
            if name not in names and feed.state is not FeedState.RETIRED
        ),
    )


def _changes(feed: WantedFeed, known: dict[str, Feed]) -> Iterable[Change]:
    old = known[feed.name]
    if old.name != feed.name:
        yield Change(feed.name, "name", old.name, feed.name)
    if old.state is FeedState.RETIRED:
        yield Change(feed.name, "retired", "yes", "no")
    if old.url != feed.url:
        yield Change(feed.name, "url", old.url, feed.url)
    if old.tags != feed.tags:
        yield Change(feed.name, "tags", ", ".join(old.tags), ", ".join(feed.tags))
    if feed.paused and old.state is not FeedState.PAUSED:
        # The other way round can't be told: the feed may be paused by command, which stays.
        yield Change(feed.name, "paused", "no", "yes")
