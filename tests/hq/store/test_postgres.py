"""The same headquarters on PostgreSQL, and a schema that can be distributed by station."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from checkpoint.crossing import Verdict
from checkpoint.events import Kind
from checkpoint.journal import Journal, Seal
from checkpoint.reasons import Reason
from checkpoint.sync import SyncClient
from hq.cases.brief import read_brief
from hq.cases.lists import CaseQuery, list_cases
from hq.cases.steps import Step, take_step
from hq.config import RetentionPolicy
from hq.figures.tallies import count_on
from hq.figures.today import read_today
from hq.kits.stock import Move, read_stock, write_move
from hq.publishing.drafts import read_pack, run_dry
from hq.publishing.shipped import shipped_pack_text
from hq.records.contacts import How, contacts_of
from hq.records.proof import prove
from hq.records.retention import destroy
from hq.store.models import SHARED, early, events, metadata, quarantine
from hq.watch import look
from tests.hq.at_desk import Desk
from tests.hq.busy_day import LOT, Gate
from tests.hq.postgres import postgres
from tests.hq.running import START, Headquarters, Station, TestClock, headquarters
from tests.hq.sending import cross, held, kinds_of_alerts, pending_batch, positive, sent_at_once


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as running:
        yield running.url


@pytest.fixture
def hq(server: str, tmp_path: Path, clock: TestClock) -> Iterator[Headquarters]:
    engine = sa.create_engine(server)
    with engine.begin() as db:
        db.execute(sa.text("DROP SCHEMA public CASCADE"))
        db.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    with headquarters(tmp_path / "hq", clock, database=server) as running:
        yield running


def test_everything_arrives_once(hq: Headquarters, gate: Station) -> None:
    for _ in range(3):
        cross(gate.journal)
    positive(gate.journal)
    ref = gate.journal.keep_photo(b"\xff\xd8 a picture", "image/jpeg")
    gate.journal.append(Kind.TEST_READ, {"outcome": "invalid"}, photos=[ref])
    report = gate.client.run_once()
    assert (report.error, report.all_sent) == ("", True)
    assert held(hq) == [1, 2, 3, 4, 5, 6]
    assert kinds_of_alerts(hq) == ["positive"]
    assert hq.rows(sa.select(early))[0].reconciled_at == hq.clock.wall()
    with hq.office.store.reading() as db:
        assert prove(db, gate.enrolment.device).bad is None


def test_a_clone_is_an_alarm_and_a_new_epoch_is_none(hq: Headquarters, gate: Station, tmp_path: Path) -> None:
    cross(gate.journal)
    gate.journal.backup(tmp_path / "copy")
    cross(gate.journal)
    gate.client.run_once()
    with Journal.open(tmp_path / "copy", clock=hq.clock, seal=Seal.open(gate.folder / "keys")) as copy:
        client = SyncClient(copy, gate.enrolment, gate.http, hq.clock.now)
        copy.begin_epoch("restored from a backup")
        assert client.run_once().all_sent
        assert kinds_of_alerts(hq) == []
    cross(gate.journal)  # the old card goes on as well
    assert "two stations" in gate.client.run_once().error
    assert kinds_of_alerts(hq) == ["fork"]


def test_one_bad_event_is_kept_raw(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal, "hold")
    with gate.journal._db.maintaining() as db:
        db.execute("DROP TRIGGER events_are_facts")
        db.execute("UPDATE events SET canonical = 'no event ä 中 \u0001' WHERE seq = 2")
    cross(gate.journal)
    assert gate.client.run_once().all_sent
    assert [row.seq for row in hq.rows(sa.select(quarantine.c.seq))] == [2]


def test_the_same_batch_at_the_same_moment_lands_once(hq: Headquarters, gate: Station) -> None:
    for _ in range(20):
        cross(gate.journal)
    assert sent_at_once(hq, pending_batch(gate), times=5) == [200] * 5
    assert held(hq) == list(range(1, 22))


def test_the_desk_shows_it(hq: Headquarters, gate: Station) -> None:
    positive(gate.journal)
    cross(gate.journal)
    gate.client.run_once()
    with httpx.Client(base_url=hq.url, follow_redirects=True, headers={"Accept-Language": "en"}) as http:
        desk = Desk(hq, http)
        desk.log_in()
        for path in ("/", "/alerts", "/records?verdict=refuse", "/stations", f"/records/{gate.enrolment.device}/1/2"):
            assert "Gate 1" in desk.text(path)
        assert "antigen test positive" in desk.text("/alerts")


def test_an_event_with_an_impossible_day_still_lands(hq: Headquarters, gate: Station) -> None:
    hq.clock.move(days=-365 * 52)
    cross(gate.journal)
    hq.clock.move(days=365 * 52)
    assert gate.client.run_once().all_sent
    assert hq.rows(sa.select(events.c.day).where(events.c.seq == 2))[0].day.year == 1970


def test_the_tables_are_as_the_migrations_make_them(hq: Headquarters) -> None:
    inspector = sa.inspect(hq.office.store.engine)
    for table in metadata.sorted_tables:
        made = {column["name"] for column in inspector.get_columns(table.name)}
        assert made == set(table.columns.keys()), table.name


def test_the_station_stands_in_every_primary_and_unique_key() -> None:
    for table in metadata.sorted_tables:
        if table in SHARED:
            continue
        key = set(table.primary_key.columns.keys())
        assert key & {"station_id"} or (table.name == "stations" and key == {"id"}), table.name
        for constraint in table.constraints:
            if isinstance(constraint, sa.UniqueConstraint):
                assert "station_id" in constraint.columns, table.name
        for index in table.indexes:
            assert not index.unique or "station_id" in index.columns, index.name


def test_the_desk_counts_finds_and_forgets_the_same(hq: Headquarters, gate: Station) -> None:
    here = Gate(hq, gate.journal)
    here.decide("car-1", Verdict.HOLD, Reason.NAAT_MISSING, seat=1, who=1)
    here.decide("car-1", Verdict.HOLD, Reason.NAAT_MISSING, seat=2, who=2)
    here.start_test("t-1", "car-1", who=1)
    hq.clock.move(minutes=12)
    seq = here.read_test("t-1", "car-1", "positive")
    here.decide("car-2", Verdict.ADMIT, Reason.RULES_MET)
    gate.client.run_once()
    store, now, device = hq.office.store, hq.clock.wall(), gate.enrolment.device
    assert count_on(store) == 0
    take_step(store, device, f"positive-1-{seq}", Step.CLOSED, by="li", note="called back", now=now)
    write_move(store, Move.RECEIVED, lot=LOT, quantity=500, by="li", now=now, expires_on=date(2023, 3, 14))
    midnight = START.replace(hour=0, minute=0, second=0)
    with store.reading() as db:
        assert read_today(db, midnight, now).whole.crossings == {"hold": 1, "admit": 1}
        assert [one.how for one in contacts_of(db, device, 1, seq).contacts] == [(How.SELF,), (How.VEHICLE,)]
        assert read_brief(db, midnight, midnight + timedelta(days=1), now).whole.closed == 1
        stock = read_stock(db, now)
        assert (stock.here, stock.lots[0].used) == (500, 1)
        _, pack = read_pack(shipped_pack_text("pinghu-road-2022-03-20") or "")
        assert run_dry(db, pack, midnight, midnight + timedelta(days=1)).judged == 3
    hq.clock.move(days=400)
    look(store, hq.office.config, hq.clock.wall())
    assert destroy(store, hq.office.shelf, RetentionPolicy(), hq.clock.wall()).records == 4
    with store.reading() as db:
        assert prove(db, device).bad is None
        assert [case.kind for case in list_cases(db, CaseQuery(), hq.clock.wall())] == ["silent"]
