"""What people at the desk see and may do: over real HTTP."""

import html
import re
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from checkpoint.events import Kind, Lane
from checkpoint.journal import Pending
from checkpoint.sync.messages import heartbeat
from hq.desk.live import MOST_STREAMS
from hq.people.accounts import Role
from hq.store.models import audit
from tests.data import REPOSITORY
from tests.hq.at_desk import PASSWORD, Desk, employ
from tests.hq.running import Station
from tests.hq.sending import cross, positive


@pytest.mark.parametrize("path", ["/", "/alerts", "/records", "/stations", "/live/overview", "/live/alerts"])
def test_nothing_is_shown_without_a_log_in(desk: Desk, path: str) -> None:
    answer = desk.http.get(path)
    assert answer.url.path == "/login"


def test_a_wrong_password_and_an_unknown_name_sound_the_same(desk: Desk) -> None:
    desk.log_in()
    desk.post("/logout")
    wrong = desk.post("/login", name="li", password="wrong")
    unknown = desk.post("/login", name="nobody", password="wrong")
    assert wrong.status_code == unknown.status_code == 403
    assert "Name or password is wrong" in wrong.text
    assert "Name or password is wrong" in unknown.text


def test_guessing_is_stopped(desk: Desk) -> None:
    desk.log_in()
    desk.post("/logout")
    answers = [desk.post("/login", name="li", password=f"guess {number}").status_code for number in range(6)]
    assert answers == [403] * 5 + [429]


def test_a_form_without_its_token_is_refused(desk: Desk, gate: Station) -> None:
    desk.log_in(Role.ADMIN)
    answer = desk.http.post(f"/stations/{gate.enrolment.device}/revoked")
    assert answer.status_code == 400
    gate.client.heartbeat()


def test_log_in_goes_back_only_to_our_own_pages(desk: Desk) -> None:
    employ(desk.hq, Role.DUTY)
    for elsewhere in ("//evil.example/", "/\\evil.example", "https://evil.example/"):
        answer = desk.http.post(
            "/login",
            params={"next": elsewhere},
            data={"csrf_token": desk.token(), "name": "li", "password": PASSWORD},
            follow_redirects=False,
        )
        assert answer.headers["Location"] == "/"


def test_a_positive_is_on_the_desk_as_soon_as_it_was_sent(desk: Desk, gate: Station) -> None:
    desk.log_in()
    assert "No alert is open" in desk.text("/live/overview")
    positive(gate.journal)
    gate.client.run_once()
    for path in ("/live/overview", "/live/alerts"):
        assert "antigen test positive" in desk.text(path)
    assert "1 new alert" in desk.text("/live/alarm")


def test_open_pages_are_told_of_changes_and_whoever_comes_too_late_asks(desk: Desk) -> None:
    desk.log_in()
    with ExitStack() as streams:
        told = [streams.enter_context(desk.http.stream("GET", "/events")) for _ in range(MOST_STREAMS)]
        assert next(told[0].iter_lines()).startswith('data: {"cases"')
        assert desk.http.get("/events").status_code == 204


def test_a_case_is_taken_up_and_closed_with_every_step_kept(desk: Desk, gate: Station) -> None:
    desk.log_in()
    seq = positive(gate.journal)
    gate.client.run_once()
    path = f"/alerts/{gate.enrolment.device}/positive-1-{seq}"
    assert desk.post(path, step="accepted", note="calling Pinghu").status_code == 200
    assert desk.post(path, step="closed", note="called back").status_code == 200
    text = desk.text(path)
    assert text.index("accepted") < text.index("calling Pinghu") < text.index("called back")
    assert "No such alert" in desk.text("/live/alerts")
    assert desk.post(path, step="accepted").status_code == 409
    assert desk.post(path, step="nonsense").status_code == 400


def test_a_viewer_sees_but_does_not_act_or_unseal(desk: Desk, gate: Station) -> None:
    desk.log_in(Role.VIEWER)
    seq = cross(gate.journal, "refuse")
    gate.client.run_once()
    device = gate.enrolment.device
    assert "Sealed. Your role may not open it." in desk.text(f"/records/{device}/1/{seq}")
    for path in (
        f"/alerts/{device}/refused-1-{seq}",
        f"/records/{device}/1/{seq}/unseal",
        f"/stations/{device}/revoked",
    ):
        assert desk.post(path, step="closed").status_code == 403


def test_opening_personal_data_is_written_down_first(desk: Desk, gate: Station) -> None:
    desk.log_in()
    seq = cross(gate.journal)
    gate.client.run_once()
    device = gate.enrolment.device
    assert "Zhang Wei" not in desk.text(f"/records/{device}/1/{seq}")
    answer = desk.post(f"/records/{device}/1/{seq}/unseal")
    assert "Zhang Wei" in answer.text
    notes = desk.hq.rows(sa.select(audit.c.who, audit.c.what, audit.c.subject).where(audit.c.what == "personal-viewed"))
    assert [tuple(row) for row in notes] == [("li", "personal-viewed", f"{device}/1/{seq}")]


def test_a_photo_opens_for_the_duty_officer(desk: Desk, gate: Station) -> None:
    desk.log_in()
    ref = gate.journal.keep_photo(b"\xff\xd8 a picture", "image/jpeg")
    seq = gate.journal.append(Kind.TEST_READ, {"outcome": "invalid"}, photos=[ref]).seq
    gate.client.run_once()
    answer = desk.http.get(f"/photos/{gate.enrolment.device}/{ref.sha256}")
    assert (answer.content, answer.headers["Content-Type"]) == (b"\xff\xd8 a picture", "image/jpeg")
    assert ref.sha256[:12] in desk.text(f"/records/{gate.enrolment.device}/1/{seq}")


