"""The bench's page: twenty cassettes, twenty clocks, and never two people mixed up."""

from dataclasses import replace

import pytest

from checkpoint.assay import Reading
from checkpoint.crossing import Lamp
from checkpoint.events import Kind
from checkpoint.journal import LogQuery
from tests.web.pages import CHEN, GLARE, LIU, NEGATIVE, NO_CONTROL, PINS, POSITIVE, WANG, Pages, Tablet


def start(pages: Pages, slot: int, name: str = "张伟", tablet: Tablet | None = None) -> str:
    """Start a walk-in's test; return its id."""
    answer = (tablet or pages.client()).post(f"/bench/{slot}/start", person="walk-in", name=name, lot_typed="A1")
    assert answer.status_code == 204, answer.text
    test = pages.bench.slot(slot).test
    assert test is not None
    return test.id


def read(pages: Pages, slot: int, cassette: Reading, *, minutes: float = 16) -> str:
    """Let the time pass, read the slot, and return what its panel says."""
    test = pages.bench.slot(slot).test
    assert test is not None
    pages.parts.clock.turn(minutes=minutes)
    pages.cassette = cassette
    tablet = pages.client(WANG)
    answer = tablet.post(f"/bench/{slot}/read", test=test.id)
    assert answer.status_code == 204, answer.text
    return tablet.see(f"/bench/{slot}/panel")


def test_an_empty_bench_offers_to_start(pages: Pages) -> None:
    seen = pages.client().see("/bench")
    assert "0 READY 0 waiting 20 free" in seen
    assert "START: drops are on" in seen


def test_a_walk_in_is_tied_to_a_slot_with_a_clock(pages: Pages) -> None:
    start(pages, 3, "王小芳")
    pages.parts.clock.turn(minutes=6, seconds=19)
    board = pages.client().see("/bench/board")
    assert "3 08:41 waiting 王**" in board
    assert "王小芳" not in board
    assert "王小芳" in pages.client().see("/bench/3/panel"), "who reads must know whose test it is"


def test_somebody_from_the_gate_keeps_crossing_and_seat(pages: Pages) -> None:
    pages.parts.gate.present([pages.parts.codes.naat("李娜", pages.parts.hours_ago(30))], officer=CHEN)
    tablet = pages.client()
    assert "李** 1984 · seat 1" in tablet.see("/bench?person=c-1:1")
    assert tablet.post("/bench/1/start", person="c-1:1", lot_typed="A1").status_code == 204
    test = pages.bench.slot(1).test
    assert test is not None
    assert (test.traveller.crossing, test.traveller.seat) == ("c-1", 1)
    assert "李**" not in tablet.see("/bench/2/panel"), "nobody is offered a second test"


def test_somebody_whose_vehicle_waits_aside_can_still_be_started(pages: Pages) -> None:
    pages.parts.gate.present([pages.parts.codes.naat("李娜", pages.parts.hours_ago(30))], officer=CHEN)
    tablet = pages.client()
    tablet.post("/gate/bench", crossing="c-1", seat=1)
    tablet.post("/gate/next", crossing="c-1")
    assert tablet.post("/bench/5/start", person="c-1:1", lot_typed="A1").status_code == 204


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"person": "walk-in", "lot_typed": "A1"}, "person-needed"),
        ({"lot_typed": "A1"}, "person-needed"),
        ({"person": "walk-in", "name": "张伟"}, "lot-needed"),
        ({"person": "c-99:1", "lot_typed": "A1"}, "person-left"),
        ({"person": "nonsense", "lot_typed": "A1"}, "person-left"),
    ],
)
def test_a_start_that_cannot_be_is_refused_with_words(pages: Pages, form: dict[str, str], code: str) -> None:
    answer = pages.client().post("/bench/1/start", **form)
    assert (answer.status_code, answer.json["code"]) == (409, code)
    assert answer.json["do"]
    assert pages.bench.slot(1).test is None


def test_a_taken_slot_keeps_its_person(pages: Pages) -> None:
    start(pages, 1, "张伟")
    answer = pages.client(WANG).post("/bench/1/start", person="walk-in", name="李娜", lot_typed="A1")
    assert answer.json["code"] == "slot-taken"
    test = pages.bench.slot(1).test
    assert test is not None
    assert test.holder.name == "张伟"


