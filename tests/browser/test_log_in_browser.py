"""The log in a real Chromium: find, explain, correct, and a kit's code that finds its way into a test."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Served
from tests.web.pages import CHEN

pytestmark = pytest.mark.browser


def passed(served: Served, name: str, hours: float) -> int:
    """Let somebody pass, and return the entry's number."""
    parts = served.pages.parts
    parts.gate.present([parts.codes.naat(name, parts.hours_ago(hours))], officer=CHEN)
    seq = parts.journal.head().seq
    parts.gate.next(officer=CHEN)
    return seq


def test_an_entry_is_found_explained_and_corrected(served: Served) -> None:
    seq = passed(served, "张伟", 30)
    page = served.tablet()
    page.goto(f"{served.address}/log")
    page.locator("#q").fill(f"#{seq}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/log/{seq}")
    expect(page.locator(".findings")).to_contain_text("the NAAT report is too old")
    expect(page.locator(".replayed")).to_contain_text("by the same rules: the same")
    page.get_by_role("button", name="Correct").click()
    page.get_by_text("somebody else's code").click()
    page.get_by_role("button", name="Add the correction").click()
    expect(page.locator(".notice")).to_contain_text(f"Corrected by {CHEN}")


def test_filters_apply_by_themselves_and_stay_in_the_address(served: Served) -> None:
    passed(served, "张伟", 30)
    passed(served, "李娜", 5)
    page = served.tablet()
    page.goto(f"{served.address}/log")
    page.locator("[name=verdict]").select_option("hold")
    page.wait_for_url("**/log?verdict=hold**")
    expect(page.locator(".entry")).to_have_count(1)
    page.get_by_text("More filters").click()
    page.locator("[name=reason]").select_option("test-positive")
    page.wait_for_url("**reason=test-positive**")
    expect(page.locator(".empty")).to_contain_text("Nothing matches.")
    page.get_by_role("link", name="Show everything").click()
    expect(page).to_have_url(re.compile("/log$"))


def test_a_scanned_kit_fills_in_the_lot_and_starts_no_test(served: Served) -> None:
    page = served.tablet()
    page.goto(f"{served.address}/bench?slot=2")
    page.evaluate(
        "keys => keys.forEach(key => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true})))",
        [*"(01)06901234567892(17)300101(10)A2203", "Enter"],
    )
    expect(page.locator("#lot-2")).to_have_value("(01)06901234567892(17)300101(10)A2203")
    page.locator("#name-2").fill("张伟")
    page.locator("#lot-2").press("Enter")
    expect(page.locator("#start")).to_be_focused()
    assert served.pages.bench.slot(2).free
    page.locator("#start").click()
    expect(page.locator(".big-clock")).to_be_visible()
    test = served.pages.bench.slot(2).test
    assert test is not None
    assert test.lot == "A2203"
