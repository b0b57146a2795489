"""The gate's page: live picture, verdict, vehicle, and what the officer does next."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import cast

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from checkpoint.credential import Format
from checkpoint.crossing import Category
from checkpoint.errors import CredentialError, GateError
from checkpoint.gate import Gate
from checkpoint.reasons import Reason
from checkpoint.sighting import Code
from checkpoint.typed import TypedDocument
from web import words
from web.access import deciding, officer, reading
from web.cards import gate_card
from web.errors import done
from web.plates import DIGITS, ENDINGS, LETTERS, PROVINCES, kept
from web.seconds import others, second_person
from web.serving import services

blueprint = Blueprint("gate", __name__)

LONGEST_TYPED = 8000  # characters a hand scanner may send: a dense code holds 4,296, in several bytes each
LONGEST_NUMBER = 200  # characters an officer may type into one field
IMPOSSIBLE = {Format.TYPED_ID: "id-impossible", Format.LORRY_PASS: "pass-impossible"}


@blueprint.get("/")
@reading
def home() -> Response:
    """The gate is home."""
    return cast("Response", redirect(url_for("gate.page")))


@blueprint.get("/gate")
@reading
def page() -> str:
    """The whole page."""
    return render_template(
        "gate.html",
        **_state(),
        seconds=others(),
        provinces=PROVINCES,
        letters=LETTERS,
        digits=DIGITS,
        endings=ENDINGS,
        typed_formats=(Format.TYPED_ID, Format.LORRY_PASS),
    )


@blueprint.get("/gate/card")
@reading
def card() -> str:
    """The part that changes: verdict, people, buttons."""
    return render_template("gate_card.html", **_state())


@blueprint.get("/gate/vehicle")
@reading
def vehicle_part() -> str:
    """The vehicle: plate, people, category."""
    return render_template("gate_vehicle.html", **_state())


def _state() -> dict[str, object]:
    station = services()
    view = station.gate.view()
    seat = request.args.get("seat", type=int)
    return {
        "view": view,
        "card": gate_card(view, verdict_s=station.gate.settings.verdict_s, seat=seat),
        "vehicle": station.gate.vehicle,
        "crossing": view.crossing.id if view.crossing else "",
    }


@blueprint.post("/gate/recall")
@deciding
def recall() -> Response:
    """Bring a vehicle that waits aside back to the barrier."""
    services().gate.recall(request.form.get("aside", ""), officer=officer().name)
    return done(url_for("gate.page"))


@blueprint.post("/gate/next")
@deciding
def next_vehicle() -> Response:
    """Close the crossing."""
    with _this_vehicle(may_be_gone=True) as gate:
        gate.next(officer=officer().name)
    return done(url_for("gate.page"))


@blueprint.post("/gate/vehicle")
@deciding
def describe() -> Response:
    """Set what was sent of plate, trailer, people, category and route; leave the rest as it is."""
    with _this_vehicle(may_be_gone=True) as gate:  # two tablets may change two things at once
        _describe(gate)
    return done(url_for("gate.page"))


def _describe(gate: Gate) -> None:
    sent = request.form
    vehicle = gate.vehicle
    if "plate" in sent:
        vehicle = replace(vehicle, plate=kept(sent["plate"]))
    if "trailer" in sent:
        vehicle = replace(vehicle, trailer=kept(sent["trailer"]))
    if "route" in sent:
        vehicle = replace(vehicle, route=sent["route"].strip()[:80])
    if "people" in sent:
        vehicle = replace(vehicle, people=_number(sent["people"]))
    if "category" in sent:
        vehicle = replace(vehicle, category=_category(sent["category"]))
    gate.describe_vehicle(vehicle, officer=officer().name)


@blueprint.post("/gate/compared")
@deciding
def compared() -> Response:
    """The officer compared the code with the ID document."""
    with _this_vehicle() as gate:
        gate.compared_with_id(_seat(), officer=officer().name)
    return done(_here())


@blueprint.post("/gate/bench")
@deciding
def to_bench() -> Response:
    """Send one person to the bench, and go there with them."""
    with _this_vehicle() as gate:
        traveller = gate.to_bench(_seat())
    return done(url_for("bench.page", person=f"{traveller.crossing}:{traveller.seat}"), go=True)


@blueprint.post("/gate/override")
@deciding
def override() -> Response:
    """Admit against the rules: a reason, and the PIN of a second person."""
    with _this_vehicle():
        seat, why = _seat(), _why()
    second = second_person()  # checking a PIN takes a while, in which another vehicle may have come
    with _this_vehicle() as gate:
        gate.override(seat, why=why, officer=officer().name, second=second)
    return done(_here())


@blueprint.post("/gate/correct")
@deciding
def correct() -> Response:
    """Undo one person's check, as a new event."""
    with _this_vehicle() as gate:
        gate.correct(_seat(), why=_why(), officer=officer().name)
    return done(url_for("gate.page"))


