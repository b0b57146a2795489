"""A box out of its carton: the real program, a real Chromium, a real headquarters, from the set-up code to the gate."""

import contextlib
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from checkpoint.events import Kind
from checkpoint.journal import Journal, LogQuery, Seal
from checkpoint.ports import Image
from hardware.clock import SystemClock
from hq.store.models import stations
from station import RELEASED
from tests.browser.conftest import TABLET
from tests.browser.programs import StationProgram, station_program
from tests.hq.running import TestClock, headquarters
from tests.station.test_restoring import backup_of_lost_station
from tests.vision.qr.pictures import held, qr

pytestmark = pytest.mark.browser

ADA, CHEN = ("Ada", "9753"), ("陈警官", "1357")
WAIT_MS = 30_000
CAMERAS = """
[gate_camera]
source = "folder"
path = "{pictures}"
[bench_camera]
source = "gate"
"""


class Today(TestClock):
    """Headquarters goes by the same clock as the real program."""

    def wall(self) -> datetime:
        return datetime.now(UTC)


class BeforeTheCamera:
    """What the gate's camera looks at: one picture at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.show(fine_print(blur=3.0))

    def show(self, image: Image) -> None:
        """Hold `image` before the camera from the next frame on."""
        draft = self.folder / "next.part"
        draft.write_bytes(cv2.imencode(".png", image)[1].tobytes())
        draft.replace(self.folder / "scene.png")


def fine_print(*, blur: float = 0.0) -> Image:
    """Return a leaflet, out of focus by `blur` pixels."""
    image = np.full((720, 1280, 3), 190, np.uint8)
    for row in range(12):
        cv2.putText(
            image, "read from 15 to 20 minutes", (60, 60 + 56 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (30, 30, 30), 3
        )
    return cv2.GaussianBlur(image, (0, 0), blur) if blur else image


@contextmanager
def tablet(browser: Browser, station: StationProgram, *, language: str = "en") -> Iterator[Page]:
    """A tablet that nobody has logged in to; it took the station's certificate."""
    context = browser.new_context(viewport=TABLET, reduced_motion="reduce", ignore_https_errors=True)
    context.add_cookies([{"name": "language", "value": language, "url": station.address}])
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(station.address)
    try:
        yield page
    finally:
        context.close()


def begin(page: Page, code: str, *, restore: bool = False) -> None:
    """Fill in the first page and send it."""
    name, pin = ADA
    for field, value in (("#code", code), ("#name", name), ("#pin", pin), ("#pin-again", pin)):
        page.locator(field).fill(value)
    page.locator("#begin-restore" if restore else "#begin-set-up").click()


def events(station: StationProgram, kind: Kind) -> list[dict[str, object]]:
    """Return what the stopped or running station wrote down of `kind`, newest first."""
    with Journal.open(
        station.data / "journal", clock=SystemClock(floor=RELEASED), seal=Seal.open(station.data / "keys")
    ) as journal:
        return [dict(entry.body) for entry in journal.search(LogQuery(kind=kind)).entries]


def test_a_new_box_is_set_up_from_the_code_to_an_officer_at_the_gate(browser: Browser, tmp_path: Path) -> None:
    camera = BeforeTheCamera(tmp_path / "pictures")
    with (
        headquarters(tmp_path / "hq", Today()) as hq,
        station_program(tmp_path, CAMERAS.format(pictures=camera.folder)) as station,
        tablet(browser, station) as page,
    ):
        # The code at the box, and the first administrator.
        assert page.url.endswith("/set-up")
        begin(page, "00000000")
        expect(page.locator("#say")).to_contain_text("That is not the set-up code.")
        begin(page, station.set_up_code)

        # Name, town, language.
        page.wait_for_url("**/settings/station")
        page.locator("#station-name").fill("嘉兴东 1 号口")
        page.locator("#station-town").fill("平湖")
        page.get_by_text("中文", exact=True).last.click()
        page.locator(".step-form button.first").click()

        # The lens is turned until the bar stops growing.
        page.wait_for_url("**/settings/cameras")
        expect(page.locator(".where")).to_contain_text("嘉兴东 1 号口")
        gate = page.locator("[data-focus]").first
        expect(gate.locator("img")).to_be_visible()
        expect(gate.locator("[data-focus-best]")).not_to_have_text("–")
        blurred = float(gate.locator("[data-focus-best]").inner_text())
        camera.show(fine_print())
        page.wait_for_function(
            "blurred => Number(document.querySelector('[data-focus-best]').textContent) > 5 * blurred", arg=blurred
        )
        assert float(gate.locator("meter").evaluate("meter => meter.value")) > 0.5
        page.locator(".step-on a").click()

        # Each lamp.
        page.wait_for_url("**/settings/lamps")
        with page.expect_response("**/settings/lamp") as answer:
            page.locator("#lamp-green").click()
        assert answer.value.status == 204
        page.locator(".step-on a").click()

        # Headquarters' invitation is held before the camera; the station begins anew with it.
        page.wait_for_url("**/settings/headquarters")
        camera.show(held(qr(hq.invitation("Lane 1"), scale=4)))
        expect(page.locator("[data-invitation-said]")).to_be_visible()
        assert hq.url in page.locator("#invitation").input_value()
        camera.show(fine_print())
        page.locator("#enrol").click()
        expect(page.locator("#anew")).to_contain_text("begins anew")
        page.wait_for_url("**/health")
        expect(page.locator(".sync-text")).to_contain_text("all sent")
        named = hq.rows(sa.select(stations.c.name, stations.c.state))
        assert named == [("Lane 1", "approved")]

        # Somebody to stand at the gate.
        page.goto(f"{station.address}/people")
        name, pin = CHEN
        page.locator("#new-name").fill(name)
        page.locator("#new-pin").fill(pin)
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator(".staff")).to_contain_text(name)
        page.locator(".menu summary").click()
        page.get_by_role("button", name="Log out").click()
        page.get_by_text(name, exact=True).click()
        page.locator("#pin").fill(pin)
        page.locator(".enter").click()
        page.wait_for_url("**/gate")
        expect(page.locator(".status")).to_contain_text("cameras ok")
        expect(page.locator(".status")).not_to_contain_text("no headquarters")

        # What was set is written down, and nobody sets it up a second time.
        assert not (station.data / "set-up-code").exists()
        told = [(body["what"], body["officer"]) for body in events(station, Kind.SETTINGS_CHANGED)]
        assert told == [("lamp-test", "Ada"), ("identity", "Ada")]
        page.goto(f"{station.address}/set-up")
        page.wait_for_url("**/gate")
        with tablet(browser, station, language="") as another:
            expect(another.locator("html")).to_have_attribute("lang", "zh-CN")  # a tablet that chose none


