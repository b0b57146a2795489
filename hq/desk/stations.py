"""Stations: how complete each one is; inviting, approving and revoking them."""

import segno
import sqlalchemy as sa
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hq.desk.access import accounts, needs, office, person
from hq.desk.pages import part_of
from hq.people.accounts import Right
from hq.records.proof import prove
from hq.stations.board import BoardRow, read_board
from hq.stations.enrolment import invite, set_state
from hq.store.models import epochs

blueprint = Blueprint("stations", __name__)


@blueprint.get("/stations")
@needs(Right.SEE)
def page() -> str:
    """Show the completeness board."""
    return _show()


@blueprint.get("/live/stations")
@needs(Right.SEE)
def live() -> str:
    """Return the board alone."""
    own = office()
    with own.store.reading() as db:
        board = _chosen(read_board(db, own.config, own.now()))
    return render_template("stations_live.html", part=part_of(board), **_filter())


@blueprint.get("/stations/<station>")
@needs(Right.SEE)
def one(station: str) -> str:
    """Show one station."""
    return _show_one(station)


@blueprint.post("/stations/<station>/verify")
@needs(Right.SEE)
def verify(station: str) -> str:
    """Prove one station's chain again."""
    return _show_one(station, proof=True)


@blueprint.post("/stations/<station>/<any(approved, revoked):state>")
@needs(Right.ADMIT_STATIONS)
def decide(station: str, state: str) -> ResponseReturnValue:
    """Let a station in, or take nothing from it any more."""
    if not set_state(office().store, station, state):
        abort(404)
    accounts().note(person().name, f"station-{state}", station)
    return redirect(url_for("stations.one", station=station), code=303)


@blueprint.post("/stations")
@needs(Right.ADMIT_STATIONS)
def invite_one() -> ResponseReturnValue:
    """Make an invitation and show it as a QR code, once."""
    own = office()
    try:
        offer = invite(
            own.store,
            own.keys,
            url=own.config.url,
            name=request.form.get("name", ""),
            town=request.form.get("town", ""),
            now=own.now(),
        )
    except ValueError:
        abort(400)
    accounts().note(person().name, "station-invited", offer.station)
    picture = segno.make(offer.text, error="m").svg_data_uri(scale=5)
    return render_template("invitation.html", offer=offer, picture=picture)


def _show() -> str:
    own = office()
    with own.store.reading() as db:
        board = _chosen(read_board(db, own.config, own.now()))
    return render_template("stations.html", part=part_of(board), **_filter())


def _filter() -> dict[str, object]:
    return {"town": request.args.get("town", ""), "trouble": request.args.get("trouble") == "1"}


def _chosen(board: list[BoardRow]) -> list[BoardRow]:
    """Return the stations somebody asked for: of one town, or those with something wrong."""
    asked = _filter()
    return [
        row
        for row in board
        if (not asked["town"] or row.town == asked["town"]) and (not asked["trouble"] or not row.complete)
    ]


def _show_one(station: str, *, proof: bool = False) -> str:
    own = office()
    with own.store.reading() as db:
        row = next((row for row in read_board(db, own.config, own.now()) if row.id == station), None)
        if row is None:
            abort(404)
        opened = db.execute(sa.select(epochs).where(epochs.c.station_id == station).order_by(epochs.c.epoch)).all()
        proven = prove(db, station) if proof else None
    return render_template("station.html", row=row, epochs=opened, proof=proven)
