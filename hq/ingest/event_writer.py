"""Writing many events at once, by each engine's quickest way: COPY on PostgreSQL, one prepared insert on SQLite."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from hq.ingest.rows import Arrived
from hq.store.models import events

COLUMNS = tuple(column.name for column in events.columns)
_COPY = f"COPY events ({', '.join(COLUMNS)}) FROM STDIN"
_INSERT = f"INSERT INTO events ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608  fixed


def write_events(db: sa.Connection, station: str, items: Sequence[Arrived], now: datetime) -> None:
    """Add events to a station's; raise `sqlalchemy.exc.DBAPIError` where the store does not take them."""
    match (db.dialect.name, db.dialect.driver):
        case ("postgresql", "psycopg"):
            _copy(db, _as_text(station, items, now))
        case ("sqlite", _):
            db.exec_driver_sql(_INSERT, list(_as_text(station, items, now, separator=" ")))
        case _:
            db.execute(sa.insert(events), [dict(zip(COLUMNS, item.row(station, now), strict=True)) for item in items])


def _as_text(station: str, items: Sequence[Arrived], now: datetime, separator: str = "T") -> Iterator[tuple[Any, ...]]:
    """Yield rows whose times are texts already: what SQLAlchemy would store on SQLite, and what PostgreSQL reads."""
    zone = "+00" if separator == "T" else ""
    received = _text(now, separator) + zone
    for item in items:
        row = item.row(station, now)
        yield (*row[:3], row[3].isoformat(), _text(row[4], separator) + zone, *row[5:-1], received)


def _text(moment: datetime, separator: str) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(separator, "microseconds")


def _copy(db: sa.Connection, rows: Iterator[tuple[Any, ...]]) -> None:
    import psycopg  # the driver is there only where a PostgreSQL store is

    connection = db.connection.dbapi_connection
    try:
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:  # type: ignore[union-attr]  # psycopg's own
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        # What SQLAlchemy would have raised for it, had it sent the statement.
        raise sa.exc.DBAPIError.instance(_COPY, None, error, psycopg.Error) from error
