"""Who is at the page: log-in, roles, the end of a session."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import Flask, Response, redirect, request, url_for
from flask_login import LoginManager, current_user

from web.errors import problem_answer, wants_json
from web.officers import Officer, OfficerError, Officers, Role

SHIFT = timedelta(hours=12)  # a session ends with the shift

P = ParamSpec("P")
R = TypeVar("R")


class Person:
    """An officer as Flask-Login wants them: the session names who, and since when their PIN has been this one."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, officer: Officer) -> None:
        self.officer = officer

    def get_id(self) -> str:
        """Return what the session remembers; a new PIN makes it stale."""
        return f"{self.officer.since!r} {self.officer.name}"


def init_access(app: Flask, officers: Officers) -> None:
    """Tie log-in to `app`."""
    manager = LoginManager()
    manager.session_protection = None  # tablets move between access points; the cookie is signed and bound to the PIN
    manager.init_app(app)
    app.permanent_session_lifetime = SHIFT

    def load(remembered: str) -> Person | None:
        since, _, name = remembered.partition(" ")
        officer = officers.get(name)
        return Person(officer) if officer is not None and repr(officer.since) == since else None

    manager.user_loader(load)


def officer() -> Officer:
    """Return who is logged in; only where `reading`, `deciding` or `leading` guards."""
    person: Person = current_user
    return person.officer


def reading(view: Callable[P, R]) -> Callable[P, R]:
    """Only whoever is logged in."""
    return _guarded(view, lambda role: True)


def deciding(view: Callable[P, R]) -> Callable[P, R]:
    """Only whoever works at the gate and the bench; an auditor reads."""
    return _guarded(view, lambda role: role.may_decide)


def leading(view: Callable[P, R]) -> Callable[P, R]:
    """Only shift leads and administrators."""
    return _guarded(view, lambda role: role in {Role.SHIFT_LEAD, Role.ADMIN})


def administering(view: Callable[P, R]) -> Callable[P, R]:
    """Only administrators."""
    return _guarded(view, lambda role: role is Role.ADMIN)


def _guarded(view: Callable[P, R], allowed: Callable[[Role], bool]) -> Callable[P, R]:
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not current_user.is_authenticated:
            return cast("R", unauthorized())
        if not allowed(officer().role):
            raise OfficerError("not-allowed")
        return view(*args, **kwargs)

    return guarded


def unauthorized() -> Response:
    """Answer whoever is not logged in (any more): the script is told, a browser is sent to the log-in page."""
    if wants_json():
        return problem_answer("session-ended", 401)
    came_from = request.full_path.rstrip("?") if request.method == "GET" else None
    return cast("Response", redirect(url_for("login.page", next=came_from)))
