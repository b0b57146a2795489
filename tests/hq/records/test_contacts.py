"""Contacts of a positive: found without opening anything; names only for the role, and each one written down."""

import csv
import io

import pytest
import sqlalchemy as sa

from checkpoint.crossing import Verdict
from checkpoint.events import Kind, Lane
from checkpoint.reasons import Reason
from checkpoint.sync.messages import early_copies
from hq.people.accounts import Role
from hq.records.contacts import ContactList, How, contacts_of
from hq.store.models import audit
from tests.hq.at_desk import Desk
from tests.hq.busy_day import Gate
from tests.hq.running import Headquarters, Station
from tests.hq.sending import post


@pytest.fixture
def found_positive(hq: Headquarters, gate: Station) -> int:
    """Return the event of a positive.

    Its person came with somebody in the back seat; one person shared the bench for six minutes, one came later.
    """
    here = Gate(hq, gate.journal)
    here.decide("car-1", Verdict.HOLD, Reason.NAAT_MISSING, seat=1, who=1)
    here.decide("car-1", Verdict.HOLD, Reason.NAAT_MISSING, seat=2, who=2)
    here.decide("car-2", Verdict.HOLD, Reason.NAAT_MISSING, who=3)
    here.start_test("t-0", "car-0", slot=1, who=9)
    hq.clock.move(minutes=12)
    here.read_test("t-0", "car-0", "negative", slot=1)
    hq.clock.move(minutes=1)
    here.start_test("t-1", "car-1", seat=1, slot=4, who=1)
    hq.clock.move(minutes=6)
    here.start_test("t-2", "car-2", slot=5, who=3)
    hq.clock.move(minutes=6)
    seq = here.read_test("t-1", "car-1", "positive", seat=1, slot=4)
    hq.clock.move(minutes=1)
    here.start_test("t-3", "car-3", slot=6, who=4)
    return seq


def contacts(hq: Headquarters, gate: Station, seq: int) -> ContactList:
    with hq.office.store.reading() as db:
        return contacts_of(db, gate.enrolment.device, 1, seq)


def test_the_same_vehicle_and_the_same_time_at_the_bench_are_contacts(
    hq: Headquarters, gate: Station, found_positive: int
) -> None:
    gate.client.run_once()
    found = contacts(hq, gate, found_positive)
    assert [(one.how, one.crossing, one.seat, one.slot) for one in found.contacts] == [
        ((How.SELF,), "car-1", 1, 4), ((How.VEHICLE,), "car-1", 2, None), ((How.BENCH,), "car-2", 1, 5),
    ]  # fmt: skip
    begins, ends = found.contacts[2].together or (None, None)
    assert begins is not None
    assert ends is not None
    assert (ends - begins).total_seconds() == 6 * 60
    assert (found.missing, found.known) == (0, True)


def test_before_the_sequence_has_come_the_list_says_what_is_missing(
    hq: Headquarters, gate: Station, found_positive: int
) -> None:
    now = hq.clock.wall()
    message = early_copies(gate.journal, gate.enrolment, gate.journal.outbox.early_due(), now)
    assert post(gate, "early", message)[0] == 200
    found = contacts(hq, gate, found_positive)
    assert found.missing == found_positive
    assert not found.known
    assert found.positive_at == gate.journal.event(found_positive).moment.wall


def test_names_open_for_the_duty_officer_and_each_one_is_written_down(
    desk: Desk, gate: Station, found_positive: int
) -> None:
    gate.client.run_once()
    desk.log_in(Role.DUTY)
    path = f"/contacts/{gate.enrolment.device}/positive-1-{found_positive}"
    assert "李芳" not in desk.text(path)
    assert "3 people" in desk.text(path)
    answer = desk.post(path)
    assert answer.text.count("3304821961") >= 1
    notes = desk.hq.rows(sa.select(audit.c.subject).where(audit.c.what == "personal-viewed"))
    assert len(notes) == 3
    assert all(row.subject.startswith(f"{gate.enrolment.device}/1/") for row in notes)


def test_the_list_goes_to_the_investigators_as_a_sheet(desk: Desk, gate: Station, found_positive: int) -> None:
    gate.client.run_once()
    desk.log_in(Role.DUTY)
    answer = desk.post(f"/contacts/{gate.enrolment.device}/positive-1-{found_positive}.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["contact"] for row in rows] == ["self", "vehicle", "bench"]
    assert rows[0]["plate"] == "浙F12301"
    assert all(row["name"] for row in rows)
    assert desk.hq.rows(sa.select(audit.c.who).where(audit.c.what == "contacts-exported"))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN, Role.EDITOR, Role.AUDITOR])
def test_nobody_else_opens_names(desk: Desk, gate: Station, found_positive: int, role: Role) -> None:
    gate.client.run_once()
    desk.log_in(role)
    path = f"/contacts/{gate.enrolment.device}/positive-1-{found_positive}"
    assert "sealed" in desk.text(path)
    assert desk.post(path).status_code == 403
    assert desk.post(f"{path}.csv").status_code == 403


def test_a_test_without_a_vehicle_has_contacts_at_the_bench_alone(hq: Headquarters, gate: Station) -> None:
    for test in ("a", "b"):
        gate.journal.append(Kind.TEST_STARTED, {"test": test, "slot": 1})
    seq = gate.journal.append(Kind.TEST_READ, {"test": "a", "outcome": "positive"}, lane=Lane.NOW).seq
    gate.client.run_once()
    assert contacts(hq, gate, seq).crossing == ""
    with pytest.raises(KeyError), hq.office.store.reading() as db:
        contacts_of(db, gate.enrolment.device, 1, 999)
