"""Lorry passes: signed codes prove a vehicle's pass, typed ones are evidence and no more."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from checkpoint.credential import Format, LorryPass
from checkpoint.credentials import CredentialReader
from checkpoint.credentials.lorry_pass import SignedPass, pass_number, signed_pass, typed_pass
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason
from checkpoint.typed import TypedDocument
from tests.checkpoint.credentials.issuer import NOW, Issuer

LORRY = LorryPass("330482000123", "浙F12345", "嘉兴-平湖", "浙F1234挂")


@pytest.fixture(scope="module")
def office() -> Issuer:
    return Issuer(kid=b"transport", country="Jiaxing")


def code(office: Issuer, lorry: LorryPass = LORRY, expires_at: datetime = NOW + timedelta(days=3)) -> str:
    return signed_pass(
        lorry, office.key, office.kid, issuer=office.country, issued_at=NOW - timedelta(days=1), expires_at=expires_at
    )


def reader(office: Issuer, made: Format = Format.LORRY_PASS) -> CredentialReader:
    return CredentialReader([SignedPass(lambda: office.trust(formats=frozenset({made})))])


def test_a_signed_pass_names_vehicle_route_and_end(office: Issuer) -> None:
    found = reader(office).identify(code(office), NOW)
    assert found.facts == (LORRY,)
    assert (found.issuer, found.expires_at, found.verified) == ("Jiaxing", NOW + timedelta(days=3), True)
    assert not found.holder.known  # a pass is a vehicle's


@pytest.mark.parametrize(
    ("lorry", "signer", "expires_at", "reason"),
    [
        (LORRY, None, NOW - timedelta(minutes=1), Reason.PASS_EXPIRED),
        (LORRY, Issuer(kid=b"transport"), NOW + timedelta(days=1), Reason.BAD_SIGNATURE),
        (LORRY, Issuer(kid=b"elsewhere"), NOW + timedelta(days=1), Reason.UNKNOWN_ISSUER),
        (LorryPass("330482000123", "", "嘉兴-平湖"), None, NOW + timedelta(days=1), Reason.MALFORMED),
        (LorryPass("330482000123", "浙F12345", ""), None, NOW + timedelta(days=1), Reason.MALFORMED),
    ],
)
def test_each_way_to_be_a_bad_pass_has_its_reason(
    office: Issuer, lorry: LorryPass, signer: Issuer | None, expires_at: datetime, reason: Reason
) -> None:
    with pytest.raises(CredentialError) as caught:
        reader(office).identify(code(signer or office, lorry, expires_at), NOW)
    assert caught.value.reason is reason


def test_a_health_issuer_gives_no_passes(office: Issuer) -> None:
    with pytest.raises(CredentialError) as caught:
        reader(office, Format.HC1).identify(code(office), NOW)
    assert caught.value.reason is Reason.UNKNOWN_ISSUER


def test_a_health_certificate_is_no_pass(office: Issuer) -> None:
    with pytest.raises(CredentialError) as caught:
        reader(office).identify("PASS1:" + office.hc1().removeprefix("HC1:"), NOW)
    assert caught.value.reason is Reason.WRONG_KIND


def test_a_typed_pass_is_unverified() -> None:
    found = typed_pass(
        TypedDocument(Format.LORRY_PASS, "330482 000123", plate="浙f12345", trailer="浙f1234挂", route="嘉兴-平湖")
    )
    assert not found.verified
    assert found.facts == (LorryPass("330482000123", "浙F12345", "嘉兴-平湖", "浙F1234挂"),)
    assert found.expires_at is None


def test_a_typed_pass_ends_with_its_last_day_where_the_station_stands() -> None:
    document = TypedDocument(Format.LORRY_PASS, "330482000123", valid_until=date(2022, 3, 20))
    assert typed_pass(document, ZoneInfo("Asia/Shanghai")).expires_at == datetime(2022, 3, 20, 16, 0, tzinfo=UTC)


def test_a_typed_day_beyond_the_calendar_is_malformed() -> None:
    with pytest.raises(CredentialError):
        typed_pass(TypedDocument(Format.LORRY_PASS, "330482000123", valid_until=date.max))


@pytest.mark.parametrize(
    "text", ["", "33048200012", "3304820001234", "33048200012a", "990482000123", "三三〇四八二〇〇〇一二三"]
)
def test_a_number_that_is_none_is_malformed(text: str) -> None:
    with pytest.raises(CredentialError) as caught:
        pass_number(text)
    assert caught.value.reason is Reason.MALFORMED


def test_full_width_digits_are_digits() -> None:
    assert pass_number("３３０４８２－０００１２３") == "330482000123"
