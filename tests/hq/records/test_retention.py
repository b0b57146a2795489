"""Retention: personal data goes when its time is over; what happened stays, and every chain still proves it."""

import pytest
import sqlalchemy as sa

from checkpoint.events import Kind
from hq.cases.steps import Step, take_step
from hq.config import RetentionPolicy
from hq.records.proof import prove
from hq.records.retention import Destroyed, destroy
from hq.records.search import open_one, unseal
from hq.store.models import audit, events, photos
from hq.watch import retain_daily
from tests.hq.running import Headquarters, Station
from tests.hq.sending import HOLDER, cross

POLICY = RetentionPolicy(days=30, case_days=60)


def round_(hq: Headquarters) -> Destroyed:
    return destroy(hq.office.store, hq.office.shelf, POLICY, hq.clock.wall())


def personal(hq: Headquarters, gate: Station, seq: int) -> object:
    with hq.office.store.reading() as db:
        return unseal(db, hq.office.keys, gate.enrolment.device, 1, seq)


def test_after_its_time_personal_data_is_gone_and_the_chain_still_verifies(hq: Headquarters, gate: Station) -> None:
    old = cross(gate.journal)
    gate.client.run_once()
    hq.clock.move(days=20)
    young = cross(gate.journal)
    gate.client.run_once()
    hq.clock.move(days=11)
    assert round_(hq).records == 1
    assert personal(hq, gate, old) is None
    assert personal(hq, gate, young) == HOLDER
    with hq.office.store.reading() as db:
        assert prove(db, gate.enrolment.device).bad is None
        record = open_one(db, gate.enrolment.device, 1, old)
    assert record is not None
    assert record.line.verdict == "admit", "what happened stays"
    assert round_(hq) == Destroyed()


def test_a_photo_goes_with_its_record_and_is_not_asked_for_again(hq: Headquarters, gate: Station) -> None:
    ref = gate.journal.keep_photo(b"\xff\xd8 a picture", "image/jpeg")
    seq = gate.journal.append(Kind.TEST_READ, {"test": "t", "outcome": "invalid"}, photos=[ref]).seq
    gate.journal.append(Kind.TEST_CONFIRMED, {"test": "t"}, photos=[ref])
    gate.client.run_once()
    device = gate.enrolment.device
    assert hq.office.shelf.has(device, ref.sha256)
    hq.clock.move(days=31)
    assert round_(hq).photos == 1
    assert not hq.office.shelf.has(device, ref.sha256)
    assert hq.rows(sa.select(photos.c.destroyed_at))[0].destroyed_at == hq.clock.wall()
    with hq.office.store.reading() as db:
        record = open_one(db, device, 1, seq)
    assert record is not None
    assert record.photos == ((ref.sha256, "destroyed"),)
    cross(gate.journal)
    assert gate.client.run_once().all_sent


def test_what_a_case_stands_on_is_kept_until_it_is_closed_and_its_time_over(hq: Headquarters, gate: Station) -> None:
    seq = cross(gate.journal, "refuse")
    gate.client.run_once()
    key = (gate.enrolment.device, f"refused-1-{seq}")
    hq.clock.move(days=61)
    done = round_(hq)
    assert (done.records, done.kept) == (0, 1)
    assert personal(hq, gate, seq) == HOLDER
    take_step(hq.office.store, *key, Step.CLOSED, by="li", note="called back", now=hq.clock.wall())
    assert round_(hq).records == 1
    assert personal(hq, gate, seq) is None


def test_a_clock_that_is_months_off_does_not_destroy_at_once(hq: Headquarters, gate: Station) -> None:
    hq.clock.move(days=-300)
    seq = cross(gate.journal)
    hq.clock.move(days=300)
    gate.client.run_once()
    assert round_(hq).records == 0
    assert personal(hq, gate, seq) == HOLDER
    hq.clock.move(days=31)
    assert round_(hq).records == 1


def test_it_is_done_once_a_day_and_written_down(hq: Headquarters, gate: Station) -> None:
    cross(gate.journal)
    gate.client.run_once()
    hq.clock.move(days=31)
    for _ in range(3):
        retain_daily(hq.office)
        hq.clock.move(hours=5)
    notes = hq.rows(sa.select(audit.c.subject).where(audit.c.what == "retention"))
    assert [row.subject for row in notes] == ["1 records, 0 photos; 0 kept for cases"]
    assert hq.rows(sa.select(sa.func.count()).select_from(events).where(events.c.sealed_key.is_not(None)))[0][0] == 0


@pytest.mark.parametrize(("days", "case_days"), [(0, 10), (30, 29), (30, 9999)])
def test_a_policy_that_cannot_be_meant_is_refused(days: int, case_days: int) -> None:
    with pytest.raises(ValueError, match="kept"):
        RetentionPolicy(days, case_days)
