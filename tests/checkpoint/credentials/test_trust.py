"""Trust lists: whatever the world publishes goes in, and the age that is shown is the age of what came."""

import hashlib
import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from checkpoint.credential import Format
from checkpoint.credentials import TrustList, jwk, keys
from checkpoint.credentials.revocation import Revocations, card_ids, hash_list
from checkpoint.credentials.trust import Use
from checkpoint.credentials.trust_import import read_trust
from tests.checkpoint.credentials.issuer import NOW, Issuer
from tests.data import test_data

TEST_USE, VACCINATION_USE = "1.3.6.1.4.1.1847.2021.1.1", "1.3.6.1.4.1.0.1847.2021.1.2"


def signer_certificate(
    key: EllipticCurvePrivateKey, *, country: str = "DE", uses: tuple[str, ...] = (), authority: bool = False
) -> x509.Certificate:
    """Return a self-signed certificate of an issuer."""
    name = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, country), x509.NameAttribute(NameOID.COMMON_NAME, "DSC")]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=700))
    )
    if uses:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([x509.ObjectIdentifier(use) for use in uses]), critical=False
        )
    if authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usage, critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier(b"\x01" * 20), critical=False)
    return builder.sign(key, SHA256())


@pytest.fixture(scope="module")
def key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


@pytest.fixture(scope="module")
def der(key: EllipticCurvePrivateKey) -> bytes:
    return signer_certificate(key, uses=(TEST_USE, VACCINATION_USE)).public_bytes(Encoding.DER)


def imported(data: bytes | str, **options: str) -> TrustList:
    raw = data.encode() if isinstance(data, str) else data
    return read_trust(raw, name="list", now=NOW, **options).trust


def listing(der: bytes, key: EllipticCurvePrivateKey) -> dict[str, str]:
    """Return one certificate in each spelling in which national lists publish it."""
    body, kid = b64encode(der).decode(), "qzdNABzMSjM="
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    numbers = key.public_key().public_numbers()
    bare = {
        "kty": "EC",
        "crv": "P-256",
        "kid": "qzdNABzMSjM",
        "x": jwk.encode(numbers.x.to_bytes(32)),
        "y": jwk.encode(numbers.y.to_bytes(32)),
    }
    swedish = {"dsc_trust_list": {"DE": {"keys": [{**bare, "x5c": [body]}]}}}
    method = {"controller": "did:web:example:deu", "publicKeyJwk": {**bare, "x5c": [body]}}
    entry = {"kid": kid, "country": "DE", "certificateType": "DSC", "rawData": body}
    return {
        "pem": "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n",
        "base64": body,
        "gateway": json.dumps([entry, {**entry, "certificateType": "CSCA"}]),
        "german": "MEUCIQDx...\n" + json.dumps({"certificates": [entry]}),
        "kid-map": json.dumps({kid: body}),
        "dutch": json.dumps({"eu_keys": {kid: [{"subjectPk": b64encode(spki).decode(), "keyUsage": ["t", "v"]}]}}),
        "jwks": json.dumps({"keys": [{**bare, "x5c": [body]}]}),
        "swedish": f"e30.{jwk.encode(json.dumps(swedish).encode())}.c2ln",
        "did": json.dumps(
            {
                "verificationMethod": [
                    {"id": "did:web:example:deu#qzdNABzMSjM%3D", **method},
                    "did:web:example:fra#reference",
                    {"id": "did:web:example:DEU:SCA#x", "publicKeyJwk": bare},
                ],
                "proof": {"created": "2022-03-01T00:00:00Z"},
            }
        ),
    }


