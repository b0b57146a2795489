"""What no rule pack can lift: the reasons why a lamp does not turn green, whatever the rules of the week say.

A rule pack is written in a hurry, by the week; these hold for as long as the program runs. Each guard looks at the
evidence and yields findings that are never an admission.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from checkpoint.assay import Outcome
from checkpoint.credential import (
    Colour,
    Credential,
    Format,
    HealthStatus,
    Recovery,
    TestReport,
    TestResult,
)
from checkpoint.crossing import Evidence, Finding, Verdict
from checkpoint.policy.document import verified_facts
from checkpoint.policy.moments import to_text
from checkpoint.policy.people import may_be_one_person
from checkpoint.reasons import Reason

POSITIVE_BARS_FOR = timedelta(days=10)
"""Without a rule pack to say otherwise."""

CLOCK_SKEW = timedelta(seconds=60)
"""How far another computer's clock may run ahead of ours in a time it wrote a moment ago (an answer, a signature).

Times of sampling get none: a swab taken in the future is a swab not taken.
"""

_REFUSED = frozenset(
    {
        # Evidence against the traveller, or that somebody made it up. All else that can be wrong with what was shown
        # only means that it proves nothing, and can be mended at the gate: hold.
        Reason.TEST_POSITIVE,
        Reason.ANTIGEN_POSITIVE,
        Reason.HEALTH_CODE_RED,
        Reason.BAD_SIGNATURE,  # forged: the issuer's key is known and did not sign this
        Reason.REVOKED,  # the issuer took it back
    }
)

GOOD_NEWS = frozenset({Reason.RULES_MET, Reason.OVERRIDDEN})
"""Reasons that let a traveller pass, and so can be none of what keeps somebody from passing."""

# Worth saying why these are holds and not refusals:
#   expired, pass-expired    speaks of a paper, not of its holder, who may have a newer one or take a test here
#   unknown-issuer           may be a genuine code from a place whose keys are not yet on the list
#   key-not-allowed          an issuer's own mistake as often as a fraud: somebody has to look
#   malformed, too-large     a torn print or a damaged screen reads like this too
#   holder-unclear           what was shown may add up to nobody: only the ID document tells
#   same-code-other-person   one of two people showed another's code, and only their ID documents tell which
#   cannot-verify-offline    never green from pixels, and no fault of the traveller's
#   trust-list-stale         the station's own shortcoming
#   pass-other-plate         a plate is mistyped more often than a pass is borrowed


def verdict_on_problem(reason: Reason) -> Verdict:
    """Return what a problem with something presented leads to: a refusal where it speaks against the traveller, else a
    hold, for reasons added later too.

    >>> verdict_on_problem(Reason.EXPIRED), verdict_on_problem(Reason.REVOKED)
    (<Verdict.HOLD: 'hold'>, <Verdict.REFUSE: 'refuse'>)
    """
    return Verdict.REFUSE if reason in _REFUSED else Verdict.HOLD


_PROVES_NOTHING = frozenset(
    {
        Reason.UNKNOWN_CODE,
        Reason.INCOMPLETE_CODE,
        Reason.MALFORMED,
        Reason.TOO_LARGE,
        Reason.UNKNOWN_ISSUER,
        Reason.ISSUER_EXPIRED,
        Reason.EXPIRED,
        Reason.NOT_YET_VALID,
        Reason.WRONG_KIND,
        Reason.UNKNOWN_VALUE,
        Reason.TRUST_LIST_STALE,
        Reason.CANNOT_VERIFY_OFFLINE,
        Reason.ISSUER_ANSWER_STALE,
    }
)


def settled_by_test(reason: Reason) -> bool:
    """Whether a negative test taken here settles a problem: what was shown proved nothing, and now the test does.

    The gate sets such a problem aside once its traveller has tested negative, and `still_standing` a code that came to
    have it since; beyond that the guards know no exception. A yellow code, one that somebody else has shown, or a key
    used for what it must not be, stays a problem.
    """
    return reason in _PROVES_NOTHING


def still_standing(evidence: Evidence, now: datetime) -> Evidence:
    """Return the evidence without the codes whose validity has lapsed and whose lapse a negative test here settles.

    A green health code expires while its holder's antigen test develops. Had it been shown expired, the test would have
    settled that; so it does where it expired meanwhile. The very evidence is returned where there is none such.
    """
    if not tested_negative(evidence):
        return evidence
    standing = tuple(c for c in evidence.credentials if not any(settled_by_test(r) for r, _ in _lapses(c, now)))
    return evidence if standing == evidence.credentials else replace(evidence, credentials=standing)


def findings(
    evidence: Evidence,
    now: datetime,
    positive_bars_for: timedelta = POSITIVE_BARS_FOR,
    standing: Evidence | None = None,
) -> list[Finding]:
    """Return what the guards find, gravest concern first within each verdict; an empty list lets the rules decide.

    What speaks against the traveller is looked for in all the evidence; what must be in order only in what is
    `standing` of it, where that is given.
    """
    claimed = evidence if standing is None else standing
    return [
        *_clock(evidence),
        *_positive(evidence, now, positive_bars_for),
        *_spot_test(evidence, now),
        *_health_codes(evidence, now),
        *_problems(evidence),
        *_validity(claimed, now),
        *_sampled_in_future(evidence, now),
        *_people(evidence),
        *_unverified(claimed),
    ]


def tested_negative(evidence: Evidence) -> bool:
    """Whether a test taken here was negative."""
    return evidence.spot_test is not None and evidence.spot_test.outcome is Outcome.NEGATIVE


def _clock(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.clock_trust.may_admit:
        yield _hold("clock", Reason.CLOCK_UNTRUSTED, f"clock {evidence.clock_trust}")


def _positive(evidence: Evidence, now: datetime, bars_for: timedelta) -> Iterator[Finding]:
    """A positive test bars its holder for some days, even after a later negative; an undated one bars always."""
    for credential in evidence.credentials:
        for fact in credential.facts:
            match fact:
                case TestReport(result=TestResult.POSITIVE, kind=kind, sampled_at=at):
                    clause = f"{kind} positive, sampled {'at an unknown time' if at is None else to_text(at)}"
                case Recovery():
                    at, clause = _began(fact)
                case _:
                    continue
            if at is not None and at < now - bars_for:
                continue
            # Typed by an officer it is no proof, but nobody types it without cause.
            verdict = Verdict.REFUSE if credential.verified else Verdict.HOLD
            yield Finding("guard:positive-test", verdict, Reason.TEST_POSITIVE, clause)


def _began(recovery: Recovery) -> tuple[datetime | None, str]:
    """Return when a recovery's positive was at the latest, None where no day tells, and the clause for it.

    Where the day of the first positive cannot be read, it lies before the day the certificate is valid from: one is
    issued eleven days later at the earliest (Regulation (EU) 2021/953, article 7). A day counts to its end.
    """
    for day, clause in (
        (recovery.first_positive_on, "first positive on"),
        (recovery.valid_from, "recovery valid from"),
    ):
        if day is not None:
            return datetime.combine(day, time.max, UTC), f"{clause} {day}"
    return None, "recovery from a positive at an unknown time"


def _spot_test(evidence: Evidence, now: datetime) -> Iterator[Finding]:
    test = evidence.spot_test
    if test is None:
        return
    match test.outcome:
        case Outcome.POSITIVE:
            yield Finding("guard:spot-test", Verdict.REFUSE, Reason.ANTIGEN_POSITIVE, "antigen test here: positive")
        case Outcome.INVALID:
            yield _hold("spot-test", Reason.ANTIGEN_INVALID, "antigen test here: invalid")
        case None | Outcome.RETAKE:
            yield _hold("spot-test", Reason.ANTIGEN_WAITING, "antigen test here: no result yet")
        case Outcome.NEGATIVE if test.read_at is None:
            # When it was read decides whether it counts at all.
            yield _hold("spot-test", Reason.ANTIGEN_VOID, "antigen test here: read at an unknown time")
        case Outcome.NEGATIVE if test.read_at is not None and test.read_at > now:
            yield _hold("spot-test", Reason.SAMPLED_IN_FUTURE, f"antigen test here: read at {to_text(test.read_at)}")
        case Outcome.NEGATIVE:
            return


def _health_codes(evidence: Evidence, now: datetime) -> Iterator[Finding]:
    """A colour that is shown counts, asked for or not: each issuer's newest answer, so that one green cannot hide
    another issuer's red."""
    newest: dict[str, HealthStatus] = {}
    for credential, fact in verified_facts(evidence):
        if isinstance(fact, HealthStatus):
            known = newest.get(credential.issuer)
            if known is None or (fact.answered_at, fact.colour is not Colour.GREEN) > (
                known.answered_at,
                known.colour is not Colour.GREEN,
            ):
                newest[credential.issuer] = fact
    for issuer, status in newest.items():
        clause = f"{issuer}: {status.colour} at {to_text(status.answered_at)}"
        if status.answered_at > now + CLOCK_SKEW:
            yield _hold("health-code", Reason.ISSUER_ANSWER_UNCLEAR, f"{clause}, which is yet to come")
        match status.colour:
            case Colour.RED:
                yield Finding("guard:health-code", Verdict.REFUSE, Reason.HEALTH_CODE_RED, clause)
            case Colour.YELLOW:
                yield _hold("health-code", Reason.HEALTH_CODE_YELLOW, clause)
            case Colour.UNKNOWN:
                yield _hold("health-code", Reason.ISSUER_ANSWER_UNCLEAR, clause)
            case Colour.GREEN:
                pass


