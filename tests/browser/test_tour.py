"""The whole main job, as a user does it: real programs started as `make run` starts them, a real Chromium.

From a scene before the camera over gate, bench and log to headquarters.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.programs import Running, demonstration, headquarters_desk, unused_ports

pytestmark = pytest.mark.browser

OFFICER, PIN = "陈警官 Chen", "1111"
WAIT_MS = 30_000


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Headquarters, issuer and station, started together."""
    with demonstration(tmp_path_factory.mktemp("tour"), ports=unused_ports(3)) as running:
        yield running


@pytest.fixture(scope="module")
def tablet(tour: Running, browser: Browser) -> Iterator[Page]:
    """A tablet at the station, logged in."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.add_cookies([{"name": "language", "value": "en", "url": tour.station}])
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(tour.station)
    page.get_by_text(OFFICER).click()
    page.locator("#pin").fill(PIN)
    page.locator(".enter").click()
    page.wait_for_url("**/gate")
    yield page
    context.close()


def hold(page: Page, scene: str) -> None:
    """Hold a scene before the camera of the page that is open."""
    page.evaluate("document.querySelectorAll('details.drawer').forEach(drawer => drawer.open = true)")
    page.locator(f'button[value="{scene}"]').click()


def present(page: Page, scene: str) -> str:
    """Show a code to the gate's camera and return the verdict card's words, with the crossing closed afterwards."""
    hold(page, scene)
    expect(page.locator(".verdict")).to_have_class(re.compile(r"verdict-(admit|hold|refuse)"), timeout=WAIT_MS)
    words = page.locator(".verdict").inner_text()
    hold(page, "lane-empty")
    page.locator("#next").click()
    expect(page.locator(".verdict")).to_have_class(re.compile("verdict-neutral"), timeout=WAIT_MS)
    return words


def test_every_page_says_that_cameras_and_lamps_are_simulated(tablet: Page, tour: Running) -> None:
    for path in ("gate", "bench", "log", "health"):
        tablet.goto(f"{tour.station}/{path}")
        expect(tablet.locator("#simulated")).to_contain_text("SIMULATED")


@pytest.mark.parametrize(
    ("scene", "verdict", "reason"),
    [
        ("naat-negative-5h", "ADMIT", "all rules met"),
        ("naat-negative-30h", "HOLD", "too old"),
        ("naat-positive", "REFUSE", "positive"),
        ("naat-expired", "HOLD", "expired"),
        ("unknown-issuer", "HOLD", "trust list"),
        ("forged", "REFUSE", "signature"),
        ("health-code-green", "ADMIT", "all rules met"),
        ("health-code-yellow", "HOLD", "yellow"),
        ("health-code-red", "REFUSE", "red"),
        ("shop-qr", "HOLD", "not a health code"),
    ],
)
def test_the_gate_decides(tablet: Page, tour: Running, scene: str, verdict: str, reason: str) -> None:
    tablet.goto(f"{tour.station}/gate")
    words = present(tablet, scene)
    assert verdict in words
    assert reason in words


def test_the_gate_says_whose_code_it_is_and_that_it_is_recorded(tablet: Page, tour: Running) -> None:
    tablet.goto(f"{tour.station}/gate")
    hold(tablet, "naat-negative-5h")
    expect(tablet.locator(".whose-name")).to_contain_text("张伟")
    expect(tablet.locator(".recorded").first).to_contain_text(re.compile(r"recorded \d\d:\d\d:\d\d · #\d+"))
    tablet.locator("#compared").click()
    expect(tablet.locator("#compared")).to_be_disabled()
    hold(tablet, "lane-empty")
    tablet.locator("#next").click()


def test_one_light_for_the_vehicle_the_worst_of_them(tablet: Page, tour: Running) -> None:
    tablet.goto(f"{tour.station}/gate")
    tablet.locator("#more").click()
    expect(tablet.locator(".seats .seat")).to_have_count(2)
    hold(tablet, "naat-negative-5h")
    expect(tablet.locator(".verdict")).to_have_class(re.compile("verdict-hold"))
    expect(tablet.locator(".verdict")).to_contain_text("checked")
    hold(tablet, "naat-positive")
    expect(tablet.locator(".verdict")).to_have_class(re.compile("verdict-refuse"))
    hold(tablet, "lane-empty")
    tablet.locator("#next").click()


def start_test(page: Page, tour: Running, slot: int) -> None:
    """Send the traveller with a stale report to `slot`."""
    page.goto(f"{tour.station}/gate")
    hold(page, "naat-negative-30h")
    expect(page.locator(".verdict")).to_have_class(re.compile("verdict-hold"))
    page.locator("#to-bench").click()
    page.wait_for_url("**/bench**")
    page.locator(f"#tile-{slot}").click()
    expect(page.locator("#panel h2")).to_contain_text(str(slot))
    page.locator(f"#lot-{slot}").fill("A2203")
    page.locator("#start").click()
    expect(page.locator("#read")).to_be_visible()


def read_slot(page: Page, scene: str) -> str:
    """Lay a cassette before the bench's camera, wait for its time, read it, and return what the panel says."""
    hold(page, scene)
    expect(page.locator(".panel-ready")).to_be_visible()
    page.locator("#read").click()
    # A burst, the reading and its journal entry: tenths of a second at a station, many on a busy test machine.
    expect(page.locator(".outcome")).to_be_visible(timeout=60_000)
    return page.locator("#panel").inner_text()


