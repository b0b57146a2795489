"""Whether an authority signed a certificate: the one link between an ICAO country authority and those it lets sign."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from checkpoint.credentials.certificate import Certificate
from checkpoint.credentials.keys import PublicKey

_RSA: dict[str, type[HashAlgorithm]] = {
    "1.2.840.113549.1.1.11": SHA256,
    "1.2.840.113549.1.1.12": SHA384,
    "1.2.840.113549.1.1.13": SHA512,
}
_ECDSA: dict[str, type[HashAlgorithm]] = {
    "1.2.840.10045.4.3.2": SHA256,
    "1.2.840.10045.4.3.3": SHA384,
    "1.2.840.10045.4.3.4": SHA512,
}
_RSA_PSS = "1.2.840.113549.1.1.10"


def is_signed_by(certificate: Certificate, authority: PublicKey) -> bool:
    """Return whether `authority` signed the certificate, by an algorithm of today."""
    return verifies(authority, certificate.signature_algorithm, certificate.signature, certificate.signed)


def verifies(key: PublicKey, algorithm: str, signature: bytes, signed: bytes) -> bool:
    """Return whether `key` made the signature, as X.509 and CMS write one: `algorithm` is an OID, ECDSA's is DER.

    False, too, where the algorithm is not one for that kind of key, and where it is on SHA-1: that counts nowhere.
    """
    try:
        match key:
            case RSAPublicKey() if algorithm in _RSA:
                key.verify(signature, signed, PKCS1v15(), _RSA[algorithm]())
            case RSAPublicKey() if algorithm == _RSA_PSS:
                return any(_pss(key, digest(), signature, signed) for digest in (SHA256, SHA384, SHA512))
            case EllipticCurvePublicKey() if algorithm in _ECDSA:
                key.verify(signature, signed, ECDSA(_ECDSA[algorithm]()))
            case _:
                return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _pss(key: RSAPublicKey, digest: HashAlgorithm, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, PSS(MGF1(digest), PSS.AUTO), digest)
    except InvalidSignature:
        return False
    return True
