"""Language, day and night, and how times and spans are written."""

from datetime import UTC, date, datetime, timedelta
from typing import cast

from flask import Blueprint, Flask, Response, redirect, request, url_for
from flask_babel import Babel, format_date, format_datetime, get_locale, gettext

from web.serving import services

LANGUAGES = {"zh": "中文", "en": "English"}
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}  # Babel makes zh_Hans_CN of zh_CN, so the catalogue's folder is named so
THEMES = ("auto", "day", "night")
A_YEAR = timedelta(days=365)

blueprint = Blueprint("language", __name__)


def chosen_language() -> str:
    """Return "zh" or "en": chosen on this tablet, else at this station, else what its browser prefers, else Chinese."""
    chosen = request.cookies.get("language", "")
    if chosen in LANGUAGES:
        return chosen
    stations = services().station.language
    return stations if stations in LANGUAGES else request.accept_languages.best_match(list(LANGUAGES)) or "zh"


def chosen_theme() -> str:
    """Return "day", "night", or "auto" for what the tablet itself prefers."""
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in THEMES else "auto"


def init_language(app: Flask, timezone: str) -> None:
    """Tie language and time zone to `app` and give templates their filters."""
    app.config["BABEL_DEFAULT_TIMEZONE"] = timezone
    Babel(app, locale_selector=lambda: LOCALES[chosen_language()], default_translation_directories="translations")
    app.jinja_env.filters.update(at=at, on=on, day=day, span=span, ago=ago, mmss=mmss, iso=iso)
    app.jinja_env.filters.update(calendar_day=calendar_day, moment=moment_in_full)
    app.jinja_env.globals.update(chosen_language=chosen_language, chosen_theme=chosen_theme, languages=LANGUAGES)
    app.register_blueprint(blueprint)


@blueprint.post("/preferences")
def prefer() -> Response:
    """Remember a language or a theme on this tablet, and go back to the page."""
    back = request.form.get("back", "")
    here = back if back.startswith("/") and not back.startswith("//") and "\\" not in back else url_for("gate.page")
    response = cast("Response", redirect(here, code=303))
    for name, known in (("language", LANGUAGES), ("theme", THEMES)):
        value = request.form.get(name, "")
        if value in known:
            response.set_cookie(name, value, max_age=A_YEAR, samesite="Lax", httponly=True)
    return response


def at(moment: datetime) -> str:
    """Return a local time of day, 24-hour, with seconds: what a record shows."""
    return str(format_datetime(moment, "HH:mm:ss"))


def on(moment: datetime) -> str:
    """Return a local day and time: "20 Mar 02:14", "3月20日 02:14"."""
    chinese = str(get_locale()).startswith("zh")
    return str(format_datetime(moment, "M月d日 HH:mm" if chinese else "d MMM HH:mm"))


def day(moment: datetime) -> str:
    """Return a local day: "20 Mar", "3月20日"."""
    return str(format_datetime(moment, "M月d日" if str(get_locale()).startswith("zh") else "d MMM"))


def dated(moment: datetime) -> str:
    """Return a local day with its year, and the time: "20 Mar 2022 02:14", "2022年3月20日 02:14"."""
    chinese = str(get_locale()).startswith("zh")
    return str(format_datetime(moment, "y年M月d日 HH:mm" if chinese else "d MMM y HH:mm"))


def calendar_day(printed: date) -> str:
    """Return a day with its year, as printed on a box: "31 Mar 2022", "2022年3月31日"."""
    chinese = str(get_locale()).startswith("zh")
    return str(format_date(printed, "y年M月d日" if chinese else "d MMM y"))


def moment_in_full(moment: datetime) -> str:
    """Return a local day with its year, and the time: "20 Mar 2022, 02:14", "2022年3月20日 02:14"."""
    chinese = str(get_locale()).startswith("zh")
    return str(format_datetime(moment, "y年M月d日 HH:mm" if chinese else "d MMM y, HH:mm"))


def iso(moment: datetime) -> str:
    """Return a time as machines read it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def span(seconds: float) -> str:
    """Return a span in the two units that matter: "5 h 10 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return str(gettext("%(n)s s", n=whole))
    minutes = whole // 60
    if minutes < 60:
        return str(gettext("%(n)s min", n=minutes))
    hours, minutes = divmod(minutes, 60)
    if hours >= 72:
        return str(gettext("%(n)s days", n=hours // 24))
    return str(gettext("%(h)s h %(m)s min", h=hours, m=minutes) if minutes else gettext("%(n)s h", n=hours))


def ago(seconds: float) -> str:
    """Return how long ago: "5 h 10 min ago"."""
    return str(gettext("%(span)s ago", span=span(seconds)))


def mmss(seconds: float) -> str:
    """Return a clock's face, "08:41"; a whole hour and more stays in minutes.

    >>> mmss(521)
    '08:41'
    """
    whole = max(0, int(seconds))
    return f"{whole // 60:02d}:{whole % 60:02d}"
