"""The overview: what needs somebody now, today's figures with their plots, the towns, the newest cases."""

from collections import Counter
from collections.abc import Mapping

from flask import Blueprint, render_template

from hq.cases.lists import CaseQuery, list_cases
from hq.desk import looks
from hq.desk.access import needs, office
from hq.desk.needs import what_needs_us
from hq.desk.plots import classes_plot, hours_plot
from hq.figures.counted import WAIT_LIMITS_MIN
from hq.figures.today import Figures
from hq.kits.stock import Holder
from hq.people.accounts import Right
from hq.stations.board import BoardRow, Sign

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


def _seen() -> dict[str, object]:
    own = office()
    now = own.now()
    today, board, stock, running = looks.today(), looks.board(), looks.stock(), looks.running()
    with own.store.reading() as db:
        return {
            "needs": what_needs_us(db, board, stock, running, now),
            "cases": list_cases(db, CaseQuery(), now, limit=6),
            "today": today,
            "stock": stock,
            "towns": _towns(board, today.towns, {town.name: town for town in stock.towns}),
            "hours": hours_plot(today.hours),
            "waits": classes_plot(today.whole.waits, WAIT_LIMITS_MIN),
            "stations": len(board),
            "whole_board": Counter("ok" if row.complete else "trouble" for row in board),
        }


def _towns(
    board: list[BoardRow], figures: Mapping[str, Figures], kits: Mapping[str, Holder]
) -> list[dict[str, object]]:
    """Return one line for each town: its stations, today's figures, its kits."""
    stations: dict[str, list[BoardRow]] = {}
    for row in board:
        stations.setdefault(row.town, []).append(row)
    return [
        {
            "name": town,
            "stations": len(rows),
            "silent": sum(Sign.SILENT in row.signs for row in rows),
            "alarming": sum(row.alarming for row in rows),
            "figures": figures.get(town, Figures()),
            "kits": kits.get(town),
        }
        for town, rows in sorted(stations.items())
    ]
