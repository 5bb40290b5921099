"""A look at the program's own health, and at rules that speak far too much or not at all."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from ingest import urls
from ingest.alerts import compose, health, observe, surge
from ingest.alerts.health import ABSENCE, SURGE, Observation
from ingest.alerts.surge import Surge
from ingest.jobs.context import Context
from ingest.jobs.ports import Store, Tx
from ingest.model import Condition, Delivery, Rule

LOOKED_BACK = timedelta(weeks=surge.WEEKS + 1)
LATEST = 10
"""Stories that a surge names."""
DEAD_COUNT = timedelta(days=10)
"""How long a message that was given up is shown: the three days of its tries, and a week."""
BY_THE_HOUR = ("rule_never_matches", "rule_always_matches")
"""What takes a while to find out, and does not change within the hour."""

Told = dict[tuple[str, str], dict[str, object]]
"""What the channels of rules are told, by condition."""


def look(
    context: Context, now: datetime, *, besides: Sequence[Observation] = ()
) -> Sequence[Delivery]:
    """Compare what is seen now with the conditions that stand; keep and tell the difference.

    `besides` is what only the caller can see. Returns the new deliveries.
    """
    standing = [each for each in context.doors.store.conditions() if each.kind not in BY_THE_HOUR]
    seen = [*besides, *_seen(context, standing, now)]
    told: Told = {}
    for rule in context.rules.by_name.values():
        for observation, data in _of_rule(rule, context, standing, now):
            seen.append(observation)
            told[observation.kind, observation.subject] = data
    return _settle(standing, seen, told, context, now)


def look_at_rules(context: Context, now: datetime) -> Sequence[Delivery]:
    """Do the same for what is looked at once an hour: rules that match nothing, or everything."""
    store, since = context.doors.store, now - timedelta(days=1)
    standing = [each for each in store.conditions() if each.kind in BY_THE_HOUR]
    articles, feeds = store.articles_since(since)
    seen = observe.of_rules(
        context.rules.by_name, store.matched_rules(), store.match_counts(since), articles, feeds
    )
    return _settle(standing, seen, {}, context, now)


def _settle(
    standing: Sequence[Condition],
    seen: Sequence[Observation],
    told: Told,
    context: Context,
    now: datetime,
) -> Sequence[Delivery]:
    """Keep what has changed, and put what is told of it in the outbox."""
    changes = health.decide(standing, seen, now)
    new = [
        *_to_health_channels(changes, context, now),
        *_to_rules(changes, context, told, now),
    ]
    if changes.keep or changes.drop:

        def save(tx: Tx) -> None:
            tx.save_conditions(changes.keep, changes.drop)
            tx.enqueue(new)

        context.doors.store.write(save)
    return new


def _seen(context: Context, standing: Sequence[Condition], now: datetime) -> list[Observation]:
    """Return what is out of order with feeds, deliveries, queues, certificates and the disk."""
    store = context.doors.store
    feeds = store.troubled_feeds(now - observe.GAP_COUNTS)
    return [
        *observe.of_feeds(feeds, context.health, now),
        *observe.of_dead_letters(store.dead_letters(now - DEAD_COUNT)),
        *observe.of_backlogs(store.backlogs(), now),
        *observe.of_sites(store.site_tracks(since=now - observe.READ_LATELY)),
        *observe.of_queues(store.oldest_due_s(now)),
        *_certificates(context, standing, now),
        *(observe.of_disk(*room) if (room := store.disk()) else ()),
    ]


def _certificates(
    context: Context, standing: Sequence[Condition], now: datetime
) -> list[Observation]:
    """Return the certificates near their end, with what goes by each."""
    seen = context.certificates.seen()
    hosts = {host for host, each in seen.items() if observe.is_near_its_end(each, now)}
    hosts |= {each.subject for each in standing if each.kind == observe.CERTIFICATE}
    if not hosts:
        return []
    users: dict[str, list[str]] = {}
    for channel, host in context.channel_hosts.items():
        users.setdefault(host, []).append(f"the channel {channel}")
    for name, url in context.doors.store.feed_addresses():
        users.setdefault(urls.host(url), []).append(f"the feed {name}")
    wanted = {host: users[host] for host in sorted(hosts) if host in users}
    return observe.of_certificates(seen, wanted, standing, now)


def _of_rule(
    rule: Rule, context: Context, standing: Iterable[Condition], now: datetime
) -> Iterable[tuple[Observation, dict[str, object]]]:
    """Yield the surge or the absence of a rule that asks for being told, with what is told."""
    if rule.surge is None and rule.absent is None:
        return
    store = context.doors.store
    if rule.surge is not None:
        stands = any(each.kind == SURGE and each.subject == rule.name for each in standing)
        if found := _surge(rule, rule.surge, store, now, standing=stands):
            latest = store.latest_matched(rule.name, now - found.window, LATEST)
            data = compose.surge_data(rule, found, latest)
            yield Observation(SURGE, rule.name, str(data["detail"]), patience=timedelta()), data
    if rule.absent is not None:
        last = store.last_match_at(rule.name) or store.known_since()
        silent = surge.absent(last, after=rule.absent, now=now)
        if silent is not None:
            data = compose.absence_data(rule, silent)
            yield Observation(ABSENCE, rule.name, str(data["detail"]), patience=timedelta()), data


def _surge(
    rule: Rule, asked: tuple[float, timedelta], store: Store, now: datetime, *, standing: bool
) -> Surge | None:
    """Measure a rule; those that are quiet just now, nearly all of them, cost one short look."""
    factor, window = asked
    if len(store.match_times(rule.name, now - window)) < surge.FEWEST * surge.EASES:
        return None
    return surge.measure(
        store.match_times(rule.name, now - LOOKED_BACK),
        factor=factor,
        window=window,
        known_since=store.known_since(),
        standing=standing,
        now=now,
    )


def _to_health_channels(
    changes: health.Changes, context: Context, now: datetime
) -> Iterable[Delivery]:
    for type, data in health.messages(changes.tell):
        payload = compose.message(type, data, now)
        for channel in context.health.channels:
            yield compose.new_delivery(None, channel, payload, now, id=f"dlv_{uuid4().hex}")


def _to_rules(
    changes: health.Changes,
    context: Context,
    told: Told,
    now: datetime,
) -> Iterable[Delivery]:
    """Yield what the channels of a rule are told of its surge or its absence."""
    for type, condition in changes.tell:
        data = told.get((condition.kind, condition.subject))
        if data is None or type != "health.raised":
            continue
        kind = "alert.surge" if condition.kind == SURGE else "alert.absent"
        payload = compose.message(kind, data, now)
        for channel in context.rules.by_name[condition.subject].notify:
            yield compose.new_delivery(None, channel, payload, now, id=f"dlv_{uuid4().hex}")
