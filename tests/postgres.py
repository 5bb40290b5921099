"""A throw-away PostgreSQL cluster for tests, run as an unprivileged user and without fsync."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")
_NUMBERS = count(1)


class Cluster:
    """A running server that makes an empty database for whoever asks."""

    def __init__(self, socket: Path, user: str) -> None:
        self._socket, self._user = socket, user

    def url(self, database: str) -> str:
        """Return the address of a database of this cluster."""
        return f"postgresql+psycopg://{self._user}@/{database}?host={self._socket}"

    def new_database(self, template: str | None = None) -> str:
        """Make a database, empty or like the one at `template`, and return its address."""
        name = f"test_{next(_NUMBERS)}"
        source = make_url(template).database if template else "template0"
        self._run(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database with whatever connections it has left."""
        self._run(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()


def find_binaries() -> Path | None:
    """Return the folder that holds `initdb`, `pg_ctl` and `postgres`, the newest where several do."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
    on_path = shutil.which("initdb")
    folders = [*reversed(packaged), Path("/usr/local/bin")]
    if on_path:
        folders.insert(0, Path(on_path).resolve().parent)
    needed = ("initdb", "pg_ctl", "postgres")
    return next((each for each in folders if all((each / name).exists() for name in needed)), None)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a cluster in a temporary folder and remove it afterwards.

    Skips where PostgreSQL is missing, and fails instead where `INGEST_REQUIRE=all` asks for all.
    """
    binaries = find_binaries()
    if binaries is None:
        raise _missing("PostgreSQL is not installed (initdb, pg_ctl and postgres)")
    folder = Path(tempfile.mkdtemp(prefix="ingest-pg-", dir="/tmp"))
    account = _account()
    try:
        folder.chmod(0o755)
        home = folder / "home"
        home.mkdir()
        if account:
            os.chown(home, account.pw_uid, account.pw_gid)
        user = "ingest"
        data = home / "data"
        _as(
            account,
            binaries / "initdb",
            "-D",
            data,
            "-U",
            user,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "-N",
            "--locale=C",
        )
        settings = " ".join(f"-c {each}" for each in _FAST)
        options = f"{settings} -c listen_addresses='' -c unix_socket_directories={home}"
        _as(
            account,
            binaries / "pg_ctl",
            "-D",
            data,
            "-w",
            "-l",
            home / "log",
            "-o",
            options,
            "start",
        )
        try:
            yield Cluster(home, user)
        finally:
            _as(account, binaries / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _missing(reason: str) -> BaseException:
    """Return what to raise where something is not installed."""
    required = os.environ.get("INGEST_REQUIRE") == "all"
    return pytest.fail.Exception(reason) if required else pytest.skip.Exception(reason)


def _account() -> pwd.struct_passwd | None:
    """Return whom to run the server as: PostgreSQL refuses root; None for ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise _missing("PostgreSQL does not run as root, and there is no other account to run it")


def _as(account: pwd.struct_passwd | None, *command: object) -> None:
    """Run a command as `account`, and show what it said if it failed."""
    done = subprocess.run(
        [str(each) for each in command],
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")
