"""The shift: begun, its sheet, signed by both, and every session ended."""

import pytest

from checkpoint.credential import Holder
from checkpoint.events import Kind
from checkpoint.journal import LogQuery
from checkpoint.vehicle import Vehicle
from station.duty import Duty
from tests.web.pages import CHEN, LIU, PINS, POSITIVE, WANG, Pages, Tablet

HANDED = LogQuery(kind=Kind.SHIFT_HANDED_OVER)


@pytest.fixture
def tablet(pages: Pages) -> Tablet:
    """Chen's tablet, with a shift begun."""
    made = pages.client(CHEN)
    assert made.post("/shift/begin").json == {"go": "/shift"}
    return made


def start_test(pages: Pages, slot: int) -> None:
    traveller = pages.parts.gate.walk_in(Holder(name="Li Na"), Vehicle(category=pages.parts.gate.settings.category))
    pages.bench.start(slot, traveller, lot="A1", officer=CHEN)


def sign(pages: Pages, tablet: Tablet, **changed: str):  # type: ignore[no-untyped-def]  # werkzeug's TestResponse
    """Hand over from Chen to Wang, as the page sends it."""
    seen = pages.parts.journal.head().seq
    fields = {"seen_seq": str(seen), "pin": PINS[CHEN], "taking": WANG, "second_pin": PINS[WANG]}
    return tablet.post("/shift/hand-over", **(fields | changed))


def test_between_shifts_the_page_offers_to_begin_one(pages: Pages) -> None:
    seen = pages.client().see("/shift")
    assert "No shift is running." in seen
    assert "BEGIN SHIFT" in seen


def test_the_sheet_says_what_is_open_left_positive_and_pending(pages: Pages, tablet: Tablet) -> None:
    start_test(pages, 2)
    pages.parts.clock.turn(minutes=16)
    pages.cassette = POSITIVE
    pages._read_slot(2, CHEN)
    start_test(pages, 7)
    seen = tablet.see("/shift")
    assert "POSITIVE 12:16:00 · Slot 2 · headquarters told: not yet" in seen
    assert "Open slots 1 Slot 7 · waiting" in seen
    assert f"Events to send: {pages.parts.journal.pending().events}" in seen
    assert f"#{pages.parts.journal.head().seq}" in seen


def test_both_sign_and_the_next_shift_begins(pages: Pages, tablet: Tablet) -> None:
    start_test(pages, 7)
    before = pages.parts.journal.head()
    assert sign(pages, tablet, note="Slot 7 is Li Na's").json == {"go": "/shift"}
    (event,) = pages.parts.journal.search(HANDED).entries
    body = event.body
    assert (body["officer"], body["second"], body["shift"]) == (CHEN, WANG, 1)
    assert body["head"]["hash"] == before.hash.hex()
    assert [slot["slot"] for slot in body["open_slots"]] == [7]
    assert "Li Na" not in str(body)
    assert tablet.see("/shift").startswith("Shift · ")
    assert "Shift 2" in tablet.see("/shift")


def test_every_session_ends_but_that_of_who_took_over(pages: Pages, tablet: Tablet) -> None:
    other = pages.client(WANG)
    auditor = pages.client(LIU)
    sign(pages, tablet)
    assert other.get("/gate").status_code == 302
    assert auditor.get("/log").status_code == 200
    assert WANG in tablet.see("/gate")


def test_the_gates_camera_decides_in_the_name_of_who_took_over(pages: Pages, tablet: Tablet) -> None:
    duty = Duty(pages.parts.journal)
    assert duty.officer == CHEN
    sign(pages, tablet)
    assert duty.officer == WANG
    assert Duty(pages.parts.journal).officer == WANG, "also after a restart"


@pytest.mark.parametrize("field", ["pin", "second_pin"])
def test_a_wrong_pin_signs_nothing(pages: Pages, tablet: Tablet, field: str) -> None:
    answer = sign(pages, tablet, **{field: "0000"})
    assert (answer.status_code, answer.json["word"]) == (422, "Wrong PIN.")
    assert pages.parts.journal.search(HANDED).entries == ()
    assert tablet.get("/gate").status_code == 200, "and nobody is logged out"


def test_nobody_hands_over_to_themselves_to_an_auditor_or_to_nobody(pages: Pages, tablet: Tablet) -> None:
    assert sign(pages, tablet, taking=CHEN, second_pin=PINS[CHEN]).json["code"] == "second-person-needed"
    assert sign(pages, tablet, taking=LIU, second_pin=PINS[LIU]).status_code == 403
    assert sign(pages, tablet, taking="").json["code"] == "second-person-needed"
    assert pages.parts.journal.search(HANDED).entries == ()


def test_a_test_started_since_the_sheet_was_shown_is_not_signed_for(pages: Pages, tablet: Tablet) -> None:
    seen = pages.parts.journal.head().seq
    start_test(pages, 7)
    assert sign(pages, tablet, seen_seq=str(seen)).json["code"] == "sheet-changed"
    assert sign(pages, tablet).status_code == 200


def test_the_checkpoint_closes_only_with_an_empty_bench(pages: Pages, tablet: Tablet) -> None:
    start_test(pages, 7)
    assert sign(pages, tablet, taking="", closing="1").json["code"] == "slots-open"
    pages.bench.void(7, why="spilt", officer=CHEN)
    assert sign(pages, tablet, taking="", closing="1").json == {"go": "/login"}
    assert f"{CHEN} closed the checkpoint" in pages.client().see("/shift")


def test_the_note_is_sealed_and_that_it_was_read_is_recorded(pages: Pages, tablet: Tablet) -> None:
    sign(pages, tablet, note="Li Na waits in the van")
    assert "waits in the van" not in tablet.see("/shift")
    tablet.post("/shift/note")
    assert "Li Na waits in the van" in tablet.see("/shift")
    assert pages.parts.journal.search(LogQuery(kind=Kind.PERSONAL_VIEWED)).entries[0].body["officer"] == WANG


def test_a_shift_is_not_begun_twice(pages: Pages, tablet: Tablet) -> None:
    assert tablet.post("/shift/begin").json["code"] == "shift-running"


def test_the_figures_count_vehicles_by_their_last_verdict(pages: Pages, tablet: Tablet) -> None:
    gate, codes, parts = pages.parts.gate, pages.parts.codes, pages.parts
    for hours in (5, 30, 6):
        gate.present([codes.naat(f"n{hours}", parts.hours_ago(hours))], officer=CHEN)
        parts.clock.turn(seconds=90)
        gate.next(officer=CHEN)
    seen = tablet.see("/shift")
    assert "3 vehicles 3 people 2 ADMIT 1 HOLD 0 REFUSE" in seen
    assert "half within 1 min" in seen
    assert "Nothing has happened in this time yet." in tablet.see("/shift?day=2022-03-01")
