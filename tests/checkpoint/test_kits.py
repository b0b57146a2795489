"""The kits: counted from the journal, known by their codes, and none of an expired lot used."""

from datetime import date, timedelta

import pytest

from checkpoint.assay import LineReading, Outcome, Reading
from checkpoint.credential import Holder
from checkpoint.errors import KitsError
from checkpoint.events import Kind
from checkpoint.kit_code import KitCode, parse_kit_code
from checkpoint.kits import KitAlarm, Kits, KitsSettings, Lot
from checkpoint.reasons import Reason
from checkpoint.vehicle import Vehicle
from tests.checkpoint.station_parts import OFFICER, Parts

BOX = "0106901234567892172203311020220315"  # GTIN, expiry 31 March 2022, lot 20220315
EXPIRES = date(2022, 3, 31)
LATER = date(2023, 1, 31)


@pytest.fixture
def kits(parts: Parts) -> Kits:
    made = Kits(parts.journal, parts.clock, KitsSettings(low_below=5, expiring_days=14))
    parts.bench.kits = made
    return made


def use(parts: Parts, slot: int, lot: str = "20220315") -> None:
    """Start a test with a kit of `lot` for somebody who walked in."""
    traveller = parts.gate.walk_in(Holder(name=f"Li {slot}"), Vehicle(category=parts.gate.settings.category))
    parts.bench.start(slot, traveller, lot=lot, officer=OFFICER)


def only(kits: Kits) -> Lot:
    """Return the one lot there is."""
    (lot,) = kits.stock().lots
    return lot


# -- codes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        BOX,
        "]d2" + BOX,
        "\x1d" + BOX,
        "010690123456789210" + "20220315\x1d" + "17220331",
        "(01)06901234567892(17)220331(10)20220315",
    ],
    ids=["run together", "with the scanner's mark", "with a leading separator", "lot first", "as printed"],
)
def test_a_box_says_its_lot_and_expiry(text: str) -> None:
    assert parse_kit_code(text) == KitCode("20220315", EXPIRES, "06901234567892")


def test_a_day_of_zero_means_the_end_of_the_month() -> None:
    assert parse_kit_code("(17)220200(10)A1").expires == date(2022, 2, 28)


@pytest.mark.parametrize("lot", ["20220315", "A2203", "0100", "批号7"])
def test_a_lot_alone_is_taken_as_it_stands(lot: str) -> None:
    assert parse_kit_code(f"  {lot}\n") == KitCode(lot)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "lot-needed"),
        ("0106901234567893172203311020220315", "kit-code-unreadable"),  # a wrong check digit
        ("(17)221399(10)A1", "kit-code-unreadable"),
        ("(01)06901234567892(17)220331", "kit-code-without-lot"),
        ("x" * 41, "lot-unreadable"),
        ("A\x00B", "lot-unreadable"),
    ],
)
def test_a_bad_code_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(KitsError) as refused:
        parse_kit_code(text)
    assert refused.value.reason == reason


# -- counting --------------------------------------------------------------------------------------------------------


def test_what_comes_is_drawn_and_used_is_counted(parts: Parts, kits: Kits) -> None:
    kits.receive(BOX, 500, officer=OFFICER, brand="Wondfo")
    kits.draw(BOX, 20, officer=OFFICER)
    use(parts, 1)
    use(parts, 2, BOX)  # scanned at the bench
    parts.clock.turn(minutes=16)
    reading = Reading(Outcome.INVALID, Reason.NO_CONTROL_LINE, LineReading(0, 0), LineReading(0, 0), 0.0)
    parts.bench.read(1, reading, [], officer=OFFICER)
    parts.bench.void(2, why="spilt", officer=OFFICER)
    kits.discard("20220315", 3, why="wet", officer=OFFICER)

    lot = only(kits)
    assert (lot.received, lot.drawn, lot.used, lot.invalid, lot.void, lot.discarded) == (500, 20, 2, 1, 1, 3)
    assert (lot.left, lot.at_bench, lot.in_store) == (495, 18, 477)
    assert (lot.brand, lot.gtin, lot.expires) == ("Wondfo", "06901234567892", EXPIRES)


def test_the_journal_alone_tells_after_a_restart(parts: Parts, kits: Kits) -> None:
    kits.receive(BOX, 100, officer=OFFICER)
    use(parts, 1)
    assert only(Kits(parts.journal, parts.clock)) == only(kits)


def test_a_count_by_hand_stands_and_the_difference_stays_visible(parts: Parts, kits: Kits) -> None:
    kits.receive(BOX, 100, officer=OFFICER)
    event = kits.count(BOX, 97, officer=OFFICER)
    use(parts, 1)
    lot = only(kits)
    assert lot.left == 96
    assert lot.counted is not None
    assert (lot.counted.quantity, lot.counted.expected) == (97, 100)
    assert event.body == {"lot": "20220315", "quantity": 97, "expected": 100, "officer": OFFICER}


@pytest.mark.parametrize("quantity", [0, -5, 100_001])
def test_an_unlikely_delivery_is_refused(kits: Kits, quantity: int) -> None:
    with pytest.raises(KitsError, match="quantity-unlikely"):
        kits.receive(BOX, quantity, officer=OFFICER)