SPELLINGS = ["pem", "base64", "gateway", "german", "kid-map", "dutch", "jwks", "swedish", "did"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_one_key_is_the_same_in_every_national_spelling(
    spelling: str, der: bytes, key: EllipticCurvePrivateKey
) -> None:
    (found,) = imported(listing(der, key)[spelling]).keys
    assert keys.spki(found.public_key) == keys.spki(key.public_key())
    assert found.formats == {Format.HC1}
    assert found.uses == {Use.TEST, Use.VACCINATION}
    if spelling not in {"pem", "base64"}:
        assert found.kid == "qzdNABzMSjM="
    if spelling != "dutch":
        assert (found.issuer, found.not_after) == ("DE", NOW + timedelta(days=700))


def test_a_bare_der_certificate_is_a_list_of_one(der: bytes) -> None:
    assert [found.issuer for found in imported(der).keys] == ["DE"]


def test_a_certificate_without_uses_may_vouch_for_all(key: EllipticCurvePrivateKey) -> None:
    (found,) = imported(signer_certificate(key).public_bytes(Encoding.DER)).keys
    assert found.uses == frozenset(Use)


def test_an_authority_of_passports_signs_no_health_certificates(key: EllipticCurvePrivateKey) -> None:
    (found,) = imported(signer_certificate(key, authority=True).public_bytes(Encoding.PEM)).keys
    assert found.formats == {Format.VDS_NC}
    assert found.kid == "01" * 20


def test_a_signer_of_health_certificates_whose_tool_wrote_ca_into_it_is_no_authority_of_seals(
    key: EllipticCurvePrivateKey,
) -> None:
    ca = x509.BasicConstraints(ca=True, path_length=None)
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")])
    lab = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=9))
        .add_extension(ca, critical=True)
        .add_extension(x509.SubjectKeyIdentifier(b"\x02" * 20), critical=False)
        .sign(key, SHA256())
        .public_bytes(Encoding.PEM)
    )
    found = read_trust(lab, name="lab.pem", now=NOW)
    assert [one.formats for one in found.trust.keys] == [{Format.HC1}]
    assert "--authority" in found.left_out[0]
    (said,) = read_trust(lab, name="lab.pem", now=NOW, authorities=True).trust.keys
    assert said.formats == {Format.VDS_NC}


def test_a_certificate_with_a_use_in_health_certificates_is_no_authority_of_seals(key: EllipticCurvePrivateKey) -> None:
    both = signer_certificate(key, uses=(TEST_USE,), authority=True).public_bytes(Encoding.PEM)
    with pytest.raises(ValueError, match="--authority"):
        imported(both)


def test_only_certificates_are_authorities(der: bytes, key: EllipticCurvePrivateKey) -> None:
    for spelling in ("jwks", "did", "dutch"):
        with pytest.raises(ValueError, match="no certificates"):
            read_trust(listing(der, key)[spelling].encode(), name="list", now=NOW, authorities=True)


def test_the_age_is_the_lists_own_and_not_that_of_the_import(der: bytes, key: EllipticCurvePrivateKey) -> None:
    did = imported(listing(der, key)["did"])
    assert did.as_of == datetime(2022, 3, 1, tzinfo=UTC)
    assert did.age(NOW) == NOW - datetime(2022, 3, 1, tzinfo=UTC)


def test_a_newer_edition_of_a_list_replaces_the_old_one(der: bytes, key: EllipticCurvePrivateKey) -> None:
    old = imported(listing(der, key)["pem"])
    other = Issuer(kid=b"other")
    newer = TrustList(
        (other.trusted(source="list"),), NOW + timedelta(days=1), sources={"list": NOW + timedelta(days=1)}
    )
    merged = old.merged_with(newer)
    assert [found.kid for found in merged.keys] == [other.kid_text]
    assert merged.as_of == NOW + timedelta(days=1)


def test_the_oldest_of_several_lists_says_how_old_they_are(der: bytes, key: EllipticCurvePrivateKey) -> None:
    did = imported(listing(der, key)["did"])
    fresh = replace(imported(listing(der, key)["pem"]), sources={"fresh": NOW})
    merged = did.merged_with(fresh)
    assert len(merged.keys) == 2
    assert merged.as_of == did.as_of
    unknown = TrustList((Issuer().trusted(),), as_of=None)
    assert unknown.merged_with(did).as_of is None


