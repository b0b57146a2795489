"""Rules and trust lists at the desk: drafted, checked, tried on past decisions, signed and published."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checkpoint.crossing import Verdict
from checkpoint.policy.signing import open_signed
from checkpoint.published import DocumentKind
from checkpoint.reasons import Reason
from hq.people.accounts import Role
from hq.publishing.documents import published_documents, read_document
from hq.publishing.drafts import read_pack
from hq.publishing.dry_run import run_dry
from hq.publishing.shipped import shipped_pack_text
from tests.hq.at_desk import Desk
from tests.hq.busy_day import Gate
from tests.hq.publishing.trust_lists import demo_list
from tests.hq.running import Headquarters, Station

PACK = "pinghu-road-2022-03-20"


def pack_text(**changes: object) -> str:
    text = shipped_pack_text(PACK)
    assert text is not None
    return json.dumps({**json.loads(text), **changes}, ensure_ascii=False)


def hours(text: str, limit: int) -> str:
    """Return the pack with another limit of hours for reports."""
    changed = re.sub(r'(\{"var": "payload\.naat\.sampledAt"\}, )24', rf"\g<1>{limit}", text)
    assert changed != text
    return changed


def draft(desk: Desk, text: str, kind: str = "rules") -> str:
    answer = desk.post("/rules/drafts", text=text, kind=kind)
    assert answer.status_code == 200, answer.text
    return answer.url.path


def test_a_pack_is_checked_and_published_with_its_time(desk: Desk, gate: Station) -> None:
    desk.log_in(Role.EDITOR)
    assert "Nothing is published" in desk.text("/rules")
    path = draft(desk, pack_text(version="2"))
    assert "A rule pack that holds together" in desk.text(path)
    page = desk.post(f"{path}/publish", effective_from="2022-03-25T00:00").text
    assert PACK in page
    with desk.hq.office.store.reading() as db:
        (one,) = published_documents(db, DocumentKind.RULES)
        document = read_document(db, one.name, desk.hq.office.keys)
    assert (one.version, one.published_by) == ("2", "li")
    assert one.effective_from == datetime(2022, 3, 24, 16, tzinfo=UTC)
    key = desk.hq.office.keys.signing.public_key()
    from checkpoint.policy.signing import key_id

    assert open_signed(document.content.encode(), {key_id(key): key}).version == "2"
    assert "No draft" in desk.text("/rules")
    assert json.loads(desk.http.get(f"/rules/published/{one.name}").text)["pack"]["version"] == "2"


def test_a_published_version_is_never_replaced(desk: Desk) -> None:
    desk.log_in(Role.EDITOR)
    assert desk.post(f"{draft(desk, pack_text(version='2'))}/publish").status_code == 200
    again = desk.post(f"{draft(desk, pack_text(version='2', positive_bars_days=5))}/publish")
    assert again.status_code == 422
    assert "published already" in again.text


@pytest.mark.parametrize(
    ("text", "fault"),
    [("{", "not JSON"), ("[]", "JSON object"), (pack_text(rules=[]), "rules"), (pack_text(version="x"), "version")],
)
def test_what_is_wrong_with_a_draft_is_said_and_it_cannot_be_published(desk: Desk, text: str, fault: str) -> None:
    desk.log_in(Role.EDITOR)
    path = draft(desk, text)
    page = desk.text(path)
    assert "This cannot be published" in page
    assert fault in page
    assert desk.post(f"{path}/publish").status_code == 422
    mended = desk.post(path, text=pack_text())
    assert "holds together" in mended.text


def test_the_dry_run_names_what_yesterday_would_have_been(hq: Headquarters, gate: Station) -> None:
    here = Gate(hq, gate.journal)
    here.decide("fresh", Verdict.ADMIT, Reason.RULES_MET, report_age_h=10)
    stale = here.decide("stale", Verdict.HOLD, Reason.NAAT_STALE, report_age_h=30)
    gate.client.run_once()
    now = hq.clock.wall()
    _, same = read_pack(pack_text())
    _, milder = read_pack(hours(pack_text(), 48))
    with hq.office.store.reading() as db:
        span = (now - timedelta(days=1), now + timedelta(seconds=1))
        again, other = run_dry(db, same, *span), run_dry(db, milder, *span)
        nothing = run_dry(db, milder, span[1], span[1] + timedelta(days=1))
    judged = [(again.judged, again.unread), (other.judged, other.unread)]
    assert judged == [(2, 0), (2, 0)]
    assert again.changed == 0, "the rules in force decide the same again"
    assert other.loosened == other.changed == 1
    assert other.changes[0].past.ref == f"{gate.enrolment.device}/1/{stale}"
    assert (nothing.judged, nothing.changed) == (0, 0)


def test_the_page_shows_the_dry_run(desk: Desk, gate: Station) -> None:
    here = Gate(desk.hq, gate.journal)
    here.decide("stale", Verdict.HOLD, Reason.NAAT_STALE, report_age_h=30)
    gate.client.run_once()
    desk.hq.clock.move(days=1)
    desk.log_in(Role.EDITOR)
    path = draft(desk, hours(pack_text(), 48))
    page = desk.post(f"{path}/dry-run", span="yesterday").text
    assert "1 decision made again" in page
    assert "milder" in page


def test_which_station_runs_which_version_shows(desk: Desk, gate: Station) -> None:
    desk.log_in(Role.EDITOR)
    gate.client.heartbeat()
    desk.post(f"{draft(desk, pack_text(version='2'))}/publish")
    assert "0 of 1 stations" in desk.text("/rules")
    assert "lacks" in desk.text("/rules")


def test_a_trust_list_goes_the_same_way(desk: Desk, tmp_path: Path) -> None:
    desk.log_in(Role.EDITOR)
    good = demo_list(desk.hq, tmp_path)
    path = draft(desk, json.dumps(good), "trust")
    assert "2 keys" in desk.text(path)
    assert desk.post(f"{path}/publish").status_code == 200
    with desk.hq.office.store.reading() as db:
        assert [one.version for one in published_documents(db, DocumentKind.TRUST)] == ["1"]
    broken = draft(desk, json.dumps({"keys": "none"}), "trust")
    page = desk.text(broken)
    assert "cannot be published" in page
    assert "Sign and publish" not in page
    assert desk.post(f"{broken}/publish").status_code == 422


def test_a_dry_run_of_too_many_says_how_many_it_left_out(
    desk: Desk, gate: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hq.publishing.dry_run.MOST_DECISIONS", 2)
    here = Gate(desk.hq, gate.journal)
    for number in range(5):
        here.decide(f"car-{number}", Verdict.ADMIT, Reason.RULES_MET)
    gate.client.run_once()
    desk.hq.clock.move(days=1)
    desk.log_in(Role.EDITOR)
    path = draft(desk, pack_text())
    page = desk.post(f"{path}/dry-run", span="yesterday").text
    assert "3 of 5 decisions of the span were not looked at" in page
    assert "No decision would be another" not in page


def test_an_empty_draft_says_what_to_do(desk: Desk) -> None:
    desk.log_in(Role.EDITOR)
    answer = desk.post("/rules/drafts", text="  ")
    assert answer.status_code == 422
    assert "Choose a file or paste the text" in answer.text
