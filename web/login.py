"""Log-in: tap the name, type the PIN."""

import logging
from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user

from checkpoint.errors import JournalError
from checkpoint.events import Kind
from web.access import Person, officer, reading
from web.errors import done
from web.officers import LONGEST_PIN, SHORTEST_PIN, OfficerError
from web.serving import services

log = logging.getLogger(__name__)
blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
def page() -> Response | str:
    """Names to tap, then a keypad."""
    if current_user.is_authenticated:  # a page that asked with the session before, or the way back
        return cast("Response", redirect(_safe(request.args.get("next", "")) or url_for("gate.page")))
    officers = services().officers
    return render_template(
        "login.html",
        people=[o for name in officers.names() if (o := officers.get(name))],
        chosen=request.args.get("name", ""),
        next=_safe(request.args.get("next", "")),
        pins=dict(services().demo_logins),
        shortest=SHORTEST_PIN,
        longest=LONGEST_PIN,
    )


@blueprint.post("/login")
def enter() -> Response:
    """Check the PIN; either way it is written down."""
    name = request.form.get("name", "")
    station = services()
    try:
        who = station.officers.verify(name, request.form.get("pin", ""))
    except OfficerError as error:
        if error.reason != "unknown-officer":  # never a stranger's typing in the journal
            _note(Kind.LOGIN_FAILED, {"officer": name, "reason": error.reason})
        raise
    session.clear()
    login_user(Person(who))
    session.permanent = True
    _note(Kind.LOGGED_IN, {"officer": who.name, "role": who.role})
    return done(_safe(request.form.get("next", "")) or url_for("gate.page"), go=True)


@blueprint.post("/logout")
@reading
def leave() -> Response:
    """End the session."""
    who = officer()
    logout_user()
    session.clear()
    _note(Kind.LOGGED_OUT, {"officer": who.name, "role": who.role})
    return cast("Response", redirect(url_for("login.page"), code=303))


def _note(kind: Kind, body: dict[str, str]) -> None:
    """Write a log-in down. A journal that fails must not lock everybody out of the page that says so."""
    try:
        services().journal.append(kind, body)
    except JournalError:
        log.exception("the journal did not take %s", kind)


def _safe(target: str) -> str:
    """Return where to go after log-in, if it is a page of this station."""
    parts = urlsplit(target)
    here = not parts.scheme and not parts.netloc and target.startswith("/") and "\\" not in target
    return target if here and not target.startswith("//") else ""