@pytest.fixture
def service_manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What systemd hears of the programs that this test starts."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield manager


def heard(manager: socket.socket) -> list[str]:
    """Return what was heard until now."""
    lines: list[str] = []
    with contextlib.suppress(BlockingIOError):
        while True:
            lines += manager.recv(1000).decode().splitlines()
    return lines


def test_a_box_that_replaces_another_goes_on_from_its_backup_over_https(
    browser: Browser, tmp_path: Path, service_manager: socket.socket
) -> None:
    stick, key = backup_of_lost_station(tmp_path)
    (tmp_path / "box" / "keys").mkdir(parents=True)
    (tmp_path / "box" / "keys" / "station.key").write_bytes(key.read_bytes())
    settings = f'[backup]\nfolder = "{stick}"\n'
    with station_program(tmp_path, settings, https=True) as station, tablet(browser, station, language="zh") as page:
        told = heard(service_manager)
        begin(page, station.set_up_code, restore=True)
        page.wait_for_url("**/settings/restore")
        expect(page.locator(".backup")).to_contain_text("嘉兴东 1 号口 平湖")
        page.locator(".backup button").click()
        page.wait_for_url("**/settings/restore?look=*")
        expect(page.locator(".step-card")).to_contain_text("备份完整")

        page.locator("#pin").fill("0000")
        page.locator("#restore").click()
        expect(page.locator("#say")).to_contain_text("PIN")
        page.locator("#pin").fill(ADA[1])
        page.locator("#restore").click()
        expect(page.locator("#anew")).to_be_visible()
        expect(page.locator("#outcome")).to_contain_text("已恢复 4 条记录")
        expect(page.locator(".where")).to_contain_text("嘉兴东 1 号口")
        page.goto(f"{station.address}/log")
        expect(page.locator("main")).to_contain_text("日志库已恢复")
        told += heard(service_manager)
        assert told.count("READY=1") == 2
        assert "STATUS=restoring a backup" in told
        assert "STOPPING=1" not in told, "who says so is killed a moment later"

        # Its certificate is believed by whoever installs its authority, before and after it began anew.
        page.goto(f"{station.address}/trust")
        shown = page.locator(".fingerprint code").inner_text()
        printed = [line for line in station.said if "certificate authority" in line]
        assert len(printed) == 2
        assert all(shown in line for line in printed)
        with page.expect_download() as download:
            page.locator(".trust-steps a.button").click()
        trusted = ssl.create_default_context(cadata=Path(download.value.path()).read_text())
        with urllib.request.urlopen(f"{station.address}/login", context=trusted, timeout=20) as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(f"{station.address}/login", timeout=20)


def test_without_any_backup_the_page_says_so_and_goes_on(browser: Browser, tmp_path: Path) -> None:
    with station_program(tmp_path) as station, tablet(browser, station) as page:
        begin(page, station.set_up_code, restore=True)
        page.wait_for_url("**/settings/restore")
        expect(page.locator("#no-backup")).to_contain_text("No backup was found.")
        page.locator(".elsewhere summary").click()
        page.locator("#source").fill("/media/not/here")
        page.locator(".elsewhere button").click()
        expect(page.locator("#say")).to_contain_text("There is no backup.")
        (spoilt := tmp_path / "journal-e1-000000009-20220320T000000Z.db").write_bytes(b"SQLite format 3\0 cut short")
        page.locator("#source").fill(str(spoilt))
        page.locator(".elsewhere button").click()
        expect(page.locator("#say")).to_contain_text("This backup is not whole.")
        page.locator("#go-on").click()
        page.wait_for_url("**/settings/station")
