"""The overview: today's figures, open cases, and every station at a glance."""

from flask import Blueprint, render_template

from hq.accounts import Right
from hq.board import read_board
from hq.cases import count_new, list_cases
from hq.desk.access import local_midnight, needs, office, today

blueprint = Blueprint("overview", __name__)


@blueprint.get("/")
@needs(Right.SEE)
def page() -> str:
    """Show the overview; it keeps itself up to date."""
    return render_template("overview.html", **_seen())


@blueprint.get("/live/overview")
@needs(Right.SEE)
def live() -> str:
    """Return the part of the page that changes."""
    return render_template("overview_live.html", **_seen())


@blueprint.get("/live/alarm")
@needs(Right.SEE)
def alarm() -> str:
    """Return the header's count of new cases."""
    with office().store.reading() as db:
        return render_template("alarm_live.html", new=count_new(db))


def _seen() -> dict[str, object]:
    own = office()
    now = own.now()
    with own.store.reading() as db:
        return {
            "board": read_board(db, own.config, now),
            "cases": list_cases(db, limit=6),
            "new": count_new(db),
            "today": today().read(db, local_midnight(now, own.config.timezone), now),
        }