def test_reading_too_early_is_refused_with_the_time_left_and_written_down(pages: Pages) -> None:
    test = start(pages, 1)
    pages.parts.clock.turn(minutes=14)
    answer = pages.client().post("/bench/1/read", test=test)
    assert (answer.json["word"], answer.json["do"]) == ("too early to read", "Wait 1:00, then try again.")
    assert len(pages.parts.journal.search(LogQuery(kind=Kind.TEST_REFUSED)).entries) == 1


def test_an_overdue_test_ends_without_a_result_and_offers_a_new_cassette(pages: Pages) -> None:
    test = start(pages, 1)
    pages.parts.clock.turn(minutes=21)
    tablet = pages.client()
    assert "OVERDUE" in tablet.see("/bench/board")
    answer = tablet.post("/bench/1/read", test=test)
    assert answer.json["word"] == "the read window is over"
    seen = tablet.see("/bench/1/panel")
    assert "INVALID" in seen
    assert "NEW CASSETTE, same person" in seen


def test_ready_is_a_word_and_counts_what_is_left(pages: Pages) -> None:
    start(pages, 1)
    pages.parts.clock.turn(minutes=16)
    assert "1 READY" in pages.client().see("/bench/board")
    assert "READY still 04:00" in pages.client().see("/bench/1/panel")


def confirm(pages: Pages, slot: int, **form: str) -> int:
    """Confirm what the slot was read as; return the answer's status."""
    waiting = pages.bench.slot(slot).read
    assert waiting is not None
    status: int = pages.client(WANG).post(f"/bench/{slot}/confirm", test=waiting.test.id, **form).status_code
    return status


def test_a_negative_is_confirmed_before_it_admits(pages: Pages) -> None:
    start(pages, 1)
    seen = read(pages, 1, NEGATIVE)
    assert "CONFIRM: NEGATIVE" in seen
    assert "Admitted." not in seen
    assert "1 to confirm" in pages.client().see("/bench/board")
    assert pages.parts.lamps.shown is Lamp.RED
    assert confirm(pages, 1) == 204
    assert pages.parts.lamps.shown is Lamp.GREEN


def test_a_negative_admits_and_shows_what_was_measured(pages: Pages) -> None:
    start(pages, 1)
    read(pages, 1, NEGATIVE)
    confirm(pages, 1)
    seen = pages.client().see("/bench/1/panel")
    for said in ("NEGATIVE", "Admitted.", "control line (C) 42.0 % SNR 31.0", "test line (T) 0.4 % SNR 0.3"):
        assert said in seen, said
    html = pages.client().get("/bench/1/panel").text
    assert "<polyline" in html


def test_the_evidence_picture_is_served_to_who_is_logged_in(pages: Pages) -> None:
    start(pages, 1)
    read(pages, 1, NEGATIVE)
    waiting = pages.bench.slot(1).read
    assert waiting is not None
    url = f"/photo/{waiting.recorded.seq}/0"
    assert url in pages.client().get("/bench/1/panel").text
    assert pages.client().get(url).mimetype == "image/jpeg"
    assert pages.client(None).get(url).status_code == 302


def test_a_positive_isolates_and_says_whether_headquarters_was_told(pages: Pages) -> None:
    start(pages, 1)
    seen = read(pages, 1, POSITIVE)
    assert "Lead to the isolation point." in seen
    assert "headquarters told: not yet" in seen
    assert pages.parts.lamps.shown is Lamp.RED


def test_headquarters_counts_as_told_once_it_has_confirmed_this_very_positive(pages: Pages) -> None:
    start(pages, 1)
    assert "headquarters told: not yet" in read(pages, 1, POSITIVE)
    waiting = pages.bench.slot(1).read
    assert waiting is not None
    pages.parts.journal.outbox.confirm_early([waiting.recorded.seq])
    assert "headquarters told: yes" in pages.client().see("/bench/1/panel")
    confirm(pages, 1)
    assert "headquarters told: yes" in pages.client().see("/bench/1/panel")
    pages.enrolled = False
    assert "headquarters told: not yet" in pages.client().see("/bench/1/panel")


