"""The support bundle: what IT needs to help from afar, and nothing about anybody, travellers and officers alike."""

import io
import json
import logging
import platform
import sys
import zipfile
from collections import Counter, deque
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response

from checkpoint.events import wall_text
from checkpoint.journal import LogQuery
from web.access import leading
from web.health import checks_now
from web.serving import services

blueprint = Blueprint("support", __name__)

KEPT_LINES = 500
NEWEST_EVENTS = 500


class Remembered(logging.Handler):
    """The newest warnings and errors as the program words them, without what they were filled in with.

    A message's arguments and an exception's text may hold a name or a number; its template never does.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: deque[dict[str, str]] = deque(maxlen=KEPT_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        self.lines.append(
            {
                "at": wall_text(datetime.fromtimestamp(record.created, UTC)),
                "level": record.levelname,
                "logger": record.name,
                "message": record.msg if isinstance(record.msg, str) and record.args else "(a line without a template)",
                "where": f"{record.module}:{record.lineno}",
                "exception": kind,
            }
        )


REMEMBERED = Remembered()


@blueprint.record_once
def listen(_state: object) -> None:
    """Remember warnings from the moment there are pages; one listener for the whole process."""
    root = logging.getLogger()
    if REMEMBERED not in root.handlers:
        root.addHandler(REMEMBERED)


@blueprint.get("/health/support.zip")
@leading
def bundle() -> Response:
    """A ZIP of JSON files: checks, uploads, software, what kinds of events there were, and warnings."""
    station = services()
    now = station.gate.clock.now()
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _files().items():
            archive.writestr(f"{name}.json", json.dumps(content, ensure_ascii=False, indent=1, default=str))
    response = Response(body.getvalue(), mimetype="application/zip")
    day = now.wall.strftime("%Y%m%d-%H%M")
    response.headers["Content-Disposition"] = f'attachment; filename="checkpoint-support-{day}.zip"'
    return response


def _files() -> dict[str, Any]:
    station = services()
    now, head, sync = station.gate.clock.now(), station.journal.head(), station.sync()
    newest = station.journal.search(LogQuery(limit=NEWEST_EVENTS)).entries
    return {
        "software": {
            "version": station.station.version,
            "python": sys.version,
            "machine": platform.machine(),
            "system": platform.platform(),
            "simulated": list(station.station.simulated),
            "timezone": station.station.timezone,
        },
        "clock": {"wall": wall_text(now.wall), "boot_ms": now.boot_ms, "trust": now.trust},
        "checks": [
            # A check's detail is a device's own words; the names of lots, files and packs are the station's.
            {"name": c.name, "state": c.state, "finding": c.finding, "advice": c.advice, "data": c.data}
            for c in checks_now()
        ],
        "uploads": {
            "enrolled": sync.enrolled,
            "pending_events": sync.pending_events,
            "pending_photos": sync.pending_photos,
            "last_success": sync.last_success,
            "all_sent": sync.all_sent,
        },
        "journal": {
            "epoch": head.epoch,
            "seq": head.seq,
            "hash": head.hash.hex(),
            "newest_by_kind": Counter(str(event.kind) for event in newest),
            "newest": [
                {"seq": e.seq, "kind": str(e.kind), "at": wall_text(e.moment.wall), "clock": e.moment.trust}
                for e in newest
            ],
        },
        "bench": [
            {"slot": view.number, "readiness": view.readiness}
            for view in station.bench.board()
            if view.test is not None
        ],
        "warnings": list(REMEMBERED.lines),
    }
