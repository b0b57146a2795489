"""The watch: opens a case for every station that falls silent, notes when it is heard again, reminds of late steps."""

import logging
import threading
from datetime import datetime, timedelta
from multiprocessing.synchronize import Event

import sqlalchemy as sa

from hq.beside import open_beside
from hq.cases.alerts import Concern, raise_alert
from hq.cases.steps import Step, add_note, remind_late
from hq.config import Config
from hq.figures.tallies import count_on
from hq.office import Office
from hq.people.accounts import note
from hq.records.retention import destroy
from hq.stations.senders import APPROVED
from hq.store import Store
from hq.store.models import alert_steps, alerts, audit, stations

log = logging.getLogger(__name__)

SILENT = "silent"
HEARD_AGAIN = "heard-again"
RETENTION = "retention"
EVERY_S = 2.0


def look(store: Store, config: Config, now: datetime) -> None:
    """Do one round."""
    _open_silent(store, config, now)
    _note_heard(store, now)
    remind_late(store, now)


def retain_daily(office: Office) -> None:
    """Destroy personal data whose time is over, once a day whatever number of processes there are; written down."""
    now = office.now()
    with office.store.reading() as db:
        last = db.execute(sa.select(sa.func.max(audit.c.at)).where(audit.c.what == RETENTION)).scalar()
    if last is not None and now - last < timedelta(days=1):
        return
    done = destroy(office.store, office.shelf, office.config.retention, now)
    note(office.store, now, "", RETENTION, f"{done.records} records, {done.photos} photos; {done.kept} kept for cases")


def keep_watch(office: Office, stop: Event | threading.Event, *, every_s: float = EVERY_S) -> None:
    """Go round until `stop` is set; a round that fails is logged, and the next one comes."""
    while not stop.wait(every_s):
        try:
            look(office.store, office.config, office.now())
            count_on(office.store, most_chunks=200)
            retain_daily(office)
        except (sa.exc.SQLAlchemyError, OSError):
            log.exception("the watch could not do its round")


def watch_beside(config: Config, json_log: bool, stop: Event) -> None:
    """Keep watch in a process of its own, until `stop` is set."""
    office = open_beside(config, json_log=json_log)
    try:
        keep_watch(office, stop)
    finally:
        office.store.close()


def _open_silent(store: Store, config: Config, now: datetime) -> None:
    since = sa.func.coalesce(stations.c.last_seen_at, stations.c.enrolled_at)
    has_case = (
        sa.select(alerts.c.id)
        .where(alerts.c.station_id == stations.c.id, alerts.c.kind == SILENT, alerts.c.state != Step.CLOSED)
        .exists()
    )
    quiet = sa.select(stations).where(
        stations.c.state == APPROVED, since < now - config.silent_after, sa.not_(has_case)
    )
    with store.reading() as db:
        silent = db.execute(quiet).all()
    for row in silent:
        last = row.last_seen_at or row.enrolled_at
        with store.writing() as db:
            raise_alert(
                db,
                row.id,
                Concern(SILENT),
                epoch=0,
                seq=0,  # it stands on no record
                at=last,
                now=now,
                occasion=f"{last:%Y%m%d%H%M%S}",  # one silence, one case: closing it does not open it again
            )


def _note_heard(store: Store, now: datetime) -> None:
    noted = (
        sa.select(alert_steps.c.step)
        .where(
            alert_steps.c.station_id == alerts.c.station_id,
            alert_steps.c.alert_id == alerts.c.id,
            alert_steps.c.note == HEARD_AGAIN,
        )
        .exists()
    )
    heard = (
        sa.select(alerts.c.station_id, alerts.c.id)
        .join(stations, stations.c.id == alerts.c.station_id)
        .where(
            alerts.c.kind == SILENT,
            alerts.c.state != Step.CLOSED,
            stations.c.last_seen_at > alerts.c.at,
            sa.not_(noted),
        )
    )
    with store.reading() as db:
        rows = db.execute(heard).all()
    for row in rows:
        add_note(store, row.station_id, row.id, by="", note=HEARD_AGAIN, now=now)
