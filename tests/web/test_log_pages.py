"""The log: what happened, why, and who looked."""

import pytest

from checkpoint.crossing import Lamp
from checkpoint.events import Kind
from checkpoint.journal import LogQuery
from checkpoint.vehicle import Vehicle
from tests.web.pages import CHEN, LIU, POSITIVE, WANG, Pages, picture_of, words_of


def show(pages: Pages, name: str, hours: float, *, photo: bool = False) -> int:
    """Present a report and return the entry's number."""
    code = pages.parts.codes.naat(name, pages.parts.hours_ago(hours))
    keep = (lambda: pages.keep(picture_of("a phone"))) if photo else None
    pages.parts.gate.present([code], officer=CHEN, photo=keep)
    return pages.parts.journal.head().seq


def listed(pages: Pages, query: str = "") -> str:
    """Return what the list itself says, without the filters above it."""
    return words_of(pages.client().get(f"/log{query}").text.split('class="entries"')[1])


def test_an_empty_log_says_what_to_do(pages: Pages) -> None:
    seen = pages.client().see("/log?kind=crossing-decided")
    assert "Nothing matches. Choose a longer time, or show everything." in seen


def test_the_newest_entry_stands_first(pages: Pages) -> None:
    show(pages, "张伟", 5)
    show(pages, "李娜", 30)
    seen = listed(pages)
    assert seen.index("the NAAT report is too old") < seen.index("all rules met")


def test_the_list_shows_no_names(pages: Pages) -> None:
    show(pages, "张伟国", 5)
    seen = pages.client().see("/log")
    assert "张伟国" not in seen


def test_filters_narrow_by_verdict_kind_officer_and_time(pages: Pages) -> None:
    show(pages, "张伟", 5)
    pages.parts.gate.next(officer=WANG)
    pages.parts.clock.turn(hours=2)
    show(pages, "李娜", 30)
    tablet = pages.client()
    assert _entries(listed(pages, "?verdict=admit")) == ["all rules met"]
    assert _entries(listed(pages, "?verdict=hold")) == ["the NAAT report is too old"]
    assert _entries(listed(pages, "?span=1h&kind=crossing-decided")) == ["the NAAT report is too old"]
    assert "vehicle left 王警官" in tablet.see(f"/log?officer={WANG}")


def test_unknown_filters_show_everything_rather_than_failing(pages: Pages) -> None:
    show(pages, "张伟", 5)
    assert "all rules met" in listed(pages, "?verdict=maybe&span=ever&kind=nothing&before=x&slot=x&plate=x&reason=x")


def test_the_list_goes_on_where_it_ended(pages: Pages) -> None:
    for n in range(60):
        show(pages, f"旅客{n}", 5)
    tablet = pages.client()
    first = tablet.get("/log").text
    assert "Older entries" in first
    before = first.split("before=")[1].split('"')[0]
    rest = tablet.get(f"/log?before={before}", **{"X-Page": "1"}).text
    assert "<html" not in rest
    assert f"#{before}<" not in rest
    assert f"#{int(before) - 1}<" in rest
    assert "<html" in tablet.get(f"/log?before={before}").text, "without script it is a page of its own"


def test_an_entry_explains_itself_without_naming_anybody(pages: Pages) -> None:
    seq = show(pages, "张伟国", 30)
    seen = pages.client().see(f"/log/{seq}")
    for said in ("HOLD", "the NAAT report is too old", "resident", "24", "pinghu-road", "signature verified", CHEN):
        assert said in seen, said
    assert "张伟国" not in seen


def test_asking_for_the_name_shows_it_and_is_written_down_first(pages: Pages) -> None:
    seq = show(pages, "张伟国", 30)
    auditor = pages.client(LIU)
    auditor.post(f"/log/{seq}/reveal", script=False)
    assert "张伟国" in auditor.see(f"/log/{seq}")
    looked = pages.parts.journal.search(LogQuery(kind=Kind.PERSONAL_VIEWED)).entries
    assert [(e.body["of"], e.body["officer"]) for e in looked] == [(seq, LIU)]
    assert "张伟国" not in pages.client(CHEN).see(f"/log/{seq}"), "another officer has to ask, too"


