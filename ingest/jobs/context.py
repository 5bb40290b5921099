"""What every job is handed besides its row: the doors, the rooms' settings, the rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from ingest.alerts.settings import Health, Restraint
from ingest.articles.settings import Articles
from ingest.articles.sites import SiteRules
from ingest.feeds.settings import FeedConfig, Polling
from ingest.fetch.settings import Fetch
from ingest.jobs.certificates import Certificates
from ingest.jobs.ports import Doors
from ingest.jobs.traffic import Traffic
from ingest.model import Document, Match, Rule
from ingest.rules.percolate import RuleSet
from ingest.stories.settings import Stories

OFFLINE_WAIT = timedelta(seconds=90)
"""How long feeds and pages rest while our own network is down; `poll` does not wait for them."""

_MOMENTS = ("entry", "article", "edit")


class Rules:
    """The rules by the moment they listen to, each moment percolated as one set."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.by_name: Mapping[str, Rule] = {rule.name: rule for rule in rules}
        listening = ((on, [rule for rule in rules if rule.on == on]) for on in _MOMENTS)
        self._sets = {moment: RuleSet(mine) for moment, mine in listening if mine}
        self._early = tuple(rule for rule in rules if rule.on == "entry")

    def match(self, document: Document, *moments: str) -> list[Match]:
        """Return the matches of the rules that listen to any of these moments."""
        asked = (self._sets[moment] for moment in moments if moment in self._sets)
        return [match for each in asked for match in each.match(document)]

    def early_for(self, feed: str, tags: tuple[str, ...]) -> bool:
        """Return whether a rule wants this feed's entries before their pages are read."""
        return any(
            (not rule.feeds or feed in rule.feeds) and (not rule.tags or set(rule.tags) & set(tags))
            for rule in self._early
        )


@dataclass(frozen=True)
class Context:
    """One configuration at work; a reload makes a new one."""

    doors: Doors
    polling: Polling
    fetch: Fetch
    articles: Articles
    stories: Stories
    feeds: Mapping[str, FeedConfig]
    rules: Rules
    sites: SiteRules
    base_url: str | None = None
    listens: bool = False
    """Whether hubs can reach us at `base_url`."""
    restraints: Mapping[str, Restraint] = field(default_factory=dict)
    """When each channel may speak, by its name."""
    health: Health = field(default_factory=Health)
    channel_hosts: Mapping[str, str] = field(default_factory=dict)
    """The hosts that channels hand their messages to, by channel."""
    traffic: Traffic = field(default_factory=Traffic)
    certificates: Certificates = field(default_factory=Certificates)
    random: Random = field(default_factory=Random)

    def feed_config(self, name: str, url: str = "") -> FeedConfig:
        """Return a feed's own settings; a feed that just left the files has the defaults."""
        return self.feeds.get(name) or FeedConfig(url=url, name=name)
