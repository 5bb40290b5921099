"""Feeds in the database: their polling state, their place in the queue, and what the files want."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Update,
    bindparam,
    case,
    func,
    insert,
    not_,
    null,
    or_,
    select,
    update,
)

from ingest import urls
from ingest.errors import StoreError
from ingest.model import Feed, FeedState, Outcome, Validators, WantedFeed
from ingest.store import leases
from ingest.store.leases import FREED
from ingest.store.tables import Utc, feed_items, feeds

CLOSED = or_(feeds.c.paused, feeds.c.paused_at.is_not(None), feeds.c.retired_at.is_not(None))
"""Not polled, whatever polling found."""

SHOWN_STATE: ColumnElement[str] = case(
    (feeds.c.retired_at.is_not(None), FeedState.RETIRED.value),
    (or_(feeds.c.paused, feeds.c.paused_at.is_not(None)), FeedState.PAUSED.value),
    else_=feeds.c.state,
)
"""The state as everyone sees it: what people decided stands above what polling found."""


def site_of(url: str | None, fallback: str = "") -> str:
    """Return the site of an address, or `fallback` where it has none."""
    try:
        return urls.site(url) if url else fallback
    except ValueError:
        return fallback


# --- records ----------------------------------------------------------------------------------

FEED = select(feeds, SHOWN_STATE.label("shown_state"))


def to_feed(row: Row[Any]) -> Feed:
    """Return a row of `FEED` as a record."""
    return Feed(
        id=row.id,
        name=row.name,
        url=row.url,
        current_url=row.current_url,
        tags=tuple(row.tags),
        state=FeedState(row.shown_state),
        validators=Validators(row.etag, row.last_modified),
        body_hash=row.body_hash,
        last_outcome=Outcome(row.last_outcome) if row.last_outcome else None,
        last_status=row.last_status,
        last_checked_at=row.last_checked_at,
        next_check_at=row.next_check_at,
        wait_until=row.wait_until,
        interval_s=row.interval_s,
        failures=row.failures,
        last_error=row.last_error,
        first_polled_at=row.first_polled_at,
        memory=row.memory,
    )


def troubled(connection: Connection, since: datetime) -> Sequence[Feed]:
    """Return the watched feeds that are not well, moved, or may have lost entries since then."""
    gap_at = feeds.c.memory["gap_at"].as_string()
    trouble = or_(
        feeds.c.state != FeedState.OK.value,
        feeds.c.current_url != feeds.c.url,
        gap_at > since.isoformat(),
    )
    return [to_feed(row) for row in connection.execute(FEED.where(not_(CLOSED), trouble))]


def addresses(connection: Connection) -> Sequence[tuple[str, str]]:
    """Return name and current address of each watched feed."""
    query = select(feeds.c.name, feeds.c.current_url).where(not_(CLOSED))
    return [(row.name, row.current_url) for row in connection.execute(query)]


# --- the work of refreshing -------------------------------------------------------------------


def claim(
    connection: Connection,
    now: datetime,
    limit: int,
    *,
    owner: str,
    per_site: int,
    busy_sites: Collection[str],
    only: Collection[str] | None,
) -> Sequence[Feed]:
    """Lease due feeds to `owner`, most overdue first; `only` restricts them by name."""
    ids = leases.claim(
        connection,
        leases.FEEDS,
        now,
        limit,
        owner=owner,
        per_lane=per_site,
        busy=busy_sites,
        only=None if only is None else feeds.c.name.in_(sorted(only)),
    )
    rows = connection.execute(FEED.where(feeds.c.id.in_(ids))) if ids else ()
    found = {row.id: to_feed(row) for row in rows}
    return [found[feed_id] for feed_id in ids]


_SAVE = (
    update(feeds)
    .where(feeds.c.id == bindparam("feed"), feeds.c.url == bindparam("asked_url"))
    .values(
        current_url=bindparam("new_current_url"),
        site=bindparam("new_site"),
        state=func.coalesce(bindparam("new_state", type_=feeds.c.state.type), feeds.c.state),
        etag=bindparam("new_etag"),
        last_modified=bindparam("new_last_modified"),
        body_hash=bindparam("new_body_hash"),
        last_outcome=bindparam("new_last_outcome"),
        last_status=bindparam("new_last_status"),
        last_checked_at=bindparam("new_last_checked_at"),
        next_check_at=bindparam("new_next_check_at"),
        wait_until=bindparam("new_wait_until"),
        interval_s=bindparam("new_interval_s"),
        failures=bindparam("new_failures"),
        last_error=bindparam("new_last_error"),
        first_polled_at=bindparam("new_first_polled_at"),
        memory=bindparam("new_memory"),
        due_at=case((CLOSED, null()), else_=bindparam("new_due_at", type_=Utc)),
        **FREED,
    )
)
_WEEK_AT = feeds.c.memory["week", "at"].as_string()
_SAVE_UNPUSHED = _SAVE.where(_WEEK_AT.is_not_distinct_from(bindparam("week_at")))
"""`_SAVE` unless a push brought news since the feed was claimed."""
_FREE = update(feeds).where(feeds.c.id == bindparam("feed")).values(**FREED)
_POSTPONE = (
    update(feeds)
    .where(feeds.c.id == bindparam("feed"))
    .values(
        next_check_at=bindparam("until"),
        due_at=case((CLOSED, null()), else_=bindparam("until", type_=Utc)),
        last_error=bindparam("error"),
        **FREED,
    )
)


_TIMES = (
    update(feeds)
    .where(feeds.c.id == bindparam("feed"), feeds.c.url == bindparam("asked_url"))
    .values(
        last_checked_at=bindparam("new_last_checked_at"),
        next_check_at=bindparam("new_next_check_at"),
        interval_s=bindparam("new_interval_s"),
        due_at=case((CLOSED, null()), else_=bindparam("new_due_at", type_=Utc)),
        **FREED,
    )
)
"""`_SAVE` for a check after which all else stands as it was: most of them."""


def save(connection: Connection, feed: Feed, items: Mapping[str, str] | None = None) -> None:
    """Store a feed's polling state, and the items of its document, and give up its lease.

    Nothing but the lease is touched when the files gave the feed another address meanwhile: what
    was learned is about the old one. Paused and retired are not polling's to say.
    """
    saved = _save(connection, _SAVE, [{**_checked(feed), **_learned(feed)}])
    if saved and items is not None:
        _save_items(connection, feed.id, items)


def save_checks(connection: Connection, checked: Sequence[Feed]) -> None:
    """Do the same for several that had no news; one whose hub pushed news meanwhile is due again."""
    rows = [
        {**_checked(feed), **_learned(feed), "week_at": _week_at(feed.memory)} for feed in checked
    ]
    _save(connection, _SAVE_UNPUSHED, rows)


def save_times(connection: Connection, checked: Sequence[Feed]) -> None:
    """Do it where nothing was learned but when feeds were looked at and will be again."""
    _save(connection, _TIMES, [_checked(feed) for feed in checked])


def _week_at(memory: Mapping[str, object]) -> object:
    """Return when a feed last had news, as `_WEEK_AT` finds it."""
    week = memory.get("week")
    return week.get("at") if isinstance(week, Mapping) else None


def _save(connection: Connection, statement: Update, rows: Sequence[Mapping[str, Any]]) -> bool:
    if connection.execute(statement, rows).rowcount == len(rows):
        return True
    connection.execute(_FREE, [{"feed": row["feed"]} for row in rows])
    return False


def _checked(feed: Feed) -> dict[str, Any]:
    """Return the values that every check brings."""
    return {
        "feed": feed.id,
        "asked_url": feed.url,
        "new_last_checked_at": feed.last_checked_at,
        "new_next_check_at": feed.next_check_at,
        "new_interval_s": feed.interval_s,
        "new_due_at": _due_at(feed),
    }


_THESE_ITEMS = feed_items.c.feed_id == bindparam("feed")
_ITEMS = select(feed_items.c.digests).where(_THESE_ITEMS)
_RENEW_ITEMS = update(feed_items).where(_THESE_ITEMS).values(digests=bindparam("items"))
_FIRST_ITEMS = insert(feed_items).values(feed_id=bindparam("feed"), digests=bindparam("items"))


def _save_items(connection: Connection, feed_id: int, items: Mapping[str, str]) -> None:
    row = {"feed": feed_id, "items": dict(items)}
    if not connection.execute(_RENEW_ITEMS, row).rowcount and items:
        connection.execute(_FIRST_ITEMS, row)


_THIS = FEED.where(feeds.c.id == bindparam("feed")).with_for_update()


def by_id(connection: Connection, feed_id: int) -> Feed:
    """Return a feed as it stands, and keep it so until the transaction ends."""
    return to_feed(connection.execute(_THIS, {"feed": feed_id}).one())


_MEMORY = select(feeds.c.memory).where(feeds.c.id == bindparam("feed")).with_for_update()


def memory(connection: Connection, feed_id: int) -> Mapping[str, Any]:
    """Return what is remembered of a feed, and keep it so until the transaction ends."""
    found: Mapping[str, Any] = connection.scalars(_MEMORY, {"feed": feed_id}).one()
    return found


def save_news(connection: Connection, feed: Feed) -> None:
    """Store what news teach that came between two checks: state and memory, nothing else."""
    learned = _learned(feed)
    state = func.coalesce(
        bindparam("state", learned["new_state"], feeds.c.state.type), feeds.c.state
    )
    values = {"state": state, "memory": learned["new_memory"]}
    connection.execute(update(feeds).where(feeds.c.id == feed.id).values(values))


def items(connection: Connection, feed_id: int) -> Mapping[str, str]:
    """Return digest and key of the items of a feed's last document."""
    return connection.scalar(_ITEMS, {"feed": feed_id}) or {}


