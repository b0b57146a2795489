"""Whatever is held in front of the camera: refused with a reason, quickly, in little memory, and never believed."""

import json
import tracemalloc
import zlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bench import signed_lists
from bench.fuzz_credentials import Tally, examine
from bench.hostile import Fuzzer
from bench.hostile_values import BOMBS
from bench.wallet import KID, NOW, Wallet
from checkpoint.credential import Credential
from checkpoint.credentials import CredentialReader, base45, cbor, certificate, cose, jwk, shc, strict_json
from checkpoint.credentials.hc1 import inflate
from checkpoint.credentials.keys import PublicKey
from checkpoint.credentials.trust_import import read_trust
from checkpoint.credentials.trust_signature import Checked, check_signed
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

FINDS = sorted((Path(__file__).parent / "finds").glob("*.txt"))
"""Inputs that once did what no input may do."""

WALLET = Wallet()
READER = WALLET.reader()
CODES = WALLET.codes()
quickly = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])


def identified(text: str, reader: CredentialReader = READER) -> Credential | Reason:
    """Return what a reader makes of a text: a credential, or the reason for none."""
    try:
        return reader.identify(text, NOW)
    except CredentialError as error:
        return error.reason


prefixes = st.sampled_from(["HC1:", "shc:/", "shc:/1/2/", "RECEIPT1:", "PASS1:", '{"hdr" "sig" "icao.', ""])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=8), below, max_size=4),
    max_leaves=12,
)
cbor_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.datetimes().map(lambda moment: cbor2.CBORTag(0, moment.isoformat() + "Z"))
    | st.builds(cbor2.CBORTag, st.integers(0, 300), st.integers()),
    lambda below: (
        st.lists(below, max_size=4) | st.dictionaries(st.integers(-300, 300) | st.text(max_size=4), below, max_size=4)
    ),
    max_leaves=12,
)


@given(prefixes, st.text(max_size=300))
@quickly
def test_no_text_is_believed_by_accident(prefix: str, rest: str) -> None:
    assert isinstance(identified(prefix + rest), Reason)


@given(st.text(alphabet=st.characters(min_codepoint=0xD7F0, max_codepoint=0xE010), min_size=1, max_size=20))
@quickly
def test_lone_surrogates_are_no_text(text: str) -> None:
    assert isinstance(identified(text), Reason)


@given(st.binary(max_size=200))
@quickly
def test_no_bytes_are_a_signed_message_by_accident(data: bytes) -> None:
    assert isinstance(identified("HC1:" + base45.encode(zlib.compress(data))), Reason)
    assert isinstance(identified("HC1:" + base45.encode(data)), Reason)


@given(cbor_values)
@quickly
@example({1: "AT", 4: cbor2.CBORTag(0, "9999-12-31T23:59:59-14:00"), -260: {}})
def test_whatever_a_trusted_issuer_signs_does_no_harm(content: Any) -> None:
    identified(WALLET.cwt(cbor2.dumps(content)))
    identified(WALLET.cwt(cbor2.dumps({4: 2e9, -260: content})))
    identified(WALLET.cwt(cbor2.dumps({4: 2e9, -260: {1: content}})))
    identified(WALLET.cwt(cbor2.dumps({4: 2e9, -65_600: content}), "PASS1:"))


@given(json_values)
@quickly
def test_whatever_a_trusted_card_holds_does_no_harm(content: Any) -> None:
    identified(WALLET.card(json.dumps(content).encode()))
    identified(WALLET.card(json.dumps({"iss": "x", "nbf": 1, "vc": content}).encode()))


@given(st.data())
@quickly
def test_one_changed_character_is_never_believed_as_something_else(data: st.DataObject) -> None:
    name, code = data.draw(st.sampled_from(sorted(CODES.items())), label="code")
    at = data.draw(st.integers(0, len(code) - 1), label="at")
    changed = code[:at] + data.draw(st.characters(), label="character") + code[at + 1 :]
    outcome, genuine = identified(changed), identified(code)
    assert isinstance(genuine, Credential), name
    if isinstance(outcome, Credential):  # white space in a seal, a letter's case in a number: the content is the same
        assert (outcome.holder, outcome.facts, outcome.issuer) == (genuine.holder, genuine.facts, genuine.issuer)


