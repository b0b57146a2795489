"""Giving a traveller the code for the next checkpoint."""

import pytest

from checkpoint.events import Kind
from tests.checkpoint.station_parts import OFFICER
from tests.web.pages import Pages


@pytest.mark.parametrize("hours", [5, 30])
def test_only_whoever_is_admitted_is_offered_a_receipt(pages: Pages, hours: float) -> None:
    parts = pages.parts
    parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(hours))], officer=OFFICER)
    assert ('id="receipt"' in pages.client().get("/gate").text) is (hours == 5)


def test_a_receipt_is_shown_as_a_code_and_that_it_was_given_is_written_down(pages: Pages) -> None:
    parts = pages.parts
    crossing = parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    assert crossing is not None
    answer = pages.client().post("/gate/receipt", script=False, crossing=crossing.id, seat=1)
    assert "<svg" in answer.text
    assert "Zhang Wei" in answer.text
    newest = parts.journal.event(parts.journal.head().seq)
    assert newest.kind is Kind.RECEIPT_ISSUED
    assert "RECEIPT1" not in str(newest.body)


def test_a_receipt_is_not_given_for_a_vehicle_that_has_left(pages: Pages) -> None:
    parts = pages.parts
    crossing = parts.gate.present([parts.codes.naat("Zhang Wei", parts.hours_ago(5))], officer=OFFICER)
    assert crossing is not None
    parts.gate.next(officer=OFFICER)
    answer = pages.client().post("/gate/receipt", crossing=crossing.id, seat=1)
    assert answer.status_code == 409