def test_a_list_survives_its_file(tmp_path: Path, der: bytes, key: EllipticCurvePrivateKey) -> None:
    trust = imported(listing(der, key)["did"])
    trust = replace(
        trust, revocations=Revocations(frozenset({b"\x01" * 16}), {"kid": {"a": None, "b": NOW}}, frozenset({("c", 9)}))
    )
    trust.save(tmp_path / "trust.json")
    again = TrustList.load(tmp_path / "trust.json")
    assert again.as_json() == trust.as_json()
    assert again.revocations == trust.revocations
    assert imported((tmp_path / "trust.json").read_bytes()).as_json() == trust.as_json()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{}",
        "[]",
        "null",
        "[1]",
        '{"keys": []}',
        '{"keys": [{"kty": "oct"}]}',
        "[" * 100_000,
        '{"format": "checkpoint-trust-list/9"}',
        '{"format": "checkpoint-trust-list/1", "keys": [{}]}',
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "\x30\x80",
        "a.b.c",
    ],
)
def test_a_file_that_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        imported(text)


def test_one_bad_entry_does_not_cost_the_others(der: bytes) -> None:
    body = b64encode(der).decode()
    found = read_trust(json.dumps([{"rawData": body}, {"rawData": "AAAA"}, {}, 5]).encode(), name="list", now=NOW)
    assert len(found.trust.keys) == 1
    assert len(found.left_out) == 3


def test_keys_that_are_too_weak_are_left_out() -> None:
    weak = generate_rsa_key(public_exponent=65537, key_size=1024).public_key()  # noqa: S505  the weakness is the point
    pem = weak.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(ValueError, match="too short"):
        imported(pem)


def card_key(key: EllipticCurvePrivateKey) -> dict[str, str]:
    """Return a key as issuers of SMART Health Cards publish it."""
    numbers = key.public_key().public_numbers()
    x, y = (jwk.encode(number.to_bytes(32)) for number in (numbers.x, numbers.y))
    published = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    return {**published, "kid": jwk.thumbprint(published)}


def test_whose_cards_a_key_signs_must_be_told_and_a_slash_behind_it_is_none_of_it(key: EllipticCurvePrivateKey) -> None:
    published = json.dumps({"keys": [card_key(key)]})
    (found,) = imported(published, issuer="https://example.org/issuer/").keys
    assert found.issuer == "https://example.org/issuer"
    with pytest.raises(ValueError, match="--issuer URL"):
        imported(published)


def test_the_card_directory_names_issuers_keys_and_revoked_cards(key: EllipticCurvePrivateKey) -> None:
    published = card_key(key)
    snapshot = {
        "directory": "https://example.org/directory",
        "time": "2022-03-10T00:00:00Z",
        "issuerInfo": [
            {
                "issuer": {"iss": "https://example.org/issuer", "name": "Example"},
                "keys": [published],
                "crls": [{"kid": published["kid"], "method": "rid", "ctr": 1, "rids": ["abc", "def.1647763200"]}],
            }
        ],
    }
    trust = imported(json.dumps(snapshot))
    (found,) = trust.keys
    assert (found.issuer, found.formats) == ("https://example.org/issuer", {Format.SHC})
    assert trust.as_of == datetime(2022, 3, 10, tzinfo=UTC)
    assert trust.revocations.revokes_card(found.kid, "abc", NOW)
    assert trust.revocations.revokes_card(found.kid, "def", NOW - timedelta(seconds=1))
    assert not trust.revocations.revokes_card(found.kid, "def", NOW + timedelta(seconds=1))
    assert not trust.revocations.revokes_card(found.kid, "xyz", NOW)


def test_revocations_of_the_gateway_add_up() -> None:
    batch = {"country": "DE", "hashType": "UCI", "entries": [{"hash": b64encode(b"\x05" * 16).decode()}]}
    trust = imported(json.dumps(batch))
    assert trust.revocations.revokes_hash(b"\x05" * 32)
    assert not trust.revocations.revokes_hash(b"\x06" * 32)
    with pytest.raises(ValueError, match="128 bits"):
        hash_list(["AAAA"])
    assert card_ids(["a"]) == {"a": None}


