"""Every page, in both languages, day and night, at three sizes: nothing cut off, nothing hard to see or to hit."""

import json
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from checkpoint.crossing import Category
from checkpoint.health import Advice, Finding
from checkpoint.reasons import Reason
from checkpoint.vehicle import Vehicle
from tests.browser.conftest import Served, in_front
from tests.browser.test_bench_in_browser import started
from tests.web.pages import ADA, CHEN, NEGATIVE, NO_CONTROL, POSITIVE
from tests.web.set_up import TICKET

pytestmark = pytest.mark.browser

SIZES = {"wide": (1280, 800), "tall": (800, 1280), "phone": (390, 844)}
PATHS = ("/gate", "/bench?slot=1", "/bench?slot=2", "/bench?slot=3", "/bench?slot=4", "/bench?slot=9", "/log", "/log/2",
         "/kits", "/shift", "/health", "/people", "/demo")  # fmt: skip
SETTINGS = ("/settings/restore", f"/settings/restore?look={TICKET}", "/settings/station", "/settings/cameras",
            "/settings/lamps", "/settings/headquarters")  # fmt: skip
DEMO = {"demo": True, "simulated": ("camera", "lamps")}
TOUCH_PX = 64

MEASURE_CONTRAST = """selector => {
  const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const linear = (v) => v <= 10 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
  const element = document.querySelector(selector);
  let behind = element;
  while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
  const [a, b] = [rgb(getComputedStyle(element).color), rgb(getComputedStyle(behind).backgroundColor)].map(light);
  return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
}"""

SMALL_TARGETS = """([least, within]) => [...document.querySelectorAll(within)]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height > 0)
  .filter(e => Math.round(e.getBoundingClientRect().height) < least)
  .map(e => `${e.tagName} ${e.id || e.className} ${Math.round(e.getBoundingClientRect().height)}px`)
"""


def a_busy_day(served: Served) -> None:
    """Let enough happen that every page has something to show."""
    pages = served.pages
    parts = pages.parts
    pages.kits.receive("(17)220331(10)A1", 500, officer=CHEN, brand="Wondfo")
    pages.kits.receive("OLD", 40, officer=CHEN, expires=date(2022, 3, 1))
    pages.shifts.begin(officer=CHEN)
    for slot, cassette in ((1, NEGATIVE), (2, POSITIVE), (3, NO_CONTROL)):
        started(served, slot, f"王芳{slot}")
        parts.clock.turn(minutes=16)
        pages.cassette = cassette
        look = pages._read_slot(slot, CHEN)
        if look.waiting is not None and slot == 1:
            pages.bench.confirm(slot, look.waiting.test.id, officer=CHEN)
    started(served, 4, "Maximiliane Mustermann-Oberhuber")
    parts.clock.turn(minutes=16)
    started(served, 9, "李娜")
    parts.gate.next(officer=CHEN)
    parts.gate.describe_vehicle(Vehicle(Category.LORRY, 3, "浙F12345", "浙F6789挂", "平湖—上海"), officer=CHEN)
    parts.gate.present([parts.codes.naat("欧阳娜娜", parts.hours_ago(30))], officer=CHEN)


