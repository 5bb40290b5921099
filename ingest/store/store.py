"""The database as one object: opening it, writing in grouped transactions, and reading beside them."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from sqlalchemy import URL, Connection, Engine, text

from ingest.articles.learned import Habits
from ingest.errors import StoreError, StoreUnavailable
from ingest.model import (
    Article,
    Backlog,
    Condition,
    Delivery,
    Entry,
    EntryState,
    Feed,
    KnownEntry,
    PageRead,
    SiteTrack,
    Source,
    StoredEntry,
    Subscription,
    Wanted,
    WantedFeed,
)
from ingest.store import (
    alerts,
    articles,
    documents,
    entries,
    feeds,
    habits,
    health,
    leases,
    listings,
    locks,
    migrate,
    outbox,
    prune,
    revisions,
    status,
    subscriptions,
    tracks,
)
from ingest.store.documents import Look, StoredDocument
from ingest.store.engine import open_engine, parse, translated
from ingest.store.leases import DELIVERIES, ENTRIES, FEEDS
from ingest.store.listings import Chosen, Filter, Json
from ingest.store.settings import Retention
from ingest.store.tables import alerts as alerts_table
from ingest.store.tables import articles as articles_table
from ingest.store.tables import entries as entries_table
from ingest.store.tables import feeds as feeds_table
from ingest.store.tables import matches as matches_table
from ingest.store.tables import placements
from ingest.store.tx import Tx
from ingest.store.writer import Writer

T = TypeVar("T")


class Store:
    """A database, open; safe to use from any thread. Fits `jobs.ports.Store`.

    Every method raises StoreUnavailable when the database does not answer just now, and
    StoreError for anything else that it refuses.
    """

    def __init__(self, address: URL, reader: Engine, writer_engine: Engine | None) -> None:
        self._address, self._reader, self._writer_engine = address, reader, writer_engine
        self._writer = Writer(writer_engine) if writer_engine else None
        self._me = locks.this_process()
        self._closing = ExitStack()

    # --- opening and closing ----------------------------------------------------------------

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> "Store":
        """Open a database, made and migrated if it is new; `sqlite://` is one that ends with the store.

        Raises MigrationNeeded for an older schema and StoreError for one of a newer program.
        """
        address = parse(url)
        with ExitStack() as undo:
            if address.get_backend_name() == "sqlite" and address.database in (
                None,
                "",
                ":memory:",
            ):
                folder = Path(tempfile.mkdtemp(prefix="ingest-"))
                undo.callback(shutil.rmtree, folder, ignore_errors=True)
                address = address.set(database=str(folder / "ingest.db"))
            writer_engine = None
            if not read_only:
                migrate.make_room(address)
                writer_engine = open_engine(address, writes=True)
                undo.callback(writer_engine.dispose)
            reader = open_engine(address, writes=False)
            undo.callback(reader.dispose)
            with translated():
                if writer_engine and migrate.is_new(address, reader):
                    migrate.create(writer_engine)
                migrate.check(reader)
            store = cls(address, reader, writer_engine)
            store._closing = undo.pop_all()
        return store

    def close(self) -> None:
        """Finish the writes already asked for and let go of the database."""
        if self._writer:
            self._writer.close()
        self._closing.close()

    def __enter__(self) -> Self:
        """Return the store; it is closed at the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the store."""
        self.close()

    def daemon_lock(self) -> AbstractContextManager[None]:
        """Hold the lock that one daemon may hold; raises AlreadyRunning where another has it."""
        if self._address.get_backend_name() == "sqlite":
            return locks.file_lock(Path(f"{self._address.database}.lock"))
        return locks.advisory_lock(self._reader)

    # --- writing ----------------------------------------------------------------------------

    def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in a transaction and return once it is committed.

        Work of several threads may share one transaction; where one fails, each is run again alone.
        What `work` raises is raised here, and nothing of it is kept.
        """
        return self._write(lambda connection: work(Tx(connection, self._me)))

    def _write(self, work: Callable[[Connection], T]) -> T:
        return self._open_writer().write(work)

    def _open_writer(self) -> Writer:
        if self._writer is None:
            raise StoreError("the database was opened for reading only")
        return self._writer

    def note_check(self, feed: Feed, *, times_only: bool) -> None:
        """Have a check kept that brought no document, soon and with others; or its times alone.

        Before whatever is written later; a failure is logged, and the lease then runs out.
        Not kept where a push brought news since the feed was claimed: it is due again at once.
        """
        self._open_writer().note(feeds.save_times if times_only else feeds.save_checks, feed)

    def writer_alive(self) -> bool:
        """Return whether writes still get done."""
        return self._writer is not None and self._writer.alive()

    def sync_feeds(self, wanted: Collection[WantedFeed], now: datetime) -> Mapping[str, int]:
        """Bring the stored feeds in step with the files and return counts by change."""

        def work(connection: Connection) -> Mapping[str, int]:
            done = feeds.sync(connection, wanted, now)
            subscriptions.leave(connection, now)
            return done

        return self._write(work)

    def set_paused(self, name: str, paused: bool, now: datetime) -> None:
        """Pause a feed by command and leave its hub, or end that; what the files say stands beside."""

        def work(connection: Connection) -> None:
            feeds.set_paused(connection, name, paused, now=now)
            subscriptions.leave(connection, now)

        self._write(work)

    def request_check(
        self,
        names: Collection[str] | None,
        *,
        all: bool = False,
        force: bool = False,
        now: datetime,
    ) -> int:
        """Make feeds due now, those named or with `all` every one, and return how many.

        Not those paused, gone or told to wait by their server, unless by `force`; never retired
        ones. A paused feed is asked once and stays paused.
        """
        return self._write(
            lambda connection: feeds.request_check(
                connection, names, everything=all, force=force, now=now
            )
        )

    def retry_deliveries(self, ids: Collection[str] = (), *, dead: bool = False) -> int:
        """Make undelivered deliveries due now, those named or every dead letter; return how many."""
        return self._write(lambda connection: outbox.retry(connection, ids, dead=dead, now=_now()))

    def release_held(self, now: datetime) -> int:
        """Make what a restraint holds due now, so that it is decided anew; return how many."""
        return self._write(lambda connection: outbox.release_held(connection, now))

    def forget_rests(self) -> None:
        """Leave no channel alone any more."""
        self._write(outbox.forget_rests)

    def snooze(self, rule: str, until: datetime, now: datetime) -> None:
        """Hold a rule's alerts until a time; one that is past ends a snooze."""
        self._write(lambda connection: outbox.snooze(connection, rule, until, now))

    def acknowledge(self, ids: Collection[int]) -> int:
        """Take note of alerts: no updates on them go out any more; return how many were found."""
        return self._write(lambda connection: alerts.acknowledge(connection, ids))

    def prune(
        self, retention: Retention, now: datetime, *, window: timedelta = timedelta(days=30)
    ) -> Mapping[str, int]:
        """Drop what is past its retention, in batches, and return counts by kind.

        `window` is how long stories take in copies: the index of older ones is dropped.
        """
        counts: dict[str, int] = {}
        for name, step in prune.steps(retention, now, window).items():
            counts[name] = 0
            while (dropped := self._write(step)) > 0:
                counts[name] += dropped
        return counts

    # --- due work ---------------------------------------------------------------------------

    def claim_feeds(
        self,
        now: datetime,
        limit: int,
        *,
        per_site: int,
        busy_sites: Collection[str] = (),
        only: Collection[str] | None = None,
    ) -> Sequence[Feed]:
        """Lease due feeds to this process, at most `per_site` of each site, most overdue first."""
        return self._write(
            lambda connection: feeds.claim(
                connection,
                now,
                limit,
                owner=self._me,
                per_site=per_site,
                busy_sites=busy_sites,
                only=only,
            )
        )

    def claim_subscriptions(
        self, now: datetime, limit: int, *, per_site: int, busy_sites: Collection[str] = ()
    ) -> Sequence[Subscription]:
        """Lease due subscriptions to this process, at most `per_site` of each hub's site."""
        return self._write(
            lambda connection: subscriptions.claim(
                connection, now, limit, owner=self._me, per_site=per_site, busy_sites=busy_sites
            )
        )

    def claim_entries(
        self, now: datetime, limit: int, *, per_site: int, busy_sites: Collection[str] = ()
    ) -> Sequence[Entry]:
        """Lease due entries to this process, at most `per_site` of each site."""
        return self._write(
            lambda connection: entries.claim(
                connection, now, limit, owner=self._me, per_site=per_site, busy_sites=busy_sites
            )
        )

    def claim_deliveries(
        self,
        now: datetime,
        limit: int,
        *,
        busy_channels: Collection[str] = (),
        per_channel: int | None = None,
    ) -> Sequence[Delivery]:
        """Lease due deliveries to this process."""
        return self._write(
            lambda connection: outbox.claim(
                connection,
                now,
                limit,
                owner=self._me,
                busy_channels=busy_channels,
                per_channel=per_channel,
            )
        )

    def release_leases(self) -> None:
        """Give back whatever this process has claimed and not done."""
        self._write(lambda connection: leases.release(connection, self._me))

    def due(self, now: datetime) -> Mapping[str, int]:
        """Return how many feeds, entries and deliveries are due, those being worked on included."""
        queues = {"feeds": FEEDS, "entries": ENTRIES, "deliveries": DELIVERIES}
        return self._read(
            lambda connection: {
                name: leases.due(connection, queue, now) for name, queue in queues.items()
            }
        )

    def next_retry_at(self) -> datetime | None:
        """Return when the first unread entry that nobody works on is due; None for none."""
        unread = entries_table.c.state == EntryState.WAITING.value
        return self._read(lambda connection: leases.next_at(connection, ENTRIES, _now(), unread))

    # --- records ----------------------------------------------------------------------------

    def _read(self, read: Callable[[Connection], T]) -> T:
        with translated(), self._reader.connect() as connection:
            return read(connection)

    def pushed_feed(self, token: str) -> tuple[Feed, str] | None:
        """Return the feed that a hub may push under this token, and the secret it signs with."""
        return self._read(lambda connection: subscriptions.pushed_feed(connection, token))

    def feed_items(self, feed_id: int) -> Mapping[str, str]:
        """Return digest and key of the items of the feed's last document; empty where unknown."""
        return self._read(lambda connection: feeds.items(connection, feed_id))

    def known(self, feed_id: int, keys: Collection[str]) -> Mapping[str, KnownEntry]:
        """Return what is stored of those of the feed's entries that are known, by key."""
        return self._read(lambda connection: entries.known(connection, feed_id, keys))

    def alike(
        self, feed_id: int, ids: Collection[int], links: Collection[str], hashes: Collection[str]
    ) -> Sequence[StoredEntry]:
        """Return the feed's entries of these ids and links, and its latest ones of these hashes."""
        return self._read(lambda connection: entries.alike(connection, feed_id, ids, links, hashes))

    def article_by_key(self, key: str) -> Article | None:
        """Return the article of a page, if it is stored."""
        return self._read(lambda connection: articles.by_key(connection, key))

    def habits(self, host: str, digests: Collection[int]) -> Habits:
        """Return what is remembered of these paragraphs of a site."""
        return self._read(lambda connection: habits.of_site(connection, host, digests))

    def site_tracks(self, *, since: datetime) -> Sequence[SiteTrack]:
        """Return how well pages are read, of the sites of which one was read since then."""
        return self._read(lambda connection: tracks.seen_since(connection, since))

    def article_by_id(self, article_id: int) -> Article | None:
        """Return a stored article."""
        return self._read(lambda connection: articles.by_id(connection, article_id))

    def kept_pages(self, *, after: int, limit: int) -> Sequence[tuple[Article, PageRead]]:
        """Return articles with their kept pages, by id, those above `after`."""
        return self._read(lambda connection: articles.kept_pages(connection, after, limit))

    def stored_feeds(self) -> Sequence[Feed]:
        """Return every feed, retired ones too, by name."""
        query = feeds.FEED.order_by(feeds_table.c.name)
        return self._read(
            lambda connection: [feeds.to_feed(row) for row in connection.execute(query)]
        )

    def iter_documents(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        wanted: Wanted | None = None,
        others: bool = False,
        look: Look | None = None,
    ) -> Iterator[StoredDocument]:
        """Yield stored articles newest first, once for each feed that led to them.

        With `wanted`, those that have it, and maybe a few more; with `others`, the others too,
        without their texts. None that a `look` at title, text and summary says no to.
        """
        return self._stream(
            lambda connection: documents.iter_documents(
                connection, since=since, until=until, wanted=wanted, others=others, look=look
            )
        )

    # --- listings: rows ready for JSON, newest first, read as they are asked for ---------------

    def _stream(self, read: Callable[[Connection], Iterator[T]]) -> Iterator[T]:
        with translated(), self._reader.connect() as connection:
            yield from read(connection)

    def list_feeds(
        self, *, tag: str | None = None, state: str | None = None, limit: int | None = None
    ) -> Iterator[Json]:
        """Yield feeds and how they stand."""
        return self._stream(
            lambda connection: listings.list_feeds(connection, tag=tag, state=state, limit=limit)
        )

    def list_entries(self, **chosen: Unpack[Chosen]) -> Iterator[Json]:
        """Yield entries as their feeds gave them."""
        return self._stream(lambda connection: listings.list_entries(connection, Filter(**chosen)))

    def list_articles(self, **chosen: Unpack[Chosen]) -> Iterator[Json]:
        """Yield articles with their text."""
        return self._stream(lambda connection: listings.list_articles(connection, Filter(**chosen)))

    def list_stories(self, **chosen: Unpack[Chosen]) -> Iterator[Json]:
        """Yield stories with counts of their articles and feeds."""
        return self._stream(lambda connection: listings.list_stories(connection, Filter(**chosen)))

    def list_alerts(self, **chosen: Unpack[Chosen]) -> Iterator[Json]:
        """Yield alerts with counts of their articles."""
        return self._stream(lambda connection: listings.list_alerts(connection, Filter(**chosen)))

    def list_deliveries(
        self, *, state: str | None = None, alert: int | None = None, **chosen: Unpack[Chosen]
    ) -> Iterator[Json]:
        """Yield deliveries, done or not; those that wait with all that keeps them."""
        return self._stream(
            lambda connection: listings.list_deliveries(
                connection, Filter(**chosen), state=state, alert=alert, now=_now()
            )
        )

    def feed(self, name: str) -> Json | None:
        """Return one feed as listed."""
        return self._one(listings.FEEDS.where(feeds_table.c.name == name))

    def article(self, article_id: int) -> Json | None:
        """Return one article as listed."""
        return self._one(listings.ARTICLES.where(articles_table.c.id == article_id))

    def article_html(self, article_id: int) -> str | None:
        """Return an article's text as HTML that is safe to show."""
        return self._read(lambda connection: articles.to_show(connection, article_id))

    def revisions_of(self, article: Mapping[str, Any]) -> list[Json]:
        """Return the earlier versions of a listed article, latest first, and what changed in each."""
        return self._read(lambda connection: revisions.earlier(connection, article))

    def article_for_url(self, url: str, canonical: str) -> Json | None:
        """Return the article that an address leads to, by its page or by an entry's link."""
        return self._read(lambda connection: listings.article_for_url(connection, url, canonical))

    def story(self, story_id: int) -> Json | None:
        """Return one story as listed, with its sources, oldest first."""
        return self._read(lambda connection: listings.story(connection, story_id))

    def alert(self, alert_id: int) -> Json | None:
        """Return one alert as listed."""
        return self._one(listings.ALERTS.where(alerts_table.c.id == alert_id))

    def entries_for(self, subject: int | str) -> list[Json]:
        """Return the entries that led to an article (by its id), or that link to an address."""
        return self._read(lambda connection: listings.entries_for(connection, subject))

    def matches_for(self, article_id: int) -> list[Json]:
        """Return the matches of an article, latest first."""
        query = listings.MATCHES.where(matches_table.c.article_id == article_id)
        query = query.order_by(matches_table.c.id.desc())
        return self._read(lambda connection: list(listings.rows(connection, query)))

    def placement_of(self, article_id: int) -> Json | None:
        """Return where an article was placed and why."""
        return self._one(listings.PLACEMENTS.where(placements.c.article_id == article_id))

    def rule_counts(self, rule: str) -> Mapping[str, Any]:
        """Return how often a rule matched and alerted, and when it matched last."""
        return self._read(lambda connection: listings.rule_counts(connection, rule))

    def troubled_feeds(self, since: datetime) -> Sequence[Feed]:
        """Return the watched feeds that are not well, moved, or may have lost entries since then."""
        return self._read(lambda connection: feeds.troubled(connection, since))

    def feed_addresses(self) -> Sequence[tuple[str, str]]:
        """Return name and current address of each watched feed."""
        return self._read(feeds.addresses)

    def conditions(self) -> Sequence[Condition]:
        """Return what is out of order."""
        return self._read(health.standing)

    def dead_letters(self, since: datetime) -> Mapping[str, int]:
        """Return how many messages made since then were given up, by channel."""
        return self._read(lambda connection: health.dead_letters(connection, since))

    def backlogs(self) -> Sequence[Backlog]:
        """Return what is being tried again, by channel, with one of the reasons."""
        return self._read(health.backlogs)

    def matched_rules(self) -> Collection[str]:
        """Return the rules that have matched anything."""
        return self._read(health.matched_rules)

    def match_counts(self, since: datetime) -> Mapping[str, int]:
        """Return how many articles each rule has matched since then."""
        return self._read(lambda connection: health.match_counts(connection, since))

    def articles_since(self, since: datetime) -> tuple[int, int]:
        """Return how many articles came since then, and from how many feeds."""
        return self._read(lambda connection: health.articles_since(connection, since))

    def oldest_due_s(self, now: datetime) -> Mapping[str, float | None]:
        """Return how long the longest overdue feed, entry and delivery have waited."""
        return self._read(lambda connection: status.oldest_due_s(connection, now))

    def match_times(self, rule: str, since: datetime) -> Sequence[datetime]:
        """Return when a rule matched a story for the first time since then, ascending."""
        return self._read(lambda connection: health.match_times(connection, rule, since))

    def latest_matched(self, rule: str, since: datetime, limit: int) -> Sequence[Source]:
        """Return the latest stories that a rule has matched since then, one article of each."""
        return self._read(lambda connection: health.latest_matched(connection, rule, since, limit))

    def last_match_at(self, rule: str) -> datetime | None:
        """Return when a rule matched last."""
        return self._read(lambda connection: health.last_match_at(connection, rule))

    def known_since(self) -> datetime | None:
        """Return when the first entry that is still known was seen."""
        return self._read(health.known_since)

    def disk(self) -> tuple[int, int] | None:
        """Return free and total bytes of the database's disk; None where it is elsewhere."""
        return health.disk(self._address)

    def status_counts(self, now: datetime) -> Mapping[str, Any]:
        """Return feeds by state, due work and its age, the last hour, deliveries by state."""
        return self._read(lambda connection: status.status_counts(connection, now))

    def standing(self, now: datetime, *, named: int) -> status.Standing:
        """Count how things stand; of the feeds that are silent or lose entries `named` have names."""
        return self._read(lambda connection: status.standing(connection, now, named=named))

    def _one(self, query: listings.Query) -> Json | None:
        return self._read(lambda connection: listings.one(connection, query))

    # --- care -------------------------------------------------------------------------------

    def integrity(self) -> list[str]:
        """Return the faults the database finds in itself, one sentence each; slow on large ones."""
        if self._address.get_backend_name() != "sqlite":
            return []
        return self._read(_sqlite_faults)

    def backup(self, path: Path) -> None:
        """Write a consistent copy of an SQLite database while it is in use.

        The copy takes the place of `path` only when it is whole.
        """
        if self._address.get_backend_name() != "sqlite":
            raise StoreError("for PostgreSQL use pg_dump")
        unfinished = path.with_name(f"{path.name}.part")
        try:
            unfinished.unlink(missing_ok=True)
            with translated(), self._reader.connect() as connection:
                target = sqlite3.connect(unfinished)
                try:
                    source: Any = connection.connection.driver_connection
                    source.backup(target)
                finally:
                    target.close()
            unfinished.replace(path)
        except (OSError, sqlite3.Error) as error:
            raise StoreUnavailable(f"cannot write the backup {path}: {error}") from error


def _now() -> datetime:
    return datetime.now(UTC)


def _sqlite_faults(connection: Connection) -> list[str]:
    said = connection.execute(text("PRAGMA integrity_check")).scalars()
    faults = [line for line in said if line != "ok"]
    for table, row_id, parent, _ in connection.execute(text("PRAGMA foreign_key_check")):
        faults.append(f"row {row_id} of {table} refers to a row of {parent} that is not there")
    return faults
