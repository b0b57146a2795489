"""What a rule pack would have changed: past decisions made again by other rules."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checkpoint.crossing import Decision, Evidence, Verdict
from checkpoint.policy.decision import judge
from checkpoint.policy.evidence import evidence_from_json
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

    @classmethod
    def from_event(cls, ref: str, body: Mapping[str, Any]) -> "PastDecision":
        """Return the decision in the body of a journal's event; raise ValueError where it cannot be made again."""
        try:
            decided_at = datetime.fromisoformat(body["decided_at"])
            if decided_at.tzinfo is None:
                raise ValueError("a decision without its time's zone")
            return cls(
                ref=ref,
                evidence=evidence_from_json(body["evidence"]),
                verdict=Verdict(body["seat_verdict"]),
                reason=Reason(body["seat_reason"]),
                decided_at=decided_at,
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no decision that can be made again: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Change:
    """A past decision that the other pack would have made differently."""

    past: PastDecision
    now: Decision

    @property
    def loosens(self) -> bool:
        """Whether the other pack is milder here: worth a second look before it is published."""
        return self.now.verdict.severity < self.past.verdict.severity


def dry_run(pack: RulePack, past: Iterable[PastDecision], *, reasons_too: bool = False) -> Iterator[Change]:
    """Yield the decisions of the past, in their order, whose verdict `pack` would change.

    Each is judged at its own time as though the pack had been in force; decisions about categories that the pack does
    not cover are left out. With `reasons_too` the same verdict for another reason counts as a change. One decision is
    held at a time, so that a year of them takes no more memory than a day.
    """
    for decision in past:
        if decision.evidence.category not in pack.categories:
            continue
        again = judge(decision.evidence, pack, decision.decided_at)
        if again.verdict is not decision.verdict or (reasons_too and again.reason is not decision.reason):
            yield Change(decision, again)
