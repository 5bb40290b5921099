"""The schema's history: making a database, bringing an old one up to date, and refusing a newer one.

Alembic is imported only where something has to change, since it costs a tenth of a second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, inspect, text

from ingest.errors import MigrationNeeded, StoreError
from ingest.store.engine import open_engine, parse, translated
from ingest.store.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0001"
"""The newest revision under `alembic/versions`; a test keeps the two equal."""

_CREATING = 0x696E67657376
"""PostgreSQL's advisory lock under which the schema is made or changed."""


def wanted() -> str:
    """Return the revision this program needs."""
    return HEAD


def current(url: str) -> str | None:
    """Return the revision a database is at; None where it is empty or not there yet."""
    address = parse(url)
    if _is_missing(address):
        return None
    with _engine(address, writes=False) as engine, translated(), engine.connect() as connection:
        return _revision(connection)


def upgrade(url: str) -> str:
    """Bring a database to the schema of this program, a new one too, and return the revision.

    Raises StoreError for a database of a newer program.
    """
    from alembic import command  # noqa: PLC0415  see the module's docstring

    address = parse(url)
    make_room(address)
    with _engine(address, writes=True) as engine, translated(), engine.begin() as connection:
        _lock(connection)
        at = _revision(connection)
        if at is None:
            _create(connection)
        elif at != HEAD:
            _refuse_newer(at)
            command.upgrade(config(connection), "head")
    return HEAD


def is_new(address: URL, reader: Engine) -> bool:
    """Return whether a database is empty or not there yet, without waiting for who writes in it."""
    if _is_missing(address):
        return True
    with reader.connect() as connection:
        return _revision(connection) is None


def create(engine: Engine) -> None:
    """Make an empty database ready; of two processes at once, one makes it and the other waits."""
    with engine.begin() as connection:
        _lock(connection)
        if _revision(connection) is None:
            _create(connection)


def check(engine: Engine) -> None:
    """Raise MigrationNeeded or StoreError unless the database has the schema of this program."""
    with engine.connect() as connection:
        at = _revision(connection)
    if at is None:
        raise StoreError("the database is empty")
    if at != HEAD:
        _refuse_newer(at)
        raise MigrationNeeded(at, HEAD)


def make_room(address: URL) -> None:
    """Make the folder of an SQLite database."""
    if address.get_backend_name() == "sqlite":
        folder = Path(address.database or "").absolute().parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot make the folder {folder}: {error.strerror}") from error


def config(connection: Connection) -> "Config":
    """Return Alembic's configuration for our scripts on this connection."""
    from alembic.config import Config  # noqa: PLC0415

    made = Config()
    made.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def scripts() -> Path:
    """Return the folder of migrations: in the installed package, or in the checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_migrations", package.parent / "alembic"):
        if (folder / "env.py").exists():
            return folder
    raise StoreError("the migrations are not installed")


def _is_missing(address: URL) -> bool:
    if address.get_backend_name() != "sqlite":
        return False
    return not Path(address.database or "").exists()


@contextmanager
def _engine(address: URL, *, writes: bool) -> Iterator[Engine]:
    engine = open_engine(address, writes=writes)
    try:
        yield engine
    finally:
        engine.dispose()


def _lock(connection: Connection) -> None:
    """Keep other processes from changing the schema; an SQLite writer holds its lock already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CREATING})


def _revision(connection: Connection) -> str | None:
    """Return the revision of a database; None for an empty one; StoreError for someone else's."""
    names = set(inspect(connection).get_table_names())
    if "alembic_version" in names:
        at: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return at
    if names:
        raise StoreError("this database holds other tables and is not one of ours")
    return None


def _create(connection: Connection) -> None:
    """Make all tables at once; a test proves that the migrations come to the same."""
    from alembic import command  # noqa: PLC0415

    metadata.create_all(connection)
    command.stamp(config(connection), "head")


def _refuse_newer(at: str) -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    known = {script.revision for script in ScriptDirectory(str(scripts())).walk_revisions()}
    if at not in known and at > HEAD:  # revisions are numbered in order
        raise StoreError(
            f"the database is at schema {at}, made by a newer version of this program; "
            f"this one knows schemas up to {HEAD}"
        )
