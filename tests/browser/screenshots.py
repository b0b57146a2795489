"""`python -m tests.browser.screenshots [FOLDER]`: every page in both languages and three sizes, into docs/screenshots.

The station's pages are those of the running demonstration, walked through as an officer works; headquarters' those of a
busy morning. Pages that a running demonstration does not have (the first run, trust) come from a station of the tests.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from station.folders import Folders
from tests.browser.camera import WAIT_MS, Camera
from tests.browser.conftest import ARGUMENTS, Server
from tests.browser.picture_list import DESK, FOLDER, LANGUAGES, STATION
from tests.browser.picture_walks import walk_desk, walk_officer, walk_settings
from tests.browser.programs import demonstration, unused_ports
from tests.hq.busy_day import busy_day
from tests.hq.running import TestClock, headquarters
from tests.web.pages import make_pages
from web.officers import Officers, Role

OFFICER, ADMIN = ("陈警官 Chen", "1111"), ("李主任 Li", "3333")
AUTHORITY = (b"-----BEGIN CERTIFICATE-----", ":".join(f"{(number * 37 + 11) % 256:02X}" for number in range(32)))


def main(folder: Path = FOLDER) -> None:
    """Take all pictures; fail where one of the list was not taken."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        raise SystemExit("no Chromium: apt install chromium")
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    started = time.monotonic()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as data:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        for part in (single_pages, desk, station):
            part(browser, Path(data) / part.__name__, folder, taken)
            print(f"{len(taken)} pages after {time.monotonic() - started:.0f} s", flush=True)
        browser.close()
    left = {picture.name for picture in (*STATION, *DESK)} - taken
    if left:
        raise SystemExit(f"not taken: {', '.join(sorted(left))}")
    sizes = [path.stat().st_size for path in folder.glob("*.webp")]
    print(f"{len(sizes)} pictures, {sum(sizes) / 1e6:.1f} MB")


def single_pages(browser: Browser, data: Path, folder: Path, taken: set[str]) -> None:
    """The first page of a new box, and the two that anybody may open."""
    for name, path, nobody in (("set-up", "/set-up", True), ("trust", "/trust", False), ("offline", "/offline", False)):
        (data / name).mkdir(parents=True)
        pages = make_pages(data / name, set_up=nobody, nobody=nobody, authority=AUTHORITY)
        server = Server(pages)
        for language in LANGUAGES:
            camera = Camera(browser, server.address, folder, language, taken)
            camera.picture_of(name, path)
            camera.close()
        server.stop()
        pages.parts.journal.close()


def desk(browser: Browser, data: Path, folder: Path, taken: set[str]) -> None:
    """Headquarters on a busy morning."""
    with headquarters(data / "hq", TestClock()) as hq, busy_day(hq, data) as stations:
        for language in LANGUAGES:
            walk_desk(lambda language=language: Camera(browser, hq.url, folder, language, taken), hq, stations)


def station(browser: Browser, data: Path, folder: Path, taken: set[str]) -> None:
    """The running demonstration: an officer's work, then the administrator's settings."""
    Officers(Folders(data / "station").officers).add(*ADMIN, Role.ADMIN)
    with demonstration(data, ports=unused_ports(3)) as running:
        for slot, language in enumerate(LANGUAGES, start=1):
            camera = Camera(browser, running.station, folder, language, taken)
            walk_officer(camera, slot, *OFFICER)
            camera.close()
        for language in LANGUAGES:
            camera = Camera(browser, running.station, folder, language, taken)
            camera.open("/login")
            log_in(camera, *ADMIN)
            walk_settings(camera)
            camera.close()


def log_in(camera: Camera, name: str, pin: str) -> None:
    """Tap the name, type the PIN."""
    camera.page.get_by_text(name).click()
    camera.page.locator("#pin").fill(pin)
    camera.page.locator(".enter").click()
    expect(camera.page.locator(".officer-name")).to_be_visible(timeout=WAIT_MS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument(
        "folder", type=Path, nargs="?", default=FOLDER, help="where to put them; default: docs/screenshots"
    )
    main(parser.parse_args().folder)
