"""The schema: made at once or step by step, the same on both databases; old and new ones refused."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from ingest.errors import MigrationNeeded, StoreError
from ingest.store import Store, migrate
from ingest.store import engine as engine_module
from ingest.store.engine import open_engine, parse
from ingest.store.tables import metadata
from tests.postgres import Cluster

SQLITE = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'"
POSTGRES = """
    SELECT table_name || '.' || column_name,
           concat_ws(' ', data_type, is_nullable, column_default, identity_generation)
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
               WHERE connamespace = 'public'::regnamespace
"""


@pytest.fixture
def engine(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "var").mkdir()
    opened = open_engine(parse(database_url), writes=True)
    yield opened
    opened.dispose()


def schema(connection: Connection) -> dict[str, str]:
    """Return the definition of everything, as the database itself tells it, parts in any order."""
    query = SQLITE if connection.dialect.name == "sqlite" else POSTGRES
    return {
        name: " ".join(sorted(str(sql).replace(",", " ").replace(")", " ) ").split()))
        for name, sql in connection.execute(text(query))
        if "alembic" not in name
    }


def test_the_migrations_come_to_the_same_as_the_tables(engine: Engine) -> None:
    with engine.begin() as connection:
        command.upgrade(migrate.config(connection), "head")
        migrated = schema(connection)
        command.downgrade(migrate.config(connection), "base")
        metadata.create_all(connection)
        made = schema(connection)

    assert migrated == made
    assert len(made) > 40


def test_the_program_knows_the_newest_revision() -> None:
    assert ScriptDirectory(str(migrate.scripts())).get_current_head() == migrate.HEAD


def test_the_first_migration_can_be_taken_back(engine: Engine) -> None:
    with engine.begin() as connection:
        command.upgrade(migrate.config(connection), "head")
        command.downgrade(migrate.config(connection), "base")

        assert schema(connection) == {}


def test_a_new_database_is_made_with_its_folder(database_url: str) -> None:
    assert migrate.current(database_url) is None

    with Store.open(database_url) as store:
        assert list(store.list_feeds()) == []

    assert migrate.current(database_url) == migrate.wanted()
    assert migrate.upgrade(database_url) == migrate.wanted()


def set_revision(url: str, revision: str) -> None:
    engine = open_engine(parse(url), writes=True)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": revision})
    engine.dispose()


def test_an_older_schema_asks_for_the_upgrade(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(database_url).close()
    monkeypatch.setattr(migrate, "HEAD", "0002")

    with pytest.raises(MigrationNeeded, match="ingest db upgrade") as refused:
        Store.open(database_url)

    assert (refused.value.current, refused.value.wanted) == ("0001", "0002")


def test_a_newer_schema_is_refused(database_url: str) -> None:
    Store.open(database_url).close()
    set_revision(database_url, "9999")

    with pytest.raises(StoreError, match="newer version"):
        Store.open(database_url)
    with pytest.raises(StoreError, match="newer version"):
        migrate.upgrade(database_url)


def test_a_database_of_another_program_is_left_alone(engine: Engine, database_url: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))

    with pytest.raises(StoreError, match="not one of ours"):
        Store.open(database_url)


def test_a_file_that_is_no_database_is_a_plain_error(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("dear diary, " * 1000)

    with pytest.raises(StoreError, match="not a database"):
        Store.open(f"sqlite:///{file}")


def test_opening_does_not_wait_for_who_writes(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(database_url).close()
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_S", 0.2)
    other = open_engine(parse(database_url), writes=True)

    with other.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
        with Store.open(database_url) as store:
            assert list(store.list_feeds()) == []
    other.dispose()


def test_reading_only_never_makes_a_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        Store.open(f"sqlite:///{tmp_path}/none.db", read_only=True)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://x/y", "postgresql://", "sqlite:////proc/x/y.db"]
)
def test_an_address_that_leads_nowhere_is_a_plain_error(url: str) -> None:
    with pytest.raises(StoreError):
        Store.open(url)


def test_a_server_that_is_not_there_is_unavailable(postgres: Cluster) -> None:
    with pytest.raises(StoreError, match="not available"):
        Store.open(postgres.url("no_such_database"))


def test_two_processes_may_make_a_database_at_once(database_url: str) -> None:
    script = "import sys; from ingest.store import Store; Store.open(sys.argv[1]).close()"
    children = [
        subprocess.Popen([sys.executable, "-c", script, database_url], stderr=subprocess.PIPE)
        for _ in range(3)
    ]

    told = [child.communicate(timeout=60)[1] for child in children]

    assert [child.returncode for child in children] == [0, 0, 0], told
    assert migrate.current(database_url) == migrate.wanted()
