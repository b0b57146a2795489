"""The travellers of the demonstration and the codes on their phones, signed anew each time one is shown."""

import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from checkpoint.credential import Format, LorryPass
from checkpoint.credentials import TrustedKey, TrustList
from checkpoint.credentials.issue import sign_hc1
from checkpoint.credentials.lorry_pass import signed_pass
from checkpoint.durable import write_durably

ISSUER = "CN"
NAAT, NEGATIVE, POSITIVE = "LP6464-4", "260415000", "260373001"
HEALTH_CODE_PREFIX = "DEMO-JKM:"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who exists only here: name as printed and in Latin letters, date of birth."""

    family: str
    given: str
    latin_family: str
    latin_given: str
    born: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one scene's code says: hours since the sample, result, and hours for which the code is valid."""

    person: Person
    sampled_h_ago: float
    result: str = NEGATIVE
    valid_h: float = 72.0


REPORTS: dict[str, Report] = {
    "naat-negative-5h": Report(Person("张", "伟", "ZHANG", "WEI", "1984-05-17"), 5),
    "naat-negative-30h": Report(Person("李", "娜", "LI", "NA", "1991-11-02"), 30),
    "naat-positive": Report(Person("王", "芳", "WANG", "FANG", "1978-02-28"), 6, POSITIVE),
    "naat-expired": Report(Person("刘", "洋", "LIU", "YANG", "1969-08-09"), 90),
    "unknown-issuer": Report(Person("陈", "静", "CHEN", "JING", "2001-01-30"), 4),
    "forged": Report(Person("赵", "磊", "ZHAO", "LEI", "1988-12-12"), 3),
}
HEALTH_COLOURS = ("green", "yellow", "red")
LORRY_PASS = LorryPass(number="330482000117", plate="浙F12345", route="嘉兴-上海")
LORRY_SCENE = "lorry-pass"
SHOP = "shop-qr"
SHOP_TEXT = "https://shop.example/pay?table=7&order=20220320"


def scenes() -> tuple[str, ...]:
    """Return the names of the code scenes in the order to show them."""
    return (*REPORTS, *(f"health-code-{colour}" for colour in HEALTH_COLOURS), LORRY_SCENE, SHOP)


@dataclass(frozen=True, slots=True)
class Keys:
    """The demo issuer's key, and a stranger's: one that no trust list names."""

    issuer: ec.EllipticCurvePrivateKey
    stranger: ec.EllipticCurvePrivateKey

    @classmethod
    def open(cls, folder: Path) -> "Keys":
        """Read the keys in `folder`; make them on first use."""
        return cls(_key(folder / "issuer.pem"), _key(folder / "stranger.pem"))

    def trust_list(self, now: datetime) -> TrustList:
        """Return the list a station imports: the issuer's key alone, as of `now`."""
        key = TrustedKey(
            kid=b64encode(kid_of(self.issuer)).decode(),
            public_key=self.issuer.public_key(),
            issuer=ISSUER,
            formats=frozenset({Format.HC1, Format.LORRY_PASS}),
            name="Demo issuer",
            source="demo",
        )
        return TrustList(keys=(key,), as_of=now, sources={"demo": now})


@dataclass(frozen=True, slots=True)
class Wallet:
    """Makes the text of each scene's code as of the moment it is shown."""

    keys: Keys
    now: Callable[[], datetime]
    _made: Iterator[int] = field(default_factory=count)

    def text(self, scene: str) -> str:
        """Return what `scene`'s code says; raise KeyError for a scene without a code."""
        if scene == SHOP:
            return SHOP_TEXT
        if scene == LORRY_SCENE:
            now = self._another_moment()
            return signed_pass(
                LORRY_PASS,
                self.keys.issuer,
                kid_of(self.keys.issuer),
                issuer=ISSUER,
                issued_at=now - timedelta(hours=3),
                expires_at=now + timedelta(hours=21),
            )
        if scene.startswith("health-code-"):
            return f"{HEALTH_CODE_PREFIX}{scene.removeprefix('health-code-').upper()}:{secrets.token_hex(8)}"
        report = REPORTS[scene]
        signer = self.keys.stranger if scene in {"unknown-issuer", "forged"} else self.keys.issuer
        # A forger names the real issuer's key and signs with another.
        kid = kid_of(self.keys.stranger if scene == "unknown-issuer" else self.keys.issuer)
        sampled = self._another_moment() - timedelta(hours=report.sampled_h_ago)
        issued = sampled + timedelta(hours=2)
        return sign_hc1(
            _certificate(report, sampled),
            signer,
            kid,
            issuer=ISSUER,
            issued_at=issued,
            expires_at=sampled + timedelta(hours=report.valid_h),
        )

    def _another_moment(self) -> datetime:
        """Return the present but for some seconds: no two codes may say the same, for the gate would know the second.

        Certificates tell whole seconds, and several are shown within one.
        """
        return self.now() - timedelta(seconds=49 - next(self._made) % 50)


def kid_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the eight bytes by which a key is named, from its public half."""
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public)
    return digest.finalize()[:8]


def _certificate(report: Report, sampled: datetime) -> dict[str, object]:
    person = report.person
    return {
        "ver": "1.3.0",
        "nam": {"fn": person.family, "gn": person.given, "fnt": person.latin_family, "gnt": person.latin_given},
        "dob": person.born,
        "t": [
            {
                "tg": "840539006",
                "tt": NAAT,
                "sc": sampled.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "tr": report.result,
                "tc": "Demo laboratory",
                "co": ISSUER,
                "is": "Demo issuer",
                "ci": f"URN:UVCI:01:CN:{secrets.token_hex(8).upper()}",
            }
        ],
    }


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = ec.generate_private_key(ec.SECP256R1())
        pem = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_durably(path, pem, mode=0o600)
    loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} holds another kind of key")
    return loaded
