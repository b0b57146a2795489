"""The receipt: a signed code for the traveller to show at the next checkpoint."""

import segno
from flask import Blueprint, abort, render_template, request
from markupsafe import Markup

from checkpoint.errors import GateError
from checkpoint.events import Kind
from web.access import deciding, officer
from web.serving import services

blueprint = Blueprint("receipt", __name__)

MODULE_PX = 7  # a phone photographs it off the tablet's screen


@blueprint.post("/gate/receipt")
@deciding
def give() -> str:
    """Sign a receipt for one admitted person and show it; that it was given is journaled, the code itself is not."""
    station = services()
    if station.receipt is None:
        abort(404)
    crossing = station.gate.view().crossing
    if crossing is None or crossing.id != request.form.get("crossing"):
        raise GateError("vehicle-changed")
    seat = crossing.seat(request.form.get("seat", type=int) or 0)
    code = station.receipt(seat)
    station.journal.append(
        Kind.RECEIPT_ISSUED, {"crossing": crossing.id, "seat": seat.number, "officer": officer().name}
    )
    return render_template("receipt.html", picture=drawn(code), holder=seat.evidence.holder)


def drawn(code: str) -> Markup:
    """Return `code` as a QR code, inline SVG that shrinks with its box: cut off at an edge, no camera reads it."""
    made = segno.make(code, error="m", micro=False)
    return Markup(made.svg_inline(scale=MODULE_PX, border=4, light="#fff", omitsize=True))  # noqa: S704  segno's own, of Base45 text
