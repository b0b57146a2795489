"""Who is at the desk, in which language, and what every page carries."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from zoneinfo import ZoneInfo

from flask import Flask, Response, abort, current_app, redirect, request, url_for
from flask_babel import Babel, format_date, format_datetime, get_locale, gettext, ngettext
from flask_login import LoginManager, current_user, login_required

from hq.cases.lists import count_late, count_new
from hq.office import Office
from hq.people.accounts import Accounts, Right, User

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

        protected = login_required(guarded)
        protected.needs = right  # so that a test can ask every route what it needs
        return cast("Callable[P, R]", protected)

    return protect


def local_midnight(now: datetime, timezone: str) -> datetime:
    """Return when the desk's day began, UTC."""
    local = now.astimezone(ZoneInfo(timezone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def local_time(text: str) -> datetime | None:
    """Return a local date, or date and time, as a form sends it, as UTC; None for an empty one, 400 for another."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=ZoneInfo(office().config.timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        abort(400)


def init_access(app: Flask) -> None:
    """Tie log-in, language, time zone and security headers to `app`."""
    own = app.extensions["office"]
    app.extensions["accounts"] = Accounts(own.store, own.now)
    app.config["BABEL_DEFAULT_TIMEZONE"] = own.config.timezone
    Babel(app, locale_selector=lambda: _LOCALES[chosen_language()])
    logins = LoginManager(app)
    logins.login_view = "login.page"
    logins.login_message = None
    logins.session_protection = "strong"
    logins.user_loader(lambda session: app.extensions["accounts"].remembered(session))
    app.jinja_env.filters.update(at=at, ago=ago, lasting=lasting, day=day)
    app.jinja_env.globals.update(languages=LANGUAGES, chosen_language=chosen_language, Right=Right)

    @app.context_processor
    def every_page() -> dict[str, Any]:
        shared: dict[str, Any] = {"demo": own.config.demo, "now": own.now()}
        if person().is_authenticated:
            with own.store.reading() as db:
                shared |= {"new_cases": count_new(db), "late_cases": count_late(db, shared["now"])}
        return shared

    @app.after_request
    def secure(response: Response) -> Response:
        for name, value in _SECURITY.items():
            response.headers.setdefault(name, value)
        if response.mimetype == "text/html":
            response.headers["Cache-Control"] = "no-store"  # a shared machine keeps no personal page
        return response

    @app.post("/language")
    def choose_language() -> Response:
        response = cast("Response", redirect(our_page(request.form.get("next", "")), code=303))
        if (value := request.form.get("language", "")) in LANGUAGES:
            response.set_cookie("language", value, max_age=_A_YEAR, samesite="Lax", httponly=True)
        return response


def our_page(wanted: str) -> str:
    """Return the path somebody wants to go on to, if it is one of ours, else the overview."""
    # "//elsewhere" and "/\\elsewhere" would leave this server.
    here = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if here else url_for("overview.page")


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


def day(moment: datetime | date | None) -> str:
    """Return a day: "20 Mar 2022", "2022年3月20日"."""
    if moment is None:
        return "—"
    pattern = "y年M月d日" if str(get_locale()).startswith("zh") else "d MMM y"
    return str(format_datetime(moment, pattern) if isinstance(moment, datetime) else format_date(moment, pattern))


def lasting(duration: timedelta | None) -> str:
    """Return how long something takes or took, in words."""
    if duration is None:
        return "—"
    seconds = max(0, int(duration.total_seconds()))
    if seconds >= 2 * 86400:
        return str(ngettext("%(num)d day", "%(num)d days", seconds // 86400))
    if seconds >= 3600:
        return str(gettext("%(hours)d h %(minutes)d min", hours=seconds // 3600, minutes=seconds % 3600 // 60))
    if seconds >= 60:
        return str(gettext("%(minutes)d min", minutes=seconds // 60))
    return str(gettext("%(seconds)d s", seconds=seconds))
