"""The store: an SQLite file by default, PostgreSQL by URL; one writing transaction at a time on SQLite."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig

from hq.store.partitions import make_partition

# The database is gone, drops its connections, or has none left: a matter of waiting, not of what was asked.
STORE_IS_DOWN = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_S = 30
_KEPT_OPEN, _MOST_OPEN = 8, 64  # no thread of a process waits for a connection
_MIGRATION_LOCK = 0x63686D67
_FIRST_DAY = date(2020, 1, 1)


class Store:
    """Connections to headquarters' database."""

    def __init__(self, url: str) -> None:
        # What is stored never stands in an error's text: those go to logs.
        self.engine = sa.create_engine(
            url,
            pool_pre_ping=not url.startswith("sqlite"),
            hide_parameters=True,
            pool_size=_KEPT_OPEN,
            max_overflow=_MOST_OPEN - _KEPT_OPEN,
        )
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        self._open_days: set[date] = set()

    def migrate(self) -> None:
        """Bring the tables up to date."""
        config = AlembicConfig()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        with self.writing() as db:
            config.attributes["connection"] = db
            if self.engine.dialect.name == "postgresql":  # several processes may start at the same moment
                db.execute(sa.text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            command.upgrade(config, "head")

    def open_days(self, days: Collection[date], today: date) -> None:
        """Make the partitions of these days, and of tomorrow, where the engine has partitions; once a day and process.

        A day that no clock should name, or whose partition cannot be made now, stays in the partition for all others.
        """
        if self.engine.dialect.name != "postgresql":
            return
        sane = {day for day in days if _FIRST_DAY <= day <= today}
        for day in sorted({*sane, today, today + timedelta(days=1)} - self._open_days):
            if make_partition(self.engine, day):
                self._open_days.add(day)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection inside one transaction: committed on the way out, undone on an error."""
        with self.engine.connect().execution_options(checkpoint_writing=True) as db, db.begin():
            yield db

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one consistent state and never waits for writers."""
        with self.engine.connect() as db, db.begin():
            yield db

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin below, not behind our back
    connection.execute(f"PRAGMA busy_timeout={_BUSY_S * 1000}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")  # a receipt is a promise


def _begin_sqlite(db: sa.Connection) -> None:
    writing = db.get_execution_options().get("checkpoint_writing", False)
    # IMMEDIATE takes the write lock first: two uploads of one station then wait instead of failing half-way.
    db.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
