"""The kits' page: what is left by lot and expiry, deliveries, draws, counts; what needs attention stands on top."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from flask_babel import gettext

from checkpoint.errors import KitsError
from checkpoint.kit_code import parse_kit_code
from checkpoint.kits import KitAlarm, Lot, Stock
from web import words
from web.access import deciding, officer, reading
from web.errors import done
from web.language import calendar_day
from web.serving import services

blueprint = Blueprint("kits", __name__, url_prefix="/kits")


@dataclass(frozen=True, slots=True)
class Row:
    """One lot as the page shows it: ``state`` is ok, warn or fault; ``share`` of what came is left, 0 to 100."""

    lot: Lot
    state: str
    expiry: str
    share: int
    alarms: tuple[Any, ...]


@blueprint.get("")
@reading
def page() -> str:
    """Stock, and the form for a delivery."""
    types = {name: services().bench.settings.window_of(name) for name in services().cassette_types}
    return render_template("kits.html", types=types, **_stock())


@blueprint.get("/stock")
@reading
def stock() -> str:
    """The part that changes."""
    return render_template("kits_stock.html", **_stock())


@blueprint.get("/code")
@reading
def code() -> Response:
    """What a scanned code says, with what is known of its lot: fills the form in before anything is recorded."""
    found = parse_kit_code(request.args.get("text", ""))
    lots = {lot.lot: lot for lot in services().kits.stock().lots}
    known = lots.get(found.lot)
    expires = found.expires or (known.expires if known else None)
    return jsonify(
        {
            "lot": found.lot,
            "expires": expires.isoformat() if expires else "",
            "brand": known.brand if known else "",
            "cassette_type": known.cassette_type if known else "",
            "said": gettext("lot %(lot)s, expires %(day)s", lot=found.lot, day=calendar_day(expires))
            if expires
            else gettext("lot %(lot)s", lot=found.lot),
        }
    )


@blueprint.post("/receive")
@deciding
def receive() -> Response:
    """Enter a delivery."""
    chosen = request.form.get("cassette_type", "")
    services().kits.receive(
        _lot(),
        _quantity(),
        officer=officer().name,
        expires=_day(request.form.get("expires", "")),
        brand=request.form.get("brand", ""),
        cassette_type=chosen if chosen in services().cassette_types else "generic",
    )
    return done(url_for("kits.page"))


@blueprint.post("/draw")
@deciding
def draw() -> Response:
    """Take kits from the store to the bench."""
    services().kits.draw(_lot(), _quantity(), officer=officer().name)
    return done(url_for("kits.page"))


@blueprint.post("/discard")
@deciding
def discard() -> Response:
    """Throw kits away."""
    why = request.form.get("why", "")
    services().kits.discard(_lot(), _quantity(), why=why, officer=officer().name)
    return done(url_for("kits.page"))


@blueprint.post("/count")
@deciding
def count() -> Response:
    """Enter what a count found."""
    services().kits.count(_lot(), _quantity(), officer=officer().name)
    return done(url_for("kits.page"))


def _stock() -> dict[str, object]:
    found = services().kits.stock()
    rows = [row_of(lot, found) for lot in found.lots]
    return {
        "rows": [row for row in rows if row.lot.left != 0],
        "gone": [row for row in rows if row.lot.left == 0],
        "stock": found,
        "low": (KitAlarm.LOW, "") in found.alarms,
        "may_act": officer().role.may_decide,
    }


def row_of(lot: Lot, stock: Stock) -> Row:
    """Return one lot with its expiry in words and its alarms."""
    days = lot.days_left(stock.today)
    if lot.expires is None or days is None:
        expiry = gettext("expiry not known")
    elif days < 0:
        expiry = gettext("EXPIRED on %(day)s", day=calendar_day(lot.expires))
    elif days == 0:
        expiry = gettext("expires today")
    else:
        expiry = gettext("expires %(day)s, in %(n)s days", day=calendar_day(lot.expires), n=days)
    mine = [alarm for alarm, name in stock.alarms if name == lot.lot]
    state = "fault" if KitAlarm.EXPIRED in mine else "warn" if mine else "ok"
    came = max(lot.received, lot.left, 1)
    share = max(0, min(100, round(100 * lot.left / came)))
    return Row(lot, state, expiry, share, tuple(words.KIT_ALARMS[alarm] for alarm in mine))


def _lot() -> str:
    return request.form.get("lot", "")[:120]


def _quantity() -> int:
    try:
        return int(request.form.get("quantity", "").strip())
    except ValueError:
        raise KitsError("quantity-unlikely") from None


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise KitsError("expiry-needed") from None
