"""Figures for a monitoring system, in Prometheus' format; counts only, nothing personal.

What the store knows is read when asked, and is the same from every ingest process; what happens at the door is counted
by the process it happens in.
"""

import time
from collections.abc import Iterable

import sqlalchemy as sa
from flask import Blueprint, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from hq.cases.steps import OPEN
from hq.office import Office
from hq.stations.board import Sign, read_board
from hq.store.models import alerts, early, quarantine, stations

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def metrics_blueprint(office: Office) -> Blueprint:
    """Return the route /metrics, which also watches every request to the application it is registered with."""
    page = Blueprint("metrics", __name__)
    registry = CollectorRegistry()
    registry.register(StoreFigures(office))
    answers = Counter(
        "checkpoint_hq_requests", "Answers given by this process", ["endpoint", "status"], registry=registry
    )
    seconds = Histogram(
        "checkpoint_hq_request_seconds",
        "Seconds to an answer of this process",
        ["endpoint"],
        buckets=_SECONDS,
        registry=registry,
    )
    taken = Counter("checkpoint_hq_events", "Events in batches acknowledged by this process", registry=registry)

    @page.before_app_request
    def begin() -> None:
        g.asked_at = time.perf_counter()

    @page.after_app_request
    def end(response: Response) -> Response:
        # By what was asked, never by who asked or for whom.
        endpoint = request.endpoint or "none"
        answers.labels(endpoint, str(response.status_code)).inc()
        if "asked_at" in g:
            seconds.labels(endpoint).observe(time.perf_counter() - g.asked_at)
        taken.inc(g.get("events_taken", 0))
        return response

    @page.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    return page


class StoreFigures(Collector):
    """What the store holds of each station, and what waits for somebody."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: registering must not read the store."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Read the store, once."""
        office, now = self._office, self._office.now()
        with office.store.reading() as db:
            rows = db.execute(sa.select(stations)).all()
            board = read_board(db, office.config, now)
            cases = db.execute(
                sa.select(alerts.c.kind, sa.func.count()).where(alerts.c.state.in_(OPEN)).group_by(alerts.c.kind)
            ).all()
            raw = db.execute(sa.select(sa.func.count()).select_from(quarantine)).scalar_one()
            copies = db.execute(
                sa.select(sa.func.count()).select_from(early).where(early.c.reconciled_at.is_(None))
            ).scalar_one()
        for name, text, column in (
            ("checkpoint_station_events", "Events held, by station", "seq"),
            ("checkpoint_station_head", "Newest event the station has told of", "head_seq"),
            ("checkpoint_station_pending_photos", "Photos the station still has to send", "pending_photos"),
        ):
            yield _gauge(name, text, "station", ((row.id, getattr(row, column)) for row in rows))
        yield _gauge(
            "checkpoint_station_unseen_seconds",
            "Seconds since a station was last heard of",
            "station",
            ((row.id, (now - row.last_seen_at).total_seconds()) for row in rows if row.last_seen_at is not None),
        )
        yield _gauge(
            "checkpoint_hq_stations_with_sign",
            "Stations on the board with this sign",
            "sign",
            ((str(sign), sum(sign in row.signs for row in board)) for sign in Sign),
        )
        yield _gauge("checkpoint_hq_open_alerts", "Cases not closed yet", "kind", (tuple(row) for row in cases))
        yield GaugeMetricFamily("checkpoint_hq_quarantined_events", "Events kept raw", value=raw)
        yield GaugeMetricFamily("checkpoint_hq_early_events_waiting", "Copies ahead of their sequence", value=copies)


def _gauge(name: str, text: str, label: str, values: Iterable[tuple[str, float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, number in values:
        family.add_metric([value], number)
    return family