def test_no_control_line_asks_for_a_new_cassette_that_is_linked_to_the_first(pages: Pages) -> None:
    first = start(pages, 1)
    seen = read(pages, 1, NO_CONTROL)
    assert "INVALID no control line" in seen
    assert pages.client().post("/bench/1/repeat", lot_typed="A2").status_code == 204
    test = pages.bench.slot(1).test
    assert test is not None
    assert (test.after, test.holder.name, test.lot) == (first, "张伟", "A2")


def test_a_picture_to_retake_says_what_to_change_on_every_tablet_and_keeps_the_clock(pages: Pages) -> None:
    start(pages, 1)
    seen = read(pages, 1, GLARE)
    assert "RETAKE glare on the window. Turn or shade the cassette, then read again." in seen
    assert "READY still 04:00" in seen
    assert "RETAKE" in pages.client(CHEN).see("/bench/1/panel")
    assert "1 READY RETAKE" in pages.client(CHEN).see("/bench/board")
    assert "RETAKE" not in read(pages, 1, NEGATIVE, minutes=1)


def test_a_dead_bench_camera_reads_nothing_and_says_so(pages: Pages) -> None:
    test = start(pages, 1)
    pages.parts.clock.turn(minutes=16)
    pages.bench_camera_fault = "unplugged"
    answer = pages.client().post("/bench/1/read", test=test)
    assert (answer.status_code, answer.json["code"]) == (503, "camera-fault")
    assert pages.bench.slot(1).test is not None


def test_two_tablets_reading_the_same_slot_let_one_result_stand(pages: Pages) -> None:
    test = start(pages, 1)
    pages.parts.clock.turn(minutes=16)
    one, two = pages.client(), pages.client(WANG)
    assert one.post("/bench/1/read", test=test).status_code == 204
    answer = two.post("/bench/1/read", test=test)
    assert (answer.status_code, answer.json["code"]) == (409, "slot-free")
    assert len(pages.parts.journal.search(LogQuery(kind=Kind.TEST_READ)).entries) == 1


def test_an_act_never_hits_the_next_persons_test(pages: Pages) -> None:
    before = start(pages, 1)
    pages.bench.void(1, why="spilt", officer=CHEN)
    start(pages, 1, "李娜")
    for path in ("/bench/1/read", "/bench/1/void"):
        assert pages.client().post(path, test=before, why="spilt").json["code"] == "test-changed"


def test_a_test_can_end_without_a_result_for_a_reason(pages: Pages) -> None:
    test = start(pages, 1)
    assert pages.client().post("/bench/1/void", test=test, why="").json["code"] == "reason-needed"
    assert pages.client().post("/bench/1/void", test=test, why="spilt").status_code == 204
    assert "antigen test void" in pages.client().see("/bench/1/panel")


def test_known_lots_are_offered_and_one_more_tap_is_saved(pages: Pages) -> None:
    pages.lots = ("20220315", "20220318")
    html = pages.client().get("/bench/1/panel").text
    assert 'name="lot" value="20220315" checked' in html
    assert "scan the kit" in html, "a lot that is not listed is scanned or typed"


def test_a_slot_that_is_not_there_is_said(pages: Pages) -> None:
    assert pages.client().get("/bench/99/panel").status_code == 409
    assert "The bench has no such slot." in pages.client().get("/bench/99/panel").text


def dispute(pages: Pages, outcome: str, **form: str):  # type: ignore[no-untyped-def]  # werkzeug's TestResponse
    waiting = pages.bench.slot(1).read
    assert waiting is not None
    form = {"second": WANG, "pin": PINS[WANG], "outcome": outcome, "test": waiting.test.id} | form
    return pages.client(CHEN).post("/bench/1/dispute", **form)


def test_two_readers_who_see_a_line_make_it_positive_at_once(pages: Pages) -> None:
    start(pages, 1)
    read(pages, 1, NEGATIVE)
    assert dispute(pages, "positive").status_code == 204
    seen = pages.client().see("/bench/1/panel")
    assert "POSITIVE two readers saw it otherwise" in seen
    assert "headquarters told: not yet" in seen
    assert pages.parts.lamps.shown is Lamp.RED


