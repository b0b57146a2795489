"""Those who sign lists in CMS, with the `openssl` program: another's hand than the one that checks."""

import shutil
import subprocess
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    BrainpoolP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from checkpoint.credentials.keys import PublicKey
from tests.checkpoint.credentials.issuer import NOW

MASTER_LIST_TYPE = "2.23.136.1.1.2"
LIST_SIGNER = "2.23.136.1.1.3"

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl: apt install openssl")


def new_key(kind: str = "P-256") -> EllipticCurvePrivateKey | RSAPrivateKey:
    """Return a fresh key: P-256, brainpoolP256r1 or RSA."""
    if kind == "RSA":
        return generate_rsa_key(65_537, 2048)
    return generate_private_key(BrainpoolP256R1() if kind == "brainpoolP256r1" else SECP256R1())


@dataclass
class Signatory:
    """Somebody with a key and a certificate, which `by` signed (itself where nobody did)."""

    country: str = "UT"
    by: "Signatory | None" = None
    key: EllipticCurvePrivateKey | RSAPrivateKey = field(default_factory=new_key)
    usage: str = ""
    begins: datetime = NOW - timedelta(days=30)
    ends: datetime = NOW + timedelta(days=30)
    serial: int = field(default_factory=x509.random_serial_number)
    certificate: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        issuer = self.by or self
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(self.country, "signer" if self.by else "authority"))
            .issuer_name(_name(issuer.country, "authority"))
            .public_key(self.key.public_key())
            .serial_number(self.serial)
            .not_valid_before(self.begins)
            .not_valid_after(self.ends)
            .add_extension(x509.BasicConstraints(ca=self.by is None, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
        )
        if self.usage:
            usages = x509.ExtendedKeyUsage([x509.ObjectIdentifier(self.usage)])
            builder = builder.add_extension(usages, critical=True)
        self.certificate = builder.sign(issuer.key, SHA256())

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def public(self) -> PublicKey:
        return self.key.public_key()

    def signs(self, content: bytes, *options: str) -> bytes:
        """Return what `openssl cms -sign` makes of `content`, in DER: detached, unless `options` say otherwise."""
        private = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with TemporaryDirectory() as folder:
            for name, body in (("signer", self.pem), ("key", private), ("content", content)):
                (Path(folder) / name).write_bytes(body)
            command = ["openssl", "cms", "-sign", "-binary", "-in", "content", "-signer", "signer", "-inkey", "key"]
            command += ["-outform", "DER", "-out", "signed", *options]
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=30)
            return (Path(folder) / "signed").read_bytes()

    def signs_master_list(self, *listed: "Signatory", options: tuple[str, ...] = ()) -> bytes:
        """Return a master list of these authorities, signed."""
        content = master_list_content(*listed)
        return self.signs(content, "-nodetach", "-econtent_type", MASTER_LIST_TYPE, *options)

    def signs_entry(self, signer: "Signatory", *options: str, **changes: object) -> dict[str, object]:
        """Return the entry of a signer's certificate in the EU gateway's list, signed by this upload certificate."""
        signature = b64encode(self.signs(signer.der, *options)).decode()
        raw = b64encode(signer.der).decode()
        entry = {"kid": f"kid-{signer.country}", "country": signer.country, "certificateType": "DSC"}
        return {**entry, "rawData": raw, "signature": signature, **changes}


def master_list_content(*listed: Signatory) -> bytes:
    """Return the content of a master list of these authorities: version 0 and a set of certificates, in DER."""
    found = b"".join(one.der for one in listed)
    return _der(0x30, b"\x02\x01\x00" + _der(0x31, found))


def _der(tag: int, body: bytes) -> bytes:
    return bytes([tag, 0x84]) + len(body).to_bytes(4) + body


def _name(country: str, name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, country), x509.NameAttribute(NameOID.COMMON_NAME, name)])
