"""Health facts in a FHIR bundle, as SMART Health Cards carry it: the patient, COVID-19 doses and COVID-19 tests.

Everything else a bundle may hold, up to a whole patient summary, is no business of a checkpoint and stays unread.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from checkpoint.credential import Fact, Holder, TestKind, TestReport, TestResult, Vaccination
from checkpoint.credentials.fhir_codes import COVID_TESTS, INTERPRETATIONS, RESULTS, WORDS, is_covid_vaccine
from checkpoint.credentials.hcert import born, day, sampled_at
from checkpoint.credentials.names import is_nameable, printed
from checkpoint.credentials.untrusted import entries, text_in
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

_FINAL = frozenset({"final", "corrected", "amended"})
_PENDING = frozenset({"registered", "preliminary"})
_WITHDRAWN = frozenset({"entered-in-error", "cancelled"})


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
        if is_covid_vaccine(system, code):
            return text_in(immunization.get("occurrenceDateTime")), code
    return None


def _test(observation: Mapping[str, Any]) -> TestReport | None:
    """Return a COVID-19 test, None for any other observation and for one that was withdrawn.

    A positive one that was withdrawn is unclear: whether its holder was tested again, somebody has to ask.
    """
    kinds = {COVID_TESTS[code] for _, code in _codes(observation.get("code")) if code in COVID_TESTS}
    if not kinds:
        return None
    status, result = text_in(observation.get("status")), _result(observation)
    if status in _WITHDRAWN and result is not TestResult.POSITIVE:
        return None
    if status in _PENDING:
        result = TestResult.PENDING
    elif status not in _FINAL:
        result = TestResult.UNCLEAR
    told_apart = kinds - {TestKind.OTHER}
    return TestReport(told_apart.pop() if len(told_apart) == 1 else TestKind.OTHER, result, _sampled_at(observation))


def _result(observation: Mapping[str, Any]) -> TestResult:
    """Return what a test found: negative where all that it says is, positive where nothing speaks against it.

    It is stated as a code, or in words; beside it may stand how the laboratory interprets it.
    """
    value = observation.get("valueCodeableConcept")
    stated = {RESULTS.get(code) for _, code in _codes(value)}
    words = [text_in(observation.get("valueString"))]
    if isinstance(value, Mapping):
        words.append(text_in(value.get("text")))
    # Beside a code a text may say anything; what stands alone has to be understood.
    stated |= {WORDS.get(_spelt(word)) for word in words if word and (not stated or _spelt(word) in WORDS)}
    interpreted = {
        INTERPRETATIONS.get(code)
        for concept in entries(observation.get("interpretation"))
        for _, code in _codes(concept)
    }
    if TestResult.POSITIVE in stated | interpreted:
        return TestResult.UNCLEAR if TestResult.NEGATIVE in stated | interpreted else TestResult.POSITIVE
    return TestResult.NEGATIVE if stated == {TestResult.NEGATIVE} >= interpreted else TestResult.UNCLEAR


def _spelt(word: str) -> str:
    return " ".join(word.casefold().split())


def _sampled_at(observation: Mapping[str, Any]) -> datetime | None:
    """Return when the sample was taken; of a period, when it began."""
    period = observation.get("effectivePeriod")
    begun = period.get("start") if isinstance(period, Mapping) else None
    stated = observation.get("effectiveDateTime") or observation.get("effectiveInstant") or begun
    return sampled_at(_with_time(stated))


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
