"""Trouble as it comes: the real program with its camera pulled, its disk filled, and a PIN that is guessed at."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from checkpoint.events import Kind
from tests.browser.programs import StationProgram, station_program
from tests.browser.test_first_run_in_browser import (
    CAMERAS,
    CHEN,
    BeforeTheCamera,
    events,
    tablet,
)
from tests.faults.test_full_disk import fill, small_disk
from web.officers import Officers

__all__ = ["small_disk"]  # a fixture: pytest finds it here

pytestmark = pytest.mark.browser

ID_CARD = "11010519491231002X"
QUICK_BENCH = "[bench]\nslots = 4\nread_from_min = 0.01\nread_until_min = 30\nburst_frames = 1\n"


@pytest.fixture
def camera(tmp_path: Path) -> BeforeTheCamera:
    return BeforeTheCamera(tmp_path / "pictures")


@pytest.fixture
def station(tmp_path: Path, camera: BeforeTheCamera) -> Iterator[StationProgram]:
    """A station with one officer and one camera, whose tests are ready at once."""
    Officers(tmp_path / "box" / "officers.json").add(*CHEN)
    with station_program(tmp_path, CAMERAS.format(pictures=camera.folder) + QUICK_BENCH) as running:
        yield running


def log_in(page: Page, pin: str = CHEN[1]) -> None:
    page.get_by_text(CHEN[0], exact=True).click()
    page.locator("#pin").fill(pin)
    page.locator(".enter").click()


def type_id(page: Page, number: str) -> None:
    page.locator("[data-open=typed-dialog]").first.click()
    page.locator("#typed-input").fill(number)
    page.get_by_role("button", name="Check", exact=True).click()


def test_a_camera_pulled_mid_read_keeps_test_and_clock(
    browser: Browser, station: StationProgram, camera: BeforeTheCamera
) -> None:
    with tablet(browser, station) as page:
        log_in(page)
        page.wait_for_url("**/gate")
        page.goto(f"{station.address}/bench?slot=1")
        page.locator("#name-1").fill("张伟")
        page.locator("[name=lot_typed]").first.fill("A1")
        page.locator("#start").click()
        expect(page.locator(".panel-ready")).to_be_visible()
        (camera.folder / "scene.png").unlink()
        page.locator("#read").click()
        expect(page.locator("#say")).to_contain_text("The camera gives no picture: nothing was read.")
        expect(page.locator(".panel-ready")).to_be_visible()
        expect(page.locator(".status")).to_contain_text("gives no picture")
        camera.show(np.full((720, 1280, 3), 150, np.uint8))
        expect(page.locator(".status")).to_contain_text("cameras ok")
        page.locator("#read").click()
        expect(page.locator(".outcome-retake")).to_be_visible()
    assert [event["slot"] for event in events(station, Kind.TEST_STARTED)] == [1]
    assert {event["device"] for event in events(station, Kind.DEVICE_FAULT)} == {"camera-gate", "camera-bench"}


def test_guessing_a_pin_takes_longer_each_time_and_is_written_down(browser: Browser, station: StationProgram) -> None:
    with tablet(browser, station) as page:
        for _ in range(3):
            log_in(page, "0000")
            expect(page.locator("#say")).to_contain_text("Wrong PIN.")
            page.locator(".say-close").click()
        log_in(page, "0000")
        expect(page.locator("#say")).to_contain_text("Wait 0:05")
        log_in(page)
        expect(page.locator("#say")).to_contain_text("try again")
        assert "/login" in page.url, "while locked out even the right PIN opens nothing"
    assert len(events(station, Kind.LOGIN_FAILED)) >= 4


@pytest.mark.parametrize("small_disk", [24], indirect=True)
def test_a_disk_that_is_full_records_nothing_says_so_and_goes_on_when_there_is_room(
    browser: Browser, small_disk: Path
) -> None:
    (small_disk / "box").mkdir()
    Officers(small_disk / "box" / "officers.json").add(*CHEN)
    with station_program(small_disk) as station, tablet(browser, station) as page:
        log_in(page)
        page.wait_for_url("**/gate")
        filled = fill(small_disk)
        said = page.locator("#say")
        for _ in range(20):  # what the log file has room for already may still be written
            type_id(page, ID_CARD)
            expect(said.or_(page.locator(".verdict-hold")).first).to_be_visible()
            if said.is_visible():
                break
            page.locator("#next").click()
            expect(said.or_(page.locator(".verdict-neutral")).first).to_be_visible()
            if said.is_visible():
                break
        expect(said).to_contain_text("The journal cannot be written: nothing was recorded.")
        expect(page.locator(".verdict-fault")).to_be_visible()
        expect(page.locator(".signal-fault")).to_be_visible()
        page.keyboard.press("Escape")
        filled.unlink()
        page.reload()
        type_id(page, ID_CARD)
        expect(page.locator(".verdict-hold .verdict-word")).to_contain_text("HOLD")
        expect(page.locator(".recorded")).to_contain_text("recorded")
