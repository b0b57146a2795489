"""`checkpoint verify`: is this code genuine, and what does it say."""

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from checkpoint.credential import Credential
from checkpoint.errors import CredentialError
from checkpoint.reasons import Reason
from station.commands.output import ANSWER_IS_NO, DONE, InputError, leave, print_json
from station.formats import offline_formats
from station.trust_file import load_trust

LARGEST_INPUT = 100_000


@click.command(
    epilog='Example: checkpoint verify --trust trust.json "HC1:NCFOXN..." or: checkpoint verify - < code.txt'
)
@click.argument("text", metavar="TEXT|-")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option(
    "--trust",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The trust list to believe, as `checkpoint trust import` writes it. Without one every issuer is unknown.",
)
@click.option("--at", metavar="TIME", help="Judge as of this time (ISO 8601, e.g. 2022-03-20T08:00:00+08:00).")
def verify(text: str, as_json: bool, trust: Path | None, at: str | None) -> None:
    """Judge one code offline: its format, whether its issuer signed it, and what it states.

    TEXT is what the code says; - reads it from standard input. Says nothing about whether the holder may pass:
    that is for the rules.

    Exit code 0: genuine and valid; 1: not; 2: the input cannot be used.
    """
    presented = _presented(text)
    now = _moment(at)
    trusted = load_trust(trust)
    reader = offline_formats(lambda: trusted)
    try:
        credential = reader.identify(presented, now)
    except CredentialError as error:
        _tell_refusal(error, presented, as_json)
        leave(ANSWER_IS_NO)
        return
    if as_json:
        print_json(_record(credential))
    else:
        _print(credential)
    leave(DONE if credential.verified else ANSWER_IS_NO)


def _presented(text: str) -> str:
    if text != "-":
        return text
    data = sys.stdin.buffer.read(LARGEST_INPUT + 1)
    if len(data) > LARGEST_INPUT:
        raise InputError(f"more than {LARGEST_INPUT} bytes on standard input: no code holds that")
    try:
        return data.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(f"standard input is not UTF-8 text: {error}") from error


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"--at: {error}") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _record(credential: Credential) -> dict[str, object]:
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
    }


def _tell_refusal(error: CredentialError, presented: str, as_json: bool) -> None:
    """Say why, and nothing that the code says about a person."""
    if as_json:
        print_json(
            {
                "format": _prefix_format(presented),
                "status": "unknown" if error.reason is Reason.UNKNOWN_CODE else "refused",
                "reason": error.reason,
                "detail": error.detail,
                "issuer": error.data.get("issuer", ""),
                "kid": error.data.get("kid", ""),
                "facts": [],
            }
        )
        return
    detail = f" ({error.detail})" if error.detail else ""
    click.echo(f"not accepted: {error.reason}{detail}")
    for name in ("issuer", "kid"):
        if error.data.get(name):
            click.echo(f"  {name}: {error.data[name]}")


def _prefix_format(presented: str) -> str | None:
    """Return which format a refused text claims to be, by its prefix alone."""
    prefixes = {"HC1:": "hc1", "shc:/": "shc"}
    claimed = next((name for prefix, name in prefixes.items() if presented.strip().startswith(prefix)), None)
    return claimed or ("vds-nc" if presented.lstrip().startswith("{") else None)


def _print(credential: Credential) -> None:
    click.echo(f"{credential.format}: {'verified' if credential.verified else 'NOT VERIFIED'}")
    click.echo(f"  holder: {credential.holder.name}, born {credential.holder.born or 'not stated'}")
    click.echo(f"  issuer: {credential.issuer} (key {credential.kid})")
    for fact in credential.facts:
        said = ", ".join(f"{name} {value}" for name, value in asdict(fact).items() if value not in (None, ""))
        click.echo(f"  {type(fact).__name__}: {said}")
    click.echo(f"  issued {credential.issued_at}, expires {credential.expires_at}")