def test_a_photo_of_a_traveller_stays_closed_until_asked_for(pages: Pages) -> None:
    seq = show(pages, "张伟国", 30, photo=True)
    tablet = pages.client()
    assert "Closed until the name is shown." in tablet.see(f"/log/{seq}")
    assert tablet.get(f"/photo/{seq}/0").status_code == 403
    tablet.post(f"/log/{seq}/reveal", script=False)
    assert tablet.get(f"/photo/{seq}/0").mimetype == "image/jpeg"


def test_a_destroyed_name_is_said_to_be_gone(pages: Pages) -> None:
    seq = show(pages, "张伟国", 30)
    pages.parts.clock.turn(days=40)
    pages.parts.journal.destroy_personal(pages.parts.clock.now().wall, even_unsent=True)
    tablet = pages.client()
    tablet.post(f"/log/{seq}/reveal", script=False)
    assert "was deleted when its time was over" in tablet.see(f"/log/{seq}")


def test_a_reading_is_replayed_with_its_lines_and_photo(pages: Pages) -> None:
    tablet = pages.client()
    tablet.post("/bench/1/start", person="walk-in", name="王芳", lot_typed="A1")
    test = pages.bench.slot(1).test
    assert test is not None
    pages.parts.clock.turn(minutes=16)
    pages.cassette = POSITIVE
    tablet.post("/bench/1/read", test=test.id)
    last = pages.bench.slot(1).read
    assert last is not None
    seen = tablet.see(f"/log/{last.recorded.seq}")
    for said in ("POSITIVE", "control line (C) 40.0 % SNR 30.0", "test line (T) 12.0 % SNR 9.1"):
        assert said in seen
    assert f"/photo/{last.recorded.seq}/1" in tablet.get(f"/log/{last.recorded.seq}").text


def test_every_kind_of_entry_can_be_opened(pages: Pages) -> None:
    tablet = pages.client()
    for kind in Kind:
        pages.parts.journal.append(kind, {"officer": CHEN, "detail": "x"})
        answer = tablet.get(f"/log/{pages.parts.journal.head().seq}")
        assert answer.status_code == 200, kind


def test_an_entry_that_is_not_there_is_said(pages: Pages) -> None:
    tablet = pages.client()
    assert tablet.get("/log/999").status_code == 404
    assert tablet.get("/photo/1/7").status_code == 404


def _entries(seen: str) -> list[str]:
    return [reason for reason in ("the NAAT report is too old", "all rules met") if reason in seen]


def passed_with_plate(pages: Pages, plate: str, name: str = "张伟") -> int:
    gate = pages.parts.gate
    gate.next(officer=CHEN)
    gate.describe_vehicle(Vehicle(gate.settings.category, plate=plate), officer=CHEN)
    return show(pages, name, 5)


def search(pages: Pages, text: str, who: str = CHEN) -> str:
    """Search as a browser does, and return the address it leads to."""
    answer = pages.client(who).post("/log/search", script=False, q=text)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def test_a_plate_is_found_however_it_is_typed_and_stands_in_no_address(pages: Pages) -> None:
    seq = passed_with_plate(pages, "浙F12345")
    passed_with_plate(pages, "沪A99999", "李娜")
    address = search(pages, "浙f·12345")
    assert "12345" not in address
    assert "one vehicle's plate" in pages.client().see(address)
    seen = listed(pages, address.removeprefix("/log"))
    assert f"#{seq}" in seen
    assert seen.count("crossing decided") == 1


def test_looking_for_a_plate_is_written_down_without_the_plate(pages: Pages) -> None:
    passed_with_plate(pages, "浙F12345")
    search(pages, "浙F12345", LIU)
    viewed = pages.parts.journal.search(LogQuery(kind=Kind.PERSONAL_VIEWED)).entries[0]
    assert (viewed.body["what"], viewed.body["officer"]) == ("plate-searched", LIU)
    assert "12345" not in str(viewed.body)


