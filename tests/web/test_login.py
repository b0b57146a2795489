"""Log-in, roles, sessions, and what protects every page."""

from pathlib import Path

import pytest

from checkpoint.events import Kind
from checkpoint.journal import LogQuery
from tests.web.pages import ADA, CHEN, LIU, PINS, Pages, Tablet, make_pages
from web import fingerprint

GUARDED = ["/gate", "/gate/card", "/bench", "/bench/board", "/bench/1/panel", "/log", "/log/1", "/health", "/events",
           "/pulse", "/status", "/live/gate.jpg", "/photo/1/0"]  # fmt: skip


@pytest.mark.parametrize("path", GUARDED)
def test_no_page_opens_without_log_in(pages: Pages, path: str) -> None:
    answer = pages.client(None).get(path)
    assert answer.status_code == 302
    assert "/login" in answer.location


def test_the_pages_script_is_told_that_the_session_ended(pages: Pages) -> None:
    answer = pages.client(None).get("/gate/card", **{"X-Page": "1"})
    assert (answer.status_code, answer.json["code"]) == (401, "session-ended")


def test_log_in_is_a_name_and_a_pin_and_is_written_down(pages: Pages) -> None:
    tablet = pages.client(None)
    assert tablet.post("/login", name=CHEN, pin=PINS[CHEN]).json == {"go": "/gate"}
    assert _journaled(pages, Kind.LOGGED_IN) == [{"officer": CHEN, "role": "officer"}]


def test_a_wrong_pin_is_said_and_written_down_without_the_pin(pages: Pages) -> None:
    answer = pages.client(None).post("/login", name=CHEN, pin="9999")
    assert (answer.status_code, answer.json["word"]) == (422, "Wrong PIN.")
    assert _journaled(pages, Kind.LOGIN_FAILED) == [{"officer": CHEN, "reason": "wrong-pin"}]


def test_what_a_stranger_types_as_a_name_never_stands_in_the_journal(pages: Pages) -> None:
    pages.client(None).post("/login", name="330482198405121234", pin="9999")
    assert _journaled(pages, Kind.LOGIN_FAILED) == []


def test_a_lock_out_says_how_long_to_wait(pages: Pages) -> None:
    tablet = pages.client(None)
    for _ in range(4):
        answer = tablet.post("/login", name=CHEN, pin="0000")
    assert answer.json["do"] == "Wait 0:05, then try again."


def test_logging_out_ends_the_session_and_is_written_down(pages: Pages) -> None:
    tablet = pages.client()
    tablet.post("/logout")
    assert tablet.get("/gate").status_code == 302
    assert _journaled(pages, Kind.LOGGED_OUT) == [{"officer": CHEN, "role": "officer"}]


def test_a_new_pin_ends_older_sessions(pages: Pages) -> None:
    tablet = pages.client()
    pages.parts.clock.turn(seconds=1)
    pages.officers.change_pin(CHEN, "7777")
    assert tablet.get("/gate").status_code == 302


def test_after_log_in_one_is_where_one_wanted_to_be_but_never_elsewhere(pages: Pages) -> None:
    tablet = pages.client(None)
    assert tablet.post("/login", name=CHEN, pin=PINS[CHEN], next="/log?verdict=hold").json["go"] == "/log?verdict=hold"
    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        tablet = pages.client(None)
        assert tablet.post("/login", name=CHEN, pin=PINS[CHEN], next=elsewhere).json["go"] == "/gate"


def test_whoever_is_logged_in_already_is_sent_where_they_wanted_to_be(pages: Pages) -> None:
    tablet = pages.client()
    assert tablet.get("/login?next=/shift").location == "/shift"
    assert tablet.get("/login?next=//elsewhere.example").location == "/gate"


def test_an_auditor_reads_and_decides_nothing(pages: Pages) -> None:
    tablet = pages.client(LIU)
    assert tablet.get("/log").status_code == 200
    for path in ("/gate/next", "/gate/vehicle", "/bench/1/start", "/bench/1/read", "/health/send", "/gate/scanned"):
        answer = tablet.post(path)
        assert (answer.status_code, answer.json["code"]) == (403, "not-allowed"), path


def test_a_form_without_its_token_changes_nothing(pages: Pages) -> None:
    tablet = pages.client()
    answer = tablet.http.post("/gate/next", headers={"X-Page": "1"})
    assert (answer.status_code, answer.json["code"]) == (400, "form-expired")


def test_demo_pins_stand_on_the_page_only_in_the_demo(pages: Pages, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert PINS[CHEN] not in pages.client(None).see("/login")
    demo = make_pages(tmp_path_factory.mktemp("demo"), demo=True)
    page = demo.client(None).see("/login")
    assert PINS[CHEN] in page
    assert PINS[ADA] not in page
    demo.parts.journal.close()


def test_every_answer_forbids_scripts_from_elsewhere_and_keeps_pages_out_of_caches(pages: Pages) -> None:
    headers = pages.client().get("/gate").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/login", "/gate", "/bench", "/log", "/health"])
def test_no_page_holds_an_inline_script_style_or_address_of_elsewhere(pages: Pages, path: str) -> None:
    html = pages.client(None if path == "/login" else CHEN).get(path).text
    assert "style=" not in html
    assert "onclick" not in html
    assert "http://" not in html.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in html
    for script in html.split("<script")[1:]:
        assert script.split(">", 1)[1].startswith("</script>")


def test_simulated_devices_are_said_on_every_page(tmp_path_factory: pytest.TempPathFactory) -> None:
    demo = make_pages(tmp_path_factory.mktemp("demo"), demo=True, simulated=("camera", "lamps"))
    tablet = demo.client()
    for path in ("/gate", "/bench", "/log", "/health", "/demo", "/log/1", "/nowhere"):
        assert "SIMULATED camera, lamps" in _text(tablet, path), path
    demo.parts.journal.close()


def test_a_page_that_is_not_there_says_where_to_go(pages: Pages) -> None:
    answer = pages.client().get("/nowhere")
    assert answer.status_code == 404
    assert "Go back to the gate." in answer.text


def test_language_and_light_are_remembered_on_the_tablet(pages: Pages) -> None:
    tablet = pages.client()
    tablet.post("/preferences", script=False, language="zh", back="/log")
    assert "记录" in tablet.see("/log")
    tablet.post("/preferences", script=False, theme="night", back="/log")
    assert 'data-theme="night"' in tablet.get("/log").text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_choosing_a_language_never_leads_elsewhere(pages: Pages, back: str) -> None:
    assert pages.client().post("/preferences", script=False, language="zh", back=back).location == "/gate"


def _text(tablet: Tablet, path: str) -> str:
    from tests.web.pages import words_of

    return words_of(tablet.get(path).text)


def _journaled(pages: Pages, kind: Kind) -> list[dict[str, object]]:
    return [e.body for e in pages.parts.journal.search(LogQuery(kind=kind)).entries]


def test_scripts_and_styles_are_kept_by_the_tablet_until_they_change(pages: Pages, tmp_path: Path) -> None:
    html = pages.client(None).get("/login").text
    sheet = html.split('rel="stylesheet" href="')[1].split('"')[0]
    with pages.client(None).get(sheet) as answer:
        assert answer.status_code == 200
        assert answer.cache_control.max_age == 365 * 86400
    (tmp_path / "a.js").write_text("1")
    before = fingerprint(tmp_path)
    (tmp_path / "a.js").write_text("2")
    assert fingerprint(tmp_path) != before
