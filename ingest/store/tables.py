"""The tables, as SQLAlchemy Core sees them; `alembic/versions` makes them.

Times are aware UTC in Python and stored as such; a `site` is a registrable domain.
"""

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
    literal_column,
    text,
)

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Utc(TypeDecorator[datetime]):
    """An aware UTC datetime: timestamptz on PostgreSQL, sortable text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive times and store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware UTC time."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class CleanText(TypeDecorator[str]):
    """Text without NUL and lone surrogates, which PostgreSQL refuses and UTF-8 cannot carry.

    The parsers take them out; this is the last guard, so that no input can make a write fail.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text as it can be stored; a member of a StrEnum as its plain value."""
        return None if value is None else clean(str(value))


def clean(value: str) -> str:
    """Return `value` without NUL, each lone surrogate replaced by U+FFFD."""
    if "\0" in value:
        value = value.replace("\0", "")
    return value if value.isascii() else _LONE_SURROGATE.sub("\ufffd", value)


Id = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _where(condition: str) -> dict[str, Any]:
    """Return the arguments of a partial index."""
    return {"info": {"where": condition}}


@event.listens_for(metadata, "before_create")
def _make_partial(_: MetaData, connection: Connection, **__: object) -> None:
    """Tell partial indexes so in the words of this database.

    Not where they are defined: naming PostgreSQL there would load all of it for SQLite, too.
    Only `create_all` comes by here: Alembic's autogenerate leaves the WHERE of an index out, and a
    migration has to say it itself.
    """
    for index in (index for table in metadata.tables.values() for index in table.indexes):
        if condition := index.info.get("where"):
            index.dialect_options[connection.dialect.name]["where"] = text(condition)


feeds = Table(
    "feeds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", CleanText, nullable=False, unique=True),
    Column("url", CleanText, nullable=False),
    Column("current_url", CleanText, nullable=False),
    Column("site", CleanText, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("state", CleanText, nullable=False),
    Column("etag", CleanText),
    Column("last_modified", CleanText),
    Column("body_hash", CleanText),
    Column("last_outcome", CleanText),
    Column("last_status", Integer),
    Column("last_checked_at", Utc),
    Column("next_check_at", Utc),
    Column("wait_until", Utc),
    Column("interval_s", Float),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_error", CleanText),
    Column("first_polled_at", Utc),
    Column("memory", JSON, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("paused_at", Utc),
    Column("retired_at", Utc),
    Column("due_at", Utc),
    Column("lease_owner", CleanText),
    Column("lease_until", Utc),
    Index("ix_feeds_due", "due_at", "id", "site", **_where("due_at IS NOT NULL")),
)
"""`state` is what polling found (ok, failing, silent, gone); `paused` (by the files), `paused_at`
(by command) and `retired_at` stand above it.
`due_at` is the place in the queue: never before `next_check_at` and `wait_until` unless someone
asked for a check, and empty for feeds that are not polled."""

feed_items = Table(
    "feed_items",
    metadata,
    Column("feed_id", ForeignKey("feeds.id"), primary_key=True, autoincrement=False),
    Column("digests", JSON, nullable=False),
)
"""Digest and key of each item of a feed's last document: some 10 kB that an unchanged feed neither
reads nor writes, which is why they are not in its row."""

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", ForeignKey("feeds.id"), nullable=False, unique=True),
    Column("hub", CleanText, nullable=False),
    Column("site", CleanText, nullable=False),
    Column("topic", CleanText, nullable=False),
    Column("token", CleanText, nullable=False, unique=True),
    Column("secret", CleanText, nullable=False),
    Column("state", CleanText, nullable=False),
    Column("next_at", Utc, nullable=False),
    Column("expires_at", Utc),
    Column("pushed_at", Utc),
    Column("failures", Integer, nullable=False),
    Column("verified", Integer, nullable=False),
    Column("last_error", CleanText),
    Column("lease_owner", CleanText),
    Column("lease_until", Utc),
    Index("ix_subscriptions_due", "next_at", "id", "site"),
)
"""A feed's subscription to its hub (WebSub); `site` is the hub's."""

entries = Table(
    "entries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", ForeignKey("feeds.id"), nullable=False),
    Column("key", CleanText, nullable=False),
    Column("guid", CleanText),
    Column("link", CleanText),
    Column("title", CleanText, nullable=False),
    Column("summary", CleanText, nullable=False),
    Column("content", CleanText, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("published_at", Utc),
    Column("updated_at", Utc),
    Column("tags", JSON, nullable=False),
    Column("enclosures", JSON, nullable=False),
    Column("hash", CleanText, nullable=False),
    Column("earlier", JSON, nullable=False, server_default="[]"),
    Column("first_seen_at", Utc, nullable=False),
    Column("state", CleanText, nullable=False),
    Column("why", CleanText, nullable=False),
    Column("silent", Boolean, nullable=False),
    Column("site", CleanText, nullable=False),
    Column("read_at", Utc),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("article_id", ForeignKey("articles.id"), index=True),
    Column("page_outcome", CleanText),
    Column("page_error", CleanText),
    Column("lease_owner", CleanText),
    Column("lease_until", Utc),
    UniqueConstraint("feed_id", "key"),
    Index(None, "first_seen_at"),
    Index("ix_entries_due", "read_at", "id", "site", **_where("read_at IS NOT NULL")),
    Index("ix_entries_link", text("substr(link, 1, 500)")),
)
link_start: ColumnElement[str] = literal_column("substr(link, 1, 500)", Text)
"""`link` is indexed by its beginning: an index entry of PostgreSQL holds 2,704 bytes."""

texts = Table(
    "texts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("body", CleanText, nullable=False),
)

articles = Table(
    "articles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", CleanText, nullable=False, unique=True),
    Column("feed_id", ForeignKey("feeds.id"), nullable=False),
    Column("url", CleanText),
    Column("canonical_url", CleanText),
    Column("title", CleanText, nullable=False),
    Column("summary", CleanText, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("published_at", Utc),
    Column("language", CleanText),
    Column("text_id", ForeignKey("texts.id"), nullable=False, index=True),
    Column("words", Integer, nullable=False),
    Column("image", CleanText),
    Column("site_name", CleanText),
    Column("method", CleanText, nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("fetched_at", Utc, nullable=False),
    Column("first_seen_at", Utc, nullable=False, index=True),
    Column("story_id", ForeignKey("stories.id"), index=True),
    Column("html_z", LargeBinary),
)
"""`html_z` is the text as HTML to be shown, a delta to the text itself."""

# The text index, a pre-filter for the matcher: for each article the words of `text.searchable`,
# and not where they stand. FTS5 keeps no copy of them; its `ascii` tokenizer cuts at spaces alone,
# for every other character that a word may have is named or not ASCII. Another way of cutting
# words needs a migration that fills the index anew.
ARTICLE_WORDS = {
    "sqlite": (
        "CREATE VIRTUAL TABLE article_words USING fts5(words, content='', detail='none', "
        "columnsize=0, tokenize=\"ascii tokenchars '.&+#~^'\")",
    ),
    "postgresql": (
        "CREATE TABLE article_words (article_id BIGINT CONSTRAINT pk_article_words PRIMARY KEY "
        "CONSTRAINT fk_article_words_article_id REFERENCES articles (id) ON DELETE CASCADE, "
        "words TSVECTOR NOT NULL)",
        "CREATE INDEX ix_article_words_words ON article_words USING gin (words)",
    ),
}
for _dialect, _statements in ARTICLE_WORDS.items():
    for _statement in _statements:
        _ddl: Any = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(articles, "after_create", _ddl.execute_if(dialect=_dialect))
event.listen(articles, "before_drop", DDL("DROP TABLE article_words"))  # type: ignore[no-untyped-call]

revisions = Table(
    "revisions",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("replaced_at", Utc, nullable=False),
    Column("why", CleanText, nullable=False),
    Column("title", CleanText, nullable=False),
    Column("body_z", LargeBinary, nullable=False),
)

pages = Table(
    "pages",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("url", CleanText, nullable=False),
    Column("content_type", CleanText),
    Column("fetched_at", Utc, nullable=False, index=True),
    Column("html_z", LargeBinary, nullable=False),
)

stories = Table(
    "stories",
    metadata,
    Column("id", Id, primary_key=True),
    Column("title", Text, nullable=False),
    Column("first_seen_at", Utc, nullable=False),
    Column("last_seen_at", Utc, nullable=False, index=True),
)

placements = Table(
    "placements",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("story_id", ForeignKey("stories.id"), nullable=False),
    Column("why", Text, nullable=False),
    Column("peer_id", Id),
    Column("distance", Float, nullable=False),
    Column("detail", Text, nullable=False),
    Column("placed_at", Utc, nullable=False),
    Index(None, "story_id", "article_id"),
)

# The story index. Only texts that later copies need to be found by have rows here. `story_id`
# repeats that of the placement; with no reference to check, the index also serves `ingest cluster`,
# which keeps no articles.
sketches = Table(
    "sketches",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("story_id", Id, nullable=False),
    Column("hops", Integer, nullable=False),
    Column("sketch", LargeBinary, nullable=False),
)

# Rows are removed by the values in the sketch, since an index by article would double the table.
fingerprints = Table(
    "fingerprints",
    metadata,
    Column("value", BigInteger, primary_key=True),
    Column("method", Integer, primary_key=True),
    Column("article_id", Id, primary_key=True),
    sqlite_with_rowid=False,
)

matches = Table(
    "matches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("entry_id", Id, nullable=False),
    Column("rule", CleanText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("spans", JSON, nullable=False),
    Column("why", CleanText, nullable=False),
    Column("alert_id", ForeignKey("alerts.id", ondelete="SET NULL"), index=True),
    Column("matched_at", Utc, nullable=False),
    UniqueConstraint("article_id", "rule", "revision", "entry_id"),
    Index(None, "rule", "matched_at"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("rule", CleanText, nullable=False),
    Column("key", CleanText, nullable=False),
    Column("kind", CleanText, nullable=False),
    Column("story_id", ForeignKey("stories.id"), nullable=False, index=True),
    Column("article_id", Id, nullable=False),
    Column("state", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("created_at", Utc, nullable=False, index=True),
    UniqueConstraint("rule", "key"),
)

alert_articles = Table(
    "alert_articles",
    metadata,
    Column("alert_id", ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True),
    Column("article_id", Id, primary_key=True, index=True),
    Column("added_at", Utc, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("alert_id", ForeignKey("alerts.id", ondelete="SET NULL"), index=True),
    Column("channel", CleanText, nullable=False),
    Column("type", CleanText, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", CleanText, nullable=False, index=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", Utc, nullable=False, index=True),
    Column("next_attempt_at", Utc),
    Column("last_error", CleanText),
    Column("delivered_at", Utc),
    Column("recipients", JSON),
    Column("reason", CleanText),
    Column("folded_into", CleanText),
    Column("lease_owner", CleanText),
    Column("lease_until", Utc),
    Index("ix_deliveries_folded_into", "folded_into", **_where("folded_into IS NOT NULL")),
    Index("ix_deliveries_sent", "channel", "delivered_at", **_where("delivered_at IS NOT NULL")),
    Index(
        "ix_deliveries_due",
        "next_attempt_at",
        "id",
        "channel",
        **_where("next_attempt_at IS NOT NULL"),
    ),
)
"""`reason` says why a delivery waits or was suppressed; one with `folded_into` goes out as a part
of that digest and shares its fate."""

snoozes = Table(
    "snoozes",
    metadata,
    Column("rule", CleanText, primary_key=True),
    Column("until", Utc, nullable=False),
)

site_articles = Table(
    "site_articles",
    metadata,
    Column("host", CleanText, primary_key=True),
    Column("articles", Integer, nullable=False),
)
"""How many articles of a site were looked at for what it repeats."""

site_tracks = Table(
    "site_tracks",
    metadata,
    Column("site", CleanText, primary_key=True),
    Column("pages", Integer, nullable=False),
    Column("usual", Float, nullable=False),
    Column("recent", Float, nullable=False),
    Column("length", Float, nullable=False),
    Column("rule_fit", Float, nullable=False),
    Column("seen_at", Utc, nullable=False),
)
"""How well the pages of each site are read."""

furniture = Table(
    "furniture",
    metadata,
    Column("host", CleanText, primary_key=True),
    Column("digest", BigInteger, primary_key=True),
    Column("weight", Float, nullable=False),
    Column("seen_in", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Paragraphs seen lately at the ends of a site's articles; `seen_in` is the article's number there."""

rests = Table(
    "rests",
    metadata,
    Column("channel", CleanText, primary_key=True),
    Column("until", Utc, nullable=False),
    Column("reason", CleanText, nullable=False),
)
"""Channels that are left alone for a while, as the process that found so has it."""

conditions = Table(
    "conditions",
    metadata,
    Column("kind", CleanText, primary_key=True),
    Column("subject", CleanText, primary_key=True),
    Column("since", Utc, nullable=False),
    Column("detail", CleanText, nullable=False),
    Column("advice", CleanText, nullable=False),
    Column("raised_at", Utc),
    Column("told_at", Utc),
    Column("over_at", Utc),
)
"""What is out of order just now; a row is dropped when it clears."""
