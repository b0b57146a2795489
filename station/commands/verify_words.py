"""How `checkpoint verify` words what it found: for people as lines, for programs as records."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, tzinfo
from typing import Any, assert_never

from checkpoint.credential import Credential, Fact, Format, HealthStatus, LorryPass, Recovery, TestReport, Vaccination
from checkpoint.credentials import hc1, lorry_pass, receipt, shc
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason
from station.commands.output import as_read, dated
from station.commands.vaccines import product_name

_PREFIXES = {
    hc1.PREFIX: Format.HC1,
    shc.PREFIX: Format.SHC,
    receipt.PREFIX: Format.RECEIPT,
    lorry_pass.PREFIX: Format.LORRY_PASS,
    "{": Format.VDS_NC,
    "[": Format.VDS_NC,
}
NOT_JUDGED_HERE = (
    "city health codes are not judged here, for their issuer must be asked; neither are typed passes and ID numbers"
)


def credential_record(credential: Credential) -> dict[str, Any]:
    """Return what a code states, for a program."""
    return {
        "format": credential.format,
        "status": "verified" if credential.verified else "unverified",
        "reason": None if credential.verified else Reason.NOT_VERIFIED,
        "issuer": credential.issuer,
        "kid": credential.kid,
        "holder": {"name": credential.holder.name, "born": credential.holder.born},
        "facts": [{"fact": type(fact).__name__, **asdict(fact)} for fact in credential.facts],
        "issued_at": credential.issued_at,
        "expires_at": credential.expires_at,
        "notes": credential.notes,
    }


def refusal_record(error: CredentialError, presented: str) -> dict[str, Any]:
    """Return why a code is not accepted, and nothing that it says about a person."""
    return {
        "format": claimed_format(error, presented),
        "status": "unknown" if error.reason is Reason.UNKNOWN_CODE else "refused",
        "reason": error.reason,
        "detail": error.detail,
        "issuer": error.data.get("issuer", ""),
        "kid": error.data.get("kid", ""),
        "data": error.data,
        "facts": [],
    }


def claimed_format(error: CredentialError, presented: str) -> str | None:
    """Return which format a refused text claims to be, by its beginning; none where no format knows it."""
    if error.reason is Reason.UNKNOWN_CODE:
        return None
    text = presented.lstrip()
    return next((name for prefix, name in _PREFIXES.items() if text.startswith(prefix)), None)


def refusal_lines(error: CredentialError, presented: str, zone: tzinfo, asked: str = "") -> Iterator[str]:
    """Yield why a code is not accepted; `asked`: the configured issuer whose code it is."""
    claimed = claimed_format(error, presented)
    detail = f" ({error.detail})" if error.detail else ""
    yield f"{claimed + ': ' if claimed else ''}not accepted: {error.reason}{detail}"
    for name, value in error.data.items():
        if value and name != "digest":
            yield f"  {name.replace('_', ' ')}: {as_read(value, zone)}"
    if error.reason is Reason.UNKNOWN_CODE:
        yield f"  a health code of {asked}: a gate asks its issuer" if asked else f"  {NOT_JUDGED_HERE}"


def credential_lines(credential: Credential, zone: tzinfo) -> Iterator[str]:
    """Yield what a code states."""
    yield f"{credential.format}: {'verified' if credential.verified else 'NOT VERIFIED'}"
    yield f"  holder: {credential.holder.name or 'not named'}, born {credential.holder.born or 'not stated'}"
    yield f"  issuer: {credential.issuer} (key {credential.kid})"
    for fact in credential.facts:
        yield f"  {said(fact, zone)}"
    if not credential.facts:
        yield "  states neither test nor vaccination nor recovery"
    for note in credential.notes:
        yield f"  note: {note}"
    issued = f"issued {dated(credential.issued_at, zone)}" if credential.issued_at else "no time of issue stated"
    ends = f"expires {dated(credential.expires_at, zone)}" if credential.expires_at else "no end stated"
    yield f"  {issued}, {ends}"


def said(fact: Fact, zone: tzinfo = UTC) -> str:
    """Return a fact in words."""
    match fact:
        case TestReport():
            sampled = f"sampled {dated(fact.sampled_at, zone)}" if fact.sampled_at else "at no stated time"
            return f"test: {fact.kind}, {fact.result}, {sampled}"
        case Vaccination():
            dose = f"dose {fact.dose or '?'}" + (f" of {fact.of_doses}" if fact.of_doses else "")
            return f"vaccination: {product_name(fact.product)}, {dose}, on {fact.given_on or 'no stated day'}"
        case Recovery():
            return (
                f"recovery: first positive on {fact.first_positive_on or 'no stated day'}, "
                f"valid {fact.valid_from or '?'} to {fact.valid_until or '?'}"
            )
        case HealthStatus():
            return f"health code: {fact.colour}, answered {dated(fact.answered_at, zone)}"
        case LorryPass():
            trailer = f", trailer {fact.trailer}" if fact.trailer else ""
            return f"lorry pass: {fact.number}, plate {fact.plate}{trailer}, route {fact.route}"
        case _:
            assert_never(fact)
