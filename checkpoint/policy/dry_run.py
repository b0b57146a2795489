"""What a rule pack would have changed: past decisions made again by other rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from checkpoint.crossing import Decision, Evidence, Verdict
from checkpoint.policy.decision import judge
from checkpoint.policy.rule_pack import RulePack
from checkpoint.reasons import Reason


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A decision as the journal holds it. ``ref`` names its event; ``decided_at`` is UTC."""

    ref: str
    evidence: Evidence
    verdict: Verdict
    reason: Reason
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A past decision that the other pack would have made differently."""

    past: PastDecision
    now: Decision

    @property
    def loosens(self) -> bool:
        """Whether the other pack is milder here: worth a second look before it is published."""
        return self.now.verdict.severity < self.past.verdict.severity


def dry_run(pack: RulePack, past: Iterable[PastDecision], *, reasons_too: bool = False) -> list[Change]:
    """Return the decisions of the past, in their order, whose verdict `pack` would change.

    Each is judged at its own time as though the pack had been in force; decisions about categories that the pack does
    not cover are left out. With `reasons_too` the same verdict for another reason counts as a change.
    """
    changes = []
    for decision in past:
        if decision.evidence.category not in pack.categories:
            continue
        again = judge(decision.evidence, pack, decision.decided_at)
        if again.verdict is not decision.verdict or (reasons_too and again.reason is not decision.reason):
            changes.append(Change(decision, again))
    return changes
