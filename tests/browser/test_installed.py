"""Installed on a tablet: where the station is out of reach the app says so, and offers nothing that would be lost."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Served

pytestmark = pytest.mark.browser


def test_an_installed_page_says_that_the_station_is_out_of_reach_and_offers_nothing(served: Served) -> None:
    page = served.tablet(service_workers="allow")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.goto(f"{served.address}/bench")
    expect(page.get_by_role("heading", name="The station is out of reach")).to_be_visible()
    assert page.locator("button, form, input, a").count() == 0
    page.context.set_offline(False)
    expect(page.locator("#board")).to_be_visible()  # by itself: nobody has to tap
