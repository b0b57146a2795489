"""Records: the list, one record with its evidence, and the personal part behind one more step."""

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, Response, abort, render_template, request

from checkpoint.events import Kind
from hq.desk.access import accounts, local_time, needs, office, person
from hq.desk.sheets import sheet
from hq.people.accounts import Right
from hq.photos.sealed import read_photo
from hq.records import search as records
from hq.records.search import Record, RecordQuery
from hq.store.models import photos, stations

blueprint = Blueprint("records", __name__)
MOST_LINES = 200_000
_FIELDS = ("station", "town", "kind", "verdict", "outcome", "reason", "officer", "word")
_HEAD = ("at", "station", "name", "epoch", "seq", "kind", "verdict", "reason", "outcome", "slot", "officer")
_PICTURES = {"image/jpeg", "image/png", "image/webp"}


@blueprint.get("/records")
@needs(Right.SEE)
def page() -> str:
    """Show records, newest first; a search is written down, a look at the newest is not."""
    query = _query()
    if _narrow():
        accounts().note(person().name, "records-searched", _asked())
    with office().store.reading() as db:
        found = records.search(db, query)
        names = db.execute(sa.select(stations.c.id, stations.c.name, stations.c.town).order_by(stations.c.name)).all()
    older = {key: value for key, value in request.args.items() if value and key != "before"}
    if found.next_before:
        at, station, epoch, seq = found.next_before
        older["before"] = f"{at.isoformat()}~{station}~{epoch}~{seq}"
    return render_template(
        "records.html",
        found=found,
        query=query,
        names=names,
        towns=sorted({row.town for row in names if row.town}),
        kinds=list(Kind),
        older=older,
        args=request.args,
    )


@blueprint.get("/records.csv")
@needs(Right.SEE)
def download() -> Response:
    """Return what a search finds as a sheet, without anything personal; written down."""
    query = _query()
    accounts().note(person().name, "records-exported", _asked())
    store = office().store

    def rows() -> Iterator[tuple[object, ...]]:
        with store.reading() as db:
            for line in records.export(db, query, MOST_LINES):
                yield (
                    line.at.isoformat(), line.station, line.station_name, line.epoch, line.seq, line.kind, line.verdict,
                    line.reason, line.outcome, line.slot, line.officer,
                )  # fmt: skip

    return sheet("records.csv", _HEAD, rows())


@blueprint.get("/records/<station>/<int:epoch>/<int:seq>")
@needs(Right.SEE)
def one(station: str, epoch: int, seq: int) -> str:
    """Show one record without its personal part; who looked is written down."""
    with office().store.reading() as db:
        record = _found(db, station, epoch, seq)
        story = records.story(db, record)
    accounts().note(person().name, "record-viewed", f"{station}/{epoch}/{seq}")
    return render_template("record.html", record=record, story=story, personal=None)


@blueprint.post("/records/<station>/<int:epoch>/<int:seq>/unseal")
@needs(Right.UNSEAL)
def unseal(station: str, epoch: int, seq: int) -> str:
    """Show one record with its personal part: written down first, then opened."""
    own = office()
    accounts().note(person().name, "personal-viewed", f"{station}/{epoch}/{seq}")
    with own.store.reading() as db:
        record = _found(db, station, epoch, seq)
        try:
            personal = records.unseal(db, own.keys, station, epoch, seq)
        except ValueError:
            personal = None
        return render_template(
            "record.html", record=record, story=records.story(db, record), personal=personal, tried=True
        )


@blueprint.get("/photos/<station>/<sha256>")
@needs(Right.UNSEAL)
def photo(station: str, sha256: str) -> Response:
    """Return one photo; who looked is written down."""
    own = office()
    with own.store.reading() as db:
        media_type = db.execute(
            sa.select(photos.c.media_type).where(photos.c.station_id == station, photos.c.sha256 == sha256)
        ).scalar()
    if media_type is None:
        abort(404)
    accounts().note(person().name, "photo-viewed", f"{station}/{sha256}")
    try:
        data = read_photo(own.shelf, station, sha256, own.keys)
    except (KeyError, ValueError):
        abort(404)
    kind = media_type if media_type in _PICTURES else "application/octet-stream"
    return Response(data, content_type=kind, headers={"Cache-Control": "private, no-store"})


def _found(db: sa.Connection, station: str, epoch: int, seq: int) -> Record:
    record = records.open_one(db, station, epoch, seq) if max(epoch, seq) < 2**63 else None
    if record is None:
        abort(404)
    return record


def _query() -> RecordQuery:
    asked = request.args
    try:
        return RecordQuery(
            **{name: asked.get(name, "").strip() for name in _FIELDS},
            since=local_time(asked.get("since", "")),
            until=local_time(asked.get("until", "")),
            before=_before(asked.get("before", "")),
        )
    except ValueError:
        abort(400)


def _narrow() -> bool:
    return any(request.args.get(name) for name in (*_FIELDS, "since", "until"))


def _asked() -> str:
    """Return what was searched for, as the audit keeps it."""
    asked = {name: request.args.get(name, "").strip() for name in (*_FIELDS, "since", "until")}
    return " ".join(f"{name}={value}" for name, value in asked.items() if value)[:300]


def _before(text: str) -> tuple[datetime, str, int, int] | None:
    if not text:
        return None
    at, station, epoch, seq = text.split("~")
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment, station, int(epoch), int(seq)
