"""The document that rules see: what is verified about one traveller, as JSON.

Only proof enters it: what an officer typed stays outside, so no rule can be met by it. `docs/rules.md` describes every
field; times are UTC strings with milliseconds, a missing thing is null, plates are spelled one way.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime

from checkpoint.credential import (
    Credential,
    Fact,
    HealthStatus,
    LorryPass,
    Recovery,
    TestKind,
    TestReport,
    TestResult,
    Vaccination,
)
from checkpoint.crossing import Evidence
from checkpoint.policy.certlogic import Json
from checkpoint.policy.moments import to_text

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def document(evidence: Evidence, now: datetime) -> Json:
    """Return the document for CertLogic: {"payload": {...}, "external": {"validationClock": ...}}."""
    reports = [(c, f) for c, f in verified_facts(evidence) if isinstance(f, TestReport)]
    naat = [(c, f) for c, f in reports if f.kind is TestKind.NAAT]
    antigen = [(c, f) for c, f in reports if f.kind is TestKind.ANTIGEN]
    return {
        "payload": {
            "category": str(evidence.category),
            "naat": _newest_result(naat),
            "naatPending": any(f.result is TestResult.PENDING for _, f in naat),
            "naatWithoutTime": any(f.sampled_at is None for _, f in naat if f.result is not TestResult.PENDING),
            "antigen": _newest_result(antigen),
            "spot": _spot(evidence),
            "health": _health(evidence),
            "pass": _pass(evidence),
            "vehicle": {
                "plate": plate_key(evidence.plate) or None,
                "trailer": plate_key(evidence.trailer) or None,
                "route": route_key(evidence.route) or None,
            },
            "vaccinations": [_vaccination(f) for _, f in verified_facts(evidence) if isinstance(f, Vaccination)],
            "recoveries": [_recovery(f) for _, f in verified_facts(evidence) if isinstance(f, Recovery)],
        },
        "external": {"validationClock": to_text(now)},
    }


def verified_facts(evidence: Evidence) -> Iterator[tuple[Credential, Fact]]:
    """Yield each fact that its issuer vouches for, with the credential it stands in."""
    for credential in evidence.credentials:
        if credential.verified:
            for fact in credential.facts:
                yield credential, fact


def plate_key(plate: str) -> str:
    """Return a plate in the spelling by which plates are compared: capitals, no separators, no full-width letters.

    >>> plate_key("浙F·12345"), plate_key("浙ｆ 12345")
    ('浙F12345', '浙F12345')
    """
    return "".join(c for c in unicodedata.normalize("NFKC", plate).upper() if c.isalnum())


def route_key(route: str) -> str:
    """Return a route in the spelling by which routes are compared: one kind of dash, no spaces around it.

    >>> route_key("平湖 — 上海"), route_key("平湖－上海")
    ('平湖-上海', '平湖-上海')
    """
    return re.sub(r"\s*[-‐‑–—−~→]+\s*", "-", " ".join(unicodedata.normalize("NFKC", route).split()))


def _newest_result(reports: list[tuple[Credential, TestReport]]) -> Json:
    """The newest report that has both a result and a time.

    A sample still on its way takes nothing from the result before it; a report without a time cannot be newest.
    Of two sampled at once the worse counts.
    """
    with_result = [
        (credential, report, report.sampled_at)
        for credential, report in reports
        if report.sampled_at is not None and report.result is not TestResult.PENDING
    ]
    if not with_result:
        return None
    credential, report, sampled_at = max(
        with_result, key=lambda found: (found[2], found[1].result is not TestResult.NEGATIVE)
    )
    return {
        "result": str(report.result),
        "sampledAt": to_text(sampled_at),
        "format": str(credential.format),
        "issuer": credential.issuer,
    }


def _spot(evidence: Evidence) -> Json:
    test = evidence.spot_test
    if test is None or test.outcome is None:
        return None
    return {"outcome": str(test.outcome), "readAt": None if test.read_at is None else to_text(test.read_at)}


def _health(evidence: Evidence) -> Json:
    answers = [(c, f) for c, f in verified_facts(evidence) if isinstance(f, HealthStatus)]
    if not answers:
        return None
    credential, status = max(answers, key=lambda found: found[1].answered_at)
    return {
        "colour": str(status.colour),
        "answeredAt": to_text(status.answered_at),
        "issuer": credential.issuer,
    }


def _pass(evidence: Evidence) -> Json:
    passes = [(c, f) for c, f in verified_facts(evidence) if isinstance(f, LorryPass)]
    if not passes:
        return None
    # A driver may carry several: the one for this vehicle counts, else the one that expires last.
    plate = plate_key(evidence.plate)
    credential, lorry_pass = max(
        passes, key=lambda found: (plate_key(found[1].plate) == plate, found[0].expires_at or _LONG_AGO)
    )
    return {
        "plate": plate_key(lorry_pass.plate),
        "trailer": plate_key(lorry_pass.trailer) or None,
        "route": route_key(lorry_pass.route) or None,
        "validUntil": None if credential.expires_at is None else to_text(credential.expires_at),
    }


def _vaccination(fact: Vaccination) -> Json:
    return {
        "product": fact.product,
        "dose": fact.dose,
        "ofDoses": fact.of_doses,
        "givenOn": None if fact.given_on is None else fact.given_on.isoformat(),
    }


def _recovery(fact: Recovery) -> Json:
    def text(day: object) -> str | None:
        return None if day is None else str(day)

    return {
        "firstPositiveOn": text(fact.first_positive_on),
        "validFrom": text(fact.valid_from),
        "validUntil": text(fact.valid_until),
    }
