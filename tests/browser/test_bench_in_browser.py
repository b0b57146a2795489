"""The bench in a real Chromium: clocks that run, and two tablets that never disagree."""

import re
from unittest.mock import patch

import pytest
from playwright.sync_api import expect

from checkpoint.crossing import Lamp
from checkpoint.errors import JournalFull
from checkpoint.events import Kind
from checkpoint.journal import Journal, LogQuery
from tests.browser.conftest import Served
from tests.web.pages import CHEN, NO_CONTROL, PINS, POSITIVE, WANG

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
    expect(page.locator("#tile-1 .tile-clock")).to_have_text(re.compile(r"14:5\d"))
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
    expect(one.locator("#tile-7")).to_contain_text("王**")
    expect(two.locator("#tile-7")).to_contain_text("王**")
    expect(two.locator("#tile-7")).to_contain_text("等待中")


def test_becoming_ready_is_heard(served: Served) -> None:
    test = started(served, 1)
    served.pages.parts.clock.turn(minutes=14, seconds=58)
    page = served.tablet()
    page.goto(f"{served.address}/bench")
    served.pages.parts.clock.turn(seconds=3)
    expect(page.locator("#tile-1")).to_contain_text("READY")
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
    page.get_by_role("button", name="CONFIRM: NEGATIVE").click()
    expect(page.locator(".next-negative")).to_contain_text("Admitted.")


def test_choosing_another_slot_keeps_the_live_picture(served: Served) -> None:
    started(served, 3)
    page = served.tablet()
    page.goto(f"{served.address}/bench?slot=1")
    page.evaluate("document.querySelector('.live').dataset.mine = 'kept'")
    page.locator("#tile-3").click()
    expect(page.locator("#panel h2")).to_have_text("Slot 3")
    expect(page.locator("#tile-3")).to_have_attribute("aria-current", "true")
    expect(page.locator(".live")).to_have_attribute("data-mine", "kept")


def ready_to_read(served: Served, slot: int = 1, name: str = "张伟") -> None:
    started(served, slot, name)
    served.pages.parts.clock.turn(minutes=16)


def test_two_tablets_confirming_the_same_slot_do_it_once(served: Served) -> None:
    ready_to_read(served)
    served.pages._read_slot(1, CHEN)
    one, two = served.tablet(CHEN), served.tablet(WANG, service_workers="block")  # a worker's requests pass `route` by
    for page in (one, two):
        page.goto(f"{served.address}/bench?slot=1")
        expect(page.locator("#confirm")).to_be_visible()
    two.route("**/bench/1/panel*", lambda route: route.abort())  # the second tablet has not seen the news yet
    one.locator("#confirm").click()
    expect(one.locator(".next-negative")).to_contain_text("Admitted.")
    two.locator("#confirm").click()
    expect(two.locator("#say")).to_contain_text("nothing to confirm here any more")
    confirmed = served.pages.parts.journal.search(LogQuery(kind=Kind.TEST_CONFIRMED))
    assert len(confirmed.entries) == 1


def test_a_dispute_takes_a_second_pair_of_eyes_and_their_pin(served: Served) -> None:
    ready_to_read(served)
    served.pages._read_slot(1, CHEN)
    page = served.tablet()
    page.goto(f"{served.address}/bench?slot=1")
    page.get_by_role("button", name="I see something else: second reader").click()
    dialog = page.locator("#dispute-dialog")
    dialog.get_by_text("we both see a test line: POSITIVE").click()
    dialog.get_by_text(WANG).click()
    dialog.locator("[name=pin]").fill("0000")
    dialog.get_by_role("button", name="Put this in its place").click()
    expect(page.locator("#say")).to_contain_text("Wrong PIN.")
    expect(dialog).to_be_visible()
    dialog.locator("[name=pin]").fill(PINS[WANG])
    dialog.get_by_role("button", name="Put this in its place").click()
    expect(page.locator(".outcome-word")).to_have_text("POSITIVE")
    expect(page.locator(".next-step")).to_contain_text("Lead to the isolation point.")


def test_a_positive_offers_no_way_to_call_it_positive_again_or_negative(served: Served) -> None:
    ready_to_read(served)
    served.pages.cassette = POSITIVE
    served.pages._read_slot(1, CHEN)
    page = served.tablet()
    page.goto(f"{served.address}/bench?slot=1")
    page.get_by_role("button", name="I see something else: second reader").click()
    expect(page.locator("#dispute-dialog .dispute-invalid")).to_be_visible()
    expect(page.locator("#dispute-dialog .dispute-positive")).to_be_hidden()
    expect(page.locator("#dispute-dialog .dispute-negative")).to_have_count(0)


def test_one_shot_of_the_mat_reads_all_that_is_ready(served: Served) -> None:
    for slot in (1, 2, 3):
        started(served, slot, f"王芳{slot}")
    served.pages.parts.clock.turn(minutes=16)
    page = served.tablet()
    page.goto(f"{served.address}/bench")
    page.get_by_role("button", name="READ ALL READY (3)").click()
    expect(page.locator(".sum-confirm")).to_have_text("3 to confirm")
    expect(page.locator("#tile-2")).to_contain_text("confirm")


def test_a_session_that_ends_mid_test_loses_no_clock(served: Served) -> None:
    ready_to_read(served)
    page = served.tablet()
    page.goto(f"{served.address}/bench?slot=1")
    expect(page.locator("#read")).to_be_visible()
    served.pages.parts.clock.turn(seconds=1)
    served.pages.officers.end_sessions(CHEN)
    page.locator("#read").click()
    page.wait_for_url("**/login?next=**")
    assert served.pages.bench.slot(1).test is not None, "nothing was read in the name of who is gone"
    page.get_by_text(CHEN, exact=True).click()
    page.locator("#pin").fill(PINS[CHEN])
    page.locator(".enter").click()
    page.wait_for_url("**/bench?slot=1")
    page.locator("#read").click()
    expect(page.locator("#confirm")).to_be_visible()


def test_a_full_disk_is_said_and_the_reading_waits(served: Served) -> None:
    ready_to_read(served)
    page = served.tablet()
    page.goto(f"{served.address}/bench?slot=1")
    expect(page.locator("#read")).to_be_visible()
    with patch.object(Journal, "append", side_effect=JournalFull("no space left")):
        page.locator("#read").click()
        expect(page.locator("#say")).to_contain_text("nothing was recorded")
    page.locator("#read").click()
    expect(page.locator("#confirm")).to_be_visible()
    assert served.pages.parts.lamps.shown is not Lamp.GREEN
