"""What the desk's pages look at together, read once for everybody."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from flask import Flask, current_app

from hq.cases.brief import Brief, read_brief
from hq.desk.access import local_midnight, office
from hq.desk.shared import Shared
from hq.figures.today import Today, read_today
from hq.kits.stock import Stock, read_stock
from hq.publishing.documents import wanted_now
from hq.publishing.running import Running, who_runs_what
from hq.stations.board import BoardRow, read_board


def _shared() -> Shared[object]:
    return Shared(time.monotonic)


@dataclass(frozen=True, slots=True)
class Looks:
    """The values shared by all who look."""

    today: Shared[object] = field(default_factory=_shared)
    board: Shared[object] = field(default_factory=_shared)
    stock: Shared[object] = field(default_factory=_shared)
    running: Shared[object] = field(default_factory=_shared)
    brief: Shared[object] = field(default_factory=_shared)


def init_looks(app: Flask) -> None:
    """Give the application its shared values."""
    app.extensions["looks"] = Looks()


def today() -> Today:
    """Return today's figures."""
    own = office()
    now = own.now()
    begins = local_midnight(now, own.config.timezone)

    def read() -> Today:
        with own.store.reading() as db:
            return read_today(db, begins, now)

    return cast("Today", _looks().today.get(begins, read))


def board() -> list[BoardRow]:
    """Return the completeness board."""
    own = office()

    def read() -> list[BoardRow]:
        with own.store.reading() as db:
            return read_board(db, own.config, own.now())

    return cast("list[BoardRow]", _looks().board.get("", read))


def stock() -> Stock:
    """Return where all kits are."""
    own = office()

    def read() -> Stock:
        with own.store.reading() as db:
            return read_stock(db, own.now())

    return cast("Stock", _looks().stock.get("", read))


def running() -> list[Running]:
    """Return which station runs which documents."""
    own = office()

    def read() -> list[Running]:
        with own.store.reading() as db:
            return who_runs_what(db, wanted_now(db, own.now()))

    return cast("list[Running]", _looks().running.get("", read))


def brief(begins: datetime, ends: datetime) -> Brief:
    """Return the brief of a day."""
    own = office()

    def read() -> Brief:
        with own.store.reading() as db:
            return read_brief(db, begins, ends, own.now())

    return cast("Brief", _looks().brief.get((begins, ends), read))


def _looks() -> Looks:
    return cast("Looks", current_app.extensions["looks"])
