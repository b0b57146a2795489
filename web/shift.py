"""The shift's page: begin, the hand-over sheet with both signatures, and the figures of a shift or a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import segno
from flask import Blueprint, Response, render_template, request, session, url_for
from flask_login import login_user
from markupsafe import Markup

from checkpoint.crossing import Verdict
from checkpoint.errors import ShiftError
from checkpoint.events import Event, Kind
from checkpoint.figures import FIELDS, KINDS, Figures, figures_of, share_of
from checkpoint.health import State
from checkpoint.shift import Sheet, head_text
from web.access import Person, deciding, officer, reading
from web.errors import done
from web.health import checks_now
from web.officers import LONGEST_PIN, SHORTEST_PIN, OfficerError
from web.plots import BarPlot, bar_plot
from web.serving import services

blueprint = Blueprint("shift", __name__, url_prefix="/shift")

DAY = timedelta(days=1)
WAIT_EDGES_MIN = (1, 2, 5, 10, 15, 20, 30, 60)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Figures with their plots."""

    figures: Figures
    hours: BarPlot
    waits: BarPlot
    middle_gate_s: float
    middle_bench_s: float
    slowest_gate_s: float


@blueprint.get("")
@reading
def page() -> str:
    """The running shift with its sheet and figures; between shifts, how to begin one."""
    station = services()
    sheet = _sheet()
    day = _asked_day()
    shift = sheet.shift if sheet else None
    now = station.gate.clock.now().wall
    since, until = _span(day, shift.began if shift else None, now)
    last = station.shifts.last_hand_over()
    return render_template(
        "shift.html",
        sheet=sheet,
        head_picture=_drawn(head_text(station.station.name, sheet.head)) if sheet else None,
        others=[
            o
            for name in station.officers.names()
            if name != officer().name and (o := station.officers.get(name)) and o.role.may_decide
        ],
        drawn=_figures(since, until),
        day=day,
        today=now.astimezone(_zone()).date(),
        last=last,
        note=_note(last),
        may_act=officer().role.may_decide,
        shortest=SHORTEST_PIN,
        longest=LONGEST_PIN,
    )


@blueprint.get("/sheet")
@reading
def sheet_part() -> str:
    """The sheet alone: the part that changes."""
    sheet = _sheet()
    picture = _drawn(head_text(services().station.name, sheet.head)) if sheet else None
    return render_template("shift_sheet.html", sheet=sheet, head_picture=picture)


@blueprint.post("/begin")
@deciding
def begin() -> Response:
    """Begin the first shift, or the next after the checkpoint was closed."""
    services().shifts.begin(officer=officer().name)
    return done(url_for("shift.page"), go=True)


@blueprint.post("/hand-over")
@deciding
def hand_over() -> Response:
    """Both sign by PIN; then every session but the new one's ends, on every tablet.

    A wrong PIN signs nothing and counts as a wrong try of whose it should be.
    """
    station, leaving = services(), officer()
    seen = request.form.get("seen_seq", type=int)
    taking = request.form.get("taking", "")
    closing = request.form.get("closing") == "1"
    if seen is None or (not taking and not closing):
        raise ShiftError("second-person-needed")
    if taking == leaving.name:
        raise ShiftError("second-person-needed")
    station.officers.verify(leaving.name, request.form.get("pin", ""))
    successor = None
    if taking:
        successor = station.officers.verify(taking, request.form.get("second_pin", ""))
        if not successor.role.may_decide:
            raise OfficerError("not-allowed")
    station.shifts.hand_over(
        leaving=leaving.name,
        taking=taking,
        seen_seq=seen,
        note=request.form.get("note", ""),
        faults=_faults(),
    )
    for name in station.officers.names():
        other = station.officers.get(name)
        if other is not None and other.role.may_decide:
            station.officers.end_sessions(name)
    session.clear()
    if successor is None:
        return done(url_for("login.page"), go=True)
    login_user(Person(station.officers.get(successor.name) or successor))
    session.permanent = True
    station.journal.append(Kind.LOGGED_IN, {"officer": successor.name, "role": successor.role})
    return done(url_for("shift.page"), go=True)


@blueprint.post("/note")
@reading
def open_note() -> Response:
    """Read the note of the last hand-over; it may name people, so that it was read is written down first."""
    last = services().shifts.last_hand_over()
    if last is not None and last.commitment:
        services().journal.append(
            Kind.PERSONAL_VIEWED,
            {"of": last.seq, "kind_of": str(last.kind), "officer": officer().name, "role": officer().role},
        )
        session["revealed"] = [*session.get("revealed", []), last.seq][-20:]
    return done(url_for("shift.page"), go=True)


def _note(last: Event | None) -> str | None:
    """Return the last hand-over's note where it was opened, None where it is closed or there is none."""
    if last is None or last.seq not in session.get("revealed", []):
        return None
    return str((services().journal.personal(last.seq) or {}).get("note", ""))


def _sheet() -> Sheet | None:
    shifts = services().shifts
    return shifts.sheet(_faults()) if shifts.current() is not None else None


def _faults() -> Sequence[str]:
    return [check.name for check in checks_now() if check.state is State.FAULT]


def _zone() -> ZoneInfo:
    return ZoneInfo(services().station.timezone)


def _asked_day() -> date | None:
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None


def _span(day: date | None, began: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """Return what the figures are of: the asked local day, else the running shift, else today."""
    if day is None and began is not None:
        return began, max(now, began)
    start = datetime.combine(day or now.astimezone(_zone()).date(), time.min, _zone())
    return start.astimezone(UTC), min((start + DAY).astimezone(UTC), max(now, start.astimezone(UTC)))


def _figures(since: datetime, until: datetime) -> Drawn:
    glances = services().journal.glances(KINDS, FIELDS, since=since, until=until + timedelta(seconds=1))
    figures = figures_of(glances, since, until, _zone())
    columns = [
        (hour.start.strftime("%H"), [(verdict.value, hour.verdicts.get(verdict, 0)) for verdict in Verdict])
        for hour in figures.hours
    ]
    return Drawn(
        figures=figures,
        hours=bar_plot(columns),
        waits=bar_plot(_waits(figures.at_gate_s)),
        middle_gate_s=share_of(figures.at_gate_s, 0.5),
        middle_bench_s=share_of(figures.at_bench_s, 0.5),
        slowest_gate_s=share_of(figures.at_gate_s, 0.95),
    )


def _waits(waited_s: Sequence[float]) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return how many waited how long, by classes of minutes."""
    columns, below = [], 0.0
    for edge in WAIT_EDGES_MIN:
        columns.append((f"<{edge}", [("wait", sum(below <= w < edge * 60 for w in waited_s))]))
        below = edge * 60
    columns.append((f"≥{WAIT_EDGES_MIN[-1]}", [("wait", sum(w >= below for w in waited_s))]))
    return columns


def _drawn(text: str) -> Markup:
    made = segno.make(text, error="m", micro=False)
    return Markup(made.svg_inline(scale=4, border=4, light="#fff", omitsize=True))  # noqa: S704  segno's own, of plain text
