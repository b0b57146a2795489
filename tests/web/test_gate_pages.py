"""The gate's page: may they go, why, and did it register?"""

import json
import re
from dataclasses import replace

import pytest

from checkpoint.assay import Outcome
from checkpoint.credential import Holder, LorryPass, TestResult
from checkpoint.crossing import Category, Lamp, SpotTest, Verdict
from checkpoint.events import Kind
from checkpoint.journal import LogQuery
from checkpoint.reasons import Reason
from checkpoint.vehicle import Vehicle
from tests.checkpoint.station_parts import read_and_confirm
from tests.web.pages import ADA, CHEN, LIU, NEGATIVE, PINS, POSITIVE, READY_AFTER, WANG, Pages, words_of


def card(pages: Pages, language: str = "en", query: str = "") -> str:
    return pages.client(WANG, language=language).see(f"/gate/card{query}")


def show(pages: Pages, name: str, hours: float, **more: object) -> None:
    pages.parts.gate.present([pages.parts.codes.naat(name, pages.parts.hours_ago(hours), **more)], officer=CHEN)  # type: ignore[arg-type]


def crossing(pages: Pages) -> str:
    found = pages.parts.gate.view().crossing
    return found.id if found else ""


def test_an_empty_gate_says_what_to_do(pages: Pages) -> None:
    assert "Show the code to the camera" in card(pages)
    assert "请将码对准摄像头" in card(pages, "zh")


def test_an_admission_names_the_holder_in_full_with_the_age_of_the_sample_and_the_record(pages: Pages) -> None:
    show(pages, "张伟", 5)
    seen = card(pages)
    for said in (
        "ADMIT 放行",
        "all rules met",
        "张伟",
        "born 1984-05-17",
        "sampled 5 h before the check",
        "12:00:00 · #1",
    ):
        assert said in seen, said
    assert pages.parts.lamps.shown is Lamp.GREEN


def test_whoever_is_held_is_shown_masked(pages: Pages) -> None:
    show(pages, "张伟国", 30)
    seen = card(pages)
    assert "HOLD 等候处理 the NAAT report is too old Take an antigen test." in seen
    assert "张** born 1984" in seen
    assert "张伟国" not in seen
    assert "05-17" not in seen


def test_a_forged_code_shows_nothing_personal(pages: Pages) -> None:
    pages.parts.gate.present([pages.parts.codes.bad("forged", Reason.BAD_SIGNATURE)], officer=CHEN)
    seen = card(pages)
    assert "REFUSE 不予放行 the signature is false Do not accept this code. Call the shift lead." in seen
    assert "No verified name" in seen


def test_the_shape_goes_with_the_colour(pages: Pages) -> None:
    show(pages, "张伟", 30)
    html = pages.client().get("/gate/card").text
    assert 'class="verdict verdict-hold"' in html
    assert "shape-hold" in html


def test_a_verdict_goes_neutral_with_its_time(pages: Pages) -> None:
    show(pages, "张伟", 5)
    pages.parts.clock.turn(seconds=21)
    pages.parts.gate.tick()
    seen = card(pages)
    assert "Next code, please before: ADMIT" in seen
    assert "all rules met" not in seen


def test_the_page_knows_when_to_let_go_of_a_verdict_by_itself(pages: Pages) -> None:
    show(pages, "张伟", 5)
    pages.parts.clock.turn(seconds=8)
    assert 'data-neutral-in="12.0"' in pages.client().get("/gate/card").text


def test_a_fault_shows_no_verdict_whatever_was_decided(pages: Pages) -> None:
    show(pages, "张伟", 5)
    pages.parts.gate.fault("journal: full")
    seen = card(pages)
    assert "FAULT" in seen
    assert "ADMIT" not in seen


def test_the_worst_of_the_vehicle_is_shown_and_each_person_beside_it(pages: Pages) -> None:
    pages.client().post("/gate/vehicle", people=3)
    show(pages, "张伟", 5)
    show(pages, "李娜", 30)
    seen = card(pages)
    assert seen.startswith("HOLD")
    assert "Driver" in seen
    assert "Passenger 1" in seen
    assert "Passenger 2" in seen
    assert "张伟 born 1984-05-17" in card(pages, query="?seat=1")


