"""The log as a table for a spreadsheet: what happened, without anybody's name but the officers'."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

from flask import Blueprint, Response

from checkpoint.events import Event, Kind, wall_text
from checkpoint.journal import Journal, LogQuery
from web.access import officer, reading
from web.log import Filters
from web.officers import OfficerError, Role
from web.serving import services

blueprint = Blueprint("export", __name__)

COLUMNS = (
    "seq",
    "utc",
    "clock",
    "kind",
    "verdict",
    "outcome",
    "reason",
    "category",
    "people",
    "slot",
    "lot",
    "crossing",
    "officer",
    "second",
    "rules",
    "hash",
)
PAGE = 500
MAY_EXPORT = frozenset({Role.SHIFT_LEAD, Role.ADMIN, Role.AUDITOR})


@blueprint.get("/log.csv")
@reading
def table() -> Response:
    """The entries that the log's filters let through, newest first; that somebody took them is written down."""
    who, station = officer(), services()
    if who.role not in MAY_EXPORT:
        raise OfficerError("not-allowed")
    filters = Filters.of_request()
    query = filters.query(station.gate.clock.now().wall, before=station.journal.head().seq + 1)
    station.journal.append(
        Kind.PERSONAL_VIEWED, {"what": "log-exported", "officer": who.name, "role": who.role, **filters.args()}
    )
    response = Response(_lines(station.journal, query), mimetype="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="checkpoint-log.csv"'
    return response


def _lines(journal: Journal, query: LogQuery) -> Iterator[str]:
    """Yield the table a page at a time, so that a year's log needs no more memory than a day's."""
    yield "\ufeff" + _line(COLUMNS)  # the mark by which spreadsheets know UTF-8
    before = query.before_seq
    while True:
        page = journal.search(replace(query, before_seq=before, limit=PAGE))
        yield "".join(_line(_values(event)) for event in page.entries)
        if page.next_before is None:
            return
        before = page.next_before


def _values(event: Event) -> tuple[str, ...]:
    body = event.body
    told = {column: str(body[column]) for column in COLUMNS if column in body}
    told |= {"verdict": str(body.get("seat_verdict") or body.get("verdict") or "")}
    told |= {"seq": str(event.seq), "utc": wall_text(event.moment.wall), "clock": str(event.moment.trust)}
    told |= {"kind": str(event.kind), "rules": event.rules, "hash": event.hash.hex()}
    return tuple(_harmless(told.get(column, "")) for column in COLUMNS)


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _line(values: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(values)
    return text.getvalue()
