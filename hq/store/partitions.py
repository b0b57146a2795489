"""PostgreSQL's partitions of `events`: one for each of the events' own days."""

import logging
from datetime import date, timedelta

import sqlalchemy as sa

log = logging.getLogger(__name__)

_LOCK = 0x63686B70  # one process makes partitions at a time
_PATIENCE = "3s"


def partition_name(day: date) -> str:
    """Return the name of a day's partition.

    >>> partition_name(date(2022, 3, 20))
    'events_20220320'
    """
    return f"events_{day:%Y%m%d}"


def make_partition(engine: sa.Engine, day: date) -> bool:
    """Make a day's partition unless it is there; return whether to ask for it again is no use.

    False: somebody reads all of `events` for so long that the table could not be locked; events of the day go to the
    partition for all others meanwhile, where they are found just as well.
    """
    name = partition_name(day)
    try:
        with engine.begin() as db:
            if sa.inspect(db).has_table(name):
                return True
            db.execute(sa.text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
            db.execute(sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            db.execute(
                sa.text(
                    f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF events "
                    f"FOR VALUES FROM ('{day.isoformat()}') TO ('{(day + timedelta(days=1)).isoformat()}')"
                )
            )
    except sa.exc.IntegrityError:
        log.warning("events of %s stand in the partition for all others already, and stay there", day)
    except sa.exc.OperationalError as error:
        log.warning("no partition for %s yet: %s", day, error.orig)
        return False
    return True
