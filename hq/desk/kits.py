"""Kits: what is left where and for how long; headquarters' own stock is kept here."""

from datetime import date

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hq.desk import looks
from hq.desk.access import accounts, needs, office, person
from hq.kits.moves import A_DRAW, KitError, Move, list_moves, undo_move, write_move
from hq.kits.stock import read_stock
from hq.people.accounts import Right

blueprint = Blueprint("kits", __name__)

MOST_UNFOLDED = 60
"""With more stations than this, a town's are shown where it is asked for."""


@blueprint.get("/kits")
@needs(Right.SEE)
def page() -> str:
    """Show lots, towns and stations, and the last entries."""
    return _show("")


@blueprint.post("/kits/<any(received, drawn, returned, discarded):move>")
@needs(Right.MOVE_KITS)
def write(move: str) -> ResponseReturnValue:
    """Write down what happened to kits."""
    own, form = office(), request.form
    try:
        expires_on = date.fromisoformat(form["expires_on"]) if form.get("expires_on") else None
        quantity = int(form.get("quantity", ""))
    except ValueError:
        return _show("quantity-needed"), 422
    town, _, station = form.get("to", "").partition("~")
    try:
        write_move(
            own.store,
            Move(move),
            lot=form.get("lot", ""),
            quantity=quantity,
            by=person().name,
            now=own.now(),
            town=town,
            station=station,
            expires_on=expires_on,
            cassette_type=form.get("cassette_type", ""),
            note=form.get("note", ""),
        )
    except KitError as error:
        return _show(str(error)), 422
    accounts().note(person().name, f"kits-{move}", f"{form.get('lot', '')} {quantity} {town} {station}".strip())
    return redirect(url_for("kits.page"), code=303)


@blueprint.post("/kits/undo/<id_>")
@needs(Right.MOVE_KITS)
def undo(id_: str) -> ResponseReturnValue:
    """Take a wrong entry back."""
    own = office()
    try:
        undo_move(own.store, id_, by=person().name, now=own.now())
    except KitError as error:
        if str(error) == "nothing-to-undo":
            abort(404)
        return _show(str(error)), 409
    accounts().note(person().name, "kits-undone", id_)
    return redirect(url_for("kits.page"), code=303)


def _show(problem: str) -> str:
    own = office()
    board = looks.board()
    with own.store.reading() as db:
        return render_template(
            "kits.html",
            stock=read_stock(db, own.now()),
            unfolded="*" if len(board) <= MOST_UNFOLDED else request.args.get("town", ""),
            moves=list_moves(db, 30),
            places=sorted((row.town, row.id, row.name) for row in board),
            towns=sorted({row.town for row in board if row.town}),
            draw=A_DRAW,
            today=own.now().date(),
            problem=problem,
        )
