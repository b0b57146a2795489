"""Signatures on published lists, checked by a key that the operator names."""

import json
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from checkpoint.credentials import jwk, keys
from checkpoint.credentials.keys import PrivateKey
from checkpoint.credentials.trust_signature import check_signed, signer_keys
from tests.checkpoint.credentials.issuer import NOW

LIST = json.dumps({"certificates": []})
SIGNER, STRANGER = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())


def as_jws(key: PrivateKey, *, general: bool = False) -> bytes:
    protected = jwk.encode(json.dumps({"alg": keys.algorithm_of(key)}).encode())
    payload = jwk.encode(LIST.encode())
    signature = jwk.encode(keys.sign(key, f"{protected}.{payload}".encode()))
    if general:
        return json.dumps(
            {"payload": payload, "signatures": [{"protected": protected, "signature": signature}]}
        ).encode()
    return f"{protected}.{payload}.{signature}".encode()


def with_a_first_line(key: PrivateKey) -> bytes:
    return b64encode(keys.sign(key, LIST.encode())) + b"\n" + LIST.encode() + b"\n"


@pytest.mark.parametrize(
    "signed",
    [as_jws(SIGNER), as_jws(SIGNER, general=True), with_a_first_line(SIGNER)],
    ids=["jws", "jws in json", "first line"],
)
def test_a_list_signed_by_the_key_given_is_taken_and_no_other(signed: bytes) -> None:
    assert check_signed(signed, [STRANGER.public_key(), SIGNER.public_key()], NOW).data == LIST.encode()
    with pytest.raises(ValueError, match="not signed by the key"):
        check_signed(signed, [STRANGER.public_key()], NOW)


def test_a_list_changed_after_it_was_signed_is_refused() -> None:
    changed = with_a_first_line(SIGNER).replace(b"[]", b'["x"]')
    with pytest.raises(ValueError, match="not signed by the key"):
        check_signed(changed, [SIGNER.public_key()], NOW)


@pytest.mark.parametrize("plain", [LIST.encode(), b"", b"\xff\x00", b"a.b.c", b"!!\n{}", b'{"payload":"x"}'])
def test_a_list_without_a_signature_is_refused_where_one_is_asked_for(plain: bytes) -> None:
    with pytest.raises(ValueError, match="carries no signature"):
        check_signed(plain, [SIGNER.public_key()], NOW)


@pytest.mark.parametrize(
    "beside",
    [
        {"verificationMethod": [{"id": "did:web:x:DE#x", "publicKeyJwk": {"kty": "EC"}}]},
        {"note": "-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----"},
        {"format": "checkpoint-trust/1", "keys": []},
    ],
    ids=["another list", "a certificate", "a list of this project"],
)
def test_what_stands_beside_the_signed_list_is_not_read(beside: dict[str, object]) -> None:
    signed = json.loads(as_jws(SIGNER, general=True))
    for both in ({**beside, **signed}, {**signed, **beside}):
        assert check_signed(json.dumps(both).encode(), [SIGNER.public_key()], NOW).data == LIST.encode()


def test_a_header_cannot_choose_an_algorithm_of_another_kind_of_key() -> None:
    key = Ed25519PrivateKey.generate()
    check_signed(as_jws(key), [key.public_key()], NOW)
    with pytest.raises(ValueError, match="not signed by the key"):
        check_signed(as_jws(key), [SIGNER.public_key()], NOW)


def test_signers_come_as_pem_der_or_jwk() -> None:
    public = SIGNER.public_key()
    numbers = public.public_numbers()
    point = {
        "kty": "EC",
        "crv": "P-256",
        "x": jwk.encode(numbers.x.to_bytes(32)),
        "y": jwk.encode(numbers.y.to_bytes(32)),
    }
    for spelling in (
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(point).encode(),
        json.dumps({"keys": [point]}).encode(),
    ):
        assert [keys.spki(key) for key in signer_keys(spelling, NOW)] == [keys.spki(public)]


@pytest.mark.parametrize("nothing", [b"", b"[]", b"{}", b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----"])
def test_a_file_without_a_key_names_no_signer(nothing: bytes) -> None:
    with pytest.raises(ValueError):
        signer_keys(nothing, NOW)
