"""The station's own certificate authority: HTTPS on a network that no public authority knows.

The authority is made once and lives as long as the data folder; tablets trust it after one look at its fingerprint. It
may vouch for private addresses and names only, so that a stolen card cannot impersonate anything on the internet.

A file that a failing card damaged is kept aside and made anew: a gate whose tablets must look once more is better than
none.
"""

import contextlib
import ipaddress
import logging
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from checkpoint.durable import write_durably

log = logging.getLogger(__name__)

AUTHORITY_LASTS = timedelta(days=3650)
SERVER_LASTS = timedelta(days=365)  # tablets refuse a server's certificate of more than 825 days
RENEWED_BEFORE = timedelta(days=60)
PRIVATE = tuple(
    ipaddress.ip_network(net)
    for net in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)

Key = ec.EllipticCurvePrivateKey
UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature, x509.ExtensionNotFound)


@dataclass(frozen=True, slots=True)
class Authority:
    """The station's certificate authority, and the folder it is kept in."""

    certificate: x509.Certificate
    key: Key
    folder: Path

    @classmethod
    def open(cls, folder: Path, name: str, now: datetime) -> "Authority":
        """Return the authority kept in `folder`, made where there is none yet or what is there cannot be used."""
        key_file, file = folder / "authority.key", folder / "authority.crt"
        if file.exists() and key_file.exists():
            try:
                return cls(*_pair(file, key_file), folder)
            except UNREADABLE as error:
                log.error("%s is damaged (%s): tablets must take the new one from the trust page", file, error)
                for damaged in (key_file, file):
                    damaged.replace(damaged.with_name(f"{damaged.name}.damaged-{now:%Y%m%dT%H%M%SZ}"))
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(f"Checkpoint {name}"[:60])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + AUTHORITY_LASTS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(_private_only(), critical=True)
            .sign(key, hashes.SHA256())
        )
        _keep(folder, "authority", certificate, key)
        return cls(certificate, key, folder)

    @property
    def pem(self) -> bytes:
        """The authority's certificate, as a tablet imports it."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in pairs of hex digits, as tablets show it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def server_context(self, names: Sequence[str], now: datetime) -> ssl.SSLContext:
        """Return what a server needs to speak TLS as `names`: host names and addresses.

        The certificate is kept; a new one is made two months before its end, for other names, or for a damaged one.
        """
        file, key_file = self.folder / "server.crt", self.folder / "server.key"
        if not (file.exists() and key_file.exists()) or not self._fits(file, key_file, names, now):
            self._issue(names, now)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(file, key_file)
        return context

    def _fits(self, file: Path, key_file: Path, names: Sequence[str], now: datetime) -> bool:
        try:
            kept, _ = _pair(file, key_file)
            kept.verify_directly_issued_by(self.certificate)
            named = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except UNREADABLE as error:
            log.error("%s cannot be used (%s): another is made", file, error or type(error).__name__)
            return False
        return (
            set(named) == set(_alternatives(names))
            and kept.not_valid_before_utc <= now < kept.not_valid_after_utc - RENEWED_BEFORE
        )

    def _issue(self, names: Sequence[str], now: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(names[0]))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + SERVER_LASTS)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        _keep(self.folder, "server", certificate, key)


def _pair(file: Path, key_file: Path) -> tuple[x509.Certificate, Key]:
    """Return a certificate with its key; raise one of `UNREADABLE` where they are none, or not of each other."""
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
        raise ValueError(f"{key_file} is not its key")
    return certificate, key


def own_names(host: str, more: Sequence[str] = ()) -> tuple[str, ...]:
    """Return what tablets may call this machine: its name, `.local`, its private addresses, and `more`."""
    name = socket.gethostname().split(".")[0].lower() or "checkpoint"
    addresses = {host} if host not in ("", "0.0.0.0", "::") else set()  # noqa: S104  compared, not bound
    with contextlib.suppress(OSError):  # a machine that does not know its own name still has the others
        addresses |= {str(info[4][0]).split("%")[0] for info in socket.getaddrinfo(socket.gethostname(), None)}
    # The address by which the network is reached; connecting a datagram socket sends nothing.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.168.255.255", 9))
            addresses.add(probe.getsockname()[0])
        except OSError:
            pass
    private = sorted(a for a in addresses if not _is_address(a) or _is_private(a))
    return tuple(dict.fromkeys([f"{name}.local", name, "localhost", "127.0.0.1", *private, *more]))


def _alternatives(names: Sequence[str]) -> list[x509.GeneralName]:
    return [x509.IPAddress(ipaddress.ip_address(n)) if _is_address(n) else x509.DNSName(n) for n in names]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_private(text: str) -> bool:
    address = ipaddress.ip_address(text)
    return any(address in net for net in PRIVATE if net.version == address.version)


def _private_only() -> x509.NameConstraints:
    """Private addresses, and no name that the public internet has: only those of one word and `.local`."""
    host = socket.gethostname().split(".")[0].lower() or "checkpoint"
    names: list[x509.GeneralName] = [x509.DNSName(n) for n in dict.fromkeys(["local", "lan", "localhost", host])]
    nets: list[x509.GeneralName] = [x509.IPAddress(net) for net in PRIVATE]
    return x509.NameConstraints(permitted_subtrees=[*names, *nets], excluded_subtrees=None)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _keep(folder: Path, name: str, certificate: x509.Certificate, key: Key) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_durably(folder / f"{name}.key", pem, mode=0o600)
    write_durably(folder / f"{name}.crt", certificate.public_bytes(serialization.Encoding.PEM))