def _learned(feed: Feed) -> dict[str, Any]:
    """Return the values of what a check may teach of a feed."""
    decided = feed.state in (FeedState.PAUSED, FeedState.RETIRED)
    return {
        "new_current_url": feed.current_url,
        "new_site": site_of(feed.current_url),
        "new_state": None if decided else feed.state,
        "new_etag": feed.validators.etag,
        "new_last_modified": feed.validators.last_modified,
        "new_body_hash": feed.body_hash,
        "new_last_outcome": feed.last_outcome,
        "new_last_status": feed.last_status,
        "new_wait_until": feed.wait_until,
        "new_failures": feed.failures,
        "new_last_error": feed.last_error,
        "new_first_polled_at": feed.first_polled_at,
        "new_memory": dict(feed.memory),
    }


def _due_at(feed: Feed) -> datetime | None:
    """Return when a feed is next to be polled of its own accord."""
    if feed.state is FeedState.GONE:
        return None
    return max((at for at in (feed.next_check_at, feed.wait_until) if at), default=None)


def postpone(connection: Connection, feed_id: int, until: datetime, error: str) -> None:
    """Put off a feed for a reason of our own and give up its lease."""
    connection.execute(_POSTPONE, {"feed": feed_id, "until": until, "error": error})


# --- what people ask for ----------------------------------------------------------------------


