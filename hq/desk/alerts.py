"""Alerts: every positive, refusal, override and sign of tampering as a case that somebody closes."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hq.accounts import Right
from hq.cases import CaseError, Step, find_case, list_cases, steps_of, take_step
from hq.desk.access import needs, office, person

blueprint = Blueprint("alerts", __name__)


@blueprint.get("/alerts")
@needs(Right.SEE)
def page() -> str:
    """Show open cases, or the closed ones."""
    return render_template("alerts.html", **_seen())


@blueprint.get("/live/alerts")
@needs(Right.SEE)
def live() -> str:
    """Return the list alone."""
    return render_template("alerts_live.html", **_seen())


@blueprint.get("/alerts/<station>/<case>")
@needs(Right.SEE)
def one(station: str, case: str) -> str:
    """Show one case with its steps."""
    return _show(station, case, "")


@blueprint.post("/alerts/<station>/<case>")
@needs(Right.ACT)
def step(station: str, case: str) -> ResponseReturnValue:
    """Take the next step of a case."""
    own = office()
    try:
        wanted = Step(request.form.get("step", ""))
        note = request.form.get("note", "").strip()
        take_step(own.store, station, case, wanted, by=person().name, note=note, now=own.now())
    except CaseError:
        return _show(station, case, "moved-on"), 409
    except ValueError:
        abort(400)
    return redirect(url_for("alerts.one", station=station, case=case), code=303)


def _show(station: str, case: str, problem: str) -> str:
    with office().store.reading() as db:
        found = find_case(db, station, case)
        if found is None:
            abort(404)
        return render_template("case.html", case=found, steps=steps_of(db, station, case), problem=problem)


def _seen() -> dict[str, object]:
    closed = request.args.get("closed") == "1"
    kind = request.args.get("kind", "")
    with office().store.reading() as db:
        return {"cases": list_cases(db, closed=closed, kind=kind), "closed": closed, "kind": kind}
