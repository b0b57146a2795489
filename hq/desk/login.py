"""In and out."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user

from hq.desk.access import accounts, needs, our_page, person
from hq.people.accounts import Right, TooManyTries

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
def page() -> str:
    """Show the log-in form."""
    return render_template("login.html", problem="")


@blueprint.post("/login")
def log_in() -> ResponseReturnValue:
    """Log somebody in; the same words for a wrong name and a wrong password."""
    try:
        user = accounts().log_in(request.form.get("name", ""), request.form.get("password", ""))
    except TooManyTries:
        return render_template("login.html", problem="too-many"), 429
    if user is None:
        return render_template("login.html", problem="wrong"), 403
    login_user(user)
    return redirect(our_page(request.args.get("next", "")), code=303)


@blueprint.post("/logout")
@needs(Right.SEE)
def log_out() -> ResponseReturnValue:
    """Log out."""
    accounts().note(person().name, "logged-out")
    logout_user()
    return redirect(url_for("login.page"), code=303)
