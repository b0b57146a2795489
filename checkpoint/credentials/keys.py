"""Public keys: loading them, and checking signatures with the one kind of algorithm that fits each."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    SECP521R1,
    BrainpoolP256R1,
    BrainpoolP384R1,
    BrainpoolP512R1,
    EllipticCurve,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from checkpoint.credentials.der import BIT_STRING, INTEGER, SEQUENCE, expect, one

PublicKey = EllipticCurvePublicKey | RSAPublicKey | Ed25519PublicKey
PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey | Ed25519PrivateKey

MIN_RSA_BITS = 2048

_HASH_OF_ECDSA: dict[str, type[HashAlgorithm]] = {"ES256": SHA256, "ES384": SHA384, "ES512": SHA512}
_OWN_ECDSA = {SECP256R1.name: "ES256", SECP384R1.name: "ES384", SECP521R1.name: "ES512"}
_CURVES: dict[str, EllipticCurve] = {
    curve.name: curve
    for curve in (SECP256R1(), SECP384R1(), SECP521R1(), BrainpoolP256R1(), BrainpoolP384R1(), BrainpoolP512R1())
}
"""The curves of issuers and of passport authorities, half of which use Brainpool's."""


def load(spki: bytes) -> PublicKey:
    """Return the public key in a DER SubjectPublicKeyInfo; raise ValueError for one this software does not use."""
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        explicit = _with_explicit_curve(spki)
        if explicit is None:
            raise ValueError(f"not a usable public key: {error}") from None
        return explicit
    if isinstance(key, RSAPublicKey) and key.key_size < MIN_RSA_BITS:
        raise ValueError(f"an RSA key of {key.key_size} bits is too short")
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name not in _CURVES:
        raise ValueError(f"curve {key.curve.name} is not used here")
    if not isinstance(key, EllipticCurvePublicKey | RSAPublicKey | Ed25519PublicKey):
        raise ValueError("a kind of key that is not used here")
    return key


def spki(key: PublicKey) -> bytes:
    """Return the key as a DER SubjectPublicKeyInfo."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def algorithm_of(key: PublicKey | PrivateKey) -> str:
    """Return the algorithm to sign with, by its JOSE name: ES256, ES384, ES512, PS256 or EdDSA."""
    match key:
        case EllipticCurvePublicKey() | EllipticCurvePrivateKey():
            return _OWN_ECDSA[key.curve.name]
        case RSAPublicKey() | RSAPrivateKey():
            return "PS256"
        case Ed25519PublicKey() | Ed25519PrivateKey():
            return "EdDSA"


def verify(key: PublicKey, algorithm: str, signature: bytes, data: bytes) -> bool:
    """Return whether `signature` over `data` was made by `algorithm` with the private half of `key`.

    False, too, where the algorithm is not one for that kind of key: a message does not choose how it is checked.
    ECDSA signatures are r and s side by side, each as long as the curve. The hash is the algorithm's own whatever
    the curve (RFC 8152, 8.1): real issuers sign ES256 with keys on P-384.
    """
    try:
        match key:
            case EllipticCurvePublicKey() if algorithm in _HASH_OF_ECDSA:
                length = (key.curve.key_size + 7) // 8
                if len(signature) != 2 * length:
                    return False
                r, s = int.from_bytes(signature[:length]), int.from_bytes(signature[length:])
                key.verify(encode_dss_signature(r, s), data, ECDSA(_HASH_OF_ECDSA[algorithm]()))
            case RSAPublicKey() if algorithm == "PS256":
                key.verify(signature, data, PSS(MGF1(SHA256()), SHA256.digest_size), SHA256())
            case Ed25519PublicKey() if algorithm == "EdDSA":
                key.verify(signature, data)
            case _:
                return False
    except InvalidSignature:
        return False
    return True


def sign(key: PrivateKey, data: bytes) -> bytes:
    """Return the signature that `verify` accepts by the algorithm of the key."""
    match key:
        case EllipticCurvePrivateKey():
            length = (key.curve.key_size + 7) // 8
            r, s = decode_dss_signature(key.sign(data, ECDSA(_HASH_OF_ECDSA[algorithm_of(key)]())))
            return r.to_bytes(length) + s.to_bytes(length)
        case RSAPrivateKey():
            return key.sign(data, PSS(MGF1(SHA256()), SHA256.digest_size), SHA256())
        case Ed25519PrivateKey():
            return key.sign(data)


def _with_explicit_curve(spki: bytes) -> PublicKey | None:
    """Return the key of an authority that spells its curve out instead of naming it, None where that is none in use.

    The curve is known by its prime alone. A key that brings a generator of its own gains nothing: signatures are
    checked with the generator of the named curve, and the point must lie on that.
    """
    try:
        algorithm, point = one(spki).children()
        parameters = expect(algorithm.children()[1], SEQUENCE).children()
        prime = int.from_bytes(expect(parameters[1].children()[1], INTEGER).body)
        encoded = expect(point, BIT_STRING).body[1:]
        curve = _CURVE_OF_PRIME.get(prime)
        return None if curve is None else EllipticCurvePublicKey.from_encoded_point(curve, encoded)
    except (ValueError, IndexError):
        return None


_CURVE_OF_PRIME: dict[int, EllipticCurve] = {
    2**256 - 2**224 + 2**192 + 2**96 - 1: SECP256R1(),
    2**384 - 2**128 - 2**96 + 2**32 - 1: SECP384R1(),
    2**521 - 1: SECP521R1(),
    0xA9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377: BrainpoolP256R1(),
    int(
        "8CB91E82A3386D280F5D6F7E50E641DF152F7109ED5456B412B1DA197FB71123ACD3A729901D1A71874700133107EC53", 16
    ): BrainpoolP384R1(),
}
