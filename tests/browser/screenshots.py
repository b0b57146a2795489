"""`python -m tests.browser.screenshots [FOLDER]`: pictures of every page of the running demonstration.

Both languages on a tablet, the gate and the bench also upright and on a phone; written to docs/screenshots.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.browser.programs import Running, demonstration, headquarters_desk, unused_ports
from tests.data import REPOSITORY

SIZES = {"": (1280, 800), "-upright": (800, 1280), "-phone": (390, 844)}
OFFICER, PIN = "陈警官 Chen", "1111"
WAIT_MS = 60_000  # a busy machine reads a cassette slowly
LOT = "20220315"


def main(folder: Path = REPOSITORY / "docs" / "screenshots") -> None:
    """Start the demonstration, walk through it in both languages, and write the pictures."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        raise SystemExit("no Chromium: apt install chromium")
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        demonstration(Path(data), ports=unused_ports(3)) as running,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        for slot, language in enumerate(("en", "zh"), start=1):
            walk(Camera(browser, running, folder, language), slot)
        with headquarters_desk(running, browser) as desk:
            desk.screenshot(path=str(folder / "headquarters-en.png"))
        browser.close()


class Camera:
    """Takes pictures of one officer's pages in one language."""

    def __init__(self, browser: Browser, running: Running, folder: Path, language: str) -> None:
        self.address, self.folder, self.language = running.station, folder, language
        context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        context.add_cookies(
            [
                {"name": "language", "value": language, "url": self.address},
                {"name": "theme", "value": "day", "url": self.address},
            ]
        )
        self.page: Page = context.new_page()
        self.page.set_default_timeout(WAIT_MS)

    def take(self, name: str, *, sizes: tuple[str, ...] = ("",), whole: bool = False) -> None:
        """Write the page as it stands, at one or several sizes."""
        self.page.evaluate("document.querySelectorAll('details.drawer').forEach(drawer => drawer.open = false)")
        for size in sizes:
            width, height = SIZES[size]
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.evaluate("scrollTo(0, 0)")
            self.page.wait_for_timeout(700)
            self.page.screenshot(path=str(self.folder / f"{name}{size}-{self.language}.png"), full_page=whole)
        self.page.set_viewport_size({"width": 1280, "height": 800})

    def open(self, path: str) -> None:
        """Go to a page."""
        self.page.goto(self.address + path)

    def hold(self, scene: str) -> None:
        """Hold a scene before the camera of the page that is open."""
        self.page.evaluate("document.querySelectorAll('details.drawer').forEach(drawer => drawer.open = true)")
        with self.page.expect_response("**/demo/show"):
            self.page.locator(f'button[value="{scene}"]').first.click()

    def clear_gate(self) -> None:
        """Send the vehicle on, with nothing before the camera."""
        self.hold("lane-empty")
        self.page.wait_for_timeout(1000)
        self.page.locator("#next").click()
        expect(self.page.locator(".verdict-neutral")).to_be_visible(timeout=WAIT_MS)


def walk(camera: Camera, slot: int) -> None:
    """Do the whole main job once, taking a picture at each step."""
    page = camera.page
    every = tuple(SIZES)
    camera.open("/login")
    camera.take("login")
    page.get_by_text(OFFICER).click()
    page.locator("#pin").fill(PIN)
    page.locator(".enter").click()
    page.wait_for_url("**/gate")
    for scene, state in (("naat-negative-5h", "admit"), ("naat-negative-30h", "hold"), ("forged", "refuse")):
        camera.hold(scene)
        page.wait_for_selector(f".verdict-{state}")
        camera.take(f"gate-{state}", sizes=every if state == "admit" else ("",))
        camera.clear_gate()
    camera.hold("naat-negative-30h")
    page.wait_for_selector(".verdict-hold")
    with page.expect_navigation(url="**/bench*"):
        page.locator("#to-bench").click()
    camera.open(f"{page.url.removeprefix(camera.address)}&slot={slot}")
    page.locator("[name=lot_typed]").first.fill(LOT)
    page.locator("#start").click()
    camera.hold("cassette-faint-positive")
    page.wait_for_selector(".panel-ready")
    page.wait_for_timeout(5000)
    camera.take("bench-ready")
    read_until(camera, "POSITIVE", "阳性")
    camera.take("bench-positive", sizes=every)
    camera.open("/log")
    camera.take("log")
    seq = page.locator(".entry:has(.entry-positive)").first.get_attribute("href")
    camera.open(str(seq))
    camera.take("log-entry", whole=True)
    camera.open("/health")
    camera.take("health")


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
        camera.hold("cassette-faint-positive")
        camera.page.wait_for_timeout(4000)
    raise SystemExit(f"the demo cassette was never read as {wanted[0]}")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
