"""What `ingest check` says of a configuration that is valid and yet may not do what was meant."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.deliver import NOT_YET

if TYPE_CHECKING:
    from ingest.config.settings import Settings

_SECTIONS_NOT_YET = ("web", "metrics", "health")
_RULE_KEYS_NOT_YET = ("surge",)


def warnings(settings: "Settings") -> tuple[str, ...]:
    """Return one sentence for each thing worth a second look."""
    return (
        *_contact(settings),
        *_no_effect(settings),
        *_rules(settings),
        *_channels(settings),
        *_feeds(settings),
    )


def _contact(settings: "Settings") -> Iterator[str]:
    if settings.contact is None:
        yield "no `contact` is set; site owners cannot tell who is asking (see `contact:`)"


def _no_effect(settings: "Settings") -> Iterator[str]:
    """Name the keys that are read and checked, but that nothing acts on in this version."""
    for section in _SECTIONS_NOT_YET:
        if section in settings.model_fields_set:
            yield f"`{section}` has no effect yet"
    for name, channel in settings.channels.items():
        for key in NOT_YET:
            if key in channel.model_fields_set:
                yield f"`channels.{name}.{key}` has no effect yet"
    for rule in settings.rules:
        for key in _RULE_KEYS_NOT_YET:
            if getattr(rule, key) is not None:
                yield f"`{key}` of rule `{rule.name}` has no effect yet"


def _rules(settings: "Settings") -> Iterator[str]:
    for rule in settings.rules:
        if not rule.notify:
            yield f"rule `{rule.name}` tells no channel; its matches are stored (add `notify:`)"


def _channels(settings: "Settings") -> Iterator[str]:
    used = {name for rule in settings.rules for name in rule.notify} | {*settings.health.channels}
    for name in settings.channels:
        if name not in used:
            yield f"channel `{name}` is used by no rule"


def _feeds(settings: "Settings") -> Iterator[str]:
    if not settings.feeds:
        yield "no feeds; there is nothing to watch (see `feeds:`)"
    addresses = Counter(feed.url for feed in settings.feeds)
    for feed in settings.feeds:
        if feed.name and addresses[feed.url] > 1:
            yield f"feed `{feed.name}` has the same address as another feed"
