"""Lists side by side: what an import replaces, what it leaves alone, and how old what is known is then."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding

from checkpoint.credentials import TrustedKey, TrustList
from checkpoint.credentials.trust_import import read_trust
from checkpoint.credentials.trust_sources import Change, list_name, take_in
from tests.checkpoint.credentials.issuer import NOW, Issuer
from tests.checkpoint.credentials.test_trust import signer_certificate

MONTHS_LATER = NOW + timedelta(days=60)


def pem(*countries: str) -> bytes:
    """Return a list of one new signer for each country."""
    return b"".join(
        signer_certificate(generate_private_key(SECP256R1()), country=country).public_bytes(Encoding.PEM)
        for country in countries
    )


def take(known: TrustList, data: bytes, file: str, now: datetime = NOW, **options: object) -> Change:
    imported = read_trust(data, name=file, now=now, known=known)
    return take_in(known, imported, file=file, now=now, **options)  # type: ignore[arg-type]  # name or stated


def listed(trust: TrustList) -> list[tuple[str, str]]:
    return [(key.source, key.issuer) for key in trust.keys]


def as_once(trust: TrustList, name: str) -> TrustList:
    """Return a list as a station stored it when lists were called by their files alone."""
    return replace(trust, keys=tuple(replace(key, source=name) for key in trust.keys), sources={name: trust.as_of})


def test_a_list_is_called_by_its_one_issuer_and_its_file() -> None:
    german, french = Issuer().trusted(issuer="DE"), Issuer().trusted(issuer="FR")
    assert list_name("dsc.pem", [german]) == "DE dsc.pem"
    assert list_name("dsc.pem", [german, french]) == "dsc.pem"
    assert list_name("dsc.pem", [Issuer().trusted(issuer="")]) == "dsc.pem"


def test_files_of_one_name_of_two_issuers_are_two_lists() -> None:
    known = take(TrustList(), pem("DE"), "dsc.pem").trust
    change = take(known, pem("FR"), "dsc.pem")
    assert listed(change.trust) == [("DE dsc.pem", "DE"), ("FR dsc.pem", "FR")]
    assert (change.replaced, change.gone) == ((), ())


def test_a_newer_edition_takes_the_place_of_the_older_and_tells_which_keys_are_gone() -> None:
    one, two = pem("DE"), pem("DE")
    known = take(TrustList(), one + two, "dsc.pem").trust
    change = take(known, two, "dsc.pem", MONTHS_LATER)
    assert len(change.trust.keys) == 1
    assert (change.replaced, len(change.gone), change.akin) == (("DE dsc.pem",), 1, True)
    assert change.trust.as_of == MONTHS_LATER


def test_an_edition_with_nothing_in_common_is_told_apart_from_one_that_grew() -> None:
    known = take(TrustList(), pem("DE", "FR"), "list.pem").trust
    change = take(known, pem("IT", "ES"), "list.pem")
    assert (change.replaced, change.akin, len(change.gone)) == (("list.pem",), False, 2)


def test_a_name_keeps_two_lists_of_one_issuer_apart() -> None:
    known = take(TrustList(), pem("DE"), "dsc.pem", name="north").trust
    change = take(known, pem("DE"), "dsc.pem", name="south")
    assert listed(change.trust) == [("north", "DE"), ("south", "DE")]


def test_a_list_that_was_stored_under_its_files_name_alone_is_replaced_and_not_doubled() -> None:
    data = pem("DE")
    stored = as_once(take(TrustList(), data, "dsc.pem").trust, "dsc.pem")
    change = take(stored, data, "dsc.pem", MONTHS_LATER)
    assert listed(change.trust) == [("DE dsc.pem", "DE")]
    assert (change.replaced, change.gone, change.trust.as_of) == (("dsc.pem",), (), NOW)
    renewed = take(stored, pem("DE"), "dsc.pem")
    assert (listed(renewed.trust), len(renewed.gone)) == ([("DE dsc.pem", "DE")], 1)


def test_a_list_that_was_stored_under_its_files_name_stays_where_another_issuers_file_is_called_so() -> None:
    stored = as_once(take(TrustList(), pem("DE"), "dsc.pem").trust, "dsc.pem")
    assert listed(take(stored, pem("FR"), "dsc.pem").trust) == [("dsc.pem", "DE"), ("FR dsc.pem", "FR")]


def test_a_list_whose_issuers_became_more_is_still_the_same_list() -> None:
    german = pem("DE")
    known = take(TrustList(), german, "list.pem").trust
    grown = take(known, german + pem("FR"), "list.pem")
    assert (grown.replaced, listed(grown.trust)) == (("DE list.pem",), [("list.pem", "DE"), ("list.pem", "FR")])
    shrunk = take(grown.trust, german, "list.pem")
    assert (listed(shrunk.trust), len(shrunk.gone)) == ([("DE list.pem", "DE")], 1)


def test_an_edition_under_another_files_name_is_told_to_overlap() -> None:
    one, two = pem("DE"), pem("DE")
    known = take(TrustList(), one + two, "list-2022-03-01.pem").trust
    change = take(known, two, "list-2022-03-02.pem")
    assert change.overlaps == {"DE list-2022-03-01.pem": 1}
    assert len(change.trust.without("DE list-2022-03-01.pem").keys) == 1


def test_an_import_that_brings_nothing_new_moves_no_time() -> None:
    data = pem("DE", "FR")
    known = take(TrustList(), data, "list.pem").trust
    again = take(known, data, "list.pem", MONTHS_LATER)
    assert (again.trust.as_of, again.kept_time) == (NOW, NOW)
    assert take(known, data + pem("IT"), "list.pem", MONTHS_LATER).trust.as_of == MONTHS_LATER
    fetched = read_trust(data, name="list.pem", now=MONTHS_LATER)
    told = take_in(known, fetched, file="list.pem", now=MONTHS_LATER, stated=MONTHS_LATER)
    assert (told.trust.as_of, told.kept_time) == (MONTHS_LATER, None)


def test_a_list_imported_by_a_clock_that_was_ahead_gets_its_time_from_the_next_import() -> None:
    data = pem("DE")
    ahead = take(TrustList(), data, "dsc.pem", NOW + timedelta(days=4000)).trust
    assert ahead.is_stale(NOW, timedelta(days=30))
    assert take(ahead, data, "dsc.pem").trust.as_of == NOW


def test_a_list_of_this_projects_own_keeps_the_names_of_its_sources() -> None:
    known = take(TrustList(), pem("DE"), "dsc.pem").trust
    exported = json.dumps(known.as_json()).encode()
    elsewhere = take(TrustList(), exported, "trust.json").trust
    assert elsewhere.as_json() == known.as_json()
    assert take(elsewhere, exported, "trust.json", MONTHS_LATER).trust.as_json() == known.as_json()


def test_a_list_without_sources_is_not_doubled_and_counts_with_its_age() -> None:
    own = Issuer().trust()
    exported = json.dumps(own.as_json()).encode()
    once = take(TrustList(), exported, "own.json").trust
    twice = take(once, exported, "own.json").trust
    assert (len(once.keys), len(twice.keys), twice.as_of) == (1, 1, NOW)
    fresh = take(twice, pem("DE"), "dsc.pem", MONTHS_LATER).trust
    assert fresh.as_of == NOW
    assert take(take(TrustList(), pem("DE"), "dsc.pem", MONTHS_LATER).trust, exported, "own.json").trust.as_of == NOW


def test_revocations_alone_replace_no_list() -> None:
    known = take(TrustList(), pem("DE"), "dsc.pem").trust
    batch = {"hashType": "UCI", "entries": [{"hash": b64encode(bytes(16)).decode()}]}
    change = take(known, json.dumps(batch).encode(), "dsc.pem")
    assert (change.source, change.replaced, listed(change.trust)) == ("", (), listed(known))
    assert change.trust.revocations.total == 1


def test_a_list_that_is_taken_out_leaves_the_age_of_the_others() -> None:
    known = take(TrustList(), pem("DE"), "dsc.pem").trust
    known = take(known, pem("FR"), "dsc.pem", MONTHS_LATER).trust
    assert known.as_of == NOW
    rest = known.without("DE dsc.pem")
    assert (listed(rest), rest.as_of) == ([("FR dsc.pem", "FR")], MONTHS_LATER)


@pytest.mark.parametrize(("ahead", "stale"), [(timedelta(seconds=30), False), (timedelta(minutes=2), True)])
def test_a_list_dated_later_than_now_is_stale_beyond_what_clocks_differ_by(ahead: timedelta, stale: bool) -> None:
    key: TrustedKey = Issuer().trusted()
    assert TrustList((key,), NOW + ahead).is_stale(NOW, timedelta(days=30)) is stale
    assert not TrustList((key,), NOW + ahead).is_stale(NOW, None)
    beside_a_fresh_one = TrustList((key,), NOW, sources={"fresh": NOW, "ahead": NOW + ahead})
    assert beside_a_fresh_one.is_stale(NOW, timedelta(days=30)) is stale
