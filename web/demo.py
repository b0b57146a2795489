"""The demo camera: scenes held in front of the simulated cameras. It exists only where the cameras are simulated."""

from flask import Blueprint, Response, abort, render_template, request, url_for

from checkpoint.ports import Scenes
from web.access import deciding, officer, reading
from web.errors import done, problem_answer
from web.serving import services

blueprint = Blueprint("demo", __name__, url_prefix="/demo")

ROLE_OF_GROUP = {"codes": "gate", "cassettes": "bench"}


def scene_groups(role: str | None = None) -> list[tuple[str, str, list[str]]]:
    """Return (group, role, scenes) for one camera or all; empty where there is no demo camera."""
    scenes = services().scenes
    groups: dict[str, list[str]] = {}
    for group, scene in scenes.names() if scenes else []:
        groups.setdefault(group, []).append(scene)
    found = [(group, ROLE_OF_GROUP.get(group, "gate"), names) for group, names in groups.items()]
    return [g for g in found if role in (None, g[1])]


@blueprint.get("")
@reading
def page() -> str:
    """All scenes for both cameras."""
    scenes = _scenes()
    return render_template("demo.html", groups=scene_groups(), shown={r: scenes.shown(r) for r in ("gate", "bench")})


@blueprint.get("/now/<role>")
@reading
def now(role: str) -> str:
    """What stands before one camera now."""
    return render_template("demo_now.html", scene=_scenes().shown(_checked(role)))


@blueprint.post("/show")
@deciding
def show() -> Response:
    """Hold a scene in front of a camera."""
    scenes, role, scene = _scenes(), _role(), request.form.get("scene", "")
    if scene not in {name for _, name in scenes.names()}:
        abort(404)
    scenes.show(role, scene)
    return done(url_for("demo.page"))


@blueprint.post("/picture")
@deciding
def picture() -> Response:
    """Hold an own photo in front of a camera."""
    scenes, role, sent = _scenes(), _role(), request.files.get("picture")
    if sent is None:
        return problem_answer("not-a-picture", 422)
    try:
        scenes.show_picture(role, sent.stream.read())
    except ValueError:
        return problem_answer("not-a-picture", 422)
    return done(url_for("demo.page"))


@blueprint.post("/scan")
@deciding
def scan() -> Response:
    """Let a still picture take the camera's way through the gate."""
    scan_picture, sent = services().scan_picture, request.files.get("picture")
    if scan_picture is None:
        abort(404)
    try:
        scan_picture(sent.stream.read() if sent else b"", officer().name)
    except ValueError:
        return problem_answer("not-a-picture", 422)
    return done(url_for("gate.page"))


def _scenes() -> Scenes:
    scenes = services().scenes
    if scenes is None:
        abort(404)
    return scenes


def _role() -> str:
    return _checked(request.form.get("role", ""))


def _checked(role: str) -> str:
    if role not in {"gate", "bench"}:
        abort(404)
    return role