@given(st.binary(max_size=300))
@quickly
def test_no_bytes_make_the_certificate_reader_stumble(data: bytes) -> None:
    for start in (b"", b"\x30\x80", b"\x30\x82\x01\x00"):
        with pytest.raises(ValueError, match=r".+"):
            certificate.parse(start + data)


@given(json_values)
@quickly
def test_no_json_makes_the_trust_import_stumble(document: Any) -> None:
    with suppress(ValueError):
        read_trust(json.dumps(document).encode(), name="list", now=NOW)


@given(st.binary(max_size=100))
@quickly
def test_base45_and_back(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@pytest.mark.parametrize("bomb", BOMBS, ids=range(len(BOMBS)))
def test_bombs_are_refused_in_little_memory(bomb: str) -> None:
    tracemalloc.start()
    try:
        assert isinstance(identified(bomb), Reason)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 1024 * 1024


@pytest.mark.parametrize("find", FINDS, ids=lambda path: path.stem)
def test_what_once_broke_a_reader_is_refused(find: Path) -> None:
    assert isinstance(identified(find.read_text(encoding="utf-8", errors="surrogatepass")), Reason)


def test_a_run_of_the_fuzzer_finds_nothing() -> None:
    tally = Tally()
    for subject, _ in zip(Fuzzer(seed=7).inputs(), range(1_500), strict=False):
        examine(subject, tally)
    assert [(what, kind) for what, kind, _ in tally.finds if not what.endswith(" ms")] == []
    assert tally.outcomes["bad-signature"] > 0
    assert tally.outcomes["malformed"] > 0


def test_another_genuine_code_in_place_of_one_is_no_find() -> None:
    fuzzer, tally = Fuzzer(seed=7, data=Path("/nowhere")), Tally()
    one, other = fuzzer.seeds[:2]
    fuzzer.random.choice = lambda found: found[0]  # type: ignore[method-assign]  # changed once, and always the first code
    fuzzer._mutated_text = lambda _: other.text  # type: ignore[method-assign]
    examine(fuzzer._broken_text(), tally)
    assert one.text != other.text
    assert tally.outcomes["believed"] == 1
    assert tally.finds == []


def test_the_fuzzer_would_notice_a_reader_that_believes_anything() -> None:
    class Gullible:
        def identify(self, text: str, now: object) -> Credential:
            good = READER.identify(CODES["hc1"], NOW)
            assert text
            assert now
            return good

    fuzzer, tally = Fuzzer(seed=7, data=Path("/nowhere")), Tally()
    for seed in fuzzer.seeds:
        seed.reader = Gullible()  # type: ignore[assignment]
    for subject, _ in zip(fuzzer.inputs(), range(300), strict=False):
        examine(subject, tally)
    assert any(what.startswith("believed") for what, _, _ in tally.finds)


def test_the_fuzzer_would_notice_a_list_that_is_read_beside_its_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    fuzzer, tally = Fuzzer(seed=7, data=Path("/nowhere")), Tally()

    def whole(data: bytes, signers: Sequence[PublicKey], now: datetime) -> Checked:
        check_signed(data, signers, now)
        return Checked(data)  # and not what was signed

    monkeypatch.setattr(signed_lists, "check_signed", whole)
    subjects = (subject for subject in fuzzer.inputs() if subject.kind == "signed list")
    for subject, _ in zip(subjects, range(400), strict=False):
        examine(subject, tally)
    assert "ForgedListError: other keys" in {what for what, _, _ in tally.finds}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xa2\x01\x02\x01\x03", Reason.MALFORMED),  # a key twice
        (b"\x01\x02", Reason.MALFORMED),  # something behind the end
        (b"\x81" * 17 + b"\x00", Reason.MALFORMED),  # too deep
        (b"\xd8\x1c\x81\xd8\x1d\x00", Reason.MALFORMED),  # a list that holds itself
        (b"\xd8\x23\x65(a+)+", Reason.MALFORMED),  # a regular expression
        (b"\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01", Reason.MALFORMED),  # a number of 10**18 digits
        (b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", Reason.MALFORMED),  # a list that claims to be endless
        (b"\x40" * (cbor.MAX_BYTES + 1), Reason.TOO_LARGE),
        (b"", Reason.MALFORMED),
    ],
)
def test_cbor_is_held_to_what_a_certificate_needs(data: bytes, reason: Reason) -> None:
    with pytest.raises(CredentialError) as caught:
        cbor.decode(data, "part")
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "data", [b'{"a": 1, "a": 2}', b"NaN", b"[Infinity]", b'"\\ud800"', b"[" * 60_000, b"\xff", b"1 2"]
)
def test_json_is_held_to_what_every_reader_agrees_on(data: bytes) -> None:
    with pytest.raises(CredentialError) as caught:
        strict_json.loads(data, "part", 100_000)
    assert caught.value.reason is Reason.MALFORMED


