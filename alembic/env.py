"""How Alembic reaches our database: on the connection the program hands over, or `-x database=URL`."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from ingest.store.engine import open_engine, parse
from ingest.store.tables import CleanText, Utc, metadata


def render(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types into a migration as the plain ones they are in the database."""
    if kind == "type" and isinstance(item, Utc):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, CleanText):
        return "sa.Text()"
    return False


def migrate(connection: Connection) -> None:
    """Run the migrations in the transaction that the connection is in."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    migrate(handed_over)
else:
    url = context.get_x_argument(as_dictionary=True)["database"]
    with open_engine(parse(url), writes=True).begin() as own:
        migrate(own)
