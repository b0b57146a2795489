"""Health facts in a FHIR bundle, as SMART Health Cards carry it: the patient, COVID-19 doses and COVID-19 tests.

Everything else a bundle may hold, up to a whole patient summary, is no business of a checkpoint and stays unread.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from checkpoint.credential import Fact, Holder, TestKind, TestReport, TestResult, Vaccination
from checkpoint.credentials.hcert import born, day, sampled_at
from checkpoint.credentials.names import is_nameable, printed
from checkpoint.credentials.untrusted import entries, text_in
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

_COVID_CVX = frozenset(
    {"207", "208", "210", "211", "212", "213", "217", "218", "219", "221", "225", "226", "227", "228", "229", "230"}
    | {"300", "301", "302", "308", "309", "310", "311", "312", "313", "500", "501", "502", "503", "504", "505", "506"}
    | {"507", "508", "509", "510", "511", "512", "513", "514", "515", "516", "517", "518", "519", "520", "521"}
)
"""COVID-19 vaccines in the CDC's code system CVX."""

_COVID_ATC = ("J07BX03", "J07BN")
"""COVID-19 vaccines in the WHO's ATC, until 2023 and since."""
_COVID_TESTS = {
    **dict.fromkeys(
        ("94500-6", "94309-2", "94531-1", "94565-9", "94759-8", "94845-5", "95406-5", "95608-6", "LP6464-4"),
        TestKind.NAAT,
    ),
    **dict.fromkeys(("94558-4", "95209-3", "96119-3", "97097-0", "LP217198-3"), TestKind.ANTIGEN),
}
"""LOINC: tests for the virus's RNA or antigen as a whole; one gene, or antibodies, are no result here."""

_RESULTS = {
    "260415000": TestResult.NEGATIVE,
    "260385009": TestResult.NEGATIVE,
    "LA6577-6": TestResult.NEGATIVE,
    "LA11883-8": TestResult.NEGATIVE,
    "260373001": TestResult.POSITIVE,
    "10828004": TestResult.POSITIVE,
    "LA6576-8": TestResult.POSITIVE,
    "LA11882-0": TestResult.POSITIVE,
}
"""SNOMED CT and LOINC answers: negative or not detected, positive or detected."""

_FINAL = frozenset({"final", "corrected", "amended"})
_PENDING = frozenset({"registered", "preliminary"})


def read(bundle: Any, now: datetime) -> tuple[Holder, tuple[Fact, ...]]:
    """Return whose bundle it is and its facts; raise `CredentialError` (malformed) where it is none, or of several."""
    if not isinstance(bundle, Mapping) or not isinstance(bundle.get("entry"), list):
        raise CredentialError(Reason.MALFORMED, "no FHIR bundle in it")
    resources = [
        entry["resource"]
        for entry in bundle["entry"]
        if isinstance(entry, Mapping) and isinstance(entry.get("resource"), Mapping)
    ]
    patients = list(_of_type(resources, "Patient"))
    if len(patients) > 1:
        raise CredentialError(Reason.MALFORMED, "more than one patient")
    holder = _holder(patients[0], now) if patients else Holder()
    doses = sorted(filter(None, map(_dose_day, _of_type(resources, "Immunization"))))
    given = [
        Vaccination(product=product, dose=number, of_doses=0, given_on=day(date) if date else None)
        for number, (date, product) in enumerate(doses, start=1)
    ]
    tests = filter(None, map(_test, _of_type(resources, "Observation")))
    return holder, (*tests, *given)


def _of_type(resources: list[Mapping[str, Any]], kind: str) -> Iterator[Mapping[str, Any]]:
    return (resource for resource in resources if resource.get("resourceType") == kind)


def _holder(patient: Mapping[str, Any], now: datetime) -> Holder:
    names = [name for name in entries(patient.get("name")) if isinstance(name, Mapping)]
    if not names:
        raise CredentialError(Reason.MALFORMED, "names nobody")
    name = names[0]
    given = " ".join(filter(None, map(text_in, entries(name.get("given")))))
    whole = printed(given, text_in(name.get("family"))) or text_in(name.get("text"))
    if not is_nameable(whole):
        raise CredentialError(Reason.MALFORMED, "names nobody")
    return Holder(name=whole, born=born(patient.get("birthDate"), now))


def _dose_day(immunization: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return day and vaccine of a COVID-19 dose that was given, None for any other."""
    if immunization.get("status") != "completed":
        return None
    for system, code in _codes(immunization.get("vaccineCode")):
        if (system.endswith("cvx") and code in _COVID_CVX) or code.startswith(_COVID_ATC):
            return text_in(immunization.get("occurrenceDateTime")), code
    return None


def _test(observation: Mapping[str, Any]) -> TestReport | None:
    """Return a COVID-19 test, None for any other observation and for one that was withdrawn."""
    kinds = [_COVID_TESTS[code] for _, code in _codes(observation.get("code")) if code in _COVID_TESTS]
    status = text_in(observation.get("status"))
    if not kinds:
        return None
    results = {_RESULTS[code] for _, code in _codes(observation.get("valueCodeableConcept")) if code in _RESULTS}
    if status in _PENDING:
        result = TestResult.PENDING
    elif status in _FINAL and len(results) == 1:
        result = results.pop()
    else:
        result = TestResult.UNCLEAR
    return TestReport(
        kinds[0],
        result,
        sampled_at(_with_time(observation.get("effectiveDateTime") or observation.get("effectiveInstant"))),
    )


def _with_time(value: Any) -> Any:
    """Return a date-time, None for a bare day: at which hour of it the sample was taken, nobody knows."""
    return value if isinstance(value, str) and "T" in value else None


def _codes(concept: Any) -> list[tuple[str, str]]:
    codings = entries(concept.get("coding")) if isinstance(concept, Mapping) else []
    return [
        (text_in(coding.get("system")), text_in(coding.get("code")))
        for coding in codings
        if isinstance(coding, Mapping)
    ]