def _problems(evidence: Evidence) -> Iterator[Finding]:
    for problem in evidence.problems:
        # A problem that calls itself good news is a fault of ours, and must not be worded as an admission.
        reason = Reason.STATION_FAULT if problem.reason in GOOD_NEWS else problem.reason
        yield Finding("guard:presented", verdict_on_problem(reason), reason, problem.detail)


def _validity(evidence: Evidence, now: datetime) -> Iterator[Finding]:
    """Validity is judged when a code is read, and again here: a vehicle may have waited since."""
    for credential in evidence.credentials:
        for reason, clause in _lapses(credential, now):
            yield _hold("validity", reason, clause)


def _lapses(credential: Credential, now: datetime) -> Iterator[tuple[Reason, str]]:
    """Yield why a code is not valid at `now`."""
    until = credential.expires_at
    match credential.format:
        case Format.LORRY_PASS:
            reason, over = Reason.PASS_EXPIRED, until is not None and until <= now
        case Format.HEALTH_CODE:  # an issuer's answer, which may be just as old as allowed
            reason, over = Reason.ISSUER_ANSWER_STALE, until is not None and until < now
        case _:
            reason, over = Reason.EXPIRED, until is not None and until <= now
    if until is not None and over:
        yield reason, f"{credential.format} expired at {to_text(until)}"
    if credential.issued_at is not None and credential.issued_at > now + CLOCK_SKEW:
        yield Reason.NOT_YET_VALID, f"{credential.format} issued at {to_text(credential.issued_at)}"


