"""Figures for a monitoring system, in Prometheus' text format; counts only, nothing personal."""

import sqlalchemy as sa
from flask import Blueprint, Response

from hq.models import alerts, early, quarantine, stations
from hq.office import Office

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_blueprint(office: Office) -> Blueprint:
    """Return the route /metrics."""
    page = Blueprint("metrics", __name__)

    @page.get("/metrics")
    def metrics() -> Response:
        return Response("\n".join(_lines(office)) + "\n", content_type=_CONTENT_TYPE)

    return page


def _lines(office: Office) -> list[str]:
    now = office.now()
    lines = []
    with office.store.reading() as db:
        rows = db.execute(sa.select(stations)).all()
        open_alerts = db.execute(
            sa.select(alerts.c.kind, sa.func.count()).where(alerts.c.state != "closed").group_by(alerts.c.kind)
        ).all()
        totals = {
            "checkpoint_hq_quarantined_events": db.execute(
                sa.select(sa.func.count()).select_from(quarantine)
            ).scalar_one(),
            "checkpoint_hq_early_events_waiting": db.execute(
                sa.select(sa.func.count()).select_from(early).where(early.c.reconciled_at.is_(None))
            ).scalar_one(),
        }
    for name, text, column in (
        ("checkpoint_station_events", "Events held, by station", "seq"),
        ("checkpoint_station_head", "Newest event the station has told of", "head_seq"),
        ("checkpoint_station_pending_photos", "Photos the station still has to send", "pending_photos"),
    ):
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
        lines += [f'{name}{{station="{row.id}"}} {getattr(row, column)}' for row in rows]
    lines += ["# HELP checkpoint_station_unseen_seconds Seconds since a station was last heard of"]
    lines += ["# TYPE checkpoint_station_unseen_seconds gauge"]
    lines += [
        f'checkpoint_station_unseen_seconds{{station="{row.id}"}} {(now - row.last_seen_at).total_seconds():.0f}'
        for row in rows
        if row.last_seen_at is not None
    ]
    lines += ["# HELP checkpoint_hq_open_alerts Cases not closed yet", "# TYPE checkpoint_hq_open_alerts gauge"]
    lines += [f'checkpoint_hq_open_alerts{{kind="{kind}"}} {count}' for kind, count in open_alerts]
    for name, value in totals.items():
        lines += [f"# TYPE {name} gauge", f"{name} {value}"]
    return lines
