"""Headquarters' own stock of kits: entries that are never edited; a wrong one is undone by another."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from hq.store import Store
from hq.store.models import kit_moves

A_DRAW = 500
"""What a town draws at a time, unless it says otherwise."""

MOST = 10_000_000

_UNDONE = sa.select(kit_moves.c.undoes).where(kit_moves.c.undoes != "")


class Move(StrEnum):
    """What headquarters did with kits."""

    RECEIVED = "received"  # into its own stock
    DRAWN = "drawn"  # by a town, or for one of its stations
    RETURNED = "returned"
    DISCARDED = "discarded"
    UNDONE = "undone"


class KitError(ValueError):
    """Headquarters' stock cannot do this; the argument is a code for the page."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One entry of headquarters' stock."""

    id: str
    at: datetime
    by: str
    move: Move
    lot: str
    quantity: int
    expires_on: date | None
    town: str
    station: str
    note: str
    undone: bool = False


def list_moves(db: sa.Connection, limit: int = 100) -> list[Moved]:
    """Return headquarters' own entries, the newest first."""
    rows = db.execute(sa.select(kit_moves).order_by(kit_moves.c.at.desc(), kit_moves.c.id).limit(limit)).all()
    undone = set(db.execute(_UNDONE).scalars())
    return [_moved(row, undone) for row in rows]


def totals(db: sa.Connection, lot: str | None = None) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return what the entries that stand add up to, of one lot or of all.

    Rows of (lot, move, town, station_id, quantity, expires_on), whatever their number: nothing falls off at the end.
    """
    of = kit_moves.c
    summed = sa.func.sum(of.quantity).label("quantity"), sa.func.min(of.expires_on).label("expires_on")
    wanted = (
        sa.select(of.lot, of.move, of.town, of.station_id, *summed)
        .where(of.move != Move.UNDONE, of.id.not_in(_UNDONE))
        .group_by(of.lot, of.move, of.town, of.station_id)
    )
    return db.execute(wanted if lot is None else wanted.where(of.lot == lot)).all()


def left_here(db: sa.Connection, lot: str) -> int:
    """Return how many kits of `lot` are left at headquarters."""
    comes = {Move.RECEIVED, Move.RETURNED}
    return sum(int(row.quantity) * (1 if row.move in comes else -1) for row in totals(db, lot))


def write_move(
    store: Store,
    move: Move,
    *,
    lot: str,
    quantity: int,
    by: str,
    now: datetime,
    town: str = "",
    station: str = "",
    expires_on: date | None = None,
    cassette_type: str = "",
    note: str = "",
) -> str:
    """Write down what happened to kits and return the entry's id; raise `KitError` where it cannot have."""
    lot = lot.strip()[:64]
    if not lot:
        raise KitError("lot-needed")
    if not 0 < quantity <= MOST:
        raise KitError("quantity-needed")
    with store.writing() as db:
        _lock(db, lot)
        _check(db, move, lot, quantity, town, expires_on, now)
        id_ = secrets.token_hex(16)
        db.execute(
            sa.insert(kit_moves).values(
                id=id_, at=now, by=by, move=move, lot=lot, quantity=quantity, expires_on=expires_on,
                cassette_type=cassette_type.strip()[:80], town=town.strip()[:64], station_id=station, note=note[:200],
                undoes="",
            )
        )  # fmt: skip
    return id_


def undo_move(store: Store, id_: str, *, by: str, now: datetime) -> None:
    """Take a wrong entry back by another; raise `KitError` where there is none, or it was taken back already."""
    with store.writing() as db:
        row = db.execute(sa.select(kit_moves).where(kit_moves.c.id == id_)).first()
        if row is not None:
            _lock(db, row.lot)
        again = db.execute(sa.select(kit_moves.c.id).where(kit_moves.c.undoes == id_)).first()
        if row is None or row.move == Move.UNDONE or again is not None:
            raise KitError("nothing-to-undo")
        if row.move in (Move.RECEIVED, Move.RETURNED) and left_here(db, row.lot) < row.quantity:
            raise KitError("not-enough")  # they were drawn meanwhile
        values = {name: row._mapping[name] for name in ("lot", "quantity", "town", "station_id", "cassette_type")}
        db.execute(
            sa.insert(kit_moves).values(
                id=secrets.token_hex(16), at=now, by=by, move=Move.UNDONE, note="", undoes=id_, **values
            )
        )


def _lock(db: sa.Connection, lot: str) -> None:
    """Let two people who draw from one lot wait for each other: each sees what the other left."""
    received = sa.select(kit_moves.c.id).where(kit_moves.c.lot == lot, kit_moves.c.move == Move.RECEIVED)
    db.execute(received.order_by(kit_moves.c.id).with_for_update()).all()


def _moved(row: sa.Row[tuple[object, ...]], undone: set[str]) -> Moved:
    known = row._mapping
    return Moved(
        id=known["id"],
        at=known["at"],
        by=known["by"],
        move=Move(known["move"]),
        lot=known["lot"],
        quantity=known["quantity"],
        expires_on=known["expires_on"],
        town=known["town"],
        station=known["station_id"],
        note=known["note"],
        undone=known["id"] in undone,
    )


def _check(
    db: sa.Connection, move: Move, lot: str, quantity: int, town: str, expires_on: date | None, now: datetime
) -> None:
    match move:
        case Move.RECEIVED:
            if expires_on is None:
                raise KitError("expiry-needed")
        case Move.DRAWN:
            if not town.strip():
                raise KitError("town-needed")
            if left_here(db, lot) < quantity:
                raise KitError("not-enough")
            expiry = db.execute(
                sa.select(sa.func.min(kit_moves.c.expires_on)).where(
                    kit_moves.c.lot == lot, kit_moves.c.move == Move.RECEIVED
                )
            ).scalar()
            if expiry is not None and expiry < now.date():
                raise KitError("lot-expired")
        case Move.RETURNED:
            if not town.strip():
                raise KitError("town-needed")
        case Move.DISCARDED:
            if left_here(db, lot) < quantity:
                raise KitError("not-enough")
        case _:
            raise KitError("no-such-move")
