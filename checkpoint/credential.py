"""What a traveller's code says once it has been verified: holder, issuer, validity and facts."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Format(StrEnum):
    """The kind of code or paper that was presented."""

    HC1 = "hc1"  # EU DCC, WHO GDHCN
    SHC = "shc"  # SMART Health Card
    VDS_NC = "vds-nc"  # ICAO visible digital seal
    HEALTH_CODE = "health-code"  # city health code, answered by its issuer
    LORRY_PASS = "lorry-pass"  # noqa: S105  a format, not a password
    RECEIPT = "receipt"  # signed by another station
    TYPED_ID = "typed-id"  # typed by an officer: unverified


class TestKind(StrEnum):
    """How a test looks for the virus."""

    __test__ = False  # not a test case for pytest

    NAAT = "naat"
    ANTIGEN = "antigen"
    OTHER = "other"  # of a kind no value set knows: proves nothing, but a positive one still counts


class TestResult(StrEnum):
    """What a test found."""

    __test__ = False

    NEGATIVE = "negative"  # not detected
    POSITIVE = "positive"  # detected
    PENDING = "pending"  # sampled, no result yet
    UNCLEAR = "unclear"  # any other value


class Colour(StrEnum):
    """A city health code's colour as mapped from its issuer's answer; anything unmapped is UNKNOWN, never green."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TestReport:
    """One test result: kind, result and the time of sampling (UTC), None where the report names no time."""

    __test__ = False

    kind: TestKind
    result: TestResult
    sampled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Vaccination:
    """One dose of a vaccination."""

    product: str
    dose: int
    of_doses: int
    given_on: date | None


@dataclass(frozen=True, slots=True)
class Recovery:
    """Recovery from the disease after a positive test."""

    first_positive_on: date | None
    valid_from: date | None
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class HealthStatus:
    """The colour a city's issuer answered, and when it computed it (UTC)."""

    colour: Colour
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class LorryPass:
    """A lorry's pass: one vehicle, one route. ``number`` is 12 digits, region (6) and serial (6)."""

    number: str
    plate: str
    route: str
    trailer: str = ""


Fact = TestReport | Vaccination | Recovery | HealthStatus | LorryPass


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose code it is, to be compared with an ID document. Personal data: sealed at rest, masked on screen."""

    name: str = ""
    born: str = ""  # as the code states it: YYYY, YYYY-MM or YYYY-MM-DD
    id_number: str = ""

    @property
    def known(self) -> bool:
        """Whether the code names anybody at all."""
        return bool(self.name or self.id_number)

    def same_person(self, other: "Holder") -> bool:
        """Whether both name the same person as far as the codes tell; two unknown holders are not the same.

        A name of which an issuer shows only a part is many people's.
        """
        if self.id_number and other.id_number:
            return self.id_number == other.id_number
        if "*" in self.name or "*" in other.name:
            return False
        return bool(self.name) and self.name.casefold() == other.name.casefold() and self.born == other.born


@dataclass(frozen=True, slots=True)
class Credential:
    """A code that was recognised and, where ``verified``, proven to come from its issuer.

    Times are UTC; ``issuer`` and ``kid`` identify who vouched and by which key (kid: base64, or as the format
    states it). ``verified`` is False for what an officer typed: evidence, but not proof. ``digest`` is the
    SHA-256 (hex) of the presented text, by which the same code is known again without keeping it.
    """

    format: Format
    holder: Holder
    facts: tuple[Fact, ...]
    issuer: str
    kid: str = ""
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    verified: bool = True
    digest: str = ""
    notes: tuple[str, ...] = field(default=())
