"""The kits' page: what is left, what came, and what may not be used."""

from datetime import date, timedelta

from checkpoint.events import Kind
from checkpoint.journal import LogQuery
from tests.web.pages import CHEN, LIU, Pages

BOX = "0106901234567892172203311020220315"  # expires 31 March 2022, ten days from the tests' noon


def test_an_empty_page_says_what_to_do(pages: Pages) -> None:
    assert "No kits are entered yet. Scan the code on the box" in pages.client().see("/kits")


def test_a_scanned_box_fills_the_form_in(pages: Pages) -> None:
    tablet = pages.client()
    assert tablet.get(f"/kits/code?text={BOX}").json == {
        "lot": "20220315", "expires": "2022-03-31", "brand": "", "cassette_type": "",
        "said": "lot 20220315, expires 31 Mar 2022",
    }  # fmt: skip
    assert tablet.get("/kits/code?text=").status_code == 409


def test_a_delivery_is_recorded_in_the_officers_name(pages: Pages) -> None:
    tablet = pages.client()
    assert tablet.post("/kits/receive", lot=BOX, quantity="500", brand="Wondfo").status_code == 204
    seen = tablet.see("/kits")
    assert "500 usable kits left" in seen
    assert "expires 31 Mar 2022, in 10 days" in seen
    assert "Expires soon: use this lot first." in seen
    (event,) = pages.parts.journal.search(LogQuery(kind=Kind.KITS_RECEIVED)).entries
    assert (event.body["officer"], event.body["lot"], event.body["quantity"]) == (CHEN, "20220315", 500)


def test_what_cannot_be_is_said_and_nothing_is_recorded(pages: Pages) -> None:
    tablet = pages.client()
    for fields, word in (
        ({"lot": BOX, "quantity": "many"}, "That number of kits cannot be."),
        ({"lot": "A1", "quantity": "5"}, "The expiry date is missing."),
        ({"lot": "A1", "quantity": "5", "expires": "soon"}, "The expiry date is missing."),
        ({"lot": "", "quantity": "5"}, "The kit's lot is missing."),
    ):
        answer = tablet.post("/kits/receive", **fields)
        assert (answer.status_code, answer.json["word"]) == (409, word)
    assert pages.parts.journal.search(LogQuery(kind=Kind.KITS_RECEIVED)).entries == ()


def test_drawing_counting_and_discarding_change_what_is_shown(pages: Pages) -> None:
    tablet = pages.client()
    tablet.post("/kits/receive", lot="A1", quantity="100", expires="2023-01-31")
    tablet.post("/kits/draw", lot="A1", quantity="20")
    tablet.post("/kits/count", lot="A1", quantity="98")
    tablet.post("/kits/discard", lot="A1", quantity="3", why="damaged")
    seen = tablet.see("/kits")
    assert "95 left" in seen
    assert f"by {CHEN}: 98 (100 expected)" in seen
    answer = tablet.post("/kits/draw", lot="A1", quantity="96")
    assert (answer.status_code, answer.json["word"]) == (409, "That many are not there.")


def test_an_expired_lot_starts_no_test_and_says_why(pages: Pages) -> None:
    tablet = pages.client()
    tablet.post("/kits/receive", lot=BOX, quantity="500")
    pages.parts.clock.turn(days=11)
    tablet = pages.client()
    answer = tablet.post("/bench/1/start", person="walk-in", name="Li Na", lot="20220315")
    assert (answer.status_code, answer.json["word"]) == (409, "This lot has expired: it must not be used.")
    assert pages.bench.slot(1).test is None
    assert "EXPIRED on 31 Mar 2022" in tablet.see("/kits")


def test_a_started_test_takes_one_kit_off(pages: Pages) -> None:
    tablet = pages.client()
    pages.kits.receive("A1", 100, officer=CHEN, expires=date(2023, 1, 31))
    tablet.post("/bench/1/start", person="walk-in", name="Li Na", lot="A1")
    assert "99 usable kits left" in tablet.see("/kits/stock")


def test_an_auditor_reads_and_changes_nothing(pages: Pages) -> None:
    pages.kits.receive("A1", 100, officer=CHEN, expires=pages.kits.today() + timedelta(days=300))
    auditor = pages.client(LIU)
    assert "ENTER DELIVERY" not in auditor.see("/kits")
    assert auditor.post("/kits/discard", lot="A1", quantity="1", why="damaged").status_code == 403


def test_a_lot_used_up_leaves_the_list_but_not_the_account(pages: Pages) -> None:
    pages.kits.receive("A1", 1, officer=CHEN, expires=date(2023, 1, 31))
    pages.kits.discard("A1", 1, why="damaged", officer=CHEN)
    assert "Lots used up 1" in pages.client().see("/kits")
