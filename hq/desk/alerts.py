"""Alerts: every positive, refusal, override, sign of tampering and silent station as a case that somebody closes."""

from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hq.cases.lists import CaseQuery, count_cases, count_open, entries_of, find_case, known_teams, list_cases
from hq.cases.rules import DUE_STEPS, CaseRule, change_rule, rules_in_force
from hq.cases.steps import CaseError, Step, add_note, take_step, undo_step
from hq.desk import looks
from hq.desk.access import accounts, local_midnight, local_time, needs, office, person
from hq.desk.pages import PAGE, Part, first_wanted
from hq.people.accounts import Right

blueprint = Blueprint("alerts", __name__)


@blueprint.get("/alerts")
@needs(Right.SEE)
def page() -> str:
    """Show open cases, or the closed ones."""
    with office().store.reading() as db:
        return render_template("alerts.html", open=count_open(db), teams=known_teams(db), **_seen(db))


@blueprint.get("/live/alerts")
@needs(Right.SEE)
def live() -> str:
    """Return the list alone."""
    with office().store.reading() as db:
        return render_template("alerts_live.html", **_seen(db))


@blueprint.get("/alerts/<station>/<case>")
@needs(Right.SEE)
def one(station: str, case: str) -> str:
    """Show one case with its entries."""
    return _show(station, case, "")


@blueprint.post("/alerts/<station>/<case>")
@needs(Right.ACT)
def step(station: str, case: str) -> ResponseReturnValue:
    """Take the next step of a case, undo the last one, or add a note."""
    own = office()
    note = request.form.get("note", "").strip()
    wanted = request.form.get("step", "")
    who = {"by": person().name, "note": note, "now": own.now()}
    try:
        match wanted:
            case "undo":
                undo_step(own.store, station, case, **who)  # type: ignore[arg-type]  # three values by name
            case "note":
                add_note(own.store, station, case, **who)  # type: ignore[arg-type]  # likewise
            case _:
                team = request.form.get("team", "")
                take_step(own.store, station, case, Step(wanted), team=team, **who)  # type: ignore[arg-type]  # likewise
    except CaseError as error:
        return _show(station, case, str(error), note), 409
    except ValueError:
        abort(400)
    return redirect(url_for("alerts.one", station=station, case=case), code=303)


@blueprint.get("/brief")
@needs(Right.SEE)
def brief() -> str:
    """Show the brief of a day; it prints on one sheet."""
    own = office()
    now = own.now()
    begins = local_time(request.args.get("day", "")) or local_midnight(now, own.config.timezone)
    begins = local_midnight(begins, own.config.timezone)
    ends = local_midnight(begins + timedelta(hours=36), own.config.timezone)
    return render_template("brief.html", brief=looks.brief(begins, ends), begins=begins, ends=ends)


@blueprint.get("/alerts/rules")
@needs(Right.SEE)
def rules() -> str:
    """Show how urgent each kind of case is, and when its steps are late."""
    return _show_rules("")


@blueprint.post("/alerts/rules")
@needs(Right.SET_CASE_RULES)
def change_rules() -> ResponseReturnValue:
    """Change the rule of one kind of case."""
    own = office()
    form = request.form
    try:
        minutes = tuple(int(form.get(step, "")) for step in DUE_STEPS)
        rule = CaseRule(form.get("kind", "")[:32], form.get("reason", "")[:64], form.get("urgency", ""), minutes)
    except ValueError:
        return _show_rules("bad-rule"), 422
    with own.store.reading() as db:
        if (rule.kind, rule.reason) not in {(known.kind, known.reason) for known in rules_in_force(db)}:
            abort(400)
    change_rule(own.store, rule, by=person().name, now=own.now())
    subject = f"{rule.kind} {rule.reason} {rule.urgency} {'/'.join(map(str, rule.within_min))}"
    accounts().note(person().name, "case-rule-changed", subject)
    return redirect(url_for("alerts.rules"), code=303)


def _show_rules(problem: str) -> str:
    with office().store.reading() as db:
        return render_template("case_rules.html", rules=rules_in_force(db), steps=DUE_STEPS, problem=problem)


def _show(station: str, case: str, problem: str, note: str = "") -> str:
    with office().store.reading() as db:
        found = find_case(db, station, case)
        if found is None:
            abort(404)
        return render_template(
            "case.html",
            case=found,
            entries=entries_of(db, station, case),
            teams=known_teams(db),
            problem=problem,
            note=note,
        )


def _seen(db: sa.Connection) -> dict[str, object]:
    asked, now, first = request.args, office().now(), first_wanted()
    query = CaseQuery(
        closed=asked.get("closed") == "1",
        kind=asked.get("kind", ""),
        urgency=asked.get("urgency", ""),
        town=asked.get("town", ""),
        team=asked.get("team", ""),
        late=asked.get("late") == "1",
        new=asked.get("new") == "1",
    )
    cases = list_cases(db, query, now, PAGE, first - 1)
    return {"part": Part(cases, first, count_cases(db, query, now)), "query": query}
