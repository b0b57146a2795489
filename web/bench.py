"""The bench's page: a board of clocks, and one slot in full."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, current_app, render_template, request, url_for

from checkpoint.assay import Outcome, Readiness
from checkpoint.bench import DISPUTES, SlotRead, SlotView
from checkpoint.credential import Holder
from checkpoint.crossing import Verdict
from checkpoint.errors import BenchError
from checkpoint.reasons import Reason
from checkpoint.vehicle import Crossing, Seat, Traveller, Vehicle
from web.access import deciding, officer, reading
from web.errors import done
from web.masking import ShownHolder, shown
from web.plates import kept, written
from web.plots import profile_plot
from web.seconds import others, second_person
from web.serving import services

blueprint = Blueprint("bench", __name__)

LONGEST_LOT = 120  # characters: a kit's scanned code holds its number, expiry and lot


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody a test can be started for."""

    key: str  # crossing:seat
    holder: ShownHolder
    seat: int
    plate: str
    verdict: Verdict


class Retakes:
    """The last look at each slot that gave no result, until the test ends: every tablet sees what to change."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[str, SlotRead]] = {}

    def keep(self, slot: int, test: str, look: SlotRead) -> None:
        """Remember a look that must be repeated."""
        self._last[slot] = (test, look)

    def of(self, view: SlotView) -> SlotRead | None:
        """Return the last look at the test now in the slot, where it must be repeated."""
        test, look = self._last.get(view.number, ("", None))
        return look if view.test is not None and view.test.id == test else None


@blueprint.get("/bench")
@reading
def page() -> str:
    """The board, and the slot to work on: the one asked for, else what is ready, else a free one for who waits."""
    asked = request.args.get("slot", type=int)
    return render_template("bench.html", **_board(), **_panel(asked or _offered()))


@blueprint.get("/bench/board")
@reading
def board() -> str:
    """The clocks alone."""
    return render_template("bench_board.html", **_board(), chosen=request.args.get("slot", type=int))


@blueprint.get("/bench/<int:slot>/panel")
@reading
def panel(slot: int) -> str:
    """One slot in full."""
    return render_template("bench_panel.html", **_panel(slot))


def _board() -> dict[str, object]:
    slots = services().bench.board()
    retakes: Retakes = current_app.extensions["retakes"]
    return {
        "slots": slots,
        "ready": sum(s.readiness is Readiness.READY for s in slots),
        "waiting": sum(s.readiness is Readiness.TOO_EARLY for s in slots),
        "to_confirm": sum(s.read is not None for s in slots),
        "free": sum(s.free for s in slots),
        "may_read_all": services().read_ready is not None,
        "must_repeat": {s.number for s in slots if retakes.of(s) is not None},
        "tile_holder": lambda view: shown(view.occupant.holder, masked=True),
    }


def _panel(number: int) -> dict[str, object]:
    station = services()
    view = station.bench.slot(number)
    retake: SlotRead | None = current_app.extensions["retakes"].of(view)
    last, read = view.last, view.read
    reading = read.reading if read else retake.reading if retake else last.reading if last else None
    positive = _positive_event(view)
    return {
        "slot": view,
        "chosen": number,
        "retake": retake,
        "last": last,
        "reading": reading,
        "plot": profile_plot(reading.profile) if reading and reading.profile else None,
        "candidates": candidates(),
        "person": request.args.get("person", ""),
        "lots": tuple(station.lots()),
        "told": headquarters_told(positive) if positive is not None else None,
        "seconds": others(),
        "disputes": [o for o in Outcome if read and o in DISPUTES[read.reading.outcome]],
        "shown": shown,
    }


def _positive_event(view: SlotView) -> int | None:
    """Return the entry that tells headquarters of the positive in this slot, None where there is none."""
    if view.read is not None:
        return view.read.recorded.seq if view.read.reading.outcome is Outcome.POSITIVE else None
    last = view.last
    if last is None or last.outcome is not Outcome.POSITIVE:
        return None
    return last.confirmed.seq if last.disputed and last.confirmed else last.recorded.seq


def headquarters_told(seq: int) -> bool:
    """Whether headquarters has confirmed that it holds this entry."""
    station = services()
    return station.sync().enrolled and station.journal.outbox.has(seq)


def _offered() -> int:
    slots = services().bench.board()
    if not request.args.get("person"):
        if (unconfirmed := next((v.number for v in slots if v.read), None)) is not None:
            return unconfirmed
        for wanted in (Readiness.READY, Readiness.OVERDUE, Readiness.VOID):
            for view in slots:
                if view.readiness is wanted:
                    return view.number
    return next((v.number for v in slots if v.free and v.last is None), None) or next(
        (v.number for v in slots if v.free), 1
    )


def candidates() -> tuple[Candidate, ...]:
    """Return everybody at the checkpoint who is not admitted and has no test running: newest vehicle first."""
    station = services()
    view = station.gate.view()
    tests = [s.occupant for s in station.bench.board() if s.occupant is not None]
    running = {(test.traveller.crossing, test.traveller.seat) for test in tests}
    crossings = {c.id: c for c in (*view.waiting_at_bench, *((view.crossing,) if view.crossing else ()))}
    return tuple(
        _candidate(crossing, seat)
        for crossing in reversed(crossings.values())
        for seat in crossing.seats
        if _needs_test(seat) and (crossing.id, seat.number) not in running
    )


def _needs_test(seat: Seat) -> bool:
    """Whether a test can still change something: not for who is admitted, and not for who is positive."""
    positive = seat.reason in {Reason.ANTIGEN_POSITIVE, Reason.TEST_POSITIVE}
    return seat.verdict is not Verdict.ADMIT and not positive


def _candidate(crossing: Crossing, seat: Seat) -> Candidate:
    return Candidate(
        key=f"{crossing.id}:{seat.number}",
        holder=shown(seat.evidence.holder, masked=True),
        seat=seat.number,
        plate=written(crossing.vehicle.plate),
        verdict=seat.verdict,
    )


@blueprint.post("/bench/<int:slot>/start")
@deciding
def start(slot: int) -> Response:
    """The drops are on the cassette: tie the person to the slot."""
    station, lot = services(), _lot()
    if not station.bench.slot(slot).free:
        raise BenchError("slot-taken")
    station.bench.start(slot, _traveller(), lot=lot, officer=officer().name)
    return done(url_for("bench.page", slot=slot))


@blueprint.post("/bench/<int:slot>/read")
@deciding
def read(slot: int) -> Response:
    """Photograph and read the slot's cassette."""
    station = services()
    _same_test(slot)
    test = station.bench.may_read(slot, officer=officer().name)
    _keep_retakes({slot: station.read_slot(slot, officer().name)}, {slot: test.id})
    return done(url_for("bench.page", slot=slot))


