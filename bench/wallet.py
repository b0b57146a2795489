"""One genuine code of every kind, with the keys behind them: seeds for the fuzzer, subjects for the stop-watch."""

import json
import zlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from checkpoint.credential import Format, Holder, LorryPass
from checkpoint.credentials import CredentialReader, TrustedKey, TrustList, base45, cose, jwk, keys
from checkpoint.credentials.hc1 import HC1
from checkpoint.credentials.issue import sign_hc1
from checkpoint.credentials.lorry_pass import SignedPass, signed_pass
from checkpoint.credentials.receipt import Found, Receipt, ReceiptFormat, StationSigner, headquarters
from checkpoint.credentials.shc import SmartHealthCard
from checkpoint.credentials.trust_entries import authority
from checkpoint.credentials.vds_nc import VdsNc
from checkpoint.voucher import Voucher, sign_voucher

NOW = datetime(2022, 3, 20, 8, 0, tzinfo=UTC)
KID = b"bench-ky"
CARD_KID = "bench-card-key"

DCC: dict[str, Any] = {
    "ver": "1.3.0",
    "nam": {"fn": "Musterfrau-Gößinger", "gn": "Gabriele", "fnt": "MUSTERFRAU<GOESSINGER", "gnt": "GABRIELE"},
    "dob": "1998-02-26",
    "t": [
        {
            "tg": "840539006",
            "tt": "LP6464-4",
            "nm": "Roche LightCycler qPCR",
            "sc": "2022-03-20T03:00:00Z",
            "tr": "260415000",
            "tc": "Testing center 1",
            "co": "AT",
            "is": "Ministry of Health",
            "ci": "URN:UVCI:01:AT:B5921A35D6A0D696421B3E2462178297#I",
        }
    ],
}

CARD: dict[str, Any] = {
    "iss": "https://example.org/issuer",
    "nbf": NOW.timestamp() - 3600,
    "vc": {
        "type": ["https://smarthealth.cards#health-card"],
        "rid": "card-1",
        "credentialSubject": {
            "fhirVersion": "4.0.1",
            "fhirBundle": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [
                    {
                        "resource": {
                            "resourceType": "Patient",
                            "name": [{"family": "Anyperson", "given": ["John", "B."]}],
                            "birthDate": "1951-01-20",
                        }
                    },
                    {
                        "resource": {
                            "resourceType": "Observation",
                            "status": "final",
                            "code": {"coding": [{"system": "http://loinc.org", "code": "94500-6"}]},
                            "effectiveDateTime": "2022-03-20T03:00:00Z",
                            "valueCodeableConcept": {"coding": [{"code": "260415000"}]},
                        }
                    },
                    {
                        "resource": {
                            "resourceType": "Immunization",
                            "status": "completed",
                            "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "207"}]},
                            "occurrenceDateTime": "2021-01-01",
                        }
                    },
                ],
            },
        },
    },
}

SEAL: dict[str, Any] = {
    "hdr": {"t": "icao.test", "v": 1, "is": "UTO"},
    "msg": {
        "utci": "U01932",
        "pid": {"n": "Cook Gerald", "dob": "1990-01-29", "dt": "P", "dn": "E1234567P"},
        "sp": {"spn": "General Hospital", "ctr": "AUS"},
        "dat": {"sc": "2022-03-20T11:00:00+08:00", "ri": "2022-03-20T14:00:00+08:00"},
        "tr": {"tc": "molecular(PCR)", "r": "negative", "m": "nasopharyngeal"},
    },
}


@dataclass
class Wallet:
    """The keys of one issuer of every kind, and what each signs."""

    issuer: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    station: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    hq: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def trust(self) -> TrustList:
        """Return a trust list by which every code of this wallet is genuine."""
        public = self.issuer.public_key()
        kid = b64encode(KID).decode()
        return TrustList(
            (
                TrustedKey(kid, public, "AT", frozenset({Format.HC1})),
                TrustedKey(kid, public, "Jiaxing", frozenset({Format.LORRY_PASS})),
                TrustedKey(CARD_KID, public, "https://example.org/issuer", frozenset({Format.SHC})),
                authority(self._certificate(ca=True)),
                headquarters(self.hq.public_key()),
            ),
            as_of=NOW,
        )

    def reader(self) -> CredentialReader:
        """Return a reader of every signed kind of code, by this wallet's trust list."""
        trust = self.trust()
        return CredentialReader(
            [make(lambda: trust) for make in (HC1, SmartHealthCard, VdsNc, ReceiptFormat, SignedPass)]
        )

    def codes(self) -> dict[str, str]:
        """Return one genuine code of every kind."""
        later = NOW + timedelta(days=2)
        voucher = Voucher("pinghu-north", self.station.public_key().public_bytes_raw(), NOW - timedelta(1), later)
        signer = StationSigner(self.station, sign_voucher(voucher, self.hq))
        receipt = Receipt(Found.ANTIGEN_NEGATIVE, Holder("张伟", "1988-08-08"), NOW - timedelta(hours=1))
        lorry = LorryPass("330482000123", "浙F12345", "嘉兴-平湖")
        return {
            "hc1": sign_hc1(DCC, self.issuer, KID, issuer="AT", issued_at=NOW - timedelta(hours=4), expires_at=later),
            "shc": self.card(json.dumps(CARD).encode()),
            "vds-nc": self.seal(SEAL),
            "receipt": signer.sign(receipt, issued_at=NOW, valid_for=timedelta(hours=24)),
            "pass": signed_pass(lorry, self.issuer, KID, issuer="Jiaxing", issued_at=NOW, expires_at=later),
        }

    # Signing whatever content, right or wrong

    def cwt(self, claims: bytes, prefix: str = "HC1:") -> str:
        """Return the bytes of some claims, signed, as a code of the `HC1:` family."""
        return prefix + base45.encode(zlib.compress(cose.sign(claims, self.issuer, KID)))

    def card(self, payload: bytes) -> str:
        """Return some payload, deflated and signed, as a SMART Health Card."""
        deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        deflated = deflate.compress(payload) + deflate.flush()
        header = jwk.encode(json.dumps({"zip": "DEF", "alg": "ES256", "kid": CARD_KID}).encode())
        signed = f"{header}.{jwk.encode(deflated)}"
        jws = f"{signed}.{jwk.encode(keys.sign(self.issuer, signed.encode()))}"
        return "shc:/" + "".join(f"{ord(character) - 45:02}" for character in jws)

    def seal(self, data: Mapping[str, Any]) -> str:
        """Return some data with a seal."""
        signature = jwk.encode(keys.sign(self.issuer, rfc8785.dumps(dict(data))))
        certificate = jwk.encode(self._certificate(ca=False))
        return json.dumps({"data": data, "sig": {"alg": "ES256", "sigvl": signature, "cer": certificate}})

    def _certificate(self, *, ca: bool) -> bytes:
        return certificate(self.issuer, self.issuer, ca=ca, serial=2 if ca else 3).public_bytes(Encoding.DER)


def certificate(
    key: EllipticCurvePrivateKey, by: EllipticCurvePrivateKey, *, ca: bool = False, serial: int = 3, usage: str = ""
) -> x509.Certificate:
    """Return a certificate of a key, signed `by` another; `usage` is the OID of its extended key usage."""
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "UT")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=4000))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(usage)]), critical=True)
    return builder.sign(by, SHA256())
