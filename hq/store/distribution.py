"""Distributing the tables by station, where the PostgreSQL server has the Citus extension.

Whatever grows with the stations is split by the station's id; small tables shared by all are copied to every node. The
same tables are plain partitions on a server without Citus: nothing else in the program knows the difference.
"""

import sqlalchemy as sa

from hq.store.models import SHARED, metadata, stations

_REFERENCE = sa.text("SELECT create_reference_table(:name)")
_DISTRIBUTED = sa.text("SELECT create_distributed_table(:name, :column)")
_BESIDE = sa.text("SELECT create_distributed_table(:name, :column, colocate_with => :beside)")


def distribution_column(table: sa.Table) -> str | None:
    """Return the column by which a table is distributed, None for one that is shared by all."""
    if table in SHARED:
        return None
    return "id" if table is stations else "station_id"


def has_citus(db: sa.Connection) -> bool:
    """Return whether the server can distribute tables."""
    if db.dialect.name != "postgresql":
        return False
    return db.execute(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'citus'")).first() is not None


def distribute(db: sa.Connection) -> list[str]:
    """Distribute every table that is not yet; return their names. The rows that are there go along."""
    rows = db.execute(sa.text("SELECT logicalrelid::regclass::text FROM pg_dist_partition")).scalars()
    done = {name.rpartition(".")[2].strip('"') for name in rows}
    # Stations first: the others are laid beside them, so that a station's rows are always on one node.
    tables = [stations, *(table for table in metadata.sorted_tables if table is not stations)]
    new = [table for table in tables if table.name not in done]
    for table in new:
        column = distribution_column(table)
        if column is None:
            db.execute(_REFERENCE, {"name": table.name})
        elif table is stations:
            db.execute(_DISTRIBUTED, {"name": table.name, "column": column})
        else:
            db.execute(_BESIDE, {"name": table.name, "column": column, "beside": stations.name})
    return [table.name for table in new]
