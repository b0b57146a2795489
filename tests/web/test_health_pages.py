"""Health: the truth in one line, and what to do about it."""

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from checkpoint.errors import JournalError
from checkpoint.health import Advice, Check, Finding, State
from checkpoint.journal import Journal, Pending
from tests.web.pages import CHEN, Pages, make_pages
from web.pulse import Pulse


def test_all_sent_is_said_only_when_it_is_true(pages: Pages, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    tablet = pages.client()
    assert "1 to send" in tablet.see("/status")
    assert "all sent" not in tablet.see("/status")
    monkeypatch.setattr(type(pages.parts.journal), "pending", lambda _self: Pending(0, 0, 0, 0))
    assert "all sent" in tablet.see("/status")
    pages.enrolled = False
    assert "all sent" not in tablet.see("/status")
    assert "no headquarters" in tablet.see("/status")


def test_a_fault_stands_in_the_head_of_every_page_with_its_own_words(pages: Pages) -> None:
    pages.fault("clock", Finding.CLOCK_UNTRUSTED, Advice.CONFIRM_TIME)
    tablet = pages.client()
    for path in ("/gate", "/bench", "/log", "/health"):
        assert "clock not trusted: confirm the time" in tablet.see(path), path


def test_a_fault_of_a_part_that_has_no_place_of_its_own_is_not_hidden(pages: Pages) -> None:
    pages.fault("disk", Finding.FULL, Advice.FREE_DISK)
    assert "Disk" in pages.client().see("/status")


def test_a_journal_that_cannot_be_read_takes_no_page_with_it(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    tablet = pages.client()

    def broken(_self: Journal) -> Pending:
        raise JournalError("disk I/O error")

    monkeypatch.setattr(Journal, "pending", broken)
    assert "Uploads: could not be checked" in tablet.see("/status")
    answer = tablet.get("/health")
    assert answer.status_code == 500
    assert "Uploads: could not be checked" in answer.text, "the page that says so stands, with its head"


def test_the_page_says_the_worst_first_and_what_to_do(pages: Pages) -> None:
    pages.fault("camera-bench", Finding.NO_PICTURE, Advice.CHECK_CABLE)
    seen = pages.client().see("/health")
    assert "Something is at fault: check by hand until it works." in seen
    assert "Bench camera fault gives no picture Check its cable and power." in seen
    assert seen.index("gives no picture") < seen.index("Gate camera")


def test_a_failed_backup_and_a_hot_box_say_what_to_do(pages: Pages) -> None:
    pages.checks.append(Check("backup", State.WARN, Finding.BACKUP_FAILED, Advice.CHECK_BACKUP, {"detail": "no room"}))
    pages.checks.append(Check("temperature", State.WARN, Finding.HOT, Advice.COOL_DOWN, {"degrees_c": "83"}))
    pages.app.extensions["checks"].forget()
    seen = pages.client().see("/health")
    assert "Backup look the last one failed; older ones are as they were Is the stick in, and has it room?" in seen
    assert "Give the box shade and air. °C 83" in seen
    assert "Backup: the last one failed" in pages.client().see("/gate"), "in the head of every page"


def test_the_age_of_the_trust_list_is_shown_with_its_date_its_limit_and_each_lists_own(pages: Pages) -> None:
    known = next(check for check in pages.checks if check.name == "trust-list")
    late = {**known.data, "age_days": "98", "too_old": "DE dsc.pem", "list bare.json": ""}
    pages.checks[:] = [Check("trust-list", State.FAULT, Finding.STALE, Advice.IMPORT_TRUST, late)]
    seen = pages.client().see("/health")
    assert "keys 214 as of 1 Mar 2022 08:00 age, days 98 limit, days 30 too old DE dsc.pem" in seen
    assert "list DE dsc.pem 1 Mar 2022 08:00 list who-did.json 18 Mar 2022 14:00" in seen
    assert "list bare.json of unknown age" in seen


def test_rules_are_shown_with_the_day_since_which_they_are_in_force(pages: Pages) -> None:
    seen = pages.client().see("/health")
    assert "in force for everybody pack pinghu-road-2022-03-20 1, since 20 Mar 2022 00:00" in seen


def test_what_keeps_its_words_in_a_short_head_is_the_worst_and_not_the_uploads(pages: Pages) -> None:
    pages.checks.append(Check("backup", State.WARN, Finding.BACKUP_LATE, Advice.CHECK_BACKUP))
    pages.app.extensions["checks"].forget()
    head = pages.client().get("/status").text
    worst = re.findall(r'<li class="worst[^"]*">.*?#check-([a-z-]+)', head)
    assert worst == ["backup"]


def test_an_officer_confirms_the_time(pages: Pages) -> None:
    pages.fault("clock", Finding.CLOCK_UNTRUSTED, Advice.CONFIRM_TIME)
    tablet = pages.client()
    assert "My watch says 12:00:00 too: confirm" in tablet.see("/health")
    tablet.post("/health/time")
    assert pages.time_confirmed_by == [CHEN]


def test_sending_now_asks_once(pages: Pages) -> None:
    assert pages.client().post("/health/send").status_code == 204
    assert pages.sent_asked == 1


def test_monitoring_needs_no_log_in_and_sees_faults(pages: Pages) -> None:
    anyone = pages.client(None)
    assert anyone.get("/healthz").json["ok"] is True
    pages.fault("journal", Finding.CANNOT_WRITE, Advice.FREE_DISK)
    answer = anyone.get("/healthz")
    assert (answer.status_code, answer.json["faults"]) == (503, ["journal"])


def test_several_tablets_at_once_run_the_checks_once(pages: Pages) -> None:
    asked: list[int] = []
    checks = pages.checks

    class Counting(list[Check]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            asked.append(1)
            return super().__iter__()

    pages.checks = Counting(checks)
    pages.app.extensions["checks"].forget()
    tablet = pages.client()
    asked.clear()
    pages.app.extensions["checks"].forget()
    for _ in range(4):
        tablet.get("/status")
    assert len(asked) == 1


def test_a_full_journal_is_said_and_nothing_personal_with_it(pages: Pages, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from checkpoint.errors import JournalFull

    tablet = pages.client()

    def full(*_: object, **__: object) -> None:
        raise JournalFull("no space left on device")

    monkeypatch.setattr(type(pages.parts.journal), "append", full)
    answer = tablet.post("/gate/typed", format="typed-id", text="330482198405121234")
    assert (answer.status_code, answer.json["word"]) == (507, "The journal cannot be written: nothing was recorded.")
    assert "330482" not in answer.text
    assert "FAULT" in tablet.see("/gate/card")


def test_whatever_breaks_is_said_plainly_and_never_green(pages: Pages, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    tablet = pages.client()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret: 张伟")

    monkeypatch.setattr(type(pages.parts.gate), "view", broken)
    answer = tablet.get("/gate")
    assert answer.status_code == 500
    assert "张伟" not in answer.text
    assert "Something went wrong." in answer.text


def test_demo_scenes_are_held_before_the_cameras(tmp_path) -> None:  # type: ignore[no-untyped-def]
    demo = make_pages(tmp_path, demo=True, simulated=("camera",))
    tablet = demo.client()
    assert tablet.post("/demo/show", role="gate", scene="forged").status_code == 204
    assert demo.scenes.held["gate"] == "forged"
    assert tablet.post("/demo/show", role="gate", scene="no-such-scene").status_code == 404
    assert "now: forged code" in tablet.see("/demo")
    demo.parts.journal.close()


def test_there_is_no_demo_camera_outside_the_demo(pages: Pages) -> None:
    tablet = pages.client()
    assert tablet.get("/demo").status_code == 404
    assert "Demo" not in tablet.see("/gate")


def test_the_pulse_tells_what_changed(pages: Pages) -> None:
    tablet = pages.client()
    before = tablet.get("/pulse").json
    pages.parts.gate.present([pages.parts.codes.naat("张伟", pages.parts.hours_ago(5))], officer=CHEN)
    after = tablet.get("/pulse").json
    assert after["gate"] > before["gate"]
    assert after["bench"] == before["bench"]


def test_a_stream_wakes_at_once_when_something_changes() -> None:
    pulse = Pulse()
    beats = pulse.beats(beat_s=30)
    first = next(beats)
    threading.Timer(0.05, pulse.bump, ["bench"]).start()
    assert next(beats)["bench"] == first["bench"] + 1


def test_streams_are_bounded_and_a_closed_one_makes_room(pages: Pages) -> None:
    pulse: Pulse = pages.app.extensions["pulse"]
    taken = [pulse.take_place() for _ in range(7)]
    assert taken == [True] * 6 + [False]
    assert pages.client().get("/events").status_code == 204
    pulse.leave_place()
    assert pulse.take_place()


def test_a_stopped_station_ends_its_streams() -> None:
    pulse = Pulse()
    beats = pulse.beats(beat_s=30)
    next(beats)
    threading.Timer(0.05, pulse.stop).start()
    assert list(beats) == []


def test_the_ready_time_of_tests_is_longer_than_the_window_opens() -> None:
    from tests.web.pages import READY_AFTER

    assert timedelta(minutes=15) < READY_AFTER < timedelta(minutes=20)


def test_checks_without_figures_show_none(pages: Pages) -> None:
    pages.checks[:] = [Check("lamps", State.OK, Finding.SIMULATED)]
    pages.app.extensions["checks"].forget()
    assert "simulated: no real device" in pages.client().see("/health")


def test_the_head_of_every_page_tells_how_old_the_trust_list_is(pages: Pages) -> None:
    pages.checks[:] = [replace(c, data={"age_days": "12"}) if c.name == "trust-list" else c for c in pages.checks]
    pages.app.extensions["checks"].forget()
    for path in ("/gate", "/log"):
        assert "rules ok · trust list: 12 days old" in pages.client().see(path)
    assert "信任列表：12 天前" in pages.client(language="zh").see("/gate")
