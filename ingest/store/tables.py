"""The tables, as SQLAlchemy Core sees them; `alembic/versions` makes them.

Times are aware UTC in Python and stored as such; a `site` is a registrable domain.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
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
    text,
)


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


Id = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("current_url", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", Text),
    Column("last_outcome", Text),
    Column("last_status", Integer),
    Column("last_checked_at", Utc),
    Column("next_check_at", Utc),
    Column("wait_until", Utc),
    Column("interval_s", Float),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("first_polled_at", Utc),
    Column("memory", JSON, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", Utc),
    Index(None, "next_check_at"),
)

entries = Table(
    "entries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", ForeignKey("feeds.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("guid", Text),
    Column("link", Text),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("published_at", Utc),
    Column("updated_at", Utc),
    Column("tags", JSON, nullable=False),
    Column("enclosures", JSON, nullable=False),
    Column("hash", Text, nullable=False),
    Column("first_seen_at", Utc, nullable=False),
    Column("state", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("silent", Boolean, nullable=False),
    Column("site", Text, nullable=False),
    Column("read_at", Utc),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("article_id", ForeignKey("articles.id"), index=True),
    Column("page_outcome", Text),
    Column("page_error", Text),
    Column("lease_owner", Text),
    Column("lease_until", Utc),
    UniqueConstraint("feed_id", "key"),
    Index(
        "ix_entries_due",
        "read_at",
        sqlite_where=text("read_at IS NOT NULL"),
        postgresql_where=text("read_at IS NOT NULL"),
    ),
)

texts = Table(
    "texts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("body", Text, nullable=False),
)

articles = Table(
    "articles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("feed_id", ForeignKey("feeds.id"), nullable=False),
    Column("url", Text),
    Column("canonical_url", Text),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("published_at", Utc),
    Column("language", Text),
    Column("text_id", ForeignKey("texts.id"), nullable=False, index=True),
    Column("words", Integer, nullable=False),
    Column("image", Text),
    Column("site_name", Text),
    Column("method", Text, nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("fetched_at", Utc, nullable=False),
    Column("first_seen_at", Utc, nullable=False, index=True),
    Column("story_id", ForeignKey("stories.id"), index=True),
)

revisions = Table(
    "revisions",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("replaced_at", Utc, nullable=False),
    Column("title", Text, nullable=False),
    Column("body_z", LargeBinary, nullable=False),
)

pages = Table(
    "pages",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("url", Text, nullable=False),
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
    Column("story_id", ForeignKey("stories.id"), nullable=False, index=True),
    Column("why", Text, nullable=False),
    Column("peer_id", Id),
    Column("distance", Float, nullable=False),
    Column("detail", Text, nullable=False),
    Column("placed_at", Utc, nullable=False),
)

sketches = Table(
    "sketches",
    metadata,
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    Column("text_hash", BigInteger, nullable=False, index=True),
    Column("shingles", LargeBinary, nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Column("length", Integer, nullable=False),
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("method", Integer, primary_key=True),
    Column("value", BigInteger, primary_key=True),
    Column(
        "article_id", ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
    sqlite_with_rowid=False,
)

matches = Table(
    "matches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("entry_id", Id, nullable=False),
    Column("rule", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("spans", JSON, nullable=False),
    Column("why", Text, nullable=False),
    Column("alert_id", ForeignKey("alerts.id", ondelete="SET NULL"), index=True),
    Column("matched_at", Utc, nullable=False),
    UniqueConstraint("article_id", "rule", "revision", "entry_id"),
    Index(None, "rule", "matched_at"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("story_id", ForeignKey("stories.id"), nullable=False, index=True),
    Column("article_id", Id, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Utc, nullable=False, index=True),
    UniqueConstraint("rule", "key"),
)

alert_articles = Table(
    "alert_articles",
    metadata,
    Column("alert_id", ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True),
    Column("article_id", Id, primary_key=True),
    Column("added_at", Utc, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("alert_id", ForeignKey("alerts.id", ondelete="SET NULL"), index=True),
    Column("channel", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", Utc, nullable=False, index=True),
    Column("next_attempt_at", Utc),
    Column("last_error", Text),
    Column("delivered_at", Utc),
    Column("recipients", JSON),
    Column("lease_owner", Text),
    Column("lease_until", Utc),
    Index(
        "ix_deliveries_due",
        "next_attempt_at",
        sqlite_where=text("next_attempt_at IS NOT NULL"),
        postgresql_where=text("next_attempt_at IS NOT NULL"),
    ),
)