def test_plate_people_and_category_are_set_one_by_one(pages: Pages) -> None:
    tablet = pages.client()
    tablet.post("/gate/vehicle", plate="浙f · 12345")
    tablet.post("/gate/vehicle", people=2)
    tablet.post("/gate/vehicle", category="lorry", trailer="浙F6789挂", route="平湖—上海")
    assert pages.parts.gate.vehicle == Vehicle(Category.LORRY, 2, "浙F12345", "浙F6789挂", "平湖—上海")
    assert "浙F·12345" in tablet.see("/gate/vehicle")


@pytest.mark.parametrize("people", ["0", "61", "-1", "two", "1.5", "9999", ""])
def test_an_impossible_number_of_people_is_refused_with_words(pages: Pages, people: str) -> None:
    answer = pages.client().post("/gate/vehicle", people=people)
    assert (answer.status_code, answer.json["word"]) == (409, "That many people cannot be.")


def test_a_plate_that_cannot_be_is_refused_with_words(pages: Pages) -> None:
    assert pages.client().post("/gate/vehicle", plate="浙F123456789").json["code"] == "plate-unreadable"


def test_comparing_with_the_id_is_written_down(pages: Pages) -> None:
    show(pages, "张伟", 5)
    pages.client().post("/gate/compared", crossing=crossing(pages), seat=1)
    assert "compared with the ID" in card(pages)
    assert _bodies(pages, Kind.ID_COMPARED) == [{"crossing": "c-1", "officer": CHEN, "seat": 1}]


def test_an_act_never_hits_the_next_vehicle(pages: Pages) -> None:
    show(pages, "张伟", 30)
    before = crossing(pages)
    pages.parts.gate.next(officer=WANG)
    show(pages, "李娜", 30)
    tablet = pages.client()
    for path, more in (
        ("/gate/compared", {}),
        ("/gate/correct", {"why": "wrong-person"}),
        ("/gate/bench", {}),
        ("/gate/override", {"why": "ordered", "second": WANG, "pin": PINS[WANG]}),
        ("/gate/next", {}),
        ("/gate/vehicle", {"people": 2}),
    ):
        answer = tablet.post(path, crossing=before, seat=1, **more)
        assert (answer.status_code, answer.json["code"]) == (409, "vehicle-changed"), path
    assert pages.parts.gate.vehicle.people == 1
    assert crossing(pages) != before


def test_an_override_needs_the_pin_of_a_second_person(pages: Pages) -> None:
    show(pages, "张伟", 30)
    tablet, here = pages.client(), {"crossing": crossing(pages), "seat": 1, "why": "medical-emergency"}
    assert tablet.post("/gate/override", **here).json["code"] == "second-person-needed"
    assert tablet.post("/gate/override", **here, second=CHEN, pin=PINS[CHEN]).json["code"] == "second-person-needed"
    assert tablet.post("/gate/override", **here, second=WANG, pin="0000").json["code"] == "wrong-pin"
    assert tablet.post("/gate/override", **here, second=LIU, pin=PINS[LIU]).json["code"] == "not-allowed"
    assert pages.parts.lamps.shown is Lamp.YELLOW
    assert tablet.post("/gate/override", **here, second=WANG, pin=PINS[WANG]).status_code == 204
    assert "ADMIT 放行 admitted by two officers" in card(pages)
    assert [(b["officer"], b["second"]) for b in _bodies(pages, Kind.OVERRIDDEN)] == [(CHEN, WANG)]


def test_an_override_needs_a_reason(pages: Pages) -> None:
    show(pages, "张伟", 30)
    answer = pages.client().post(
        "/gate/override", crossing=crossing(pages), seat=1, second=WANG, pin=PINS[WANG], why=""
    )
    assert answer.json["code"] == "reason-needed"


def test_a_correction_takes_a_check_back(pages: Pages) -> None:
    show(pages, "张伟", 5)
    pages.client().post("/gate/correct", crossing=crossing(pages), seat=1, why="wrong-person")
    assert "ADMIT" not in card(pages)
    assert _bodies(pages, Kind.CORRECTED)[0]["why"] == "wrong-person"


def test_next_makes_the_gate_neutral_and_the_lamp_red(pages: Pages) -> None:
    show(pages, "张伟", 5)
    pages.client().post("/gate/next", crossing=crossing(pages))
    assert "Show the code to the camera" in card(pages)
    assert pages.parts.lamps.shown is Lamp.RED


