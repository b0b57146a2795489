"""The gate in a real Chromium: what an officer sees, hears and taps."""

import re
from unittest.mock import patch

import pytest
from playwright.sync_api import expect

from checkpoint.crossing import Lamp
from checkpoint.errors import JournalFull
from checkpoint.journal import Journal
from checkpoint.reasons import Reason
from tests.browser.conftest import Served
from tests.checkpoint.station_parts import seen
from tests.web.pages import CHEN, PINS, WANG

pytestmark = pytest.mark.browser


def show(served: Served, name: str, hours: float) -> None:
    parts = served.pages.parts
    parts.gate.present([parts.codes.naat(name, parts.hours_ago(hours))], officer=CHEN)


def test_log_in_by_tapping_a_name_and_a_pin(served: Served) -> None:
    page = served.tablet(None)
    page.get_by_text(CHEN, exact=True).click()
    for digit in "0000":
        page.locator(f"[data-key='{digit}']").click()
    page.locator(".enter").click()
    expect(page.locator("#say")).to_contain_text("Wrong PIN.")
    expect(page.locator("#pin")).to_have_value("")
    for digit in PINS[CHEN]:
        page.locator(f"[data-key='{digit}']").click()
    page.locator(".enter").click()
    expect(page).to_have_url(re.compile("/gate$"))


def test_a_verdict_appears_by_itself_on_every_tablet_with_its_sound(served: Served) -> None:
    one, two = served.tablet(CHEN), served.tablet(WANG, language="zh")
    expect(one.locator(".verdict")).to_contain_text("Show the code to the camera")
    show(served, "张伟", 30)
    expect(one.locator(".verdict-word")).to_contain_text("HOLD")
    expect(two.locator(".verdict-word")).to_contain_text("等候处理")
    assert one.evaluate("document.body.dataset.heard") == "hold"


def test_each_verdict_sounds_different(served: Served) -> None:
    page = served.tablet()
    show(served, "张伟", 5)
    expect(page.locator("body")).to_have_attribute("data-heard", "admit")
    served.pages.parts.gate.next(officer=CHEN)
    served.pages.parts.gate.present([served.pages.parts.codes.bad("x", Reason.BAD_SIGNATURE)], officer=CHEN)
    expect(page.locator("body")).to_have_attribute("data-heard", "refuse")
    served.pages.parts.gate.fault("journal")
    expect(page.locator("body")).to_have_attribute("data-heard", "fault")


def test_the_usual_traveller_costs_two_taps(served: Served) -> None:
    page = served.tablet()
    show(served, "张伟", 5)
    expect(page.locator(".whose-name")).to_contain_text("张伟")
    page.get_by_role("button", name="Compare with the ID").click()
    expect(page.get_by_role("button", name="compared with the ID")).to_be_disabled()
    page.get_by_role("button", name="NEXT").click()
    expect(page.locator(".verdict")).to_contain_text("Show the code to the camera")
    assert served.pages.parts.lamps.shown is Lamp.RED


def test_a_plate_is_typed_with_gloves(served: Served) -> None:
    page = served.tablet()
    page.locator("#plate").click()
    for key in "浙F12345":
        page.locator(f"#plate-dialog [data-key='{key}']").click()
    page.get_by_role("button", name="Keep the plate").click()
    expect(page.locator("#plate")).to_have_text("浙F·12345")
    page.locator("#more").click()
    expect(page.locator(".people-count output")).to_contain_text("2 people")
    page.get_by_role("button", name="Lorry").click()
    expect(page.locator(".lorry-line")).to_be_visible()
    assert served.pages.parts.gate.vehicle.people == 2


def test_an_override_asks_for_a_second_person(served: Served) -> None:
    page = served.tablet()
    show(served, "张伟", 30)
    expect(page.locator(".verdict-word")).to_contain_text("HOLD")
    page.get_by_role("button", name="Override").click()
    dialog = page.locator("#override-dialog")
    dialog.get_by_text("medical emergency").click()
    dialog.get_by_text(WANG).click()
    dialog.locator("[name=pin]").fill("0000")
    dialog.get_by_role("button", name="Admit against the rules").click()
    expect(page.locator("#say")).to_contain_text("Wrong PIN.")
    expect(dialog).to_be_visible()
    dialog.locator("[name=pin]").fill(PINS[WANG])
    dialog.get_by_role("button", name="Admit against the rules").click()
    expect(page.locator(".verdict-word")).to_contain_text("ADMIT")
    assert served.pages.parts.lamps.shown is Lamp.GREEN


def test_a_hand_scanner_types_a_code_from_anywhere_on_the_page(served: Served) -> None:
    code = served.pages.parts.codes.naat("Zhang Wei", served.pages.parts.hours_ago(5))
    page = served.tablet()
    page.evaluate(
        "keys => keys.forEach(key => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true})))",
        [*str(code.text), "Enter"],
    )
    expect(page.locator(".verdict-word")).to_contain_text("ADMIT")


def test_fingers_are_not_taken_for_a_hand_scanner(served: Served) -> None:
    page = served.tablet()
    page.keyboard.type("slow fingers", delay=90)
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert served.pages.parts.gate.view().crossing is None


def test_a_typed_id_is_judged(served: Served) -> None:
    page = served.tablet()
    page.get_by_role("button", name="Type ID").click()
    page.locator("#typed-input").fill("33048219840512123X")
    page.locator("#typed-dialog").get_by_role("button", name="Check").click()
    expect(page.locator(".whose-id")).to_contain_text("typed, not proven")


