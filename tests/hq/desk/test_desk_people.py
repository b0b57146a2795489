"""People at the desk, the audit of what they did, and searching records."""

import csv
import io

import pytest
import sqlalchemy as sa

from hq.desk.sheets import cell
from hq.people.accounts import Role
from hq.store.models import audit
from tests.hq.at_desk import PASSWORD, Desk, employ
from tests.hq.running import Station
from tests.hq.sending import cross, positive, post


def audited(desk: Desk, what: str) -> list[str]:
    rows = desk.hq.rows(sa.select(audit.c.subject).where(audit.c.what == what).order_by(audit.c.at))
    return [row.subject for row in rows]


def test_an_administrator_adds_somebody_who_then_logs_in(desk: Desk) -> None:
    desk.log_in(Role.ADMIN)
    assert desk.post("/users", name="zhang", password="a long password", role="viewer").status_code == 200
    assert "viewer" in desk.text("/users")
    assert audited(desk, "user-added") == ["zhang viewer"]
    assert desk.post("/users", name="zhang", password="a long password", role="duty").status_code == 409
    assert desk.post("/users", name="x", password="short", role="duty").status_code == 422
    desk.post("/logout")
    assert desk.post("/login", name="zhang", password="a long password").url.path == "/"


def test_a_disabled_person_is_out_at_once_and_can_be_let_in_again(desk: Desk) -> None:
    desk.log_in(Role.ADMIN)
    desk.post("/users", name="zhang", password="a long password", role="viewer")
    import httpx

    with httpx.Client(
        base_url=desk.hq.url, follow_redirects=True, headers={"Accept-Language": "en"}, timeout=30
    ) as http:
        other = Desk(desk.hq, http)
        other.post("/login", name="zhang", password="a long password")
        assert "What needs you now" in other.text("/")
        desk.post("/users/zhang/disable")
        assert other.http.get("/").url.path == "/login"
        assert other.post("/login", name="zhang", password="a long password").status_code == 403
        desk.post("/users/zhang/enable")
        other.post("/login", name="zhang", password="a long password")
        desk.post("/users/zhang/password", password="another password")
        assert other.http.get("/").url.path == "/login", "a new password ends every session"


def test_the_last_administrator_stays_one(desk: Desk) -> None:
    desk.log_in(Role.ADMIN)
    for what, fields in (("disable", {}), ("role", {"role": "viewer"})):
        answer = desk.post(f"/users/li/{what}", **fields)
        assert answer.status_code == 409
        assert "One administrator must remain" in answer.text
    assert desk.post("/users/nobody/disable").status_code == 404


def test_everybody_changes_their_own_password(desk: Desk) -> None:
    desk.log_in(Role.VIEWER)
    assert desk.post("/password", old="wrong", new="a new password").status_code == 403
    assert desk.post("/password", old=PASSWORD, new="short").status_code == 422
    assert "Your password is the new one" in desk.post("/password", old=PASSWORD, new="a new password").text
    assert desk.http.get("/").url.path == "/", "this session goes on"
    desk.post("/logout")
    assert desk.post("/login", name="li", password="a new password").url.path == "/"


def test_the_auditor_finds_who_looked_at_what(desk: Desk, gate: Station) -> None:
    seq = cross(gate.journal)
    gate.client.run_once()
    desk.log_in(Role.DUTY)
    record = f"{gate.enrolment.device}/1/{seq}"
    desk.http.get(f"/records/{record}")
    desk.http.get("/records?officer=li")
    desk.post(f"/records/{record}/unseal")
    employ(desk.hq, Role.AUDITOR)
    desk.post("/logout")
    desk.post("/login", name="li", password=PASSWORD)
    page = desk.text("/audit")
    for words in ("record opened", "records searched", "officer=li", "personal data opened", record, "logged in"):
        assert words in page
    assert "Zhang Wei" not in page
    assert "record opened" not in desk.http.get("/audit?what=personal-viewed").text.split("<tbody>")[1]
    rows = list(csv.reader(io.StringIO(desk.http.get("/audit.csv").text)))
    assert [row[2] for row in rows].count("personal-viewed") == 1
    assert desk.http.get("/audit?before=x").status_code == 400


def test_records_are_found_by_officer_and_by_number_and_leave_as_a_sheet(desk: Desk, gate: Station) -> None:
    for _ in range(3):
        cross(gate.journal)
    seq = positive(gate.journal)
    gate.client.run_once()
    desk.log_in(Role.VIEWER)
    for query in ("word=t-1", f"word=%23{seq}", "outcome=positive", "town=nowhere"):
        rows = list(csv.DictReader(io.StringIO(desk.http.get(f"/records.csv?{query}").text.removeprefix("\ufeff"))))
        assert [row["seq"] for row in rows] == ([] if "nowhere" in query else [str(seq)])
    assert "Zhang" not in desk.http.get("/records.csv").text
    assert len(audited(desk, "records-exported")) == 5


def test_an_urgent_record_opens_before_its_turn(desk: Desk, gate: Station) -> None:
    from checkpoint.sync.messages import early_copies

    cross(gate.journal)
    seq = positive(gate.journal)
    due = gate.journal.outbox.early_due()
    assert post(gate, "early", early_copies(gate.journal, gate.enrolment, due, desk.hq.clock.wall()))[0] == 200
    desk.log_in(Role.DUTY)
    assert "urgent copy" in desk.text(f"/records/{gate.enrolment.device}/1/{seq}")
    gate.client.run_once()
    assert "urgent copy" not in desk.text(f"/records/{gate.enrolment.device}/1/{seq}")


@pytest.mark.parametrize(("value", "safe"), [("=1+1", "'=1+1"), ("@x", "'@x"), (-3, "-3"), (None, ""), ("王", "王")])
def test_no_cell_of_a_sheet_is_a_formula(value: object, safe: str) -> None:
    assert cell(value) == safe
