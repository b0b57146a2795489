"""A private PostgreSQL on a free port of 127.0.0.1, for as long as a test module, or a benchmark, needs it."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hq.store import Store


class Missing(Exception):  # noqa: N818  the word says what happened
    """PostgreSQL cannot be run here."""


class Server:
    """A server that can be stopped and started again, as a restart of the database does."""

    def __init__(self, folder: Path, port: int, *, fsync: bool, settings: tuple[str, ...] = ()) -> None:
        self._folder = folder
        self._pg_ctl = _program("pg_ctl")
        self._own = _own_user()
        self.url = f"postgresql+psycopg://hq@127.0.0.1:{port}/postgres"
        self._copies = 0
        options = (f"fsync={'on' if fsync else 'off'}", *settings)
        self._options = f"-h 127.0.0.1 -p {port} -k {folder} " + " ".join(f"-c {option}" for option in options)

    def make(self) -> None:
        """Make the empty database cluster."""
        if self._own:
            shutil.chown(self._folder, "postgres")
        self._run([_program("initdb"), "-D", self._data, "-A", "trust", "-U", "hq", "-E", "UTF8", "--no-sync"])

    def start(self) -> None:
        """Start, and wait until it answers."""
        log = str(self._folder / "log")
        self._run([self._pg_ctl, "-D", self._data, "-l", log, "-o", self._options, "-w", "start"], quiet=False)

    def fresh(self) -> str:
        """Return the URL of a database of its own with all tables: a copy of one that was migrated once."""
        if not self._copies:
            self._sql("CREATE DATABASE migrated")
            store = Store(self._url_of("migrated"))
            store.migrate()
            store.close()
        self._copies += 1
        name = f"copy_{self._copies}"
        self._sql(f"CREATE DATABASE {name} TEMPLATE migrated")
        return self._url_of(name)

    def _url_of(self, name: str) -> str:
        return f"{self.url.rpartition('/')[0]}/{name}"

    def _sql(self, statement: str) -> None:
        engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as db:
            db.execute(sa.text(statement))
        engine.dispose()

    def stop(self, *, check: bool = True) -> None:
        """Stop at once, as a crash would: what was not committed is gone."""
        self._run([self._pg_ctl, "-D", self._data, "-m", "immediate", "stop"], check=check)

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, command: list[str], *, check: bool = True, quiet: bool = True) -> None:
        # A server that inherits a pipe would keep its reader waiting for as long as it runs.
        subprocess.run(command, check=check, capture_output=quiet, cwd=self._folder, **self._own)


def _program(name: str) -> str:
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(newest[-1]) if newest else shutil.which(name)
    if found is None:
        raise Missing(f"PostgreSQL is not installed: no {name} (scripts/system-packages.sh)")
    return found


def _own_user() -> dict[str, Any]:
    """Return as whom to run it: PostgreSQL refuses to run as root, and its folder must be its own."""
    if os.geteuid() != 0:
        return {}
    try:
        return {"user": pwd.getpwnam("postgres").pw_name}
    except KeyError:
        raise Missing("PostgreSQL does not run as root, and there is no user postgres") from None


@contextmanager
def running(*, fsync: bool, settings: tuple[str, ...] = ()) -> Iterator[Server]:
    """Run a server; raise `Missing` where that is not possible. Without `fsync` it is quick and forgets in a crash."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="checkpoint-pg-"))
    try:
        server = Server(folder, port, fsync=fsync, settings=settings)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop(check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres() -> Iterator[Server]:
    """Run a server for tests; where there is none the tests are skipped, but never on continuous integration."""
    try:
        with running(fsync=False) as server:
            yield server
    except Missing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
