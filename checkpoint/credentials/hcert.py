"""What a health certificate claims (hcert, CWT claim -260): the EU's certificate of tests, vaccination and
recovery, and the WHO's certificate of vaccination.

The published JSON schema is no gate: real certificates contradict it. What decides here is whether the certificate says
one thing about one person: whose it is, and which test, dose or recovery.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from checkpoint.credential import Fact, Holder, Recovery, TestKind, TestReport, TestResult, Vaccination
from checkpoint.credentials.names import is_nameable, printed
from checkpoint.credentials.trust import Use
from checkpoint.credentials.untrusted import mapping, text_in
from checkpoint.credentials.value_sets import COUNTRIES, COVID_19, TEST_KINDS, TEST_RESULTS
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason

DCC, DVC = 1, -6
"""Where in claim -260 the EU's and the WHO's certificates stand."""

EARLIEST_BIRTH = "1900"
_BORN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T.*)?", re.ASCII)
_GROUPS = {"t": Use.TEST, "v": Use.VACCINATION, "r": Use.RECOVERY}


@dataclass(frozen=True, slots=True)
class HealthClaim:
    """One certificate's content: whose, which fact, what its signer must be allowed to vouch for.

    ``unique_id`` is the certificate's own id (UCI), by which it may be revoked; ``country`` is where it happened;
    ``notes`` name fields whose value no value set knows.
    """

    holder: Holder
    fact: Fact | None
    use: Use
    unique_id: str = ""
    country: str = ""
    notes: tuple[str, ...] = ()


def read(hcert: Any, now: datetime) -> HealthClaim:
    """Return what claim -260 says; raise `CredentialError`: wrong-kind, malformed or unknown-value."""
    kind, content = _certificate(hcert)
    return _dcc(content, now) if kind == DCC else _dvc(content, now)


def use_of(hcert: Any) -> Use:
    """Return what claim -260 needs its signer to be allowed to vouch for; raise `CredentialError` as `read` does."""
    kind, content = _certificate(hcert)
    return _GROUPS[_entry(content)[0]] if kind == DCC else Use.VACCINATION


def _certificate(hcert: Any) -> tuple[int, Mapping[Any, Any]]:
    """Return which kind of certificate claim -260 holds, and the certificate."""
    if not isinstance(hcert, Mapping):
        raise CredentialError(Reason.MALFORMED, "no health certificate in it")
    for kind in (DCC, DVC):
        match hcert.get(kind):
            case Mapping() as content:
                return kind, content
            case [Mapping() as content] if kind == DVC:
                return kind, content
    raise CredentialError(Reason.WRONG_KIND, "no certificate of test, vaccination or recovery")


def _entry(dcc: Mapping[Any, Any]) -> tuple[str, Mapping[Any, Any]]:
    """Return the one group, and the one entry in it, that an EU certificate may have."""
    match [(group, dcc[group]) for group in _GROUPS if dcc.get(group)]:
        case []:
            raise CredentialError(Reason.WRONG_KIND, "neither test nor vaccination nor recovery")
        case [(group, [Mapping() as entry])]:
            return group, entry
        case _:
            raise CredentialError(Reason.MALFORMED, "not one test, vaccination or recovery")


def _dcc(dcc: Mapping[Any, Any], now: datetime) -> HealthClaim:
    group, entry = _entry(dcc)
    holder = Holder(name=_name(mapping(dcc.get("nam"), "name")), born=born(dcc.get("dob"), now))
    disease = text_in(entry.get("tg"))
    if disease and disease not in COVID_19:
        raise CredentialError(Reason.UNKNOWN_VALUE, "about another disease", field="tg")
    country = text_in(entry.get("co")).upper()
    if country and country not in COUNTRIES:
        raise CredentialError(Reason.UNKNOWN_VALUE, "no such country", field="co")
    fact: Fact | None
    notes: tuple[str, ...] = ()
    match group:
        case "t":
            fact, notes = _test(entry)
        case "v":
            fact = _vaccination(entry)
        case _:
            fact = _recovery(entry)
    if not disease:
        fact, notes = _of_no_stated_disease(fact), (*notes, "unknown-value tg")
    return HealthClaim(holder, fact, _GROUPS[group], text_in(entry.get("ci")), country, notes)


def _of_no_stated_disease(fact: Fact | None) -> Fact | None:
    """Return what a certificate proves that does not say for which disease: nothing, but a positive test still counts.

    A test of another kind meets no rule; whoever has one is asked for a report, or tested here.
    """
    return replace(fact, kind=TestKind.OTHER) if isinstance(fact, TestReport) else None


def _test(entry: Mapping[Any, Any]) -> tuple[TestReport, tuple[str, ...]]:
    kind, result = TEST_KINDS.get(text_in(entry.get("tt"))), TEST_RESULTS.get(text_in(entry.get("tr")))
    notes = tuple(f"unknown-value {field}" for field, value in (("tt", kind), ("tr", result)) if value is None)
    return TestReport(kind or TestKind.OTHER, result or TestResult.UNCLEAR, sampled_at(entry.get("sc"))), notes


def _vaccination(entry: Mapping[Any, Any]) -> Fact:
    return Vaccination(
        product=text_in(entry.get("mp")),
        dose=_count(entry.get("dn")),
        of_doses=_count(entry.get("sd")),
        given_on=day(entry.get("dt")),
    )


def _recovery(entry: Mapping[Any, Any]) -> Fact:
    return Recovery(
        first_positive_on=day(entry.get("fr")), valid_from=day(entry.get("df")), valid_until=day(entry.get("du"))
    )


def _dvc(dvc: Mapping[Any, Any], now: datetime) -> HealthClaim:
    name = text_in(dvc.get("n"))
    if not is_nameable(name):
        raise CredentialError(Reason.MALFORMED, "names nobody")
    holder = Holder(name=name, born=born(dvc.get("dob"), now), id_number=text_in(dvc.get("nid")))
    given = dvc.get("v")
    if isinstance(given, list | tuple) and len(given) == 1:
        given = given[0]
    entry = mapping(given, "vaccination")
    if text_in(entry.get("tg")) not in COVID_19:
        return HealthClaim(holder, None, Use.VACCINATION, notes=("another-disease",))
    fact = Vaccination(
        product=text_in(entry.get("vp")), dose=_count(entry.get("dn")), of_doses=0, given_on=day(entry.get("dt"))
    )
    return HealthClaim(holder, fact, Use.VACCINATION)


def sampled_at(value: Any) -> datetime | None:
    """Return a time of sampling in UTC, None where it is missing, not a time, or without a zone.

    A time without its zone may be fourteen hours off, which is more than half of what a 24-hour rule measures.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return None


