"""Published lists signed in every way that is checked: seeds for the fuzzer."""

import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder

from bench.wallet import NOW, certificate
from checkpoint.credentials import jwk, keys, master_list
from checkpoint.credentials.trust_import import read_trust
from checkpoint.credentials.trust_signature import check_signed


class ForgedListError(Exception):
    """A list that nobody signed as it stands was taken all the same."""


@dataclass(frozen=True)
class SignedList:
    """A signed list, and the way it is signed."""

    kind: str
    data: bytes


def keys_in(data: bytes) -> frozenset[str]:
    """Return the keys that a list brings, each with all it may do."""
    return frozenset(json.dumps(key.as_json()) for key in read_trust(data, name="list", now=NOW).trust.keys)


class Publisher:
    """Everybody whose signatures stand on lists: one key, and a signer of master lists whom it vouches for."""

    def __init__(self) -> None:
        self.key, self.lister, self.stranger = (generate_private_key(SECP256R1()) for _ in range(3))
        self.certificate = certificate(self.key, self.key, ca=True)
        self.signers = [certificate(generate_private_key(SECP256R1()), self.key) for _ in range(2)]
        entries = [self._entry(signer) for signer in self.signers]
        self.content = json.dumps({"certificates": [{"rawData": entry["rawData"]} for entry in entries]}).encode()
        listed = self._master_list()
        header, payload = jwk.encode(b'{"alg":"ES256"}'), jwk.encode(self.content)
        signature = jwk.encode(keys.sign(self.key, f"{header}.{payload}".encode()))
        general = {"payload": payload, "signatures": [{"protected": header, "signature": signature}]}
        first_line = b64encode(keys.sign(self.key, self.content))
        self.lists = [
            SignedList("jws", f"{header}.{payload}.{signature}".encode()),
            SignedList("jws in json", json.dumps(general).encode()),
            SignedList("first line", first_line + b"\n" + self.content),
            SignedList("gateway", json.dumps(entries).encode()),
            SignedList("master list", listed),
            SignedList("export", master_list.as_ldif([listed, listed])),
        ]
        self.keys = frozenset[str]().union(*(keys_in(self._taken(one.data)) for one in self.lists))

    def check(self, data: bytes) -> None:
        """Take a changed list as `trust import --signed-by` does; raise ForgedListError where it is not as signed.

        A list signed as a whole must be whole. Where every part is signed for itself, any of them may be missing.
        """
        taken = self._taken(data)
        if taken.startswith(b"{") and taken != self.content:
            raise ForgedListError("other content")
        if not keys_in(taken) <= self.keys:
            raise ForgedListError("other keys")

    def signer_files(self) -> list[bytes]:
        """Return the publisher's key as operators have it: PEM, DER, JWK."""
        public, numbers = self.key.public_key(), self.key.public_key().public_numbers()
        point = {"x": jwk.encode(numbers.x.to_bytes(32)), "y": jwk.encode(numbers.y.to_bytes(32))}
        return [
            self.certificate.public_bytes(Encoding.PEM) * 2,
            self.certificate.public_bytes(Encoding.DER),
            public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            json.dumps({"keys": [{"kty": "EC", "crv": "P-256", **point}]}).encode(),
        ]

    def smuggled(self) -> dict[str, Any]:
        """Return what a forger adds: a certificate of his own, in the shapes that are read."""
        forged = certificate(self.stranger, self.key)
        raw = b64encode(forged.public_bytes(Encoding.DER)).decode()
        pem = f"-----BEGIN CERTIFICATE-----{raw}-----END CERTIFICATE-----"  # in one line: JSON leaves it as it is
        return {"certificates": [{"rawData": raw, "certificateType": "DSC"}], "note": pem, "eu_keys": {}, "keys": []}

    def _taken(self, data: bytes) -> bytes:
        return check_signed(data, [self.key.public_key()], NOW).data

    def _entry(self, signer: x509.Certificate) -> dict[str, str]:
        """Return a signer's entry in the EU gateway's list."""
        der = signer.public_bytes(Encoding.DER)
        builder = PKCS7SignatureBuilder().set_data(der).add_signer(self.certificate, self.key, SHA256())
        signature = builder.sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])
        raw = {"rawData": b64encode(der).decode(), "signature": b64encode(signature).decode()}
        return {"kid": "AAAAAAAAAAA=", "country": "UT", "certificateType": "DSC", **raw}

    def _master_list(self) -> bytes:
        """Return a master list of the publisher's own authority, signed by its signer of lists (RFC 5652, 5.1)."""
        lister = certificate(self.lister, self.key, serial=7, usage=master_list.LIST_SIGNER)
        content = _der(0x30, b"\x02\x01\x00", _der(0x31, self.certificate.public_bytes(Encoding.DER)))
        kind, sha256, ecdsa = (
            bytes.fromhex(text) for text in ("0606678108010102", "0609608648016503040201", "06082a8648ce3d040302")
        )
        digest = _der(0x04, hashlib.sha256(content).digest())
        attributes = b"".join(
            _der(0x30, bytes.fromhex(f"06092a864886f70d01090{number}"), _der(0x31, value))
            for number, value in ((3, kind), (4, digest))
        )
        signature = self.lister.sign(_der(0x31, attributes), ECDSA(SHA256()))
        named = _der(0x30, lister.issuer.public_bytes(), b"\x02\x01\x07")
        signer = _der(
            0x30,
            *(b"\x02\x01\x01", named, _der(0x30, sha256), _der(0xA0, attributes)),
            *(_der(0x30, ecdsa), _der(0x04, signature)),
        )
        signed = _der(
            0x30,
            *(b"\x02\x01\x03", _der(0x31, _der(0x30, sha256)), _der(0x30, kind, _der(0xA0, _der(0x04, content)))),
            *(_der(0xA0, lister.public_bytes(Encoding.DER)), _der(0x31, signer)),
        )
        return _der(0x30, bytes.fromhex("06092a864886f70d010702"), _der(0xA0, signed))


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    length = bytes([len(body)]) if len(body) < 0x80 else b"\x82" + len(body).to_bytes(2)
    return bytes([tag]) + length + body