@blueprint.post("/gate/typed")
@deciding
def typed() -> Response:
    """Judge what the officer typed: marked as unverified."""
    text = request.form.get("text", "").strip()
    if not text:
        raise GateError("nothing-typed")
    try:
        kind = Format(request.form.get("format", Format.TYPED_ID))
    except ValueError:
        raise GateError("nothing-typed") from None
    form = request.form
    document = TypedDocument(
        format=kind,
        number=text[:LONGEST_NUMBER],
        plate=form.get("plate", "")[:LONGEST_NUMBER],
        trailer=form.get("trailer", "")[:LONGEST_NUMBER],
        route=form.get("route", "")[:LONGEST_NUMBER],
        valid_until=_day(form.get("valid_until", "")),
    )
    try:
        credential = services().typed(document)
    except CredentialError as error:
        raise GateError(IMPOSSIBLE[kind], error.detail) from error
    services().gate.present_typed(credential, officer=officer().name)
    return done(url_for("gate.page"))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise CredentialError(Reason.MALFORMED, "no such day") from None


@blueprint.post("/gate/scanned")
@deciding
def scanned() -> Response:
    """Judge what a hand scanner sent as keystrokes: the same way as a code before the camera."""
    text = request.form.get("text", "")
    if not text.strip():
        raise GateError("nothing-typed")
    if len(text) > LONGEST_TYPED:
        raise CredentialError(Reason.TOO_LARGE)
    code = Code(text=text, data=text.encode(), format="hand-scanner", decoder="hand-scanner")
    services().gate.present([code], officer=officer().name)
    return done(url_for("gate.page"))


@blueprint.get("/live/<role>.jpg")
@reading
def live(role: str) -> Response:
    """The newest picture of one camera; 204 where it is the one the page has, or the camera gives none.

    The header X-Picture says in JSON what is seen in it: number, size, outlines, hints in words, fault.
    """
    if role not in {"gate", "bench"}:
        abort(404)
    picture = services().live.latest(role)
    about = {
        "number": picture.number,
        "size": picture.size,
        "outlines": picture.outlines,
        "hints": [str(words.hint(h)) for h in picture.hints],
        "fault": str(words.mistake("camera-fault").word) if picture.fault else "",
    }
    seen = request.args.get("seq", type=int) == picture.number
    response = Response(status=204) if seen or not picture.jpeg else Response(picture.jpeg, mimetype="image/jpeg")
    response.headers["X-Picture"] = json.dumps(about)  # ASCII: other characters are escaped
    return response


@contextmanager
def _this_vehicle(*, may_be_gone: bool = False) -> Iterator[Gate]:
    """Give the gate, with the vehicle at the barrier that the page showed; an act must never hit the next one.

    `may_be_gone`: a page that showed none means whatever stands there.
    """
    gate = services().gate
    meant = request.form.get("crossing", "")
    if may_be_gone and not meant:
        here = gate.view().crossing
        meant = here.id if here else ""
    with gate.holding(meant):
        yield gate


def _here() -> str:
    return url_for("gate.page", seat=request.form.get("seat"))


def _seat() -> int:
    return _number(request.form.get("seat", ""), wrong="unknown-seat")


def _why() -> str:
    """Return a listed reason's code, or what was typed instead."""
    return (request.form.get("why_typed", "").strip() or request.form.get("why", "").strip())[:200]


def _number(text: str, *, wrong: str = "people-out-of-range") -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise GateError(wrong)
    return int(text)


def _category(text: str) -> Category:
    try:
        return Category(text)
    except ValueError:
        raise GateError("vehicle-changed") from None