def request_check(
    connection: Connection,
    names: Collection[str] | None,
    *,
    everything: bool,
    force: bool,
    now: datetime,
) -> int:
    """Make the chosen feeds due now and return how many they are.

    A feed asked for once by force keeps its state; saving its check takes it off the queue again.
    Raises StoreError for a name that is not there.
    """
    if names is None and not everything and not force:
        return 0
    chosen: list[ColumnElement[bool]] = [feeds.c.retired_at.is_(None)]
    if names is not None:
        _refuse_unknown(connection, names)
        chosen.append(feeds.c.name.in_(sorted(names)))
    if not force:
        free_to_ask = or_(feeds.c.wait_until.is_(None), feeds.c.wait_until <= now)
        chosen += [~CLOSED, feeds.c.state != FeedState.GONE.value, free_to_ask]
    due_now = case((feeds.c.due_at < now, feeds.c.due_at), else_=bindparam("now", now, Utc))
    return connection.execute(update(feeds).where(*chosen).values(due_at=due_now)).rowcount


def _refuse_unknown(connection: Connection, names: Collection[str]) -> None:
    query = select(feeds.c.name).where(feeds.c.name.in_(sorted(names)))
    unknown = set(names) - set(connection.scalars(query))
    if unknown:
        raise StoreError(f"there is no feed named {', '.join(sorted(unknown))}")


def set_paused(connection: Connection, name: str, paused: bool, *, now: datetime) -> None:
    """Pause a feed by command, or end that; a feed paused in the files stays paused.

    One that is gone is asked again, at its configured address. Raises StoreError for a name that is not there.
    """
    _refuse_unknown(connection, [name])
    this = feeds.c.name == name
    connection.execute(update(feeds).where(this).values(paused_at=now if paused else None))
    if not paused:
        gone = update(feeds).where(this, feeds.c.state == FeedState.GONE.value)
        connection.execute(gone.values({**_FRESH, "current_url": feeds.c.url}))
    connection.execute(_requeue(now).where(this))


