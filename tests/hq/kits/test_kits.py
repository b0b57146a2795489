"""Kits: what headquarters handed out, what stations used, and what runs out when."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from checkpoint.events import Kind
from hq.figures.tallies import count_on
from hq.kits.moves import KitError, Move, list_moves, undo_move, write_move
from hq.kits.stock import Stock, read_stock
from hq.people.accounts import Role
from tests.hq.at_desk import Desk
from tests.hq.busy_day import open_station
from tests.hq.running import Headquarters, Station

LOT = "20220315"
EXPIRY = date(2023, 3, 14)


def move(hq: Headquarters, what: Move, quantity: int, **more: object) -> str:
    known = {"lot": LOT, "by": "li", "now": hq.clock.wall(), **more}
    return write_move(hq.office.store, what, quantity=quantity, **known)  # type: ignore[arg-type]  # by name


def stock(hq: Headquarters) -> Stock:
    assert count_on(hq.office.store) == 0
    with hq.office.store.reading() as db:
        return read_stock(db, hq.clock.wall())


def receive(gate: Station, quantity: int) -> None:
    body = {"lot": LOT, "quantity": quantity, "expires": EXPIRY.isoformat(), "cassette_type": "generic"}
    gate.journal.append(Kind.KITS_RECEIVED, body)


def use(gate: Station, number: int) -> None:
    for test in range(number):
        gate.journal.append(Kind.TEST_STARTED, {"test": f"t-{gate.journal.head().seq}-{test}", "lot": LOT})


def test_what_came_in_less_what_was_drawn_is_left(hq: Headquarters, gate: Station) -> None:
    move(hq, Move.RECEIVED, 20_000, expires_on=EXPIRY)
    move(hq, Move.DRAWN, 500, town="Xindai")
    move(hq, Move.DISCARDED, 3, note="wet")
    (lot,) = stock(hq).lots
    assert (lot.received, lot.drawn, lot.discarded, lot.here, lot.expires_on) == (20_000, 500, 3, 19_497, EXPIRY)
    move(hq, Move.RETURNED, 100, town="Xindai")
    assert stock(hq).here == 19_597


def test_a_station_counts_down_by_its_own_events(hq: Headquarters, gate: Station) -> None:
    receive(gate, 500)
    use(gate, 30)
    gate.journal.append(Kind.TEST_READ, {"test": "t", "lot": LOT, "outcome": "invalid"})
    gate.journal.append(Kind.TEST_VOIDED, {"test": "u", "lot": LOT})
    gate.journal.append(Kind.KITS_DISCARDED, {"lot": LOT, "quantity": 5})
    gate.journal.append(Kind.KITS_COUNTED, {"lot": LOT, "quantity": 460, "expected": 465})
    gate.client.run_once()
    (town,) = stock(hq).towns
    (here,) = town.stations
    assert (here.received, here.used, here.invalid, here.discarded, here.left) == (500, 30, 2, 5, 460)
    (lot,) = stock(hq).lots
    assert (lot.used, lot.invalid, lot.expires_on) == (30, 2, EXPIRY)


def test_what_runs_out_first_comes_first(hq: Headquarters, gate: Station) -> None:
    hq.clock.move(hours=8)
    receive(gate, 60)
    use(gate, 40)
    gate.client.run_once()
    hq.clock.move(hours=4)
    found = stock(hq)
    assert found.towns[0].left == 20
    lasts = found.towns[0].lasts_days
    assert lasts is not None
    assert lasts < 1
    assert found.short == (found.towns[0],)


def test_kits_that_were_drawn_and_not_received_are_on_the_way(hq: Headquarters, tmp_path: Path) -> None:
    move(hq, Move.RECEIVED, 1000, expires_on=EXPIRY)
    move(hq, Move.DRAWN, 500, town="Xindai")
    with open_station(hq, tmp_path / "xindai", "Gate 2", "Xindai") as gate:
        receive(gate, 200)
        gate.client.run_once()
    (found,) = stock(hq).towns
    assert (found.drawn, found.received, found.on_the_way, found.left) == (500, 200, 300, 500)


@pytest.mark.parametrize(
    ("what", "more", "why"),
    [
        (Move.RECEIVED, {}, "expiry-needed"),
        (Move.DRAWN, {}, "town-needed"),
        (Move.DRAWN, {"town": "Xindai", "quantity": 501}, "not-enough"),
        (Move.DISCARDED, {"quantity": 501}, "not-enough"),
        (Move.DRAWN, {"town": "Xindai", "quantity": 0}, "quantity-needed"),
        (Move.DRAWN, {"town": "Xindai", "lot": " "}, "lot-needed"),
        (Move.UNDONE, {}, "no-such-move"),
    ],
)
def test_what_cannot_have_happened_is_refused(hq: Headquarters, what: Move, more: dict[str, object], why: str) -> None:
    move(hq, Move.RECEIVED, 500, expires_on=EXPIRY)
    with pytest.raises(KitError, match=why):
        move(hq, what, **{"quantity": 5, **more})  # type: ignore[arg-type]  # by name


def test_an_expired_lot_is_not_handed_out(hq: Headquarters) -> None:
    move(hq, Move.RECEIVED, 500, expires_on=hq.clock.wall().date() - timedelta(days=1))
    with pytest.raises(KitError, match="lot-expired"):
        move(hq, Move.DRAWN, 500, town="Xindai")


def test_a_wrong_entry_is_taken_back_by_another(hq: Headquarters) -> None:
    came = move(hq, Move.RECEIVED, 500, expires_on=EXPIRY)
    drawn = move(hq, Move.DRAWN, 500, town="Xindai")
    store, now = hq.office.store, hq.clock.wall()
    with pytest.raises(KitError, match="not-enough"):
        undo_move(store, came, by="li", now=now)
    undo_move(store, drawn, by="li", now=now)
    assert stock(hq).here == 500
    with pytest.raises(KitError, match="nothing-to-undo"):
        undo_move(store, drawn, by="li", now=now)
    with store.reading() as db:
        assert len(list_moves(db)) == 3, "all three entries stand"


def test_the_page_hands_out_five_hundred_unless_told_otherwise(desk: Desk, gate: Station) -> None:
    desk.log_in(Role.DUTY)
    assert "No lot yet" in desk.text("/kits")
    answer = desk.post("/kits/received", lot=LOT, quantity="20000", expires_on="2023-03-14")
    assert 'name="quantity" min="1" required value="500"' in answer.text
    assert "19500" in desk.post("/kits/drawn", lot=LOT, quantity="500", to="Xindai").text
    assert desk.post("/kits/drawn", lot=LOT, quantity="many", to="Xindai").status_code == 422
    assert "not so many kits" in desk.post("/kits/drawn", lot=LOT, quantity="20000", to="Xindai").text
