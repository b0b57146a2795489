"""Takes pictures of one person's pages in one language, at every size, and writes them small."""

from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.picture_list import DESK, SIZES, STATION, Picture

WAIT_MS = 60_000  # a busy machine reads a cassette slowly
SETTLE_MS = 350
QUALITY = 80  # WebP: text stays crisp, a picture has a third of its PNG's bytes
BY_NAME = {picture.name: picture for picture in (*STATION, *DESK)}


class Camera:
    """A tablet whose pages are pictured; `taken` grows with each one."""

    def __init__(self, browser: Browser, address: str, folder: Path, language: str, taken: set[str]) -> None:
        self.address, self.folder, self.language, self.taken = address, folder, language, taken
        self.context: BrowserContext = browser.new_context(
            viewport={"width": 1280, "height": 800},
            reduced_motion="reduce",
            service_workers="block",
            locale={"zh": "zh-CN"}.get(language, "en-GB"),
        )
        wanted = {"language": language, "theme": "day"}
        self.context.add_cookies([{"name": name, "value": value, "url": address} for name, value in wanted.items()])
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(WAIT_MS)

    def take(self, name: str) -> None:
        """Write the page as it stands, at every size."""
        picture = BY_NAME[name]
        self.page.evaluate("document.querySelectorAll('details.drawer').forEach(drawer => drawer.open = false)")
        for size, (width, height) in SIZES.items():
            self.page.set_viewport_size({"width": width, "height": height})
            if picture.whole:  # a window as tall as the page: what sticks to its foot stands at the foot
                tall = int(self.page.evaluate("document.documentElement.scrollHeight"))
                self.page.set_viewport_size({"width": width, "height": max(height, tall)})
            self.page.evaluate("scrollTo(0, 0)")
            self.page.wait_for_timeout(SETTLE_MS)
            self._write(picture, size)
        self.page.set_viewport_size({"width": 1280, "height": 800})
        self.taken.add(name)

    def _write(self, picture: Picture, size: str) -> None:
        shot = np.frombuffer(self.page.screenshot(), np.uint8)
        image = cv2.imdecode(shot, cv2.IMREAD_COLOR)
        done, packed = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
        assert done
        picture.path(size, self.language, self.folder).write_bytes(packed.tobytes())

    def open(self, path: str) -> None:
        """Go to a page."""
        self.page.goto(self.address + path)

    def picture_of(self, name: str, path: str) -> None:
        """Go to a page and take its picture."""
        self.open(path)
        self.take(name)

    def close(self) -> None:
        """Put the tablet away."""
        self.context.close()
