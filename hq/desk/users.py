"""People: the administrator adds them, gives roles and new passwords, disables them; everybody changes their own."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user

from hq.desk.access import accounts, needs, person
from hq.people.accounts import AccountError, Right, Role, TooManyTries

blueprint = Blueprint("users", __name__)


@blueprint.get("/users")
@needs(Right.MANAGE_USERS)
def page() -> str:
    """Show every account."""
    return _show("")


@blueprint.post("/users")
@needs(Right.MANAGE_USERS)
def add() -> ResponseReturnValue:
    """Add somebody."""
    name = request.form.get("name", "").strip()
    try:
        accounts().add(name, request.form.get("password", ""), Role(request.form.get("role", "")))
    except AccountError as error:
        return _show(str(error)), 409
    except ValueError:
        return _show("bad-account"), 422
    accounts().note(person().name, "user-added", f"{name} {request.form.get('role', '')}")
    return redirect(url_for("users.page"), code=303)


@blueprint.post("/users/<name>/<any(role, password, disable, enable):what>")
@needs(Right.MANAGE_USERS)
def change(name: str, what: str) -> ResponseReturnValue:
    """Give somebody another role or a new password, disable them, or let them in again."""
    form = request.form
    subject = name
    try:
        match what:
            case "role":
                accounts().change(name, role=Role(form.get("role", "")))
                subject = f"{name} {form.get('role', '')}"
            case "password":
                accounts().change(name, password=form.get("password", ""))
            case "disable":
                accounts().change(name, active=False)
            case _:
                accounts().change(name, active=True)
    except AccountError as error:
        return _show(str(error)), 404 if str(error) == "no-such-user" else 409
    except ValueError:
        return _show("bad-account"), 422
    accounts().note(person().name, f"user-{what}", subject)
    return redirect(url_for("users.page"), code=303)


@blueprint.get("/password")
@needs(Right.SEE)
def own() -> str:
    """Show the form for one's own password."""
    return render_template("password.html", problem="", done=False)


@blueprint.post("/password")
@needs(Right.SEE)
def change_own() -> ResponseReturnValue:
    """Change one's own password; every other session of this log-in ends."""
    name = person().name
    try:
        known = accounts().log_in(name, request.form.get("old", ""))
    except TooManyTries:
        return render_template("password.html", problem="too-many", done=False), 429
    if known is None:
        return render_template("password.html", problem="wrong-password", done=False), 403
    try:
        accounts().change(name, password=request.form.get("new", ""))
    except ValueError:
        return render_template("password.html", problem="bad-account", done=False), 422
    accounts().note(name, "own-password")
    if (user := accounts().find(name)) is not None:
        login_user(user)
    return render_template("password.html", problem="", done=True)


def _show(problem: str) -> str:
    return render_template("users.html", people=accounts().everybody(), roles=list(Role), problem=problem)
