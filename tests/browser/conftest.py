"""A real Chromium against the pages, served as the station serves them: waitress, one process, threads."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from waitress import create_server, wasyncore

from tests.web.pages import CHEN, PINS, Pages, make_pages

TABLET = {"width": 1280, "height": 800}
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
    server: Any

    def tablet(self, name: str | None = CHEN, *, language: str = "en", **context: Any) -> Page:
        """Return a new tablet's page, logged in as `name`, at the gate."""
        made = self.browser.new_context(**({"viewport": TABLET, "reduced_motion": "reduce"} | context))
        self.contexts.append(made)
        made.add_cookies([{"name": "language", "value": language, "url": self.address}])
        page = made.new_page()
        page.set_default_timeout(8000)
        page.goto(f"{self.address}/login")
        if name is not None:
            page.get_by_text(name, exact=True).click()
            page.locator("#pin").fill(PINS[name])
            page.locator(".enter").click()
            page.wait_for_url("**/gate")
        return page


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(chromium), args=ARGUMENTS)
        yield started
        started.close()


def serve(pages: Pages, port: int = 0) -> tuple[Any, threading.Thread, str]:
    """Serve `pages` on 127.0.0.1; return the server, its thread and the address."""
    server = create_server(pages.app, host="127.0.0.1", port=port, threads=12)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    return server, thread, f"http://127.0.0.1:{server.effective_port}"


def stop(server: Any, thread: threading.Thread) -> None:
    """End the server with all its connections, in its own thread, as nothing else may touch them."""
    server.task_dispatcher.shutdown()
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join(timeout=5)


@pytest.fixture
def served(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    """The pages of a new station, served; `pytest.mark.parametrize("served", [{...}], indirect=True)` sets it up."""
    pages = make_pages(tmp_path, **getattr(request, "param", {}))
    server, thread, address = serve(pages)
    made = Served(pages, address, browser, [], server)
    yield made
    for context in made.contexts:
        context.close()
    pages.app.extensions["pulse"].stop()
    stop(server, thread)
    pages.parts.journal.close()