def test_the_page_lets_go_of_a_verdict_even_if_the_station_says_nothing(served: Served) -> None:
    served.pages.parts.gate.settings = type(served.pages.parts.gate.settings)(verdict_s=1.0)
    page = served.tablet(service_workers="block")  # what a worker fetches, `route` does not see
    show(served, "张伟", 5)
    expect(page.locator(".verdict-word")).to_contain_text("ADMIT")
    page.route("**/gate/card*", lambda route: route.abort())
    expect(page.locator(".verdict-over")).to_be_visible()


def test_out_of_reach_is_said_and_nothing_can_be_lost(served: Served) -> None:
    page = served.tablet()
    show(served, "张伟", 5)
    expect(page.locator("#next")).to_be_enabled()
    page.context.set_offline(True)
    served.pages.app.extensions["pulse"].stop()
    expect(page.locator("#lost")).to_contain_text("out of reach")
    expect(page.locator("#next")).to_be_disabled()
    expect(page.locator("#plate")).to_be_disabled()
    page.context.set_offline(False)
    expect(page.locator("#lost")).to_be_hidden()
    expect(page.locator("#next")).to_be_enabled()


def test_an_ended_session_leads_to_the_log_in_and_back(served: Served) -> None:
    page = served.tablet()
    served.pages.parts.clock.turn(seconds=1)
    served.pages.officers.change_pin(CHEN, PINS[CHEN])
    expect(page).to_have_url(re.compile("/login"))
    page.get_by_text(CHEN, exact=True).click()
    page.locator("#pin").fill(PINS[CHEN])
    page.locator(".enter").click()
    expect(page).to_have_url(re.compile("/gate"))


def test_the_live_picture_moves_and_outlines_what_it_sees(served: Served) -> None:
    served.pages.live.moving = True
    served.pages.live.outlines = (((100, 100), (300, 100), (300, 300), (100, 300)),)
    served.pages.live.hints = ("closer",)
    page = served.tablet()
    expect(page.locator(".live img")).to_be_visible()
    first = page.locator(".live img").get_attribute("src")
    expect(page.locator(".live img")).not_to_have_attribute("src", str(first))
    expect(page.locator(".outlines polygon")).to_have_attribute("points", "100,100 300,100 300,300 100,300")
    expect(page.locator(".live-hint")).to_have_text("Bring the code closer")


def test_a_dead_camera_is_said_where_its_picture_was(served: Served) -> None:
    page = served.tablet()
    expect(page.locator(".live img")).to_be_visible()
    served.pages.live.fault = "unplugged"
    expect(page.locator(".live-fault .live-nothing")).to_contain_text("gives no picture")


def test_a_dialog_is_for_the_vehicle_it_was_opened_for(served: Served) -> None:
    page = served.tablet()
    show(served, "张伟", 30)
    page.get_by_role("button", name="Correct").click()
    served.pages.parts.gate.next(officer=WANG)
    show(served, "李娜", 30)
    page.locator("#correct-dialog").get_by_text("shown by mistake").click()
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("#say")).to_contain_text("Another vehicle is at the gate now.")
    crossing = served.pages.parts.gate.view().crossing
    assert crossing is not None
    assert len(crossing.seats) == 1


@pytest.mark.parametrize("served", [{"demo": True, "simulated": ("camera", "lamps")}], indirect=True)
def test_a_demo_scene_is_one_tap(served: Served) -> None:
    page = served.tablet()
    page.get_by_text("Demo camera: what it sees").click()
    with page.expect_response("**/demo/show"):
        page.get_by_role("button", name="forged code").click()
    assert served.pages.scenes.held["gate"] == "forged"


@pytest.mark.parametrize("served", [{"demo": True, "simulated": ("camera", "lamps")}], indirect=True)
def test_an_own_photo_is_held_before_the_demo_camera(served: Served) -> None:
    from tests.web.pages import picture_of

    page = served.tablet()
    page.goto(f"{served.address}/demo")
    photo = {"name": "own.jpg", "mimeType": "image/jpeg", "buffer": picture_of("own")}
    page.locator("[name=picture]").first.set_input_files(files=[photo])  # type: ignore[list-item]
    expect(page.get_by_text("now: own photo")).to_be_visible()
    assert served.pages.scenes.held["gate"] == "own-picture"


def test_a_full_disk_is_a_fault_on_lamp_and_page_and_admits_nobody(served: Served) -> None:
    page = served.tablet()
    show(served, "张伟", 30)
    expect(page.locator(".verdict-word")).to_contain_text("HOLD")
    with patch.object(Journal, "append", side_effect=JournalFull("no space left")):
        page.locator("#next").click()
        expect(page.locator("#say")).to_contain_text("nothing was recorded")
        expect(page.locator(".verdict-fault")).to_be_visible()
    assert served.pages.parts.lamps.shown is Lamp.FAULT


def test_a_code_that_left_a_minute_ago_is_compared_with_the_id_first(served: Served) -> None:
    page = served.tablet()
    show(served, "张伟", 5)
    served.pages.parts.gate.next(officer=CHEN)
    served.pages.parts.clock.turn(seconds=60)
    served.pages.parts.gate.present([seen(code) for code in served.pages.parts.codes.codes], officer=CHEN)
    expect(page.locator(".verdict-reason")).to_contain_text("code already used by another person")
    page.locator(".tick-first").click()
    expect(page.locator(".verdict-word")).to_contain_text("ADMIT")
