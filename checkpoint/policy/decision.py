"""The decision: evidence, rules and a time in; admit, hold or refuse out, with every reason."""

from datetime import datetime

from checkpoint.crossing import Decision, Evidence, Finding, Verdict, worst
from checkpoint.policy import guards
from checkpoint.policy.certlogic import CertLogicError, Json, Steps, explain, is_falsy
from checkpoint.policy.document import document
from checkpoint.policy.explain import clause
from checkpoint.policy.proof import no_proof
from checkpoint.policy.rule_pack import Rule, RulePack
from checkpoint.reasons import Reason


def decide(evidence: Evidence, pack: RulePack | None, now: datetime) -> Decision:
    """Return what is decided about one traveller at `now` (timezone-aware).

    Admit only where every guard passes, the pack is in force, at least one of its rules applies to the traveller's
    category, and every rule that applies evaluates to exactly true. Without a pack: hold.
    """
    if pack is not None and not pack.in_force(now):
        finding = Finding(
            "guard:rules", Verdict.HOLD, Reason.RULES_MISSING, f"{pack.id} {pack.version} is not in force"
        )
        return _conclude([*guards.findings(evidence, now, pack.positive_bars_for), finding], pack, now)
    return judge(evidence, pack, now)


def judge(evidence: Evidence, pack: RulePack | None, now: datetime) -> Decision:
    """Decide as `decide` does, but by a pack that need not be in force: for a dry run over the past."""
    if pack is None:
        finding = Finding("guard:rules", Verdict.HOLD, Reason.RULES_MISSING, "no rule pack in force")
        return _conclude([*guards.findings(evidence, now), finding], pack, now)
    whole = _findings(evidence, evidence, pack, now)
    standing = guards.still_standing(evidence, now)
    if standing is not evidence:
        without = _findings(evidence, standing, pack, now)
        if worst([finding.verdict for finding in without]) is Verdict.ADMIT:
            return _conclude(without, pack, now)
    return _conclude(whole, pack, now)


def _findings(evidence: Evidence, standing: Evidence, pack: RulePack, now: datetime) -> list[Finding]:
    """Return what the guards find in all the evidence, and the rules in what is standing of it."""
    findings = guards.findings(evidence, now, pack.positive_bars_for, standing)
    findings += rule_findings(standing, pack, now)
    unproven = no_proof(standing)
    if unproven is not None:
        findings.append(unproven)  # last, because a rule that misses something says better what to do next
    return findings


def rule_findings(evidence: Evidence, pack: RulePack, now: datetime) -> list[Finding]:
    """Return one finding for each rule of the traveller's category, in pack order; a hold where there is none."""
    rules = pack.rules_for(evidence.category)
    if not rules:
        return [Finding("guard:rules", Verdict.HOLD, Reason.RULES_MISSING, f"no rule for {evidence.category}")]
    seen = document(evidence, now)
    steps = Steps()  # shared: many slow rules are as bad as one
    findings: dict[str, Finding] = {}
    for rule in rules:
        # A rule that was itself not judged is not among the findings, and counts as not met.
        if all(other in findings and findings[other].verdict is Verdict.ADMIT for other in rule.after):
            findings[rule.id] = apply(rule, seen, steps)
    return list(findings.values())


def apply(rule: Rule, seen: Json, steps: Steps | None = None) -> Finding:
    """Apply one rule to the document of `checkpoint.policy.document`; a rule that breaks is a hold."""
    try:
        explanation = explain(rule.logic, seen, steps)
    except CertLogicError as error:
        return Finding(rule.id, Verdict.HOLD, Reason.RULES_BROKEN, str(error))
    if explanation.value is True:
        return Finding(rule.id, Verdict.ADMIT, Reason.RULES_MET, clause(explanation))
    if is_falsy(explanation.value):
        return Finding(rule.id, rule.otherwise, rule.reason, clause(explanation))
    return Finding(rule.id, Verdict.HOLD, Reason.RULES_BROKEN, f"neither true nor false: {clause(explanation)}")


def _conclude(findings: list[Finding], pack: RulePack | None, now: datetime) -> Decision:
    verdict = worst([finding.verdict for finding in findings])
    reason = next((f.reason for f in findings if f.verdict is verdict), Reason.RULES_MISSING)
    return Decision(
        verdict=verdict,
        reason=reason,
        findings=tuple(findings),
        pack="" if pack is None else pack.id,
        pack_version="" if pack is None else pack.version,
        decided_at=now,
    )