@blueprint.post("/bench/read-ready")
@deciding
def read_ready() -> Response:
    """Photograph the mat once and read every slot whose time has come."""
    station = services()
    if station.read_ready is None:
        raise BenchError("one-by-one")
    tests = {view.number: view.test.id for view in station.bench.board() if view.test is not None}
    if not any(view.readiness is Readiness.READY for view in station.bench.board()):
        raise BenchError("nothing-ready")
    _keep_retakes(station.read_ready(officer().name), tests)
    return done(url_for("bench.page"))


def _keep_retakes(looks: Mapping[int, SlotRead], tests: Mapping[int, str]) -> None:
    for slot, look in looks.items():
        if look.again:
            current_app.extensions["retakes"].keep(slot, tests[slot], look)
    current_app.extensions["pulse"].bump("bench")


@blueprint.post("/bench/<int:slot>/confirm")
@deciding
def confirm(slot: int) -> Response:
    """The officer looked at the picture and agrees; a cassette seen before needs a second person as well."""
    second = second_person() if "second" in request.form else ""
    services().bench.confirm(slot, request.form.get("test", ""), officer=officer().name, second=second)
    return done(url_for("bench.page", slot=slot))


@blueprint.post("/bench/<int:slot>/dispute")
@deciding
def dispute(slot: int) -> Response:
    """Two readers saw something else than the machine."""
    try:
        outcome = Outcome(request.form.get("outcome", ""))
    except ValueError:
        raise BenchError("not-disputable") from None
    second = second_person()
    services().bench.dispute(slot, request.form.get("test", ""), outcome, officer=officer().name, second=second)
    return done(url_for("bench.page", slot=slot))


@blueprint.post("/bench/<int:slot>/void")
@deciding
def void(slot: int) -> Response:
    """End a test without a result."""
    _same_test(slot)
    why = (request.form.get("why_typed", "").strip() or request.form.get("why", "").strip())[:200]
    services().bench.void(slot, why=why, officer=officer().name)
    return done(url_for("bench.page", slot=slot))


@blueprint.post("/bench/<int:slot>/repeat")
@deciding
def repeat(slot: int) -> Response:
    """A new cassette for the person whose last test had no result."""
    services().bench.repeat(slot, lot=_lot(), officer=officer().name)
    return done(url_for("bench.page", slot=slot))


def _same_test(slot: int) -> None:
    """Raise `BenchError` where the slot holds another test than the one the page showed."""
    test = services().bench.slot(slot).occupant
    if test is None:
        raise BenchError("slot-free")
    if test.id != request.form.get("test", ""):
        raise BenchError("test-changed")


def _lot() -> str:
    lot = (request.form.get("lot_typed", "").strip() or request.form.get("lot", "").strip())[:LONGEST_LOT]
    if not lot:
        raise BenchError("lot-needed")
    return lot


def _traveller() -> Traveller:
    """Return who the test is for: a person of a vehicle at the checkpoint, or somebody who walked in."""
    gate = services().gate
    key = request.form.get("person", "")
    if key and key != "walk-in":
        crossing_id, _, number = key.partition(":")
        view = gate.view()
        if view.crossing is not None and view.crossing.id == crossing_id and number.isdigit():
            traveller = gate.to_bench(int(number))
            if traveller.crossing == crossing_id:
                return traveller
        for crossing in view.waiting_at_bench:
            if crossing.id == crossing_id and number.isdigit():
                seat = crossing.seat(int(number))
                return Traveller(crossing.id, seat.number, crossing.vehicle, seat.evidence)
        raise BenchError("person-left")
    holder = Holder(
        name=request.form.get("name", "").strip()[:80], id_number=request.form.get("id_number", "").strip()[:40]
    )
    if not holder.known:
        raise BenchError("person-needed")
    vehicle = Vehicle(category=gate.settings.category, plate=kept(request.form.get("plate", "")))
    return gate.walk_in(holder, vehicle)
