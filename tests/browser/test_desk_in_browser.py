"""Headquarters' desk as people use it: a positive through its closed loop, its contacts, a rule pack published."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from hq.store.models import alerts
from tests.browser.conftest import PATIENCE_MS, in_front
from tests.hq.busy_day import PASSWORD, busy_day
from tests.hq.running import Headquarters, Station, TestClock, headquarters
from tests.hq.sending import positive

pytestmark = pytest.mark.browser

SIZES = {"wide": (1280, 800), "tall": (800, 1280), "phone": (390, 844)}


@dataclass
class Served:
    """A headquarters on a busy morning, and a browser to look at it."""

    hq: Headquarters
    stations: list[Station]
    browser: Browser
    contexts: list[BrowserContext]

    def desk(self, name: str, *, language: str = "en", size: str = "wide", **context: object) -> Page:
        """Return a page of somebody who is logged in."""
        width, height = SIZES[size]
        made = self.browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", **context  # type: ignore[arg-type]
        )  # fmt: skip
        self.contexts.append(made)
        made.add_cookies([{"name": "language", "value": language, "url": self.hq.url}])
        page = made.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{self.hq.url}/login")
        page.locator("[name=name]").fill(name)
        page.locator("[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{self.hq.url}/")
        return page

    @property
    def case(self) -> tuple[str, str, int]:
        """The first positive: station, case, event."""
        (row, *_) = self.hq.rows(
            sa.select(alerts.c.station_id, alerts.c.id, alerts.c.seq)
            .where(alerts.c.kind == "positive", alerts.c.station_id == self.stations[0].enrolment.device)
            .order_by(alerts.c.seq)
        )
        return row.station_id, row.id, row.seq


@pytest.fixture(scope="module")
def morning(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("desk")
    with headquarters(folder / "hq", TestClock()) as hq, busy_day(hq, folder) as stations:
        served = Served(hq, stations, browser, [])
        yield served
        for context in served.contexts:
            context.close()


@pytest.fixture
def served(morning: Served) -> Iterator[Served]:
    yield morning
    while morning.contexts:
        morning.contexts.pop().close()


def test_a_positive_appears_by_itself_and_goes_through_its_closed_loop(served: Served) -> None:
    page = served.desk("li")
    positive(served.stations[2].journal)
    served.stations[2].client.run_once()
    expect(page.locator(".case.red", has_text="乍浦高速出口")).to_be_visible()
    page.locator(".case.red", has_text="乍浦高速出口").locator("a").first.click()
    for button, note, team in (
        ("Accept", "", ""),
        ("Hand over", "ambulance asked for", "乍浦镇"),
        ("Acted on", "", ""),
        ("Answered", "at the hospital", ""),
    ):
        if note:
            page.get_by_label("Note").fill(note)
        if team:
            page.get_by_label("Hand to a town or a team").fill(team)
        page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("button", name="Close after call-back").click()
    expect(page.get_by_role("alert")).to_contain_text("call-back")
    page.get_by_label("Note").fill("called Dr. Chen")
    page.get_by_role("button", name="Close after call-back").click()
    expect(page.locator("[aria-current=step]")).to_contain_text("closed")
    page.get_by_label("Note").fill("the wrong case")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[aria-current=step]")).to_contain_text("answered")
    expect(page.locator(".entries li")).to_have_count(7)


def test_the_contacts_of_a_positive_are_named_and_taken_along(served: Served) -> None:
    station, case, _ = served.case
    page = served.desk("li")
    page.goto(f"{served.hq.url}/alerts/{station}/{case}")
    page.get_by_role("link", name="Contacts of this person").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("body")).not_to_contain_text("330482")
    page.get_by_role("button", name="Show the names").click()
    expect(page.locator("tbody")).to_contain_text("330482")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV with names").click()
    assert "330482" in Path(download.value.path()).read_text("utf-8")


def test_a_pack_is_drafted_tried_and_published(served: Served) -> None:
    page = served.desk("zhao")
    page.get_by_role("link", name="Rules and trust").click()
    page.get_by_role("button", name="pinghu-road-2022-03-20").click()
    expect(page.locator(".good").first).to_contain_text("holds together")
    page.get_by_text("Edit the text").click()
    text = page.locator("textarea.code")
    text.fill(text.input_value().replace('"version": "1"', '"version": "2"'))
    page.get_by_role("button", name="Keep and check again").click()
    page.get_by_role("button", name="Today so far").click()
    expect(page.locator("main")).to_contain_text("decisions made again")
    page.get_by_label("in force from").fill("2022-03-21T00:00")
    page.get_by_role("button", name="Sign and publish").click()
    expect(page.locator("tbody").first).to_contain_text("from then on")


def _paths(served: Served) -> dict[str, str]:
    station, case, seq = served.case
    return {
        "/": "li",
        "/alerts": "li",
        f"/alerts/{station}/{case}": "li",
        f"/contacts/{station}/{case}": "li",
        "/brief": "li",
        "/records": "li",
        f"/records/{station}/1/{seq}": "li",
        "/kits": "li",
        "/password": "li",
        "/stations": "wang",
        f"/stations/{station}": "wang",
        "/alerts/rules": "wang",
        "/users": "wang",
        "/rules": "zhao",
        "/audit": "sun",
    }


@pytest.mark.parametrize(("size", "language"), [("phone", "en"), ("tall", "zh")])
def test_no_page_is_wider_than_its_window_and_axe_finds_nothing(served: Served, size: str, language: str) -> None:
    desks: dict[str, Page] = {}
    wrong = []
    for path, who in _paths(served).items():
        if who not in desks:
            desks[who] = served.desk(who, language=language, size=size)
        page = desks[who]
        page.goto(served.hq.url + path)
        if page.evaluate("document.documentElement.scrollWidth") > SIZES[size][0]:
            wrong.append((path, "too wide"))
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        wrong += [(path, fault["id"], fault["nodes"][0]["html"][:160]) for fault in found]
    assert wrong == []


def test_on_a_phone_the_page_that_is_open_is_in_view_in_the_row_of_pages(served: Served) -> None:
    page = served.desk("zhao", size="phone")
    for name in ("Daily brief", "Overview"):
        page.get_by_role("navigation").get_by_role("link", name=name).click()
        expect(page.locator(".pages [aria-current]")).to_have_text(name)
        expect(page.locator(".pages [aria-current]")).to_be_in_viewport(ratio=1)


def test_the_desk_works_by_keyboard_alone(served: Served) -> None:
    page = served.desk("li")
    in_front(page)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.locator(".me summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Log out")).to_be_hidden()
