"""A rule pack: dated, versioned rules for some categories of travellers. Data, not code."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from checkpoint.crossing import Category, Verdict
from checkpoint.policy.certlogic import Json
from checkpoint.reasons import Reason


@dataclass(frozen=True, slots=True)
class Text:
    """Words in both languages of the pages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition for passing: CertLogic that must evaluate to exactly true.

    ``otherwise`` (hold or refuse) and ``reason`` say what follows where it does not. ``after`` names earlier rules:
    where one of them failed this rule is not judged, so that a missing report is not also called a stale one.
    """

    id: str
    categories: frozenset[Category]
    logic: Json
    otherwise: Verdict
    reason: Reason
    text: Text
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RulePack:
    """Rules in force together from ``effective_from`` until before ``effective_until`` (UTC; None: until replaced).

    ``positive_bars_for`` is how long a positive test keeps its holder from passing, whatever the rules say.
    ``digest`` is the SHA-256 (hex) of the pack's canonical JSON.
    """

    id: str
    version: str
    title: Text
    effective_from: datetime
    effective_until: datetime | None
    categories: frozenset[Category]
    rules: tuple[Rule, ...]
    positive_bars_for: timedelta
    digest: str

    def in_force(self, now: datetime) -> bool:
        """Whether the pack's time has come and is not over."""
        return self.effective_from <= now and (self.effective_until is None or now < self.effective_until)

    def rules_for(self, category: Category) -> tuple[Rule, ...]:
        """Return the rules of one category, in pack order."""
        return tuple(rule for rule in self.rules if category in rule.categories)

    @property
    def order(self) -> tuple[int, ...]:
        """The version as numbers, for comparing: 1.10 comes after 1.9."""
        return tuple(int(part) for part in self.version.split("."))