def test_a_typed_id_is_held_and_marked_as_unproven(pages: Pages) -> None:
    pages.client().post("/gate/typed", format="typed-id", text="330482198405121234")
    seen = card(pages)
    assert "HOLD" in seen
    assert "ID ··· 1234 · typed, not proven" in seen


def test_a_typed_number_that_cannot_be_is_said(pages: Pages) -> None:
    tablet = pages.client()
    assert tablet.post("/gate/typed", format="typed-id", text=" ").json["code"] == "nothing-typed"
    assert tablet.post("/gate/typed", format="typed-id", text="12").json["code"] == "id-impossible"
    assert tablet.post("/gate/typed", format="lorry-pass", text="12").json["code"] == "pass-impossible"


def test_a_typed_pass_keeps_what_stands_on_it_and_admits_nobody(pages: Pages) -> None:
    tablet = pages.client()
    tablet.post(
        "/gate/typed",
        format="lorry-pass",
        text="330482 000123",
        plate="浙F12345",
        route="嘉兴-平湖",
        valid_until="2099-12-31",
    )
    crossing_now = pages.parts.gate.view().crossing
    assert crossing_now is not None
    (credential,) = crossing_now.seats[0].evidence.credentials
    assert credential.facts == (LorryPass("330482000123", "浙F12345", "嘉兴-平湖"),)
    assert "HOLD" in card(pages)
    assert pages.parts.lamps.shown is not Lamp.GREEN


def test_a_typed_pass_past_its_last_day_says_that_it_is_the_pass(pages: Pages) -> None:
    pages.client().post("/gate/typed", format="lorry-pass", text="330482000123", valid_until="2020-01-01")
    crossing_now = pages.parts.gate.view().crossing
    assert crossing_now is not None
    assert crossing_now.seats[0].decision.reason is Reason.PASS_EXPIRED


def test_a_day_that_is_none_is_said(pages: Pages) -> None:
    typed = {"format": "lorry-pass", "text": "330482000123", "valid_until": "31.12."}
    assert pages.client().post("/gate/typed", **typed).json["code"] == "malformed"


def test_a_hand_scanners_code_takes_the_same_way_as_the_cameras(pages: Pages) -> None:
    code = pages.parts.codes.naat("张伟", pages.parts.hours_ago(5))
    pages.client().post("/gate/scanned", text=code.text)
    assert "ADMIT" in card(pages)


def test_the_test_button_parks_the_vehicle_and_leads_to_the_bench(pages: Pages) -> None:
    show(pages, "张伟", 30)
    answer = pages.client().post("/gate/bench", crossing=crossing(pages), seat=1)
    assert answer.json == {"go": "/bench?person=c-1:1"}
    assert "1 waiting at the bench" in card(pages)


def test_the_light_for_a_vehicle_from_the_bench_is_not_taken_for_the_next(pages: Pages) -> None:
    show(pages, "张伟", 30)
    pages.client().post("/bench/1/start", person="c-1:1", lot_typed="A1")
    pages.parts.gate.next(officer=CHEN)
    pages.parts.clock.turn(seconds=READY_AFTER.total_seconds())
    read_and_confirm(pages.bench, 1, NEGATIVE)
    seen = card(pages)
    assert "ADMIT 张** The light is for a vehicle that comes from the bench." in seen
    assert "ADMIT 放行" not in seen


def test_a_red_lamp_for_the_bench_is_not_taken_for_this_vehicles(pages: Pages) -> None:
    show(pages, "张伟", 30)
    pages.client().post("/bench/1/start", person="c-1:1", lot_typed="A1")
    pages.parts.gate.next(officer=CHEN)
    pages.parts.clock.turn(seconds=READY_AFTER.total_seconds())
    show(pages, "李娜", 5)
    assert card(pages).startswith("ADMIT")
    read_and_confirm(pages.bench, 1, POSITIVE)
    seen = card(pages)
    assert seen.startswith("Next code, please"), "the page is green beside a red lamp"
    assert "The lamp is red for a positive at the bench" in seen


def test_a_positive_report_refuses(pages: Pages) -> None:
    show(pages, "王芳", 6, result=TestResult.POSITIVE)
    assert card(pages).startswith("REFUSE 不予放行 the report is positive")


