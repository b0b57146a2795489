"""Kits and shift in a real Chromium: a scanner that types, a count, and two signatures."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Served
from tests.web.pages import CHEN, PINS, WANG

pytestmark = pytest.mark.browser

BOX = "0106901234567892172203311020220315"


def test_a_hand_scanner_fills_the_delivery_in_and_its_enter_records_nothing(served: Served) -> None:
    page = served.tablet()
    page.goto(f"{served.address}/kits")
    page.locator("#kit-code").click()
    page.keyboard.type(BOX)
    page.keyboard.press("Enter")
    expect(page.locator(".kit-said")).to_have_text("lot 20220315, expires 31 Mar 2022")
    expect(page.locator("#kit-expires")).to_have_value("2022-03-31")
    expect(page.locator("#kit-quantity")).to_be_focused()
    assert served.pages.kits.stock().lots == ()
    page.keyboard.type("500")
    page.locator("#receive").click()
    expect(page.locator(".kits-usable b")).to_have_text("500")
    expect(page.locator("#kit-code")).to_have_value("")


def test_a_bad_code_is_said_before_anything_is_recorded(served: Served) -> None:
    page = served.tablet(language="zh")
    page.goto(f"{served.address}/kits")
    page.locator("#kit-code").fill("(01)06901234567892(17)220331")
    page.locator("#kit-code").press("Enter")
    expect(page.locator("#say")).to_contain_text("该码不含批号。")


def test_what_one_tablet_counts_the_other_sees(served: Served) -> None:
    served.pages.kits.receive("(17)221231(10)A1", 100, officer=CHEN)
    one, other = served.tablet(), served.tablet(WANG)
    for page in (one, other):
        page.goto(f"{served.address}/kits")
    one.get_by_text("Draw, count, discard").click()
    one.get_by_label("Counted by hand").fill("97")
    one.get_by_role("button", name="Enter count").click()
    expect(other.locator(".kits-usable b")).to_have_text("97")


def test_a_shift_is_handed_over_by_two_pins_and_the_other_tablet_is_logged_out(served: Served) -> None:
    page, other = served.tablet(), served.tablet()
    page.goto(f"{served.address}/shift")
    page.get_by_role("button", name="BEGIN SHIFT").click()
    expect(page.get_by_role("heading", name="Shift 1")).to_be_visible()
    page.locator("#sign-pin").fill(PINS[CHEN])
    page.locator("#taking").select_option(WANG)
    page.locator("#second-pin").fill("0000")
    page.locator("#hand-over").click()
    expect(page.locator("#say")).to_contain_text("Wrong PIN.")
    page.locator("#second-pin").fill(PINS[WANG])
    page.locator("#second-pin").press("Enter")
    expect(page.get_by_role("heading", name="Shift 2")).to_be_visible()
    expect(page.locator(".officer-name")).to_have_text(WANG)
    expect(other).to_have_url(f"{served.address}/login?next=%2Fgate")
