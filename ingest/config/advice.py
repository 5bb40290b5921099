"""What `ingest check` says of a configuration that is valid and yet may not do what was meant."""

from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING

from ingest.config.plan import rules_of
from ingest.rules import check

if TYPE_CHECKING:
    from ingest.config.settings import Settings


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
    if settings.web.password_file is not None:
        yield "`web.password_file` has no effect yet"
    if settings.metrics.enabled:
        if not _is_loopback(settings.web.listen):
            yield "who reaches `web.listen` can read `/metrics`; no password guards it"
    elif "listen" in settings.web.model_fields_set and settings.web.base_url is None:
        yield "`web.listen` has no effect without `web.base_url` or `metrics.enabled`"


def _is_loopback(listen: str) -> bool:
    host = listen.rpartition(":")[0].strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _rules(settings: "Settings") -> Iterator[str]:
    mute = [rule.name for rule in settings.rules if not rule.notify]
    if mute:
        yield f"no channel is told of {_names('rule', mute)} (add `notify:`)"
    for name, warning in check.warnings(rules_of(settings)):
        yield f"rule `{name}`: {warning}"
    for name, warning in check.list_warnings(settings.list_entries):
        yield f"list `{name}`: {warning}"


def _channels(settings: "Settings") -> Iterator[str]:
    used = {name for rule in settings.rules for name in rule.notify} | {*settings.health.channels}
    idle = [name for name in settings.channels if name not in used]
    if idle:
        yield f"no rule tells {_names('channel', idle)}"


def _feeds(settings: "Settings") -> Iterator[str]:
    if not settings.feeds:
        yield "no feeds; there is nothing to watch (see `feeds:`)"
    addresses = Counter(feed.url for feed in settings.feeds)
    again = [feed.called for feed in settings.feeds if addresses[feed.url] > 1]
    if again:
        yield f"the same address is polled more than once by {_names('feed', again)}"


def _names(kind: str, names: list[str]) -> str:
    """Return `rule a`, or `rules a, b, c and 12 more`."""
    shown = ", ".join(f"`{name}`" for name in names[:5])
    rest = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{kind}{'s' if len(names) > 1 else ''} {shown}{rest}"