def day(value: Any) -> date | None:
    """Return a date, None where it is missing or not one; of a time, the day it names."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(text_in(value)[:10])
    except ValueError:
        return None


def born(value: Any, now: datetime) -> str:
    """Return a date of birth as YYYY, YYYY-MM or YYYY-MM-DD, empty where none is stated.

    Raise `CredentialError` (malformed) where it is no date, before 1900, or still to come: nobody can be compared with
    such a certificate. Unknown months and days may stand as 00.

    >>> born("1963-00-00", datetime(2021, 5, 30, tzinfo=UTC))
    '1963'
    """
    if isinstance(value, date):
        value = value.isoformat()
    text = text_in(value)
    if not text:
        return ""
    found = _BORN.fullmatch(text)
    if found is None:
        raise CredentialError(Reason.MALFORMED, "a date of birth that is none", field="dob")
    year, month, of_month = found.groups()
    parts = [year]
    if month and month != "00":
        parts.append(month)
        if of_month and of_month != "00":
            parts.append(of_month)
    stated = "-".join(parts)
    tomorrow = (now + timedelta(days=1)).date().isoformat()  # somewhere it is already tomorrow
    impossible = day("-".join([*parts, "01", "01"][:3])) is None
    if impossible or year < EARLIEST_BIRTH or stated > tomorrow[: len(stated)]:
        raise CredentialError(Reason.MALFORMED, "a date of birth that cannot be", field="dob")
    return stated


def _name(names: Mapping[Any, Any]) -> str:
    """Return the name as printed, in its standardised form only where no other is given.

    Who has but one name is often given a dash, dots or stars for the other: that is no part of it.
    """
    given = _stated(names.get("gn")) or _stated(names.get("gnt")).replace("<", " ").strip()
    family = _stated(names.get("fn")) or _stated(names.get("fnt")).replace("<", " ").strip()
    parts = [part for part in (given, family) if part]
    if not parts or not all(map(is_nameable, parts)):
        raise CredentialError(Reason.MALFORMED, "names nobody", field="nam")
    return printed(given, family)


def _stated(value: Any) -> str:
    """Return a part of a name, empty where a placeholder stands for it. `X` is none: there are people of that name."""
    text = text_in(value)
    return text if text.strip("-.*\u2013\u2014 ") else ""


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 100 else 0