def test_a_whole_hash_in_a_list_handed_down_revokes_as_its_first_half_does() -> None:
    digest = hashlib.sha256(b"the key of a lost station").digest()
    for listed in (digest, digest[:16]):
        assert Revocations.from_json({"hashes": [listed.hex()]}).revokes_hash(digest)
    with pytest.raises(ValueError, match="128 bits"):
        Revocations.from_json({"hashes": [digest[:8].hex()]})


def test_revocations_up_to_a_time_without_its_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="without its zone"):
        Revocations.from_json({"card_ids": {"kid": {"card": "2022-03-01T00:00:00"}}})


def test_a_revocation_list_counts_only_from_an_authority_that_is_trusted() -> None:
    folder = test_data("certs", "vds-nc-au")
    crl = (folder / "crlWithSerialNumberData.der").read_bytes()
    with pytest.raises(ValueError, match="no known authority"):
        imported(crl)
    known = imported((folder / "cscaCertData.der").read_bytes())
    assert read_trust(crl, name="crl", now=NOW, known=known).trust.keys == ()


def master_list(*certificates: bytes) -> bytes:
    """Return certificates in the wrapping of an ICAO master list."""

    def der(tag: int, *parts: bytes) -> bytes:
        body = b"".join(parts)
        return bytes([tag, 0x84]) + len(body).to_bytes(4) + body

    listed = der(0x30, b"\x02\x01\x00", der(0x31, *certificates))
    oid = bytes.fromhex("06066781080101 02".replace(" ", ""))
    content = der(0x30, oid, der(0xA0, der(0x04, listed)))
    signed = der(0x30, b"\x02\x01\x03", der(0x31), content, der(0x31))
    return der(0x30, bytes.fromhex("06092a864886f70d010702"), der(0xA0, signed))


def test_a_master_list_brings_the_authorities_of_many_states(key: EllipticCurvePrivateKey) -> None:
    states = [signer_certificate(key, country=country, authority=True) for country in ("AU", "JP")]
    listed = master_list(*(state.public_bytes(Encoding.DER) for state in states))
    found = imported(listed)
    assert [(authority.issuer, authority.formats) for authority in found.keys] == [
        ("AU", {Format.VDS_NC}),
        ("JP", {Format.VDS_NC}),
    ]
    body = b64encode(listed).decode()
    folded = "\n ".join(body[at : at + 70] for at in range(0, len(body), 70))
    export = f"dn: c=AU\npkdMasterListContent:: {folded}\n\ndn: c=JP\npkdMasterListContent:: {folded}\n"
    assert len(imported(export).keys) == 2


def test_another_signed_message_is_no_master_list(key: EllipticCurvePrivateKey) -> None:
    with pytest.raises(ValueError, match="master list"):
        imported(master_list().replace(bytes.fromhex("678108010102"), bytes.fromhex("678108010103")))


def test_the_whole_list_of_the_who_goes_in() -> None:
    data = test_data("certs", "who-gdhcn-trust-list", "did.json").read_bytes()
    found = read_trust(data, name="who", now=datetime(2026, 9, 1, tzinfo=UTC))
    assert len(found.trust.keys) == 438
    assert found.left_out == ()
    assert found.trust.as_of == datetime(2026, 8, 22, 17, 0, 14, tzinfo=UTC)
    assert {found.issuer for found in found.trust.keys} >= {"NL", "FR", "TH", "BR"}


def test_of_two_revocations_of_one_card_the_wider_counts() -> None:
    early, late = 1_600_000_000, 1_700_000_000
    for listed in ([f"a.{early}", f"a.{late}"], [f"a.{late}", f"a.{early}"]):
        known = Revocations(card_ids={"kid": card_ids(listed)})
        assert known.revokes_card("kid", "a", datetime.fromtimestamp(early + 1, UTC))
        assert not known.revokes_card("kid", "a", datetime.fromtimestamp(late + 1, UTC))
    assert Revocations(card_ids={"kid": card_ids(["a", f"a.{early}"])}).revokes_card(
        "kid", "a", datetime.fromtimestamp(late, UTC)
    )