def test_records_are_filtered_and_paged(desk: Desk, gate: Station) -> None:
    desk.log_in()
    for _ in range(60):
        cross(gate.journal)
    refused = cross(gate.journal, "refuse")
    gate.client.run_once()
    page = desk.http.get("/records").text
    older = re.search(r'href="([^"]*before=[^"]*)"', page)
    assert older
    seen = re.findall(r"/records/[^/]+/1/(\d+)\"", page + desk.http.get(html.unescape(older[1])).text)
    assert [int(seq) for seq in seen] == list(range(62, 0, -1))
    found = re.findall(r"/records/[^/]+/1/(\d+)\"", desk.http.get("/records?verdict=refuse").text)
    assert found == [str(refused)]
    assert "Nothing found" in desk.text("/records?until=2022-03-20T00:00")
    for broken in ("before=x", "since=yesterday", "before=2022-03-20~a~b~c"):
        assert desk.http.get(f"/records?{broken}").status_code == 400


def test_the_board_tells_the_truth_about_each_station(desk: Desk, gate: Station) -> None:
    desk.log_in()
    gate.client.run_once()
    gate.client.heartbeat()
    assert "complete" in desk.text("/live/stations")
    cross(gate.journal)
    desk.hq.clock.move(seconds=1)
    gate.client.heartbeat()
    text = desk.text("/live/stations")
    assert "pending" in text
    assert "✓ complete" not in text
    gate.client.run_once()
    gate.client.heartbeat()
    desk.hq.clock.move(minutes=11)
    assert "silent" in desk.text("/live/stations")


def test_a_clock_that_is_off_shows(desk: Desk, gate: Station) -> None:
    desk.log_in()
    gate.client.heartbeat()
    assert "clock is off" not in desk.text("/live/stations")
    late = heartbeat(
        gate.journal.head(),
        Pending(0, 0, 0, 0),
        gate.enrolment,
        desk.hq.clock.wall() - timedelta(hours=7),
        desk.hq.clock.now().trust,
    )
    gate.client._line.post("heartbeat", late)
    assert "clock is off" in desk.text("/live/stations")


def test_an_administrator_invites_approves_and_revokes(desk: Desk, gate: Station) -> None:
    desk.log_in(Role.ADMIN)
    page = desk.post("/stations", name="Lane 9", town="Xindai").text
    assert "data:image/svg+xml" in page
    assert '"token"' in html.unescape(page)
    device = gate.enrolment.device
    assert "revoked" in desk.post(f"/stations/{device}/revoked").text
    assert "revoked" in gate.client.run_once().error
    desk.post(f"/stations/{device}/approved")
    assert gate.client.run_once().error == ""


def test_the_chain_is_proven_on_the_page(desk: Desk, gate: Station) -> None:
    desk.log_in()
    cross(gate.journal)
    gate.client.run_once()
    device = gate.enrolment.device
    assert "2 events, unbroken" in desk.post(f"/stations/{device}/verify").text
    with desk.hq.office.store.writing() as db:
        db.execute(sa.text("UPDATE events SET text = replace(text, 'admit', 'hold') WHERE seq = 2"))
    assert "Event 2 is the first bad one" in desk.post(f"/stations/{device}/verify").text


def test_pages_speak_chinese_too(desk: Desk, gate: Station) -> None:
    desk.log_in()
    positive(gate.journal)
    gate.client.run_once()
    desk.http.headers["Accept-Language"] = "zh-CN"
    for path, words in (("/", "抗原检测阳性"), ("/stations", "卡点"), ("/records", "查找"), ("/alerts", "警情")):
        assert words in desk.text(path), path


def test_what_a_station_writes_cannot_become_part_of_a_page(desk: Desk, gate: Station) -> None:
    desk.log_in()
    gate.journal.append(Kind.OVERRIDDEN, {"why": "<script>alert(1)</script>", "officer": "<b>li</b>"}, lane=Lane.NOW)
    gate.client.run_once()
    for path in ("/", "/alerts", "/records", f"/records/{gate.enrolment.device}/1/2"):
        page = desk.http.get(path).text
        assert "<script>alert" not in page
        assert "<b>li</b>" not in page


def test_every_page_forbids_foreign_content(desk: Desk) -> None:
    answer = desk.http.get("/login")
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r'(?:src|href)="https?:', answer.text)


def test_a_missing_page_says_so(desk: Desk, tmp_path: Path) -> None:
    desk.log_in()
    for path in ("/nowhere", "/records/x/1/1", "/stations/x", "/alerts/x/y", f"/records/x/1/{2**70}"):
        assert desk.http.get(path).status_code == 404, path


def test_colours_can_be_read_in_sun_and_at_night() -> None:
    css = (REPOSITORY / "hq" / "static" / "desk.css").read_text()
    day = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", css.split("@media")[0]))
    night = day | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", css.split("@media")[1].split("}")[0]))
    for colours in (day, night):
        for ink, ground in (
            ("on-admit", "admit"), ("on-hold", "hold"), ("on-refuse", "refuse"), ("ink", "paper"), ("ink", "card"),
            ("soft", "paper"), ("soft", "card"),
        ):  # fmt: skip
            assert contrast(colours[ink], colours[ground]) >= 7, (ink, ground)
        assert contrast("#fff", colours["first"]) >= 7
        assert contrast("#fff", colours["danger"]) >= 7


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    linear = []
    for at in (0, 2, 4):
        value = int(digits[at : at + 2], 16) / 255
        linear.append(value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4)
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