def leave_gate(page: Page, tour: Running) -> None:
    """Clear the gate for the next vehicle."""
    page.goto(f"{tour.station}/gate")
    hold(page, "lane-empty")
    if page.locator("#next").is_enabled():
        page.locator("#next").click()


def test_a_negative_cassette_admits(tablet: Page, tour: Running) -> None:
    start_test(tablet, tour, 1)
    read_slot(tablet, "cassette-negative")
    tablet.locator("#confirm").click()
    expect(tablet.locator(".next-negative")).to_contain_text("Admitted")
    expect(tablet.locator("figure.evidence img")).to_be_visible()
    leave_gate(tablet, tour)


def test_a_cassette_read_too_early_is_refused(tablet: Page, tour: Running) -> None:
    start_test(tablet, tour, 2)
    if tablet.locator(".panel-too-early").is_visible():
        tablet.locator("#read").click()
        expect(tablet.locator("#say")).to_contain_text(re.compile("early", re.IGNORECASE))
    expect(tablet.locator(".panel-ready")).to_be_visible()
    leave_gate(tablet, tour)


def test_a_cassette_without_a_control_line_asks_for_a_new_one(tablet: Page, tour: Running) -> None:
    start_test(tablet, tour, 3)
    read_slot(tablet, "cassette-no-control-line")
    expect(tablet.locator("#repeat")).to_be_visible()
    leave_gate(tablet, tour)


def test_a_positive_cassette_is_seen_at_headquarters_within_seconds(
    tablet: Page, tour: Running, browser: Browser
) -> None:
    start_test(tablet, tour, 4)
    words = read_slot(tablet, "cassette-strong-positive")
    assert "isolation" in words
    expect(tablet.locator(".told")).to_contain_text("yes")
    with headquarters_desk(tour, browser) as desk:
        desk.goto(f"{tour.headquarters}/alerts")
        expect(desk.locator("main")).to_contain_text(re.compile("positive", re.IGNORECASE))
        desk.goto(f"{tour.headquarters}/")
        expect(desk.locator("main")).to_contain_text("Demo lane 1")
    leave_gate(tablet, tour)


def test_the_log_filters_by_verdict_and_opens_one_entry(tablet: Page, tour: Running) -> None:
    tablet.goto(f"{tour.station}/log?verdict=refuse")
    rows = tablet.locator("#rows a, .rows a, [data-entry] a")
    expect(rows.first).to_be_visible()
    rows.first.click()
    expect(tablet.locator("main")).to_contain_text("pinghu-road-2022-03-20")


def test_stopping_is_clean_and_a_second_start_keeps_the_data(tmp_path: Path) -> None:
    with demonstration(tmp_path, ports=unused_ports(3)) as first:
        assert first.stop() == 0
    with demonstration(tmp_path, ports=unused_ports(3)) as second:
        assert second.stop() == 0
    logs = "".join(log.read_text("utf-8") for log in tmp_path.glob("*.log"))
    assert "Traceback" not in logs
    assert "ERROR" not in logs


def test_a_busy_port_is_one_clear_line(tmp_path: Path, tour: Running) -> None:
    taken = int(tour.station.rsplit(":", 1)[1])
    with (
        pytest.raises(AssertionError, match=f"port {taken} for the station is busy"),
        demonstration(tmp_path, ports=[taken, *unused_ports(2)]),
    ):
        pass
