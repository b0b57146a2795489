"""Keys and certificates of real issuers: every kind in use, and nothing by an algorithm that a message chooses."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from checkpoint.credentials import certificate, chain, jwk, keys
from checkpoint.credentials.certificate import COMMON_NAME
from checkpoint.credentials.keys import PrivateKey
from checkpoint.credentials.request_signing import STANDARD_SCHEMES
from tests.checkpoint.credentials import test_sm2

ALGORITHMS = ("ES256", "ES384", "ES512", "PS256", "EdDSA")
NAME = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "de"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "RKI")])


def private_key(algorithm: str) -> PrivateKey:
    match algorithm:
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "ES384":
            return ec.generate_private_key(ec.SECP384R1())
        case "ES512":
            return ec.generate_private_key(ec.SECP521R1())
        case "PS256":
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
        case _:
            return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module", params=ALGORITHMS)
def key(request: pytest.FixtureRequest) -> tuple[str, PrivateKey]:
    return request.param, private_key(request.param)


def test_each_kind_of_key_has_its_algorithm(key: tuple[str, PrivateKey]) -> None:
    algorithm, private = key
    public = private.public_key()
    signature = keys.sign(private, b"data")
    assert keys.algorithm_of(private) == keys.algorithm_of(public) == algorithm
    assert keys.verify(public, algorithm, signature, b"data")
    assert not keys.verify(public, algorithm, signature, b"date")
    assert not keys.verify(public, algorithm, signature[:-1], b"data")
    assert not keys.verify(public, algorithm, b"", b"data")
    for other in {*ALGORITHMS, "none", "HS256", ""} - {algorithm}:
        assert not keys.verify(public, other, signature, b"data")


def test_a_key_survives_its_encoding(key: tuple[str, PrivateKey]) -> None:
    public = key[1].public_key()
    assert keys.load(keys.spki(public)) == public


def test_ecdsa_over_sha256_holds_with_a_key_on_another_curve() -> None:
    private = ec.generate_private_key(ec.SECP384R1())
    r_and_s = private.sign(b"data", ec.ECDSA(SHA256()))
    r, s = decode_dss_signature(r_and_s)
    assert keys.verify(private.public_key(), "ES256", r.to_bytes(48) + s.to_bytes(48), b"data")


@pytest.mark.parametrize("curve", [ec.SECP256K1(), ec.SECP224R1()])
def test_curves_no_issuer_uses_are_refused(curve: ec.EllipticCurve) -> None:
    with pytest.raises(ValueError, match="not used here"):
        keys.load(keys.spki(ec.generate_private_key(curve).public_key()))


def test_keys_that_sign_nothing_are_refused() -> None:
    exchange = X25519PrivateKey.generate().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ValueError, match="not used here"):
        keys.load(exchange)
    with pytest.raises(ValueError, match="not a usable"):
        keys.load(b"\x30\x00")


def explicit_spki(public: ec.EllipticCurvePublicKey, prime: int) -> bytes:
    """Return a key that spells its curve out instead of naming it, as passport authorities do."""

    def der(tag: int, *parts: bytes) -> bytes:
        body = b"".join(parts)
        return bytes([tag, 0x82]) + len(body).to_bytes(2) + body

    number = der(0x02, prime.to_bytes(prime.bit_length() // 8 + 1))
    field = der(0x30, bytes.fromhex("06072a8648ce3d0101"), number)
    parameters = der(0x30, b"\x02\x01\x01", field, der(0x30), der(0x04), number, b"\x02\x01\x01")
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return der(0x30, der(0x30, bytes.fromhex("06072a8648ce3d0201"), parameters), der(0x03, b"\x00", point))


P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
BRAINPOOL_256 = 0xA9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377


@pytest.mark.parametrize(("curve", "prime"), [(ec.SECP256R1(), P256), (ec.BrainpoolP256R1(), BRAINPOOL_256)])
def test_an_authority_may_spell_its_curve_out(curve: ec.EllipticCurve, prime: int) -> None:
    private = ec.generate_private_key(curve)
    assert keys.load(explicit_spki(private.public_key(), prime)) == private.public_key()


def test_a_point_off_the_curve_it_spells_out_is_no_key() -> None:
    private = ec.generate_private_key(ec.BrainpoolP256R1())
    for prime in (P256, 2**255 - 19):
        with pytest.raises(ValueError, match="not a usable"):
            keys.load(explicit_spki(private.public_key(), prime))


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "EdDSA"])
def test_a_jwk_says_the_same_as_the_key(algorithm: str) -> None:
    public = private_key(algorithm).public_key()
    match public:
        case ec.EllipticCurvePublicKey():
            numbers = public.public_numbers()
            x, y = numbers.x.to_bytes(32), b"\x00" + numbers.y.to_bytes(32)  # a zero in front, as the WHO's list has
            stated = {"kty": "EC", "crv": "P-256", "x": jwk.encode(x), "y": jwk.encode(y)}
        case rsa.RSAPublicKey():
            modulus = public.public_numbers().n
            stated = {"kty": "RSA", "n": jwk.encode(modulus.to_bytes(256)), "e": "AQAB"}
        case _:
            raw = public.public_bytes_raw()
            stated = {"kty": "OKP", "crv": "Ed25519", "x": jwk.encode(raw)}
    assert jwk.public_key(stated) == public


@pytest.mark.parametrize(
    "stated",
    [
        {},
        {"kty": "oct", "k": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "RSA", "n": "AA", "e": "AA"},
    ],
)
def test_a_jwk_that_is_no_key_is_refused(stated: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        jwk.public_key(stated)


def self_signed(private: PrivateKey, not_after: datetime, **options: object) -> certificate.Certificate:
    made = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2021, 1, 1, tzinfo=UTC))
        .not_valid_after(not_after)
        .sign(private, None if isinstance(private, Ed25519PrivateKey) else SHA256(), **options)  # type: ignore[arg-type]
    )
    return certificate.parse(made.public_bytes(Encoding.DER))


def test_a_certificate_says_whose_and_how_long() -> None:
    end = datetime(2051, 1, 1, tzinfo=UTC)  # after 2049 a certificate spells its times otherwise
    parsed = self_signed(private_key("ES256"), end)
    assert (parsed.country, parsed.name, parsed.serial) == ("DE", "RKI", 1)
    assert (parsed.not_before, parsed.not_after) == (datetime(2021, 1, 1, tzinfo=UTC), end)
    assert COMMON_NAME not in parsed.subject
    assert parsed.signs_data
    assert not parsed.is_authority


def test_authorities_sign_by_rsa_or_ecdsa_of_today() -> None:
    end = datetime(2031, 1, 1, tzinfo=UTC)
    for algorithm in ("ES256", "ES384", "PS256"):
        private = private_key(algorithm)
        parsed = self_signed(private, end)
        assert chain.is_signed_by(parsed, private.public_key())
        assert not chain.is_signed_by(parsed, private_key(algorithm).public_key())
        assert not chain.is_signed_by(parsed, private_key("EdDSA").public_key())
    private = private_key("PS256")
    probabilistic = padding.PSS(padding.MGF1(SHA256()), 32)
    parsed = self_signed(private, end, rsa_padding=probabilistic)
    assert chain.is_signed_by(parsed, private.public_key())
    assert not chain.is_signed_by(parsed, private_key("PS256").public_key())


def test_a_certificate_strict_parsers_refuse_is_read_all_the_same() -> None:
    # An extension whose content is no DER: half of one country's test signers looked like this
    private = ec.generate_private_key(ec.SECP256R1())
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.37"), b"\x30\x05\x06")
    made = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2021, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2021, 1, 1, tzinfo=UTC) + timedelta(days=1))
        .add_extension(odd, critical=False)
        .sign(private, SHA256())
    )
    der = made.public_bytes(Encoding.DER)
    with pytest.raises(ValueError, match=r".+"):
        list(x509.load_der_x509_certificate(der).extensions)
    parsed = certificate.parse(der)
    assert keys.load(parsed.spki) == private.public_key()
    assert parsed.usages == frozenset()


def test_request_schemes_verify_what_they_sign() -> None:
    pair = Ed25519PrivateKey.generate()
    both = {
        "ed25519": (pair.private_bytes_raw(), pair.public_key().public_bytes_raw()),
        "sm2": (test_sm2.PRIVATE, test_sm2.PUBLIC),
        "sm2-raw": (test_sm2.PRIVATE, test_sm2.PUBLIC),
    }
    for name, scheme in STANDARD_SCHEMES.items():
        secret, public = both.get(name, (b"shared", b"shared"))
        signature = scheme.sign(secret, b"data")
        assert scheme.verify(public, signature, b"data")
        assert not scheme.verify(public, signature, b"date")
        assert not scheme.verify(public, b"", b"data")
    with pytest.raises(ValueError, match="empty"):
        STANDARD_SCHEMES["hmac-sha256"].sign(b"", b"data")


def test_a_request_may_be_signed_with_the_chinese_standards_hash() -> None:
    made = STANDARD_SCHEMES["hmac-sm3"].sign(b"\x0b" * 20, b"Hi There")  # key and text of RFC 4231's first case
    assert made.hex() == "51b00d1fb49832bfb01c3ce27848e59f871d9ba938dc563b338ca964755cce70"