def _sampled_in_future(evidence: Evidence, now: datetime) -> Iterator[Finding]:
    for credential in evidence.credentials:
        for fact in credential.facts:
            if isinstance(fact, TestReport) and fact.sampled_at is not None and fact.sampled_at > now:
                yield _hold(
                    "sampling-time", Reason.SAMPLED_IN_FUTURE, f"{fact.kind} sampled {to_text(fact.sampled_at)}"
                )


def _people(evidence: Evidence) -> Iterator[Finding]:
    """Two people's codes do not add up to one traveller: the screen names only one of them."""
    named = [credential.holder for credential in evidence.credentials if credential.holder.known]
    if not all(may_be_one_person(a, b) for i, a in enumerate(named) for b in named[i + 1 :]):
        yield _hold("holder", Reason.HOLDERS_DIFFER, "the codes shown name different people")


def _unverified(evidence: Evidence) -> Iterator[Finding]:
    """What was typed is no proof: it never stands alone, and claims nothing that no issuer vouches for."""
    typed = [credential for credential in evidence.credentials if not credential.verified]
    proven_kinds = {type(fact) for _, fact in verified_facts(evidence)}
    alone = not tested_negative(evidence) and not proven_kinds
    if typed and (alone or any(_kinds(c) - proven_kinds for c in typed)):
        formats = ", ".join(sorted({str(credential.format) for credential in typed}))
        yield _hold("verified", Reason.NOT_VERIFIED, f"not verified: {formats}")


def _kinds(credential: Credential) -> set[type]:
    return {type(fact) for fact in credential.facts}


def _hold(guard: str, reason: Reason, clause: str) -> Finding:
    return Finding(f"guard:{guard}", Verdict.HOLD, reason, clause)
