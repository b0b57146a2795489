"""What the gate's page tells of a code beside its verdict: colours, passes, receipts, parts, and which rule it was."""

from dataclasses import replace
from datetime import timedelta

from checkpoint.credential import Colour, Credential, Format, Holder
from checkpoint.credentials.receipt import Found
from checkpoint.crossing import Category
from checkpoint.errors import CredentialError
from checkpoint.events import Kind
from checkpoint.journal import LogQuery
from checkpoint.reasons import Reason
from tests.checkpoint.test_all_that_was_shown import code_of, health_code
from tests.web.pages import CHEN, WANG, Pages


def card(pages: Pages, language: str = "en") -> str:
    return pages.client(WANG, language=language).see("/gate/card")


def entry(pages: Pages, language: str = "en") -> str:
    seq = pages.parts.journal.search(LogQuery(kind=Kind.CROSSING_DECIDED, limit=1)).entries[0].seq
    return pages.client(WANG, language=language).see(f"/log/{seq}")


def present(pages: Pages, *codes: object) -> None:
    pages.parts.gate.present(codes, officer=CHEN)  # type: ignore[arg-type]


def test_a_health_code_says_its_colour_its_issuer_and_how_old_the_answer_was(pages: Pages) -> None:
    code = health_code(pages.parts, "张伟")
    pages.parts.clock.turn(minutes=2)
    present(pages, code)
    assert "health code: green · Pinghu · answered 2 min before the check" in card(pages)
    assert "健康码: 绿" in card(pages, "zh")


def test_a_red_code_says_so_and_names_nobody_in_full(pages: Pages) -> None:
    present(pages, health_code(pages.parts, "张伟国", Colour.RED))
    seen = card(pages)
    assert "health code: red" in seen
    assert "张伟国" not in seen


def test_what_the_issuer_masked_is_not_masked_again(pages: Pages) -> None:
    present(pages, health_code(pages.parts, "吴*", Colour.YELLOW))
    assert "吴* born" in card(pages)


def test_a_report_says_what_it_found(pages: Pages) -> None:
    present(pages, pages.parts.codes.naat("张伟", pages.parts.hours_ago(30)))
    assert "negative · sampled 30 h before the check" in card(pages)


def test_a_lorrys_pass_says_its_number_plate_and_route(pages: Pages) -> None:
    gate = pages.parts.gate
    gate.describe_vehicle(replace(gate.vehicle, category=Category.LORRY), officer=CHEN)
    present(pages, pages.parts.codes.lorry_pass("浙F12345"))
    seen = card(pages)
    assert "Lorry pass 330482000117 · 浙F·12345 · 嘉兴-上海 · until" in seen
    assert "Enter the vehicle's plate first." in seen


def test_a_pass_shown_by_a_resident_asks_whether_it_is_a_lorry(pages: Pages) -> None:
    present(pages, pages.parts.codes.lorry_pass("浙F12345"))
    assert "A lorry pass was shown: is this a lorry?" in card(pages)


def test_a_receipt_says_what_the_checkpoint_before_found(pages: Pages) -> None:
    now = pages.parts.clock.now().wall
    receipt = Credential(
        Format.RECEIPT,
        Holder("张伟", "1984-05-17"),
        (),
        "G60 Dushan",
        issued_at=now - timedelta(hours=3),
        expires_at=now + timedelta(hours=60),
        notes=(str(Found.ADMITTED),),
    )
    present(pages, code_of(pages.parts, "RECEIPT1:X", receipt))
    assert "receipt of another checkpoint G60 Dushan · admitted there · 3 h before the check" in card(pages)


def test_a_card_in_parts_says_which_are_missing(pages: Pages) -> None:
    class Parts:
        def identify(self, text: str, now: object) -> Credential:
            raise CredentialError(Reason.INCOMPLETE_CODE, missing="1,3", parts="3")

    pages.parts.gate.credentials = Parts()
    present(pages, pages.parts.codes.bad("shc:/2/3/00", Reason.INCOMPLETE_CODE))
    assert "Show what is missing: part 1, 3." in card(pages)


def test_an_entry_names_each_rule_in_words_and_says_which_were_met(pages: Pages) -> None:
    present(pages, pages.parts.codes.naat("张伟", pages.parts.hours_ago(5)))
    seen, chinese = entry(pages), entry(pages, "zh")
    assert "rule met" in seen
    pack = pages.parts.gate.rules(Category.RESIDENT, pages.parts.clock.now().wall)
    assert pack is not None
    for rule in pack.rules_for(Category.RESIDENT):
        assert rule.text.en in seen
        assert rule.text.zh in chinese


def test_an_entry_of_a_code_that_failed_says_whose_seal_it_was_and_since_when_it_is_over(pages: Pages) -> None:
    class Expired:
        def identify(self, text: str, now: object) -> Credential:
            raise CredentialError(Reason.EXPIRED, "past its end", issuer="AT", expired_at="2022-03-01T00:00:00+00:00")

    pages.parts.gate.credentials = Expired()
    present(pages, pages.parts.codes.bad("HC1:OLD", Reason.EXPIRED))
    seen = entry(pages)
    assert "past its end · ended 1 Mar 2022, 08:00 · issuer AT" in seen


def test_a_vehicle_that_waits_aside_is_brought_back_by_a_tap(pages: Pages) -> None:
    gate = pages.parts.gate
    gate.describe_vehicle(replace(gate.vehicle, plate="浙F12345"), officer=CHEN)
    present(pages, pages.parts.codes.naat("张伟国", pages.parts.hours_ago(30)))
    gate.to_bench(1)
    gate.next(officer=CHEN)
    seen = card(pages)
    assert "浙F·12345 张** · the NAAT report is too old Bring back" in seen
    assert "张伟国" not in seen
    [aside] = gate.view().waiting_at_bench
    assert pages.client().post("/gate/recall", aside=aside.id).status_code == 204
    assert "Bring back" not in card(pages)
    assert "HOLD" in card(pages)
    answer = pages.client().post("/gate/recall", aside=aside.id)
    assert (answer.status_code, answer.json["code"]) == (409, "gate-taken")
