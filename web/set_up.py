"""The first run and the settings: each step of the first is a page of the second, for administrators."""

from collections.abc import Callable
from typing import Protocol, cast

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, session, url_for
from flask_login import login_user

from checkpoint.crossing import Lamp
from checkpoint.errors import CameraError, SyncError
from checkpoint.events import Kind
from web.access import Person, administering, officer
from web.errors import begins_anew, done
from web.language import LANGUAGES
from web.officers import LONGEST_PIN, SHORTEST_PIN, OfficerError, Role
from web.serving import services

blueprint = Blueprint("set_up", __name__)

STEPS = ("restore", "station", "cameras", "lamps", "headquarters")
TESTED = (Lamp.RED, Lamp.YELLOW, Lamp.GREEN, Lamp.FAULT)
OPEN_TO_ALL = frozenset(
    {
        *("set_up.first", "set_up.begin", "static", "health.healthz", "language.prefer"),
        *("pulse.run", "offline.worker", "offline.page", "offline.trust", "offline.certificate"),
    }
)


class SetUp(Protocol):
    """What the steps do at the station. Each raises a `CheckpointError` where it cannot be done."""

    def check_code(self, typed: str) -> None: ...
    def administrator_added(self) -> None: ...
    def name_station(self, name: str, town: str, language: str, *, officer: str) -> None: ...
    def sharpness(self, role: str) -> float: ...
    def show_lamp(self, lamp: Lamp, *, officer: str) -> None: ...
    def invitation_in_view(self) -> str: ...
    def enrol(self, invitation: str) -> str: ...

    @property
    def restart(self) -> Callable[[], None]: ...


def steps() -> SetUp:
    """Return the station's set-up; 404 where it has none, as in tests of single pages."""
    made = services().set_up
    if made is None:
        abort(404)
    return cast("SetUp", made)


@blueprint.before_app_request
def nobody_yet() -> Response | None:
    """Until there is an officer every page leads to the set-up."""
    station = services()
    if station.set_up is None or station.officers.names():
        return None
    if request.endpoint in OPEN_TO_ALL:
        return None
    return cast("Response", redirect(url_for("set_up.first")))


@blueprint.get("/set-up")
def first() -> Response | str:
    """The first run: the code that stands on the station's console, and its first administrator."""
    if services().officers.names():
        return cast("Response", redirect(url_for("login.page")))
    steps()
    return render_template("first_run.html", shortest=SHORTEST_PIN, longest=LONGEST_PIN)


@blueprint.post("/set-up")
def begin() -> Response:
    """Check the code, add the administrator, log them in, and go on with the steps."""
    station = services()
    if station.officers.names():
        raise OfficerError("not-allowed")
    steps().check_code(request.form.get("code", ""))
    pin = request.form.get("pin", "")
    if pin != request.form.get("pin_again", ""):
        raise OfficerError("pins-differ")
    admin = station.officers.add(request.form.get("name", ""), pin, Role.ADMIN)
    steps().administrator_added()
    station.journal.append(
        Kind.OFFICER_CHANGED, {"what": "first", "who": admin.name, "role": admin.role, "officer": admin.name}
    )
    session.clear()
    login_user(Person(admin))
    session.permanent = True
    station.journal.append(Kind.LOGGED_IN, {"officer": admin.name, "role": admin.role})
    first_step = "restore" if request.form.get("way") == "restore" else "station"
    return done(url_for("set_up.step", name=first_step), go=True)


@blueprint.get("/settings")
@administering
def settings() -> Response:
    """The first of the settings."""
    return cast("Response", redirect(url_for("set_up.step", name="station")))


@blueprint.get("/settings/<name>")
@administering
def step(name: str) -> str:
    """One step, with the way to the next."""
    if name not in STEPS:
        abort(404)
    steps()
    following = STEPS.index(name) + 1
    return render_template(
        "settings.html",
        step=name,
        steps=STEPS,
        following=STEPS[following] if following < len(STEPS) else "",
        tested=TESTED,
        sync=services().sync(),
    )


@blueprint.post("/settings/station")
@administering
def name_station() -> Response:
    """Name, town and first language."""
    name, town = (request.form.get(field, "").strip()[:60] for field in ("name", "town"))
    language = request.form.get("language", "")
    if not name:
        raise OfficerError("name-needed")
    steps().name_station(name, town, language if language in LANGUAGES else "", officer=officer().name)
    return done(url_for("set_up.step", name="cameras"), go=True)


@blueprint.get("/settings/sharpness/<role>")
@administering
def sharpness(role: str) -> Response:
    """How sharp a camera sees now: for the focus meter."""
    if role not in ("gate", "bench"):
        abort(404)
    try:
        return jsonify({"sharpness": round(steps().sharpness(role), 2)})
    except CameraError:
        return jsonify({"sharpness": None})


@blueprint.post("/settings/lamp")
@administering
def show_lamp() -> Response:
    """Show one lamp for some seconds."""
    try:
        lamp = Lamp(request.form.get("lamp", ""))
    except ValueError:
        abort(404)
    steps().show_lamp(lamp, officer=officer().name)
    return done(url_for("set_up.step", name="lamps"))


@blueprint.get("/settings/invitation")
@administering
def invitation() -> Response:
    """The invitation before the gate's camera, if there is one."""
    return jsonify({"invitation": steps().invitation_in_view()})


@blueprint.post("/settings/headquarters")
@administering
def enrol() -> Response:
    """Enrol at headquarters; the station then begins anew, so that everything knows it."""
    try:
        steps().enrol(request.form.get("invitation", "").strip())
    except SyncError as error:
        raise OfficerError("enrolment-failed") from error
    return begins_anew(url_for("health.page"), steps().restart)