def test_a_disputed_positive_leads_to_a_new_cassette(pages: Pages) -> None:
    first = start(pages, 1)
    read(pages, 1, POSITIVE)
    assert dispute(pages, "invalid").status_code == 204
    assert "NEW CASSETTE, same person" in pages.client().see("/bench/1/panel")
    pages.client().post("/bench/1/repeat", lot_typed="A2")
    test = pages.bench.slot(1).test
    assert test is not None
    assert test.after == first


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"pin": "0000"}, "wrong-pin"),
        ({"second": CHEN, "pin": PINS[CHEN]}, "second-person-needed"),
        ({"second": LIU, "pin": PINS[LIU]}, "not-allowed"),
        ({"second": ""}, "second-person-needed"),
        ({"outcome": "negative"}, "not-disputable"),
        ({"outcome": "nonsense"}, "not-disputable"),
        ({"test": "another"}, "nothing-to-confirm"),
    ],
)
def test_a_dispute_that_cannot_be_changes_nothing(pages: Pages, form: dict[str, str], code: str) -> None:
    start(pages, 1)
    read(pages, 1, POSITIVE)
    answer = dispute(pages, form.pop("outcome", "invalid"), **form)
    assert answer.json["code"] == code
    assert answer.json["do"]
    assert pages.bench.slot(1).read is not None
    assert pages.parts.lamps.shown is Lamp.RED


def test_a_cassette_read_before_says_which_test_and_asks_for_a_second_person(pages: Pages) -> None:
    mine = replace(NEGATIVE, place=(641.2, 323.5, 0.1))
    start(pages, 1, "张伟")
    read(pages, 1, mine)
    confirm(pages, 1)
    start(pages, 2, "李娜")
    seen = read(pages, 2, mine)
    assert "This cassette looks like one that was read before. slot 1, 12:16:00 · #" in seen
    assert "NO RESULT: new cassette" in seen
    assert confirm(pages, 2) == 409
    assert confirm(pages, 2, second=CHEN, pin=PINS[CHEN]) == 204
    assert pages.bench.slot(2).free


def test_a_borrowed_cassette_ends_without_a_result(pages: Pages) -> None:
    mine = replace(NEGATIVE, place=(641.2, 323.5, 0.1))
    start(pages, 1, "张伟")
    read(pages, 1, mine)
    confirm(pages, 1)
    start(pages, 2, "李娜")
    read(pages, 2, mine)
    waiting = pages.bench.slot(2).read
    assert waiting is not None
    pages.client().post("/bench/2/void", test=waiting.test.id, why="cassette-seen-before")
    seen = pages.client().see("/bench/2/panel")
    assert "NEW CASSETTE, same person" in seen


def test_one_shot_reads_every_slot_that_is_ready_and_no_other(pages: Pages) -> None:
    for slot in (1, 2):
        start(pages, slot, f"王芳{slot}")
    pages.parts.clock.turn(minutes=16)
    start(pages, 3, "李娜")
    tablet = pages.client()
    assert "READ ALL READY (2)" in tablet.see("/bench/board")
    assert tablet.post("/bench/read-ready").status_code == 204
    assert [view.read is not None for view in pages.bench.board()[:3]] == [True, True, False]
    assert "2 to confirm" in tablet.see("/bench/board")


def test_with_nothing_ready_no_photograph_is_taken(pages: Pages) -> None:
    start(pages, 1)
    answer = pages.client().post("/bench/read-ready")
    assert (answer.status_code, answer.json["code"]) == (409, "nothing-ready")


def test_a_kits_scanned_code_stands_for_its_lot_and_an_expired_one_starts_nothing(pages: Pages) -> None:
    tablet = pages.client()
    old, good = "(01)06901234567892(17)200101(10)OLD1", "(01)06901234567892(17)300101(10)A2203"
    answer = tablet.post("/bench/1/start", person="walk-in", name="张伟", lot_typed=old)
    assert answer.json["code"] == "lot-expired"
    assert pages.bench.slot(1).free
    assert tablet.post("/bench/1/start", person="walk-in", name="张伟", lot_typed=good).status_code == 204
    test = pages.bench.slot(1).test
    assert test is not None
    assert test.lot == "A2203"
