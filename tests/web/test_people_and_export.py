"""Who works here, and the log as a table."""

import csv
import io

import pytest

from checkpoint.events import Kind
from checkpoint.journal import LogQuery
from tests.web.pages import ADA, CHEN, LIU, PINS, WANG, Pages
from web.officers import OfficerError, Role


def test_a_shift_lead_adds_an_officer_who_can_log_in_at_once(pages: Pages) -> None:
    answer = pages.client(WANG).post("/people/add", name="孙警官", new_pin="4455", role="officer")
    assert answer.status_code == 200
    assert pages.officers.verify("孙警官", "4455").role is Role.OFFICER
    noted = pages.parts.journal.search(LogQuery(kind=Kind.OFFICER_CHANGED)).entries
    assert [(e.body["what"], e.body["who"], e.body["officer"]) for e in noted] == [("added", "孙警官", WANG)]
    assert "4455" not in str(noted)


def test_an_officer_cannot_add_or_remove_anybody(pages: Pages) -> None:
    tablet = pages.client(CHEN)
    assert tablet.post("/people/add", name="孙警官", new_pin="4455", role="officer").status_code == 403
    assert tablet.post("/people/remove", name=WANG).status_code == 403
    assert tablet.post("/people/reset", name=WANG, new_pin="1111").status_code == 403
    assert "Add an officer" not in tablet.see("/people")


@pytest.mark.parametrize("role", ["admin", "auditor", "king", ""])
def test_nobody_gives_a_role_above_their_own(pages: Pages, role: str) -> None:
    answer = pages.client(WANG).post("/people/add", name="孙警官", new_pin="4455", role=role)
    assert answer.json["code"] == "not-allowed"
    assert "孙警官" not in pages.officers.names()


def test_a_shift_lead_cannot_take_over_an_administrator(pages: Pages) -> None:
    tablet = pages.client(WANG)
    assert tablet.post("/people/reset", name=ADA, new_pin="1111").json["code"] == "not-allowed"
    assert tablet.post("/people/remove", name=ADA).json["code"] == "not-allowed"


def test_nobody_removes_themselves(pages: Pages) -> None:
    assert pages.client(ADA).post("/people/remove", name=ADA).json["code"] == "not-oneself"


def test_a_forgotten_pin_is_replaced_and_ends_the_lock_out(pages: Pages) -> None:
    for _ in range(5):
        with pytest.raises(OfficerError):
            pages.officers.verify(CHEN, "0000")
    pages.client(WANG).post("/people/reset", name=CHEN, new_pin="9090")
    assert pages.officers.verify(CHEN, "9090").name == CHEN


def test_ones_own_pin_needs_the_old_one(pages: Pages) -> None:
    tablet = pages.client(CHEN)
    assert tablet.post("/people/pin", pin="0000", new_pin="9090").json["code"] == "wrong-pin"
    assert tablet.post("/people/pin", pin=PINS[CHEN], new_pin="12").json["code"] == "pin-of-digits"
    pages.parts.clock.turn(seconds=1)
    assert tablet.post("/people/pin", pin=PINS[CHEN], new_pin="9090").status_code == 200
    assert tablet.get("/gate").status_code == 302, "the old session ends"
    assert pages.officers.verify(CHEN, "9090").name == CHEN


def test_the_table_holds_what_the_filters_let_through_and_no_names(pages: Pages) -> None:
    for name, hours in (("张伟国", 5), ("李娜娜", 30)):
        pages.parts.gate.present([pages.parts.codes.naat(name, pages.parts.hours_ago(hours))], officer=CHEN)
        pages.parts.gate.next(officer=CHEN)
    text = pages.client(LIU).get("/log.csv?verdict=hold").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [(r["kind"], r["verdict"], r["reason"]) for r in rows] == [("crossing-decided", "hold", "naat-stale")]
    assert "李娜娜" not in text


def test_taking_the_table_is_written_down_and_not_for_every_officer(pages: Pages) -> None:
    assert pages.client(CHEN).get("/log.csv").status_code == 403
    pages.client(LIU).get("/log.csv")
    looked = pages.parts.journal.search(LogQuery(kind=Kind.PERSONAL_VIEWED)).entries
    assert [(e.body["what"], e.body["officer"]) for e in looked] == [("log-exported", LIU)]


def test_a_long_log_comes_whole(pages: Pages) -> None:
    for n in range(1200):
        pages.parts.journal.append(Kind.SETTINGS_CHANGED, {"officer": CHEN, "detail": str(n)})
    text = pages.client(ADA).get("/log.csv?kind=settings-changed").get_data(as_text=True)
    assert len(text.strip().splitlines()) == 1201


def test_no_cell_is_taken_for_a_formula(pages: Pages) -> None:
    pages.parts.journal.append(Kind.SETTINGS_CHANGED, {"officer": "=HYPERLINK(1)"})
    assert ",'=HYPERLINK(1)," in pages.client(ADA).get("/log.csv").get_data(as_text=True)