def test_live_picture_comes_once_and_says_what_is_seen(pages: Pages) -> None:
    pages.live.outlines = (((1, 2), (3, 4), (5, 6), (7, 8)),)
    pages.live.hints = ("steadier",)
    tablet = pages.client(language="zh")
    first = tablet.get("/live/gate.jpg?seq=-1")
    about = json.loads(first.headers["X-Picture"])
    assert first.mimetype == "image/jpeg"
    assert about["hints"] == ["请拿稳"]
    assert about["outlines"] == [[[1, 2], [3, 4], [5, 6], [7, 8]]]
    assert tablet.get(f"/live/gate.jpg?seq={about['number']}").status_code == 204


def test_a_dead_camera_is_said_instead_of_an_old_picture(pages: Pages) -> None:
    pages.live.fault = "unplugged: /dev/video0"
    answer = pages.client().get("/live/gate.jpg?seq=1")
    assert answer.status_code == 204
    assert json.loads(answer.headers["X-Picture"])["fault"] == "The camera gives no picture: nothing was read."


def test_there_are_only_two_cameras(pages: Pages) -> None:
    assert pages.client().get("/live/cellar.jpg").status_code == 404


def test_without_script_a_form_leads_back_and_a_mistake_is_said_on_the_page(pages: Pages) -> None:
    tablet = pages.client()
    assert tablet.post("/gate/vehicle", script=False, people=2).location == "/gate"
    tablet.post("/gate/vehicle", script=False, people=0)
    assert "That many people cannot be. Enter 1 to 60 people." in words_of(tablet.get("/gate").text)


def test_the_second_person_is_never_oneself_and_never_an_auditor(pages: Pages) -> None:
    html = pages.client(CHEN).get("/gate").text
    offered = html.split('id="override-dialog"')[1].split("</dialog>")[0]
    assert f'value="{WANG}"' in offered
    assert f'value="{ADA}"' in offered
    assert f'value="{CHEN}"' not in offered
    assert f'value="{LIU}"' not in offered


def test_every_verdict_has_a_shape_of_its_own() -> None:
    from web import words

    assert len({words.SHAPES[v] for v in (*Verdict, "fault")}) == 4


def _bodies(pages: Pages, kind: Kind) -> list[dict[str, object]]:
    return [e.body for e in pages.parts.journal.search(LogQuery(kind=kind)).entries]


def admitted_at_the_bench(pages: Pages, *, plate: str = "") -> None:
    """Send somebody to the bench, test them negative, with nobody at the barrier."""
    gate = pages.parts.gate
    gate.describe_vehicle(replace(gate.vehicle, plate=plate), officer=CHEN)
    gate.present([pages.parts.codes.naat("李娜", pages.parts.hours_ago(30))], officer=CHEN)
    traveller = gate.to_bench(1)
    gate.next(officer=CHEN)
    test = SpotTest("t", Outcome.NEGATIVE, pages.parts.clock.now().wall)
    gate.settle_test(traveller, test, officer=CHEN)


def test_a_light_for_somebody_at_the_bench_names_their_vehicle(pages: Pages) -> None:
    admitted_at_the_bench(pages, plate="浙F12345")
    seen = pages.client().see("/gate/card")
    assert "ADMIT 浙F·12345 李**" in seen
    assert "The light is for a vehicle that comes from the bench." in seen
    assert "Show the code to the camera" in seen, "no card of the barrier's own beside it"


def test_a_light_for_the_bench_never_lends_its_green_to_the_car_before(pages: Pages) -> None:
    show(pages, "王芳", 5)
    pages.parts.clock.turn(seconds=25)
    pages.parts.gate.tick()
    traveller = pages.parts.gate.walk_in(Holder(name="李娜"), Vehicle(pages.parts.gate.settings.category))
    now = pages.parts.clock.now().wall
    pages.parts.gate.settle_test(traveller, SpotTest("t", Outcome.NEGATIVE, now), officer=CHEN)
    html = pages.client().get("/gate/card").text
    assert "verdict-neutral" in html
    assert "verdict-admit" not in html
    assert "light-for-admit" in html


def test_a_code_held_up_twice_sounds_twice(pages: Pages) -> None:
    keys = []
    for _ in range(3):
        show(pages, "张伟", 5)
        keys.append(re.findall(r'data-cue="(\w+)" data-cue-key="([^"]+)"', pages.client().get("/gate/card").text)[0])
    assert [cue for cue, _ in keys] == ["admit", "seen", "seen"]
    assert len(set(keys)) == 3
