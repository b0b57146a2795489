"""The receipt a traveller takes to the next checkpoint, verified there without a network."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkpoint.assay import LineReading, Outcome, Reading
from checkpoint.credential import TestKind, TestReport
from checkpoint.credentials import CredentialError, TrustList
from checkpoint.credentials.receipt import ReceiptFormat, headquarters
from checkpoint.errors import GateError
from checkpoint.reasons import Reason
from checkpoint.sync import Enrolment
from checkpoint.sync.client import VOUCHER
from checkpoint.vehicle import Seat
from hq.keys import HqKeys
from hq.stations.vouching import voucher_for
from station.receipts import Receipts
from tests.checkpoint.station_parts import OFFICER, Parts, read_and_confirm


class Checkpoints:
    """A station that headquarters vouches for, and the trust of the next one."""

    def __init__(self, folder: Path) -> None:
        self.parts = Parts(folder)
        self.hq = HqKeys.open(folder / "hq")
        key = Ed25519PrivateKey.generate()
        public = self.hq.signing.public_key()
        Enrolment("lane-1", "Lane 1", "https://hq.example", public.public_bytes_raw(), key).save(folder / "enrolment")
        now = self.parts.clock.now().wall
        self.voucher = voucher_for("lane-1", key.public_key().public_bytes_raw(), self.hq, now)
        self.receipts = Receipts(folder / "enrolment", self.parts.journal, self.parts.clock)
        trust = TrustList(keys=(headquarters(public),), as_of=now)
        self.next_checkpoint = ReceiptFormat(lambda: trust)

    def vouch(self) -> None:
        self.parts.journal.outbox.remember(VOUCHER, self.voucher)

    def admitted(self) -> Seat:
        crossing = self.parts.gate.present(
            [self.parts.codes.naat("Zhang Wei", self.parts.hours_ago(5))], officer=OFFICER
        )
        assert crossing is not None
        return crossing.seats[0]


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path)


def test_the_next_checkpoint_verifies_an_admission_offline_and_takes_no_fact_from_it(checkpoints: Checkpoints) -> None:
    checkpoints.vouch()
    code = checkpoints.receipts(checkpoints.admitted())
    told = checkpoints.next_checkpoint.identify(code, checkpoints.parts.clock.now().wall)
    assert told is not None
    assert (told.issuer, told.holder.name, told.facts) == ("lane-1", "Zhang Wei", ())


def test_a_negative_test_travels_with_its_time(checkpoints: Checkpoints) -> None:
    parts = checkpoints.parts
    checkpoints.vouch()
    parts.gate.present([parts.codes.naat("Li Na", parts.hours_ago(30))], officer=OFFICER)
    parts.bench.start(1, parts.gate.to_bench(1), lot="A2203", officer=OFFICER)
    parts.clock.turn(minutes=15)
    read_at = parts.clock.now().wall
    line = LineReading(0.4, 20.0)
    negative = Reading(Outcome.NEGATIVE, Reason.CLEAR_LINES, line, LineReading(0, 0), 0.0)
    read_and_confirm(parts.bench, 1, negative)
    crossing = parts.gate.view().crossing
    assert crossing is not None
    told = checkpoints.next_checkpoint.identify(checkpoints.receipts(crossing.seats[0]), read_at)
    assert told is not None
    fact = told.facts[0]
    assert isinstance(fact, TestReport)
    assert (fact.kind, fact.sampled_at) == (TestKind.ANTIGEN, read_at.replace(microsecond=0))


def test_nobody_who_was_held_gets_a_receipt(checkpoints: Checkpoints) -> None:
    checkpoints.vouch()
    parts = checkpoints.parts
    crossing = parts.gate.present([parts.codes.naat("Li Na", parts.hours_ago(30))], officer=OFFICER)
    assert crossing is not None
    with pytest.raises(GateError, match="receipt-not-admitted"):
        checkpoints.receipts(crossing.seats[0])


def test_without_headquarters_word_there_is_no_receipt(checkpoints: Checkpoints) -> None:
    with pytest.raises(GateError, match="receipt-no-voucher"):
        checkpoints.receipts(checkpoints.admitted())


def test_a_station_out_of_reach_for_a_week_signs_nothing_more(checkpoints: Checkpoints) -> None:
    checkpoints.vouch()
    seat = checkpoints.admitted()
    checkpoints.parts.clock.turn(days=8)
    with pytest.raises(GateError, match="receipt-no-voucher"):
        checkpoints.receipts(seat)


def test_a_receipt_is_refused_the_day_after_its_end(checkpoints: Checkpoints) -> None:
    checkpoints.vouch()
    code = checkpoints.receipts(checkpoints.admitted())
    with pytest.raises(CredentialError, match="expired"):
        checkpoints.next_checkpoint.identify(code, checkpoints.parts.clock.now().wall + timedelta(hours=25))