def test_a_delivery_needs_its_expiry_once(kits: Kits) -> None:
    with pytest.raises(KitsError, match="expiry-needed"):
        kits.receive("A2203", 10, officer=OFFICER)
    kits.receive("A2203", 10, officer=OFFICER, expires=LATER)
    kits.receive("A2203", 10, officer=OFFICER)
    assert only(kits).received == 20


def test_one_lot_has_one_expiry(kits: Kits) -> None:
    kits.receive(BOX, 10, officer=OFFICER)
    with pytest.raises(KitsError, match="expiry-differs"):
        kits.receive("20220315", 10, officer=OFFICER, expires=LATER)


def test_more_than_there_are_is_neither_drawn_nor_discarded(kits: Kits) -> None:
    kits.receive(BOX, 10, officer=OFFICER)
    kits.draw(BOX, 10, officer=OFFICER)
    with pytest.raises(KitsError, match="more-than-left"):
        kits.draw(BOX, 1, officer=OFFICER)
    with pytest.raises(KitsError, match="more-than-left"):
        kits.discard(BOX, 11, why="wet", officer=OFFICER)
    kits.discard(BOX, 10, why="wet", officer=OFFICER)
    assert (only(kits).left, only(kits).at_bench) == (0, 0)


def test_discarding_needs_a_reason(kits: Kits) -> None:
    kits.receive(BOX, 10, officer=OFFICER)
    with pytest.raises(KitsError, match="reason-needed"):
        kits.discard(BOX, 1, why=" ", officer=OFFICER)


# -- expiry ----------------------------------------------------------------------------------------------------------


def test_an_expired_lot_cannot_be_used_and_starts_no_test(parts: Parts, kits: Kits) -> None:
    kits.receive(BOX, 10, officer=OFFICER)
    parts.clock.turn(days=10)  # 31 March, the last day printed on it
    use(parts, 1)
    parts.clock.turn(days=1)
    before = parts.journal.head().seq
    with pytest.raises(KitsError) as refused:
        use(parts, 2)
    assert (refused.value.reason, refused.value.data) == ("lot-expired", {"expires": "2022-03-31"})
    assert not [e for e in parts.journal.events(after=before) if e.kind is Kind.TEST_STARTED]
    with pytest.raises(KitsError, match="lot-expired"):
        kits.draw(BOX, 1, officer=OFFICER)


def test_an_expired_code_is_refused_though_its_lot_is_not_known_here(parts: Parts, kits: Kits) -> None:
    parts.clock.turn(days=30)
    with pytest.raises(KitsError, match="lot-expired"):
        use(parts, 1, BOX)


def test_without_a_trusted_clock_nobody_knows_whether_a_lot_has_expired(parts: Parts, kits: Kits) -> None:
    kits.receive(BOX, 10, officer=OFFICER)
    parts.clock.distrust()
    with pytest.raises(KitsError) as refused:
        kits.for_use(BOX)
    assert refused.value.reason is Reason.CLOCK_UNTRUSTED


def test_the_delivery_tells_the_cassettes_type_and_with_it_the_read_window(parts: Parts, kits: Kits) -> None:
    kits.receive(BOX, 10, officer=OFFICER, cassette_type="flowflex")
    use(parts, 1)
    assert parts.bench.slot(1).test is not None
    assert parts.bench.slot(1).test.cassette_type == "flowflex"


# -- alarms ----------------------------------------------------------------------------------------------------------


def alarms(kits: Kits) -> list[tuple[KitAlarm, str]]:
    return list(kits.stock().alarms)


def test_few_usable_kits_are_said(parts: Parts, kits: Kits) -> None:
    kits.receive("A2203", 6, officer=OFFICER, expires=LATER)
    use(parts, 1, "A2203")
    assert alarms(kits) == []
    use(parts, 2, "A2203")
    assert alarms(kits) == [(KitAlarm.LOW, "")]


def test_expired_kits_do_not_count_as_left(parts: Parts, kits: Kits) -> None:
    kits.receive(BOX, 400, officer=OFFICER)
    kits.receive("A2203", 400, officer=OFFICER, expires=LATER)
    assert alarms(kits) == [(KitAlarm.EXPIRING, "20220315")]
    parts.clock.turn(days=20)
    assert alarms(kits) == [(KitAlarm.EXPIRED, "20220315")]
    assert kits.stock().usable == 400
    kits.discard(BOX, 400, why="expired", officer=OFFICER)
    assert alarms(kits) == []


def test_a_lot_whose_delivery_was_never_entered_may_be_used_and_is_asked_for(parts: Parts, kits: Kits) -> None:
    use(parts, 1, "B7")
    assert alarms(kits) == [(KitAlarm.NOT_RECEIVED, "B7")]


def test_more_used_than_ever_came_is_said(parts: Parts, kits: Kits) -> None:
    kits.receive("A2203", 1, officer=OFFICER, expires=LATER)
    use(parts, 1, "A2203")
    use(parts, 2, "A2203")
    assert (KitAlarm.OVERDRAWN, "A2203") in alarms(kits)


def test_the_lot_that_expires_first_stands_first(kits: Kits) -> None:
    for lot, days in (("late", 300), ("soon", 3), ("middle", 90)):
        kits.receive(lot, 10, officer=OFFICER, expires=kits.today() + timedelta(days=days))
    assert [lot.lot for lot in kits.stock().in_use] == ["soon", "middle", "late"]
