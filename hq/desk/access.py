"""Who is at the desk, in which language, and what every page carries."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from zoneinfo import ZoneInfo

from flask import Flask, Response, abort, current_app, redirect, request, url_for
from flask_babel import Babel, format_datetime, get_locale, ngettext
from flask_login import LoginManager, current_user, login_required

from hq.accounts import Accounts, Right, User
from hq.office import Office
from hq.today import TodayBoard

LANGUAGES = {"zh": "中文", "en": "English"}
_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
_A_YEAR = timedelta(days=365)
# Every script, style and picture is our own; nothing inline, nothing framed.
_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

P = ParamSpec("P")
R = TypeVar("R")


def chosen_language() -> str:
    """Return "zh" or "en": what was chosen in this browser, else what it prefers, else Chinese."""
    chosen = request.cookies.get("language", "")
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(list(LANGUAGES)) or "zh"


def office() -> Office:
    """Return the headquarters this application serves."""
    return cast("Office", current_app.extensions["office"])


def accounts() -> Accounts:
    """Return its accounts."""
    return cast("Accounts", current_app.extensions["accounts"])


def today() -> TodayBoard:
    """Return today's figures, shared by everybody who looks."""
    return cast("TodayBoard", current_app.extensions["today"])


def person() -> User:
    """Return who is logged in."""
    return cast("User", current_user)


def needs(right: Right) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only people in whose role has `right`; 403 for others."""

    def protect(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not person().may(right):
                abort(403)
            return view(*args, **kwargs)

        return cast("Callable[P, R]", login_required(guarded))

    return protect


def local_midnight(now: datetime, timezone: str) -> datetime:
    """Return when the desk's day began, UTC."""
    local = now.astimezone(ZoneInfo(timezone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def init_access(app: Flask) -> None:
    """Tie log-in, language, time zone and security headers to `app`."""
    own = app.extensions["office"]
    app.extensions["accounts"] = Accounts(own.store, own.now)
    app.extensions["today"] = TodayBoard(time.monotonic)
    app.config["BABEL_DEFAULT_TIMEZONE"] = own.config.timezone
    Babel(app, locale_selector=lambda: _LOCALES[chosen_language()])
    logins = LoginManager(app)
    logins.login_view = "login.page"
    logins.login_message = None
    logins.session_protection = "strong"
    logins.user_loader(lambda name: app.extensions["accounts"].find(name))
    app.jinja_env.filters.update(at=at, ago=ago)
    app.jinja_env.globals.update(languages=LANGUAGES, chosen_language=chosen_language, Right=Right)

    @app.context_processor
    def every_page() -> dict[str, Any]:
        return {"demo": own.config.demo, "now": own.now()}

    @app.after_request
    def secure(response: Response) -> Response:
        for name, value in _SECURITY.items():
            response.headers.setdefault(name, value)
        if response.mimetype == "text/html":
            response.headers["Cache-Control"] = "no-store"  # a shared machine keeps no personal page
        return response

    @app.post("/language")
    def choose_language() -> Response:
        response = cast("Response", redirect(url_for("overview.page"), code=303))
        if (value := request.form.get("language", "")) in LANGUAGES:
            response.set_cookie("language", value, max_age=_A_YEAR, samesite="Lax", httponly=True)
        return response


def at(moment: datetime | None) -> str:
    """Return a local day and time, 24-hour: "20 Mar 02:14:07", "3月20日 02:14:07"."""
    if moment is None:
        return "—"
    chinese = str(get_locale()).startswith("zh")
    return str(format_datetime(moment, "M月d日 HH:mm:ss" if chinese else "d MMM HH:mm:ss"))


def ago(moment: datetime | None) -> str:
    """Return how long ago something was, in words."""
    if moment is None:
        return "—"
    seconds = max(0, int((office().now() - moment).total_seconds()))
    if seconds >= 86400:
        return str(ngettext("%(num)d day ago", "%(num)d days ago", seconds // 86400))
    if seconds >= 3600:
        return str(ngettext("%(num)d h ago", "%(num)d h ago", seconds // 3600))
    if seconds >= 60:
        return str(ngettext("%(num)d min ago", "%(num)d min ago", seconds // 60))
    return str(ngettext("%(num)d s ago", "%(num)d s ago", seconds))
