"""Live pages: a stream of server-sent events tells every open page that something changed.

A stream costs the server a thread, so their number is bounded; whoever comes too late asks every two seconds instead
and sees the same.
"""

import json
import threading
import time
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app, render_template

from hq.cases.lists import count_late, count_new
from hq.desk.access import needs, office
from hq.people.accounts import Right
from hq.store import Store
from hq.store.models import alerts, stations

LOOK_S = 0.5  # how soon a change shows
BEAT_S = 3.0  # a stream says at least so often that it is still there
STREAM_S = 300.0  # then the browser opens a new one: a dead one never keeps a thread for good
MOST_STREAMS = 4

blueprint = Blueprint("live", __name__)


class Versions:
    """What the pages show, as short texts that change when it does; read once for all streams."""

    def __init__(self, store: Store, *, most_streams: int = MOST_STREAMS) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known: dict[str, str] = {}
        self._read_at = 0.0
        self.places = threading.BoundedSemaphore(most_streams)
        self.stopped = threading.Event()

    def now(self) -> dict[str, str]:
        """Return the versions of the cases and of the stations."""
        with self._lock:
            if not self._known or time.monotonic() - self._read_at >= LOOK_S:
                self._known = self._read()
                self._read_at = time.monotonic()
            return self._known

    def _read(self) -> dict[str, str]:
        with self._store.reading() as db:
            cases = db.execute(sa.select(sa.func.max(alerts.c.state_at), sa.func.max(alerts.c.received_at))).one()
            seen = db.execute(
                sa.select(sa.func.max(stations.c.last_seen_at), sa.func.sum(stations.c.seq), sa.func.count())
            ).one()
        return {"cases": "/".join(map(str, cases)), "stations": "/".join(map(str, seen))}

    def beats(self) -> Iterator[dict[str, str]]:
        """Yield the versions at once, at every change, and at least once a beat."""
        ends = time.monotonic() + STREAM_S
        told: dict[str, str] = {}
        told_at = 0.0
        while time.monotonic() < ends and not self.stopped.is_set():
            versions = self.now()
            if versions != told or time.monotonic() - told_at >= BEAT_S:
                told, told_at = versions, time.monotonic()
                yield versions
            self.stopped.wait(LOOK_S)


def init_live(app: Flask) -> None:
    """Give the application its versions."""
    app.extensions["versions"] = Versions(app.extensions["office"].store)


@blueprint.get("/events")
@needs(Right.SEE)
def events() -> Response:
    """Stream the versions; 204 where all places are taken, which tells a browser not to try again by itself."""
    versions: Versions = current_app.extensions["versions"]
    if not versions.places.acquire(blocking=False):
        return Response(status=204)
    response = Response((f"data: {json.dumps(told)}\n\n" for told in versions.beats()), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(versions.places.release)
    return response


@blueprint.get("/live/alarm")
@needs(Right.SEE)
def alarm() -> str:
    """Return the header's count of new and late cases."""
    own = office()
    with own.store.reading() as db:
        return render_template("alarm_live.html", new_cases=count_new(db), late_cases=count_late(db, own.now()))
