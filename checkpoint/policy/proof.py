"""What proves that somebody may pass, whatever the rules of the week ask: without any not even a pack may admit."""

from typing import assert_never

from checkpoint.credential import (
    Colour,
    Fact,
    HealthStatus,
    LorryPass,
    Recovery,
    TestKind,
    TestReport,
    TestResult,
    Vaccination,
)
from checkpoint.crossing import Evidence, Finding, Verdict
from checkpoint.policy.document import verified_facts
from checkpoint.policy.guards import tested_negative
from checkpoint.reasons import Reason


def no_proof(evidence: Evidence) -> Finding | None:
    """Return the hold for evidence that proves nothing, None where something in it is proof.

    Proof is a negative test taken here, or what an issuer vouches for: a negative NAAT or antigen report that says when
    the sample was taken, a green health code, a vaccination, a recovery. How old it may be is for the rules to say.
    """
    lacks = [_lacking(fact) for _, fact in verified_facts(evidence)]
    if tested_negative(evidence) or None in lacks:
        return None
    reasons = [reason for reason in lacks if reason is not None]
    if not reasons:
        return Finding("guard:proof", Verdict.HOLD, Reason.NOT_VERIFIED, "nothing verified was shown")
    said = next((reason for reason in reasons if reason is not Reason.WRONG_KIND), Reason.WRONG_KIND)
    return Finding("guard:proof", Verdict.HOLD, said, "nothing that was shown is proof")


def _lacking(fact: Fact) -> Reason | None:
    """Return why a verified fact is no proof, None where it is one."""
    match fact:
        case TestReport(result=TestResult.PENDING):
            return Reason.NAAT_PENDING
        case TestReport(kind=TestKind.OTHER) | TestReport(result=TestResult.UNCLEAR):
            return Reason.UNKNOWN_VALUE
        case TestReport(sampled_at=None):
            return Reason.NAAT_WITHOUT_TIME
        case TestReport(result=TestResult.POSITIVE):
            return Reason.NAAT_STALE  # one that bars no more, with no report since
        case HealthStatus(colour=colour) if colour is not Colour.GREEN:
            return Reason.ISSUER_ANSWER_UNCLEAR
        case LorryPass():
            return Reason.WRONG_KIND  # speaks of a vehicle, and of nobody in it
        case TestReport() | HealthStatus() | Vaccination() | Recovery():
            return None
        case _:
            assert_never(fact)