@pytest.mark.parametrize("extra", [b"", b"\x00", b"more"])
def test_nothing_may_stand_behind_the_compressed_data(extra: bytes) -> None:
    packed = zlib.compress(b"x" * 100) + extra
    if not extra:
        assert inflate(packed) == b"x" * 100
        packed = packed[:-1]  # and nothing may be missing
    with pytest.raises(CredentialError) as caught:
        inflate(packed)
    assert caught.value.reason is Reason.MALFORMED


@pytest.mark.parametrize(
    "headers", [{1: -7}, {4: KID}, {1: -257, 4: KID}, {1: "ES256", 4: KID}, {1: -7, 4: b""}, {1: -7, 4: b"x" * 65}]
)
def test_a_message_names_its_key_and_a_known_algorithm(headers: dict[int, Any]) -> None:
    message = cbor2.dumps([cbor2.dumps(headers), {}, b"payload", bytes(64)])
    with pytest.raises(CredentialError) as caught:
        cose.parse(message)
    assert caught.value.reason is Reason.MALFORMED


def test_the_algorithm_in_a_message_does_not_choose_how_its_key_is_used() -> None:
    signed = cose.sign(b"payload", WALLET.issuer, KID)
    genuine = cose.parse(signed)
    assert genuine.verified_by(WALLET.issuer.public_key())
    posing = cbor2.dumps([cbor2.dumps({1: -37, 4: KID}), {}, b"payload", genuine.signature])
    assert not cose.parse(posing).verified_by(WALLET.issuer.public_key())
    assert not cose.parse(signed).verified_by(WALLET.station.public_key())


def test_the_protected_header_counts_where_both_name_a_key() -> None:
    message = cbor2.dumps([cbor2.dumps({1: -7, 4: b"protected"}), {4: b"anybody's"}, b"payload", bytes(64)])
    assert cose.parse(message).kid == b"protected"


@pytest.mark.parametrize("tags", [(), (18,), (61, 18)])
def test_messages_come_with_tags_and_without(tags: tuple[int, ...]) -> None:
    message: Any = [cbor2.dumps({1: -7, 4: KID}), {}, b"payload", bytes(64)]
    for tag in reversed(tags):
        message = cbor2.CBORTag(tag, message)
    assert cose.parse(cbor2.dumps(message)).payload == b"payload"


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.b.c.d", "a.b.ü", "e30.e30.e30", "a" * 7_000])
def test_a_text_that_is_no_token_is_malformed(text: str) -> None:
    with pytest.raises(CredentialError) as caught:
        shc.parse(text)
    assert caught.value.reason is Reason.MALFORMED


def test_base64url_is_not_guessed_at() -> None:
    for text in ("a+b/", "a b", "ä", "a\n"):
        with pytest.raises(ValueError, match="base64url"):
            jwk.decode(text)
