"""The ways through the pages on which the pictures are taken: an officer's, an administrator's, the desk's."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from playwright.sync_api import expect

from hq.store.models import alerts
from tests.browser.camera import WAIT_MS, Camera
from tests.hq.busy_day import PASSWORD
from tests.hq.running import Headquarters, Station

LOT = "20220315"
BOX = "0106901234567892172912311020220315"
"""A kit box's code: article, last day 31 December 2029, lot."""


def walk_officer(camera: Camera, slot: int, name: str, pin: str) -> None:
    """Do the whole main job once, taking a picture at each step."""
    page = camera.page
    camera.picture_of("login", "/login")
    page.get_by_text(name).click()
    page.locator("#pin").fill(pin)
    page.locator(".enter").click()
    page.wait_for_url("**/gate")
    if slot == 1:
        for language in ("en", "zh"):  # only a new station's kits and shift are empty
            empty_pages(camera, language)
    else:
        camera.open("/gate")
        clear_gate(camera)
    camera.picture_of("gate-neutral", "/gate")
    for scene, state in (("naat-negative-5h", "admit"), ("naat-negative-30h", "hold"), ("forged", "refuse")):
        hold(camera, scene)
        page.wait_for_selector(f".verdict-{state}")
        camera.take(f"gate-{state}")
        clear_gate(camera)
    read_a_cassette(camera, slot)
    camera.picture_of("log", "/log")
    entry = page.locator(".entry:has(.entry-positive)").first.get_attribute("href")
    camera.picture_of("log-entry", str(entry))
    kits_and_shift(camera)
    camera.picture_of("health", "/health")
    camera.picture_of("demo", "/demo")


def empty_pages(camera: Camera, language: str) -> None:
    """Picture what a station shows before anything was done."""
    kept = camera.language
    camera.language = language
    camera.context.add_cookies([{"name": "language", "value": language, "url": camera.address}])
    for name, path in (("bench-empty", "/bench?slot=1"), ("kits-empty", "/kits"), ("shift-before", "/shift")):
        camera.picture_of(name, path)
    camera.language = kept
    camera.context.add_cookies([{"name": "language", "value": kept, "url": camera.address}])


def read_a_cassette(camera: Camera, slot: int) -> None:
    """Send a traveller with a stale report to the bench, and read a faint positive."""
    page = camera.page
    hold(camera, "naat-negative-30h")
    page.wait_for_selector(".verdict-hold")
    with page.expect_navigation(url="**/bench*"):
        page.locator("#to-bench").click()
    camera.open(f"{page.url.removeprefix(camera.address)}&slot={slot}")
    page.locator("[name=lot_typed]").first.fill(LOT)
    page.locator("#start").click()
    hold(camera, "cassette-faint-positive")
    page.wait_for_selector(".panel-ready")
    page.wait_for_timeout(5000)
    camera.take("bench-ready")
    read_until(camera, "POSITIVE", "阳性")
    camera.take("bench-positive")


def read_until(camera: Camera, *wanted: str, tries: int = 6) -> None:
    """Read the slot until the outcome is one of the `wanted` words: each time a scene is held it lies differently."""
    outcome = camera.page.locator(".outcome-word")
    for _ in range(tries):
        with camera.page.expect_response("**/read", timeout=WAIT_MS):
            camera.page.locator("#read").click()
        camera.page.wait_for_timeout(3000)  # the panel is made anew with the outcome
        expect(outcome).to_be_visible(timeout=WAIT_MS)
        if outcome.inner_text() in wanted:
            camera.page.wait_for_timeout(4000)  # until headquarters has it
            return
        hold(camera, "cassette-faint-positive")
        camera.page.wait_for_timeout(4000)
    raise SystemExit(f"the demo cassette was never read as {wanted[0]}")


def kits_and_shift(camera: Camera) -> None:
    """Take a delivery in, begin the shift, and picture both pages."""
    page = camera.page
    camera.open("/kits")
    soon = f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%d}"
    for code, quantity, expires in ((BOX, 500, ""), ("A2207", 25, soon), ("OLD-1", 40, "2022-03-01")):
        page.locator("#kit-code").fill(code)
        page.locator("#kit-quantity").fill(str(quantity))
        if expires:
            page.locator("#kit-expires").fill(expires)
        with page.expect_response("**/receive"):
            page.locator("#receive").click()
        page.wait_for_timeout(500)
    camera.picture_of("kits", "/kits")
    camera.open("/shift")
    if page.locator("#begin").is_visible():
        page.locator("#begin").click()
        page.wait_for_selector("#hand-over")
    camera.picture_of("shift", "/shift")


def hold(camera: Camera, scene: str) -> None:
    """Hold a scene before the camera of the page that is open."""
    camera.page.evaluate("document.querySelectorAll('details.drawer').forEach(drawer => drawer.open = true)")
    with camera.page.expect_response("**/demo/show"):
        camera.page.locator(f'button[value="{scene}"]').first.click()


def clear_gate(camera: Camera) -> None:
    """Send the vehicle on, with nothing before the camera."""
    hold(camera, "lane-empty")
    camera.page.wait_for_timeout(1000)
    camera.page.locator("#next").click()
    expect(camera.page.locator(".verdict-neutral")).to_be_visible(timeout=WAIT_MS)


def walk_settings(camera: Camera) -> None:
    """Picture every step of the settings and the officers, as an administrator."""
    for step in ("restore", "station", "cameras", "lamps", "headquarters"):
        camera.open(f"/settings/{step}")
        camera.page.wait_for_timeout(1500)  # the focus meters and live pictures have begun
        camera.take(f"settings-{step}")
    camera.picture_of("people", "/people")


def walk_desk(tablet: Callable[[], Camera], hq: Headquarters, stations: Sequence[Station]) -> None:
    """Picture headquarters' pages, each as somebody who may open it."""
    device = stations[0].enrolment.device
    (first, *_) = hq.rows(
        sa.select(alerts.c.id, alerts.c.seq)
        .where(alerts.c.kind == "positive", alerts.c.station_id == device)
        .order_by(alerts.c.seq)
    )
    pages = {
        "li": {
            "hq-overview": "/",
            "hq-alerts": "/alerts",
            "hq-case": f"/alerts/{device}/{first.id}",
            "hq-contacts": f"/contacts/{device}/{first.id}",
            "hq-brief": "/brief",
            "hq-records": "/records",
            "hq-record": f"/records/{device}/1/{first.seq}",
            "hq-kits": "/kits",
            "hq-password": "/password",
        },
        "wang": {
            "hq-stations": "/stations",
            "hq-station": f"/stations/{device}",
            "hq-case-rules": "/alerts/rules",
            "hq-users": "/users",
        },
        "zhao": {"hq-rules": "/rules"},
        "sun": {"hq-audit": "/audit"},
    }
    for who, paths in pages.items():
        camera = tablet()
        camera.open("/login")
        if who == "li":
            camera.take("hq-login")
        camera.page.locator("[name=name]").fill(who)
        camera.page.locator("[name=password]").fill(PASSWORD)
        camera.page.keyboard.press("Enter")
        camera.page.wait_for_url(f"{camera.address}/")
        for name, path in paths.items():
            camera.picture_of(name, path)
        if who == "zhao":
            camera.page.locator("button", has_text="pinghu-road-2022-03-20").first.click()
            camera.page.wait_for_url("**/rules/drafts/*")
            camera.take("hq-draft")
        camera.close()
