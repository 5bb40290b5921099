"""A look at the program's own health, and at rules that speak far too much or not at all."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from ingest.alerts import compose, health, surge
from ingest.alerts.health import ABSENCE, SURGE, Observation
from ingest.jobs.context import Context
from ingest.jobs.ports import Tx
from ingest.model import Condition, Delivery, Rule

LOOKED_BACK = timedelta(weeks=surge.WEEKS + 1)


def look(
    context: Context, now: datetime, *, besides: Sequence[Observation] = ()
) -> Sequence[Delivery]:
    """Compare what is seen now with the conditions that stand; keep and tell the difference.

    `besides` is what only the caller can see. Returns the new deliveries.
    """
    store = context.doors.store
    standing = store.conditions()
    seen = [*besides, *_seen(context, now)]
    told: dict[tuple[str, str], dict[str, object]] = {}
    for rule in context.rules.by_name.values():
        for observation, data in _of_rule(rule, context, standing, now):
            seen.append(observation)
            told[observation.kind, observation.subject] = data
    changes = health.decide(standing, seen, now)
    new = [
        *_to_health_channels(changes, context, now),
        *_to_rules(changes, context, told, now),
    ]
    if changes.keep or changes.drop:

        def save(tx: Tx) -> None:
            tx.save_conditions(changes.keep, changes.drop)
            tx.enqueue(new)

        store.write(save)
    return new


def _seen(context: Context, now: datetime) -> list[Observation]:
    """Return what is out of order with feeds, deliveries, queues and the disk."""
    store = context.doors.store
    return [
        *health.of_feeds(store.stored_feeds(), context.health, now),
        *health.of_dead_letters(store.dead_letters()),
        *health.of_queues(store.oldest_due_s(now)),
        *(health.of_disk(*room) if (room := store.disk()) else ()),
    ]


def _of_rule(
    rule: Rule, context: Context, standing: Iterable[Condition], now: datetime
) -> Iterable[tuple[Observation, dict[str, object]]]:
    """Yield the surge or the absence of a rule that asks for being told, with what is told."""
    if rule.surge is None and rule.absent is None:
        return
    store = context.doors.store
    since = now - max(LOOKED_BACK, (rule.absent or timedelta()) * 2)
    times, known_since = store.match_times(rule.name, since), store.known_since()
    if rule.surge is not None:
        factor, window = rule.surge
        stands = any(each.kind == SURGE and each.subject == rule.name for each in standing)
        found = surge.measure(
            times, factor=factor, window=window, known_since=known_since, standing=stands, now=now
        )
        if found:
            data = compose.surge_data(rule, found)
            yield Observation(SURGE, rule.name, str(data["detail"]), patience=timedelta()), data
    if rule.absent is not None:
        silent = surge.absent(times, after=rule.absent, known_since=known_since, now=now)
        if silent is not None:
            data = compose.absence_data(rule, silent)
            yield Observation(ABSENCE, rule.name, str(data["detail"]), patience=timedelta()), data


def _to_health_channels(
    changes: health.Changes, context: Context, now: datetime
) -> Iterable[Delivery]:
    for type, condition, channel in health.new_deliveries(changes, context.health):
        payload = compose.message(type, health.data(condition, type), now)
        yield compose.new_delivery(None, channel, payload, now, id=f"dlv_{uuid4().hex}")


def _to_rules(
    changes: health.Changes,
    context: Context,
    told: dict[tuple[str, str], dict[str, object]],
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
