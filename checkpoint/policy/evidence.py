"""Evidence as JSON, for the journal: all that a decision rests on, and nothing that names anybody.

Names, birth dates, ID numbers and plates are replaced by tokens ("person-1", "plate-2") that keep only what rules and
guards need to know: which of them are the same. So a decision can be made again, weeks later, from an event without
personal data.
"""

from datetime import date, datetime
from typing import assert_never

from checkpoint.assay import Outcome
from checkpoint.clock import ClockTrust
from checkpoint.credential import (
    Colour,
    Credential,
    Fact,
    Format,
    HealthStatus,
    Holder,
    LorryPass,
    Recovery,
    TestKind,
    TestReport,
    TestResult,
    Vaccination,
)
from checkpoint.crossing import Category, Evidence, Problem, SpotTest
from checkpoint.policy.certlogic import Json
from checkpoint.policy.document import plate_key
from checkpoint.policy.people import may_be_one_person
from checkpoint.reasons import Reason


def evidence_to_json(evidence: Evidence) -> Json:
    """Return evidence as a JSON object without personal data; `decide` concludes the same from what it decodes to."""
    names = _Tokens()
    return {
        "category": str(evidence.category),
        "credentials": [_credential_to_json(credential, names) for credential in evidence.credentials],
        "problems": [{"reason": str(p.reason), "detail": p.detail, "data": dict(p.data)} for p in evidence.problems],
        "spot_test": None if evidence.spot_test is None else _spot_to_json(evidence.spot_test),
        "clock_trust": str(evidence.clock_trust),
        "plate": names.plate(evidence.plate),
        "trailer": names.plate(evidence.trailer),
        "route": evidence.route,
    }


def evidence_from_json(value: Json) -> Evidence:
    """Return the evidence that `evidence_to_json` wrote; raise ValueError for anything else."""
    try:
        return Evidence(
            category=Category(value["category"]),
            credentials=tuple(_credential_from_json(entry) for entry in value["credentials"]),
            problems=tuple(_problem_from_json(entry) for entry in value["problems"]),
            spot_test=None if value["spot_test"] is None else _spot_from_json(value["spot_test"]),
            clock_trust=ClockTrust(value["clock_trust"]),
            plate=_string(value["plate"]),
            trailer=_string(value["trailer"]),
            route=_string(value["route"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not evidence: {type(error).__name__}") from None


class _Tokens:
    """Hands out tokens for people and plates, in order of appearance."""

    def __init__(self) -> None:
        self._people: list[list[Holder]] = []  # the codes that can all be one person's
        self._plates: list[str] = []

    def person(self, holder: Holder) -> str:
        if not holder.known:
            return ""
        for number, known in enumerate(self._people, start=1):
            if all(may_be_one_person(other, holder) for other in known):
                known.append(holder)
                return f"person-{number}"
        self._people.append([holder])
        return f"person-{len(self._people)}"

    def plate(self, plate: str) -> str:
        key = plate_key(plate)
        if not key:
            return ""
        if key not in self._plates:
            self._plates.append(key)
        return f"plate-{self._plates.index(key) + 1}"


def _credential_to_json(credential: Credential, names: _Tokens) -> Json:
    return {
        "format": str(credential.format),
        "holder": names.person(credential.holder),
        "facts": [_fact_to_json(fact, names) for fact in credential.facts],
        "issuer": credential.issuer,
        "kid": credential.kid,
        "issued_at": _text(credential.issued_at),
        "expires_at": _text(credential.expires_at),
        "verified": credential.verified,
    }


def _credential_from_json(value: Json) -> Credential:
    return Credential(
        format=Format(value["format"]),
        holder=Holder(id_number=_string(value["holder"])),
        facts=tuple(_fact_from_json(fact) for fact in value["facts"]),
        issuer=_string(value["issuer"]),
        kid=_string(value["kid"]),
        issued_at=_moment(value["issued_at"]),
        expires_at=_moment(value["expires_at"]),
        verified=value["verified"] is True,
    )


def _fact_to_json(fact: Fact, names: _Tokens) -> Json:
    match fact:
        case TestReport():
            return {
                "fact": "test",
                "kind": str(fact.kind),
                "result": str(fact.result),
                "sampled_at": _text(fact.sampled_at),
            }
        case Vaccination():
            return {
                "fact": "vaccination",
                "product": fact.product,
                "dose": fact.dose,
                "of_doses": fact.of_doses,
                "given_on": _text(fact.given_on),
            }
        case Recovery():
            return {
                "fact": "recovery",
                "first_positive_on": _text(fact.first_positive_on),
                "valid_from": _text(fact.valid_from),
                "valid_until": _text(fact.valid_until),
            }
        case HealthStatus():
            return {"fact": "health-status", "colour": str(fact.colour), "answered_at": _text(fact.answered_at)}
        case LorryPass():
            return {
                "fact": "lorry-pass",
                "plate": names.plate(fact.plate),
                "trailer": names.plate(fact.trailer),
                "route": fact.route,
            }
        case _:
            assert_never(fact)


def _fact_from_json(value: Json) -> Fact:
    match value["fact"]:
        case "test":
            kind, result = TestKind(value["kind"]), TestResult(value["result"])
            return TestReport(kind, result, _moment(value["sampled_at"]))
        case "vaccination":
            product, dose, of_doses = _string(value["product"]), _count(value["dose"]), _count(value["of_doses"])
            return Vaccination(product, dose, of_doses, _day(value["given_on"]))
        case "recovery":
            return Recovery(_day(value["first_positive_on"]), _day(value["valid_from"]), _day(value["valid_until"]))
        case "health-status":
            answered_at = _moment(value["answered_at"])
            if answered_at is None:
                raise ValueError("an answer without a time")
            return HealthStatus(Colour(value["colour"]), answered_at)
        case "lorry-pass":
            plate, route, trailer = _string(value["plate"]), _string(value["route"]), _string(value["trailer"])
            return LorryPass(number="", plate=plate, route=route, trailer=trailer)
        case other:
            raise ValueError(f"unknown fact: {other!r}")


def _problem_from_json(value: Json) -> Problem:
    data = {_string(key): _string(entry) for key, entry in value["data"].items()}
    return Problem(Reason(value["reason"]), _string(value["detail"]), data)


def _spot_to_json(test: SpotTest) -> Json:
    outcome = None if test.outcome is None else str(test.outcome)
    return {"test_id": test.test_id, "outcome": outcome, "read_at": _text(test.read_at)}


def _spot_from_json(value: Json) -> SpotTest:
    outcome = None if value["outcome"] is None else Outcome(value["outcome"])
    return SpotTest(_string(value["test_id"]), outcome, _moment(value["read_at"]))


def _text(moment: datetime | date | None) -> str | None:
    """Times in full, to the microsecond: a decision made again must not differ by a rounding."""
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without an offset")
    return moment


def _string(value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError("not a string")
    return value


def _count(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("not a count")
    return value


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
