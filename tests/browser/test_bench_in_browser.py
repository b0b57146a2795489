"""The bench in a real Chromium: clocks that run, and two tablets that never disagree."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Served
from tests.web.pages import CHEN, NO_CONTROL, POSITIVE, WANG

pytestmark = pytest.mark.browser


def started(served: Served, slot: int, name: str = "张伟") -> str:
    """Start a walk-in's test behind the pages; return its id."""
    pages = served.pages
    from checkpoint.credential import Holder
    from checkpoint.vehicle import Vehicle

    gate = pages.parts.gate
    traveller = gate.walk_in(Holder(name=name), Vehicle(category=gate.settings.category))
    return pages.bench.start(slot, traveller, lot="A1", officer=CHEN).id


def test_from_the_gate_to_a_running_clock_in_two_taps_and_a_lot(served: Served) -> None:
    page = served.tablet()
    parts = served.pages.parts
    parts.gate.present([parts.codes.naat("Li Na", parts.hours_ago(30))], officer=CHEN)
    page.get_by_role("button", name="ANTIGEN TEST").click()
    expect(page.locator(".picks.who :checked + span")).to_contain_text("L** N**")
    page.locator("[name=lot_typed]").fill("20220315")
    page.get_by_role("button", name="START: drops are on").click()
    expect(page.locator("#tile-1 .tile-clock")).to_have_text("14:59", timeout=6000)
    test = served.pages.bench.slot(1).test
    assert test is not None
    assert test.lot == "20220315"


def test_clocks_run_without_asking_the_station(served: Served) -> None:
    started(served, 1)
    page = served.tablet()
    page.goto(f"{served.address}/bench?slot=1")
    first = page.locator(".big-clock").inner_text()
    page.wait_for_timeout(1600)
    assert page.locator(".big-clock").inner_text() < first


def test_two_tablets_see_the_same_board_at_once(served: Served) -> None:
    one, two = served.tablet(CHEN), served.tablet(WANG, language="zh")
    for page in (one, two):
        page.goto(f"{served.address}/bench")
    started(served, 7, "王芳")
    expect(one.locator("#tile-7")).to_contain_text("王**", timeout=1500)
    expect(two.locator("#tile-7")).to_contain_text("王**", timeout=1500)
    expect(two.locator("#tile-7")).to_contain_text("等待中")


def test_becoming_ready_is_heard(served: Served) -> None:
    test = started(served, 1)
    served.pages.parts.clock.turn(minutes=14, seconds=58)
    page = served.tablet()
    page.goto(f"{served.address}/bench")
    served.pages.parts.clock.turn(seconds=3)
    expect(page.locator("#tile-1")).to_contain_text("READY", timeout=6000)
    assert page.evaluate("document.body.dataset.heard") == "ready"
    assert test


def test_a_positive_is_read_shown_and_heard(served: Served) -> None:
    started(served, 1)
    served.pages.parts.clock.turn(minutes=16)
    served.pages.cassette = POSITIVE
    page = served.tablet()
    page.goto(f"{served.address}/bench?slot=1")
    page.get_by_role("button", name="READ", exact=True).click()
    expect(page.locator(".outcome-word")).to_have_text("POSITIVE")
    expect(page.locator(".next-step")).to_contain_text("Lead to the isolation point.")
    expect(page.locator(".evidence img")).to_be_visible()
    assert page.locator(".evidence img").evaluate("i => i.decode().then(() => i.naturalWidth)") == 1280
    assert page.evaluate("document.body.dataset.heard") == "refuse"


def test_an_invalid_test_leads_to_a_new_cassette(served: Served) -> None:
    first = started(served, 1)
    served.pages.parts.clock.turn(minutes=16)
    served.pages.cassette = NO_CONTROL
    page = served.tablet()
    page.goto(f"{served.address}/bench?slot=1")
    page.get_by_role("button", name="READ", exact=True).click()
    expect(page.locator(".outcome-word")).to_have_text("INVALID")
    page.locator("[name=lot_typed]").first.fill("B2")
    page.get_by_role("button", name="NEW CASSETTE, same person").click()
    expect(page.locator(".big-clock")).to_be_visible()
    test = served.pages.bench.slot(1).test
    assert test is not None
    assert test.after == first


def test_what_is_being_typed_survives_news_from_elsewhere(served: Served) -> None:
    page = served.tablet()
    page.goto(f"{served.address}/bench?slot=2")
    page.locator("#name-2").fill("Half a na")
    started(served, 9)
    expect(page.locator("#tile-9")).to_contain_text("waiting")
    expect(page.locator("#name-2")).to_have_value("Half a na")
    expect(page.locator("#name-2")).to_be_focused()


def test_a_camera_unplugged_mid_read_loses_no_test(served: Served) -> None:
    started(served, 1)
    served.pages.parts.clock.turn(minutes=16)
    served.pages.bench_camera_fault = "unplugged"
    page = served.tablet()
    page.goto(f"{served.address}/bench?slot=1")
    page.get_by_role("button", name="READ", exact=True).click()
    expect(page.locator("#say")).to_contain_text("The camera gives no picture")
    served.pages.bench_camera_fault = ""
    page.get_by_role("button", name="READ", exact=True).click()
    expect(page.locator(".outcome-word")).to_have_text("NEGATIVE")


def test_choosing_another_slot_keeps_the_live_picture(served: Served) -> None:
    started(served, 3)
    page = served.tablet()
    page.goto(f"{served.address}/bench?slot=1")
    page.evaluate("document.querySelector('.live').dataset.mine = 'kept'")
    page.locator("#tile-3").click()
    expect(page.locator("#panel h2")).to_have_text("Slot 3")
    expect(page.locator("#tile-3")).to_have_attribute("aria-current", "true")
    expect(page.locator(".live")).to_have_attribute("data-mine", "kept")
