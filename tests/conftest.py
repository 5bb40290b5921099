"""Databases for the tests that need one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.store import Store
from tests.postgres import Cluster, cluster

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A throw-away PostgreSQL cluster, started when the first test asks for it."""
    with cluster() as running:
        yield running


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite database that is not there yet."""
    return f"sqlite:///{tmp_path}/var/ingest.db"


@pytest.fixture
def postgres_url(postgres: Cluster) -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, of each kind in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


# --- a store that is made already: copying one is ten times quicker than making it ---------------


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with our tables."""
    file = tmp_path_factory.mktemp("template") / "ingest.db"
    Store.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres: Cluster) -> str:
    """A PostgreSQL database with our tables."""
    url = postgres.new_database()
    Store.open(url).close()
    return url


@pytest.fixture
def sqlite_store_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an SQLite database with our tables."""
    shutil.copy(sqlite_template, tmp_path / "ingest.db")
    return f"sqlite:///{tmp_path}/ingest.db"


@pytest.fixture
def postgres_store_url(postgres: Cluster, postgres_template: str) -> Iterator[str]:
    """The address of a PostgreSQL database with our tables."""
    url = postgres.new_database(template=postgres_template)
    yield url
    postgres.drop_database(url)


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An open store with nothing in it, of each kind in turn."""
    with Store.open(request.getfixturevalue(f"{request.param}_store_url")) as opened:
        yield opened
