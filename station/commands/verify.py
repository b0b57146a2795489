"""`checkpoint verify`: is this code genuine, and what does it say."""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from checkpoint.credential import Credential, Fact, HealthStatus, LorryPass, Recovery, TestReport, Vaccination
from checkpoint.credentials import TrustList
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason
from station.commands.options import moment_of
from station.commands.output import (
    ANSWER_IS_NO,
    DONE,
    InputError,
    age_of,
    dated,
    leave,
    load_picture,
    print_json,
)
from station.formats import offline_formats
from station.trust_file import load_trust
from vision.qr import Scanner

LARGEST_INPUT = 100_000
_PART = re.compile(r"shc:/\d+/\d+/")
_PREFIXES = {
    "HC1:": "hc1",
    "shc:/": "shc",
    "RECEIPT1:": "receipt",
    "PASS1:": "lorry-pass",
    "{": "vds-nc",
    "[": "vds-nc",
}


@click.command(
    epilog='Example: checkpoint verify --trust trust.json "HC1:NCFOXN..." or: checkpoint verify - < code.txt '
    "or: checkpoint verify --trust trust.json --picture phone.jpg"
)
@click.argument("texts", metavar="[TEXT|-]...", nargs=-1)
@click.option(
    "--picture",
    "pictures",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Judge the codes in this picture; may be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and code.")
@click.option(
    "--trust",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The trust list to believe, as `checkpoint trust import` writes it. Without one every issuer is unknown.",
)
@click.option("--at", metavar="TIME", help="Judge as of this time (ISO 8601, e.g. 2022-03-20T08:00:00+08:00).")
def verify(
    texts: tuple[str, ...], pictures: tuple[Path, ...], as_json: bool, trust: Path | None, at: str | None
) -> None:
    """Judge codes offline: their format, whether their issuers signed them, and what they state.

    TEXT is what a code says; - reads one from standard input. The parts of a SMART Health Card in several codes are put
    together, in any order. Says nothing about whether the holder may pass: that is for the rules.

    Exit code 0: all are genuine and valid; 1: not all; 2: the input cannot be used.
    """
    codes = _codes([*_typed(texts), *_pictured(pictures)])
    if not codes:
        raise InputError("no code was given: name one, - for standard input, or --picture FILE")
    now = datetime.now(UTC) if at is None else moment_of("--at", at)
    trusted = load_trust(trust)
    reader = offline_formats(lambda: trusted)
    genuine = True
    for presented in codes:
        try:
            credential = reader.identify(presented, now)
        except CredentialError as error:
            genuine = False
            if as_json:
                _print_refusal_json(error, presented, trusted)
            else:
                _print_refusal(error, presented)
        else:
            genuine = genuine and credential.verified
            if as_json:
                _print_credential_json(credential, trusted)
            else:
                _print_credential(credential)
    if not as_json:
        click.echo(_told_of(trusted, trust, datetime.now(UTC)))
    leave(DONE if genuine else ANSWER_IS_NO)


def _typed(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        presented = _standard_input() if text == "-" else text
        # Files of parts that were simply put one behind the other still are parts.
        yield from re.split(r"(?<=\d)\s*(?=shc:/)", presented) if presented.startswith("shc:/") else [presented]


def _pictured(paths: Sequence[Path]) -> Iterator[str]:
    for path in paths:
        try:
            sighting = Scanner().scan(load_picture(path))
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        if not sighting.codes:
            advice = f" that can be read ({sighting.hint})" if sighting.hint else ""
            raise InputError(f"{path}: no code{advice}")
        for code in sighting.codes:
            yield code.text if code.text is not None else code.data.hex()  # bytes are of no format, and said to be so


def _codes(texts: Sequence[str]) -> list[str]:
    """Return the codes to judge, each once: what stands alone, and the parts of a card as the one code they are."""
    alone = [text for text in texts if not _PART.match(text)]
    parts = [text for text in texts if _PART.match(text)]
    return list(dict.fromkeys([*alone, *([" ".join(parts)] if parts else [])]))


def _standard_input() -> str:
    data = sys.stdin.buffer.read(LARGEST_INPUT + 1)
    if len(data) > LARGEST_INPUT:
        raise InputError(f"more than {LARGEST_INPUT} bytes on standard input: no code holds that")
    try:
        return data.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(f"standard input is not UTF-8 text: {error}") from error


def _print_credential_json(credential: Credential, trusted: TrustList) -> None:
    print_json(
        {
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
            "trust_as_of": trusted.as_of,
        }
    )


def _print_refusal_json(error: CredentialError, presented: str, trusted: TrustList) -> None:
    """Say why, and nothing that the code says about a person."""
    print_json(
        {
            "format": _claimed_format(presented),
            "status": "unknown" if error.reason is Reason.UNKNOWN_CODE else "refused",
            "reason": error.reason,
            "detail": error.detail,
            "issuer": error.data.get("issuer", ""),
            "kid": error.data.get("kid", ""),
            "data": error.data,
            "facts": [],
            "trust_as_of": trusted.as_of,
        }
    )


def _claimed_format(presented: str) -> str | None:
    """Return which format a refused text claims to be, by its beginning alone."""
    text = presented.lstrip()
    return next((name for prefix, name in _PREFIXES.items() if text.startswith(prefix)), None)


def _print_refusal(error: CredentialError, presented: str) -> None:
    claimed = _claimed_format(presented)
    detail = f" ({error.detail})" if error.detail else ""
    click.echo(f"{claimed + ': ' if claimed else ''}not accepted: {error.reason}{detail}")
    for name, value in error.data.items():
        if value and name != "digest":
            click.echo(f"  {name.replace('_', ' ')}: {value}")


def _print_credential(credential: Credential) -> None:
    click.echo(f"{credential.format}: {'verified' if credential.verified else 'NOT VERIFIED'}")
    click.echo(f"  holder: {credential.holder.name or 'not named'}, born {credential.holder.born or 'not stated'}")
    click.echo(f"  issuer: {credential.issuer} (key {credential.kid})")
    for fact in credential.facts:
        click.echo(f"  {said(fact)}")
    if not credential.facts:
        click.echo("  states neither test nor vaccination nor recovery")
    for note in credential.notes:
        click.echo(f"  note: {note}")
    issued = f"issued {dated(credential.issued_at)}" if credential.issued_at else "no time of issue stated"
    ends = f"expires {dated(credential.expires_at)}" if credential.expires_at else "no end stated"
    click.echo(f"  {issued}, {ends}")


def said(fact: Fact) -> str:
    """Return a fact in words."""
    match fact:
        case TestReport():
            sampled = f"sampled {dated(fact.sampled_at)}" if fact.sampled_at else "at no stated time"
            return f"test: {fact.kind}, {fact.result}, {sampled}"
        case Vaccination():
            dose = f"dose {fact.dose or '?'}" + (f" of {fact.of_doses}" if fact.of_doses else "")
            return (
                f"vaccination: {fact.product or 'of no stated product'}, {dose}, on {fact.given_on or 'no stated day'}"
            )
        case Recovery():
            return (
                f"recovery: first positive on {fact.first_positive_on or 'no stated day'}, "
                f"valid {fact.valid_from or '?'} to {fact.valid_until or '?'}"
            )
        case HealthStatus():
            return f"health code: {fact.colour}, answered {dated(fact.answered_at)}"
        case LorryPass():
            trailer = f", trailer {fact.trailer}" if fact.trailer else ""
            return f"lorry pass: {fact.number}, plate {fact.plate}{trailer}, route {fact.route}"


def _told_of(trusted: TrustList, path: Path | None, now: datetime) -> str:
    if path is None:
        return "no trust list was given (--trust FILE): every issuer is unknown"
    return f"by the trust list {age_of(trusted.as_of, now)}"
