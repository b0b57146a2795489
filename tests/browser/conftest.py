"""A real Chromium against the pages, served as the station serves them: waitress, one process, threads."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from checkpoint.serving import serve
from station.commands.serve import LARGEST_UPLOAD_BYTES
from tests.web.pages import CHEN, PINS, Pages, make_pages

TABLET = {"width": 1280, "height": 800}
PATIENCE_MS = 20_000  # what is expected of a page may come late on a busy machine: no test measures speed
expect.set_options(timeout=PATIENCE_MS)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass(slots=True)
class Served:
    """The pages at an address, and a browser to look at them."""

    pages: Pages
    address: str
    browser: Browser
    contexts: list[BrowserContext]

    def tablet(self, name: str | None = CHEN, *, language: str = "en", **context: Any) -> Page:
        """Return a new tablet's page, logged in as `name`, at the gate."""
        made = self.browser.new_context(**({"viewport": TABLET, "reduced_motion": "reduce"} | context))
        self.contexts.append(made)
        made.add_cookies([{"name": "language", "value": language, "url": self.address}])
        page = made.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{self.address}/login")
        if name is not None:
            page.get_by_text(name, exact=True).click()
            page.locator("#pin").fill(PINS[name])
            page.locator(".enter").click()
            page.wait_for_url("**/gate")
        return page


def in_front(page: Page) -> Page:
    """Return `page` once keys that are pressed go to it, and to nothing in it yet."""
    page.bring_to_front()
    page.wait_for_function("document.hasFocus() && document.activeElement === document.body")
    return page


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(chromium), args=ARGUMENTS)
        yield started
        started.close()


class Server(threading.Thread):
    """The pages on 127.0.0.1, served from a thread of their own until `stop`."""

    def __init__(self, pages: Pages, port: int = 0) -> None:
        super().__init__(daemon=True)
        self._pages = pages
        self._stopping = threading.Event()
        ports: queue.Queue[int] = queue.Queue()
        self._serve = partial(
            serve,
            pages.app,
            host="127.0.0.1",
            port=port,
            stop=self._stopping,
            ready=ports.put,
            largest_body=LARGEST_UPLOAD_BYTES,
            look_s=0.1,
            ending=pages.app.extensions["pulse"].stop,
        )
        self.start()
        self.address = f"http://127.0.0.1:{ports.get(timeout=15)}"

    def run(self) -> None:
        """Serve; the sockets are closed by the thread that uses them."""
        self._serve()

    def stop(self) -> None:
        """End the streams and the server."""
        self._stopping.set()
        self.join(timeout=15)


@pytest.fixture
def served(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    """The pages of a new station, served; `pytest.mark.parametrize("served", [{...}], indirect=True)` sets it up."""
    pages = make_pages(tmp_path, **getattr(request, "param", {}))
    server = Server(pages)
    made = Served(pages, server.address, browser, [])
    yield made
    for context in made.contexts:
        context.close()
    server.stop()
    pages.parts.journal.close()
