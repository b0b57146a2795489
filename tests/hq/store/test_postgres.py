"""The same headquarters on PostgreSQL, and a schema that can be distributed by station."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bench.hq.fleet import SimStation, enrol_all, fleet
from checkpoint.crossing import Verdict
from checkpoint.events import Kind
from checkpoint.journal import Journal, Seal
from checkpoint.reasons import Reason
from checkpoint.sync import SyncClient
from checkpoint.wire import pack
from hq.cases.brief import read_brief
from hq.cases.lists import CaseQuery, list_cases
from hq.cases.steps import Step, take_step
from hq.config import Config, RetentionPolicy
from hq.figures.tallies import count_on
from hq.figures.today import read_today
from hq.ingest.batches import BatchWorkers
from hq.kits.moves import KitError, Move, write_move
from hq.kits.stock import read_stock
from hq.office import open_office
from hq.publishing.drafts import read_pack
from hq.publishing.dry_run import run_dry
from hq.publishing.shipped import shipped_pack_text
from hq.records.contacts import How, contacts_of
from hq.records.proof import prove
from hq.records.retention import destroy
from hq.store.models import SHARED, early, events, metadata, quarantine, retention_cursors
from hq.watch import look
from tests.hq.at_desk import Desk
from tests.hq.busy_day import LOT, Gate
from tests.hq.postgres import Server
from tests.hq.running import START, Headquarters, Station, TestClock, headquarters
from tests.hq.sending import cross, held, kinds_of_alerts, pending_batch, positive, sent_at_once


@pytest.fixture
def hq(server: Server, tmp_path: Path, clock: TestClock) -> Iterator[Headquarters]:
    with headquarters(tmp_path / "hq", clock, database=server.fresh()) as running:
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


def test_two_processes_that_are_sent_the_same_take_it_once(server: Server, tmp_path: Path) -> None:
    config = Config(data=tmp_path / "hq", database=server.fresh())
    office = open_office(config)
    stations = fleet(2)
    enrol_all(office.store, stations, datetime.now(UTC))
    workers = BatchWorkers(config, 2)
    try:
        with ThreadPoolExecutor(4) as line:
            for _ in range(6):
                bodies = [packed(station) for station in stations]
                answers = list(line.map(workers.take, bodies * 2))
                assert [answer.status for answer in answers] == [200] * 4
        with office.store.reading() as db:
            for station in stations:
                proof = prove(db, station.device)
                assert (proof.events, proof.bad) == (120, None)
    finally:
        workers.close()
        office.store.close()


def packed(station: SimStation) -> bytes:
    now = datetime.now(UTC)
    for _ in range(20):
        station.cross(now)
    return pack(station.batch(now) or {})


def test_a_round_of_retention_waits_for_that_of_another_process(hq: Headquarters, gate: Station) -> None:
    for _ in range(3):
        cross(gate.journal)
    gate.client.run_once()
    hq.clock.move(days=400)
    store, device = hq.office.store, gate.enrolment.device
    with ThreadPoolExecutor(1) as other_process:
        with store.writing() as db:  # the first round of all makes the station's cursor
            db.execute(sa.insert(retention_cursors).values(station_id=device, epoch=0, seq=0))
            second = other_process.submit(destroy, store, hq.office.shelf, RetentionPolicy(), hq.clock.wall())
            until_one_waits(hq)
        assert second.result(30).records == 3


def test_two_people_cannot_draw_the_same_kits(hq: Headquarters) -> None:
    store, now = hq.office.store, hq.clock.wall()
    write_move(store, Move.RECEIVED, lot=LOT, quantity=500, by="li", now=now, expires_on=date(2023, 3, 14))

    def draw(who: str) -> bool:
        try:
            write_move(store, Move.DRAWN, lot=LOT, quantity=300, by=who, now=now, town="Danghu")
        except KitError:
            return False
        return True

    with ThreadPoolExecutor(4) as people:
        assert sorted(people.map(draw, ["li", "wang", "zhao", "sun"])) == [False, False, False, True]
    with store.reading() as db:
        assert read_stock(db, now).here == 200


def until_one_waits(hq: Headquarters) -> None:
    """Wait until another connection waits for what this test holds."""
    waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    until = time.monotonic() + 30
    while True:
        with hq.office.store.reading() as db:
            if db.execute(waiting).scalar_one():
                return
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.01)


def test_two_rounds_of_retention_at_once_destroy_each_record_once(hq: Headquarters, gate: Station) -> None:
    for _ in range(5):
        cross(gate.journal)
    gate.client.run_once()
    hq.clock.move(days=400)
    with ThreadPoolExecutor(2) as processes:
        office, now = hq.office, hq.clock.wall()
        rounds = [processes.submit(destroy, office.store, office.shelf, RetentionPolicy(), now) for _ in range(2)]
        assert sum(one.result(30).records for one in rounds) == 5


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