def test_a_plate_is_not_found_any_more_once_the_personal_record_is_destroyed(pages: Pages) -> None:
    passed_with_plate(pages, "浙F12345")
    pages.parts.clock.turn(days=40)
    pages.parts.journal.destroy_personal(pages.parts.hours_ago(1), even_unsent=True)
    assert "Nothing matches." in pages.client().see(search(pages, "浙F12345"))


def test_a_number_leads_to_its_entry_and_a_lot_to_its_tests(pages: Pages) -> None:
    seq = show(pages, "张伟", 5)
    assert search(pages, f"#{seq}").endswith(f"/log/{seq}")
    assert search(pages, str(seq)).endswith(f"/log/{seq}")
    pages.client().post("/bench/1/start", person="walk-in", name="李娜", lot_typed="A2203")
    assert search(pages, "A2203").endswith("/log?lot=A2203")
    assert "antigen test started" in listed(pages, "?lot=A2203&slot=1")
    assert "Nothing matches." in pages.client().see("/log?lot=A2203&slot=2")
    assert pages.client().get(search(pages, "#999999")).status_code == 404


def test_reasons_filter(pages: Pages) -> None:
    show(pages, "张伟", 30)
    assert "HOLD" in listed(pages, "?reason=naat-stale")
    assert "Nothing matches." in pages.client().see("/log?reason=test-positive")


def test_an_entry_is_corrected_by_another_entry(pages: Pages) -> None:
    seq = show(pages, "张伟", 5)
    pages.parts.gate.next(officer=CHEN)
    tablet = pages.client()
    answer = tablet.post(f"/log/{seq}/correct", why="wrong-person")
    assert answer.json["go"] == f"/log/{seq}"
    seen = tablet.see(f"/log/{seq}")
    assert f"Corrected by {CHEN}: somebody else's code" in seen
    assert "ADMIT" in seen, "the record itself stays as it was"
    correction = pages.parts.journal.head().seq
    assert f"This corrects #{seq}" in tablet.see(f"/log/{correction}")
    again = tablet.post(f"/log/{seq}/correct", why="wrong-person")
    assert again.json["code"] == "corrected-already"


def test_correcting_what_stands_at_the_barrier_takes_its_green_away(pages: Pages) -> None:
    seq = show(pages, "张伟", 5)
    assert pages.parts.lamps.shown is Lamp.GREEN
    pages.client().post(f"/log/{seq}/correct", why_typed="the wrong lane")
    assert pages.parts.lamps.shown is Lamp.YELLOW


@pytest.mark.parametrize(
    ("who", "form", "code"),
    [(CHEN, {}, "reason-needed"), (LIU, {"why": "wrong-person"}, "not-allowed")],
)
def test_a_correction_needs_a_reason_and_a_role_that_decides(
    pages: Pages, who: str, form: dict[str, str], code: str
) -> None:
    seq = show(pages, "张伟", 5)
    assert pages.client(who).post(f"/log/{seq}/correct", **form).json["code"] == code


def test_a_log_in_is_nothing_to_correct(pages: Pages) -> None:
    tablet = pages.client()
    entry = pages.parts.journal.search(LogQuery(kind=Kind.LOGGED_IN)).entries[0]
    assert tablet.post(f"/log/{entry.seq}/correct", why="wrong-person").json["code"] == "not-correctable"
    assert "Correct this entry" not in tablet.see(f"/log/{entry.seq}")


def test_an_entry_says_whether_its_decision_comes_out_the_same_again(pages: Pages) -> None:
    seq = show(pages, "张伟", 30)
    assert "Decided again from this evidence by the same rules: the same." in pages.client().see(f"/log/{seq}")


def test_a_decision_whose_rules_are_gone_is_not_said_to_be_proven(pages: Pages) -> None:
    seq = show(pages, "张伟", 30)
    pages.parts.gate.rules = lambda _category, _when: None
    assert "Decided again" not in pages.client().see(f"/log/{seq}")
