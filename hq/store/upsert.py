"""INSERT ... ON CONFLICT: both engines have it, each under its own name in SQLAlchemy."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_for(db: sa.Connection, table: sa.Table) -> Any:  # the dialects' inserts have no common type
    """Return an insert into `table` that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return postgresql.insert(table) if db.dialect.name == "postgresql" else sqlite.insert(table)


def locked_row(db: sa.Connection, table: sa.Table, key: dict[str, Any], first: dict[str, Any]) -> sa.Row[Any]:
    """Return the row of `key`, made with the values `first` where it is not there, locked until the transaction ends.

    Two processes that come for the same new row at once both get it, one after the other.
    """
    mine = [table.c[name] == value for name, value in key.items()]
    wanted = sa.select(table).where(*mine).with_for_update()
    row = db.execute(wanted).first()
    if row is None:
        db.execute(insert_for(db, table).values(**key, **first).on_conflict_do_nothing())
        row = db.execute(wanted).one()
    return row