@pytest.mark.parametrize("served", [DEMO], indirect=True)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_the_tablet(served: Served, size: str, language: str) -> None:
    a_busy_day(served)
    width, height = SIZES[size]
    page = served.tablet(language=language, viewport={"width": width, "height": height})
    for path in PATHS:
        page.goto(served.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        cut = page.evaluate(
            "[...document.querySelectorAll('button, .button, .tile, .seat, .verdict-word, .verdict-reason')]"
            ".filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML.slice(0, 120))"
        )
        assert cut == [], path


@pytest.mark.parametrize("served", [DEMO], indirect=True)
@pytest.mark.parametrize("theme", ["day", "night"])
def test_axe_finds_nothing_on_any_page(served: Served, theme: str) -> None:
    page = served.tablet(None)
    page.context.add_cookies([{"name": "theme", "value": theme, "url": served.address}])
    page.reload()
    assert _axe(page) == [], "/login"
    a_busy_day(served)
    page = served.tablet()
    page.context.add_cookies([{"name": "theme", "value": theme, "url": served.address}])
    for path in PATHS:
        page.goto(served.address + path)
        expect(page.locator("main")).to_be_visible()
        assert _axe(page) == [], path


@pytest.mark.parametrize("served", [{"set_up": True}], indirect=True)
@pytest.mark.parametrize("theme", ["day", "night"])
def test_axe_finds_nothing_in_the_settings(served: Served, theme: str) -> None:
    page = served.tablet(ADA)
    page.context.add_cookies([{"name": "theme", "value": theme, "url": served.address}])
    for path in SETTINGS:
        page.goto(served.address + path)
        if path == "/settings/restore":
            page.locator(".elsewhere summary").click()
        assert _axe(page) == [], path


@pytest.mark.parametrize("served", [{"set_up": True, "nobody": True}], indirect=True)
@pytest.mark.parametrize("theme", ["day", "night"])
def test_axe_finds_nothing_on_a_new_stations_first_page(served: Served, theme: str) -> None:
    page = served.tablet(None)
    page.context.add_cookies([{"name": "theme", "value": theme, "url": served.address}])
    page.goto(served.address)
    assert page.url.endswith("/set-up")
    assert _axe(page) == []
    page.locator("#code").fill("00000000")
    for field, value in (("#name", "Ada"), ("#pin", "9753"), ("#pin-again", "9753")):
        page.locator(field).fill(value)
    page.locator("#begin-set-up").click()
    expect(page.locator("#say")).to_be_visible()
    assert _axe(page) == [], "with what went wrong said"


@pytest.mark.parametrize("served", [{"authority": (b"-----BEGIN CERTIFICATE-----", "AB:" * 31 + "CD")}], indirect=True)
@pytest.mark.parametrize("theme", ["day", "night"])
@pytest.mark.parametrize("path", ["/trust", "/offline"])
def test_axe_finds_nothing_where_a_tablet_is_made_to_trust_and_where_the_station_is_away(
    served: Served, path: str, theme: str
) -> None:
    page = served.tablet(None)
    page.context.add_cookies([{"name": "theme", "value": theme, "url": served.address}])
    page.goto(served.address + path)
    expect(page.locator("h1")).to_be_visible()
    assert _axe(page) == []


@pytest.mark.parametrize("served", [{"set_up": True}], indirect=True)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", SIZES)
def test_no_setting_is_wider_than_the_tablet(served: Served, size: str, language: str) -> None:
    width, height = SIZES[size]
    page = served.tablet(ADA, language=language, viewport={"width": width, "height": height})
    for path in SETTINGS:
        page.goto(served.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("served", [DEMO], indirect=True)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_head_stays_calm_whatever_is_wrong(served: Served, language: str) -> None:
    lines = {"wide": 1, "tall": 2, "phone": 2}
    for bad in (False, True):
        if bad:
            served.pages.fault("clock", Finding.CLOCK_UNTRUSTED, Advice.CONFIRM_TIME)
            served.pages.fault("trust-list", Finding.NONE, Advice.IMPORT_TRUST)
            served.pages.fault("camera-gate", Finding.NO_PICTURE, Advice.CHECK_CABLE)
            served.pages.fault("disk", Finding.FULL, Advice.FREE_DISK)
        for size, (width, height) in SIZES.items():
            page = served.tablet(language=language, viewport={"width": width, "height": height})
            tall = page.evaluate("document.querySelector('.head').getBoundingClientRect().height")
            assert tall <= 66 * lines[size], (size, bad)
            chips = page.locator(".status li")
            assert len({round(chip.bounding_box()["y"]) for chip in chips.all()}) == 1, "one line of chips"
            left = page.evaluate("document.querySelector('.status').getBoundingClientRect().left")
            assert chips.first.bounding_box()["x"] >= left - 1, "none is cut off"
            if bad:
                assert page.locator(".status .worst").bounding_box()["width"] > 90, "the worst keeps its words"
                expect(page.locator(".status .worst")).to_contain_text("时钟" if language == "zh" else "clock not")
            page.context.close()


@pytest.mark.parametrize("served", [DEMO], indirect=True)
def test_axe_finds_nothing_in_the_gates_dialogs(served: Served) -> None:
    a_busy_day(served)
    page = served.tablet()
    for opener in ("plate-dialog", "typed-dialog", "override-dialog", "correct-dialog"):
        page.locator(f"[data-open={opener}]").first.click()
        assert _axe(page) == [], opener
        page.keyboard.press("Escape")
    page.goto(f"{served.address}/bench?slot=2")
    page.locator("[data-open=dispute-dialog]").click()
    assert _axe(page) == [], "dispute-dialog"


@pytest.mark.parametrize("theme", ["day", "night"])
def test_verdicts_can_be_read_in_the_sun_and_at_night(served: Served, theme: str) -> None:
    page = served.tablet()
    page.context.add_cookies([{"name": "theme", "value": theme, "url": served.address}])
    page.goto(f"{served.address}/gate")
    parts = served.pages.parts
    for state, hours in (("admit", 5), ("hold", 30)):
        parts.gate.present([parts.codes.naat(f"{state}", parts.hours_ago(hours))], officer=CHEN)
        expect(page.locator(f".verdict-{state}")).to_be_visible()
        assert page.evaluate(MEASURE_CONTRAST, ".verdict-word") >= 7, state
        assert page.evaluate(MEASURE_CONTRAST, ".verdict-do") >= 7, state
        parts.gate.next(officer=CHEN)
    parts.gate.present([parts.codes.bad("x", Reason.BAD_SIGNATURE)], officer=CHEN)
    expect(page.locator(".verdict-refuse")).to_be_visible()
    assert page.evaluate(MEASURE_CONTRAST, ".verdict-word") >= 7
    parts.gate.fault("journal")
    expect(page.locator(".verdict-fault")).to_be_visible()
    assert page.evaluate(MEASURE_CONTRAST, ".verdict-word") >= 7


@pytest.mark.parametrize("served", [DEMO], indirect=True)
@pytest.mark.parametrize("size", SIZES)
def test_gloves_hit_what_they_aim_at(served: Served, size: str) -> None:
    a_busy_day(served)
    width, height = SIZES[size]
    page = served.tablet(viewport={"width": width, "height": height})
    targets = "main button:not(.drawer button), main .seat, main .tile, main .picks label, main summary, .nav a"
    for path in ("/gate", "/bench?slot=4", "/bench?slot=3"):
        page.goto(served.address + path)
        small = page.evaluate(SMALL_TARGETS, [TOUCH_PX, targets])
        assert small == [], path


def test_everything_at_the_gate_is_reached_by_keyboard(served: Served) -> None:
    page = in_front(served.tablet())
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        seen.add(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    assert {"plate", "more", "Gate", "Bench", "Log", "Health", "Type ID"} <= seen


@pytest.mark.parametrize("served", [DEMO], indirect=True)
def test_no_page_complains_in_the_console(served: Served) -> None:
    a_busy_day(served)
    page = served.tablet()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in PATHS:
        page.goto(served.address + path)
        page.wait_for_timeout(400)
    assert said == []


def _axe(page: Page) -> list[str]:
    found = json.loads(json.dumps(Axe().run(page).response["violations"]))
    return [f"{v['id']}: {v['help']}: {n['html'][:160]} {n['failureSummary'][:300]}" for v in found for n in v["nodes"]]