def _requeue(now: datetime) -> Any:
    """Return the update that puts feeds on the queue or takes them off, as their state asks."""
    off = or_(CLOSED, feeds.c.state == FeedState.GONE.value)
    on = func.coalesce(feeds.c.due_at, bindparam("now", now, Utc))
    return update(feeds).values(due_at=case((off, null()), else_=on))


# --- what the files want ----------------------------------------------------------------------

_FRESH: Mapping[str, object] = {
    "state": FeedState.OK.value,
    "etag": None,
    "last_modified": None,
    "body_hash": None,
    "last_error": None,
    "wait_until": None,
    "failures": 0,
    "memory": {},
}
"""What is known of an address nobody has asked yet."""


def sync(connection: Connection, wanted: Iterable[WantedFeed], now: datetime) -> Mapping[str, int]:
    """Bring the stored feeds in step with the files and return counts by change.

    Feeds are known by name. One that goes while its address comes back under another name is the
    same feed renamed, so that its entries stay known. The names of the counts: `added`,
    `renamed`, `changed`, `retired`, `revived`.
    """
    by_name = {feed.name: feed for feed in wanted}
    stored = _stored(connection)
    renamed = _renamed(by_name, stored)
    for old, new in renamed.items():
        row = stored.pop(old)
        stored[new] = row
        connection.execute(update(feeds).where(feeds.c.id == row.id).values(name=new))
    done = Counter(added=0, renamed=len(renamed), changed=0, retired=0, revived=0)
    touched: list[int] = []
    for name, row in stored.items():
        change = _change(by_name.get(name), row, now)
        if change:
            done[change.pop("why")] += 1
            touched.append(row.id)
            connection.execute(update(feeds).where(feeds.c.id == row.id).values(change))
            if "url" in change:
                _save_items(connection, row.id, {})
    if touched:
        this = feeds.c.id == bindparam("feed")
        connection.execute(_requeue(now).where(this), [{"feed": feed} for feed in touched])
    new_rows = [_new(feed, now) for name, feed in by_name.items() if name not in stored]
    if new_rows:
        connection.execute(insert(feeds), new_rows)
    done["added"] = len(new_rows)
    return dict(done)


def _stored(connection: Connection) -> dict[str, Row[Any]]:
    columns = ("id", "name", "url", "tags", "paused", "retired_at")
    rows = connection.execute(select(*(feeds.c[column] for column in columns)))
    return {row.name: row for row in rows}


def _renamed(wanted: Mapping[str, WantedFeed], stored: Mapping[str, Row[Any]]) -> dict[str, str]:
    """Return the old names and their new ones."""
    left = {row.url: name for name, row in stored.items() if name not in wanted}
    come = {feed.url: name for name, feed in wanted.items() if name not in stored}
    return {left[url]: name for url, name in come.items() if url in left}


def _change(wanted: WantedFeed | None, row: Row[Any], now: datetime) -> dict[str, Any]:
    """Return what to store of a feed that differs from the files, and `why`; empty if it does not."""
    if wanted is None:
        return {} if row.retired_at else {"why": "retired", "retired_at": now}
    change: dict[str, Any] = {}
    if wanted.url != row.url:
        address = {"url": wanted.url, "current_url": wanted.url, "site": site_of(wanted.url)}
        change = {**_FRESH, **address, "next_check_at": now, "due_at": now}
    if list(wanted.tags) != row.tags or wanted.paused != row.paused:
        change |= {"tags": list(wanted.tags), "paused": wanted.paused}
    if row.retired_at:
        return {**change, "why": "revived", "retired_at": None}
    return {**change, "why": "changed"} if change else {}


def _new(wanted: WantedFeed, now: datetime) -> dict[str, Any]:
    return {
        **_FRESH,
        "name": wanted.name,
        "url": wanted.url,
        "current_url": wanted.url,
        "site": site_of(wanted.url),
        "tags": list(wanted.tags),
        "paused": wanted.paused,
        "next_check_at": now,
        "due_at": None if wanted.paused else now,
    }
