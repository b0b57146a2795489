"""A crossing: one vehicle, everybody in it, the evidence each has shown, and what was decided."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from checkpoint.assay import Outcome
from checkpoint.clock import ClockTrust
from checkpoint.credential import Credential, Holder
from checkpoint.reasons import Reason


class Verdict(StrEnum):
    """What is decided about a traveller or a vehicle, from best to worst."""

    ADMIT = "admit"
    HOLD = "hold"
    REFUSE = "refuse"

    @property
    def severity(self) -> int:
        """0 for admit, 2 for refuse."""
        return list(Verdict).index(self)


class Lamp(StrEnum):
    """What the signal lamp shows."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    FAULT = "fault"  # red and yellow blinking in turn
    OFF = "off"


@dataclass(frozen=True, slots=True)
class LampState:
    """What the lamps are told to show, and what their sense inputs tell.

    ``burning``: the colours that burn, None where no sense input is wired. ``wrong``: the colours that burn and should
    not, or should and do not, for longer than a relay takes.
    """

    told: Lamp
    burning: frozenset[Lamp] | None = None
    wrong: tuple[Lamp, ...] = ()


class Category(StrEnum):
    """Who is crossing: each has rules of its own."""

    RESIDENT = "resident"
    OTHER = "other"
    LORRY = "lorry"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something presented that could not be accepted, with what is fit to log (never personal data)."""

    reason: Reason
    detail: str = ""
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SpotTest:
    """An antigen test taken at this checkpoint: None as outcome while it waits; read_at in UTC."""

    test_id: str
    outcome: Outcome | None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one traveller at the moment of decision."""

    category: Category
    credentials: tuple[Credential, ...] = ()
    problems: tuple[Problem, ...] = ()
    spot_test: SpotTest | None = None
    clock_trust: ClockTrust = ClockTrust.UNTRUSTED
    plate: str = ""
    trailer: str = ""
    route: str = ""

    @property
    def holder(self) -> Holder:
        """Whose evidence it is: the first credential that names somebody."""
        return next((c.holder for c in self.credentials if c.holder.known), Holder())


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule, or one guard that no rule can lift, applied to the evidence.

    ``clause`` names the failed part of the rule and the value it met, for "why red?".
    """

    rule: str
    verdict: Verdict
    reason: Reason
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one traveller, by which rules, and when (UTC).

    ``reason`` is the one to show; ``findings`` explains the whole.
    """

    verdict: Verdict
    reason: Reason
    findings: tuple[Finding, ...]
    pack: str
    pack_version: str
    decided_at: datetime


def worst(verdicts: "tuple[Verdict, ...] | list[Verdict]") -> Verdict:
    """Return the worst of the verdicts; nobody checked is a hold, never an admission.

    >>> worst([Verdict.ADMIT, Verdict.REFUSE, Verdict.HOLD])
    <Verdict.REFUSE: 'refuse'>
    >>> worst([])
    <Verdict.HOLD: 'hold'>
    """
    return max(verdicts, key=lambda v: v.severity, default=Verdict.HOLD)


def lamp_for(verdict: Verdict) -> Lamp:
    """Return the lamp that shows a verdict."""
    return {Verdict.ADMIT: Lamp.GREEN, Verdict.HOLD: Lamp.YELLOW, Verdict.REFUSE: Lamp.RED}[verdict]
