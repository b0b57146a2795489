"""A trust list is checked key by key before it is published, by the code that stations read it with."""

import copy
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from checkpoint.credentials.trust import TrustList
from hq.publishing.documents import publish_revocations, publish_trust
from hq.publishing.trust import TrustListError, check_trust, check_trust_text
from tests.hq.publishing.trust_lists import demo_list
from tests.hq.running import START, Headquarters

Value = dict[str, Any]


@pytest.fixture
def good(hq: Headquarters, tmp_path: Path) -> Value:
    return demo_list(hq, tmp_path)


def of_format(value: Value, made: str) -> Value:
    found: Value = next(key for key in value["keys"] if made in key["formats"])
    return found


def test_a_list_that_stations_can_use_has_nothing_wrong(good: Value) -> None:
    check = check_trust(good, START)
    assert check.wrong == ()
    assert sum(check.issuers.values()) == len(good["keys"]) > 0
    assert TrustList.from_json(good).keys


SPOILT: list[tuple[str, Callable[[Value], object]]] = [
    ("trust-not-a-list", lambda value: value.update(format="another/1")),
    ("trust-not-a-list", lambda value: value.update(keys="none")),
    ("trust-key-unreadable", lambda value: value["keys"].append({"issuer": "DE"})),
    ("trust-key-unreadable", lambda value: value["keys"].append("a key")),
    ("trust-key-unreadable", lambda value: of_format(value, "hc1").update(spki="AAAA")),
    ("trust-key-unreadable", lambda value: of_format(value, "hc1").update(formats=["x"])),
    ("trust-key-unreadable", lambda value: of_format(value, "hc1").update(not_after="soon")),
    ("trust-no-issuer", lambda value: of_format(value, "hc1").update(issuer=" ")),
    ("trust-no-use", lambda value: of_format(value, "hc1").update(formats=[])),
    ("trust-never-valid", lambda value: of_format(value, "hc1").update(
        not_before="2022-03-02T00:00:00+00:00", not_after="2022-03-01T00:00:00+00:00")),
    ("trust-key-unreadable", lambda value: of_format(value, "hc1").update(not_after="2030-03-01T00:00:00")),
    ("trust-time-unreadable", lambda value: value.update(as_of="yesterday")),
    ("trust-age-to-come", lambda value: value.update(as_of="2999-01-01T00:00:00+00:00")),
    ("trust-age-to-come", lambda value: value.update(sources={"list": "2999-01-01T00:00:00+00:00"})),
    ("trust-kid-of-another-key", lambda value: of_format(value, "shc").update(kid="x" * 43)),
    ("trust-key-twice", lambda value: value["keys"].append(copy.deepcopy(value["keys"][0]))),
    ("trust-revocations-unreadable", lambda value: value.update(revocations={"hashes": ["no hex"]})),
]  # fmt: skip


@pytest.mark.parametrize(("code", "spoil"), SPOILT, ids=[f"{n}-{code}" for n, (code, _) in enumerate(SPOILT)])
def test_what_stations_could_not_use_is_named_and_not_published(
    hq: Headquarters, good: Value, code: str, spoil: Callable[[Value], object]
) -> None:
    spoil(good)
    assert code in {one.code for one in check_trust(good, START).wrong}
    with pytest.raises(TrustListError, match=code):
        publish_trust(hq.office.store, hq.office.keys, good, by="li", now=START)


def test_a_finding_says_which_key(good: Value) -> None:
    of_format(good, "hc1")["spki"] = "AAAA"
    (one,) = check_trust(good, START).wrong
    assert one.key.startswith("#")
    assert of_format(good, "hc1")["kid"] in one.key
    assert "not a usable public key" in one.detail


def test_what_is_odd_is_told_and_can_be_published(hq: Headquarters, good: Value) -> None:
    for key in good["keys"]:
        key["not_after"] = (START - timedelta(days=1)).isoformat()
    good["as_of"] = None
    check = check_trust(good, START)
    assert check.wrong == ()
    assert {one.code for one in check.odd} >= {"trust-none-valid", "trust-keys-expired", "trust-age-unknown"}
    publish_trust(hq.office.store, hq.office.keys, good, by="li", now=START)


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "[" * 100_000, "null", '{"keys": [[]]}'])
def test_any_text_is_a_finding_and_no_error(text: str) -> None:
    assert check_trust_text(text, START).wrong


def test_revocations_that_stations_could_not_read_are_not_published(hq: Headquarters) -> None:
    for bad in (
        {"hashes": ["zz"]},
        {"hashes": ["00" * 8]},
        {"hashes": 5},
        {"lists": []},
        {"card_ids": {"k": {"id": "never"}}},
        {"card_ids": {"k": {"id": "2022-03-01T00:00:00"}}},
    ):
        with pytest.raises(TrustListError):
            publish_revocations(hq.office.store, hq.office.keys, bad, by="li", now=START)
