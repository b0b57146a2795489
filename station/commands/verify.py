"""`checkpoint verify`: is this code genuine, and what does it say."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from checkpoint.credential import Credential
from checkpoint.credentials import TrustList
from checkpoint.errors import CredentialError
from station.commands.options import moment_of
from station.commands.output import ANSWER_IS_NO, DONE, InputError, age_of, leave, print_json
from station.commands.trust_at_hand import TrustAtHand
from station.commands.trust_words import revoked, too_old_for_a_gate
from station.commands.verify_input import NoCode, Presented, each_once, pictured, typed
from station.commands.verify_words import credential_lines, credential_record, refusal_lines, refusal_record
from station.config import Config
from station.formats import offline_formats


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
    "trust_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The trust list to believe, as `checkpoint trust import` writes it. Without one, and without --config, every "
    "issuer is unknown.",
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="CHECKPOINT_CONFIG",
    help="Judge by what this station believes, and by how old it lets a trust list be; name its issuers' codes, show "
    "times in its zone (also CHECKPOINT_CONFIG).",
)
@click.option("--at", metavar="TIME", help="Judge as of this time (ISO 8601, e.g. 2022-03-20T08:00:00+08:00).")
def verify(
    texts: tuple[str, ...],
    pictures: tuple[Path, ...],
    as_json: bool,
    trust_path: Path | None,
    config_path: Path | None,
    at: str | None,
) -> None:
    """Judge codes offline: their format, whether their issuers signed them, and what they state.

    TEXT is what a code says; - reads one from standard input. The parts of a SMART Health Card in several codes are put
    together, in any order. Says nothing about whether the holder may pass: that is for the rules. The trust list counts
    whatever its age; that a gate would hold every code by it, because it is too old, is said beside.

    Exit code 0: all are genuine and valid; 1: not all, or no code in a picture; 2: the input cannot be used.
    """
    found = [*typed(texts), *pictured(pictures)]
    codes = each_once(one for one in found if isinstance(one, Presented))
    without = [one for one in found if isinstance(one, NoCode)]
    if not found:
        raise InputError("no code was given: name one, - for standard input, or --picture FILE")
    at_hand = TrustAtHand.of_either(trust_path, config_path)
    trusted = at_hand.known() if at_hand else TrustList()
    zone = at_hand.zone if at_hand else ZoneInfo("UTC")
    now = datetime.now(UTC) if at is None else moment_of("--at", at, zone)
    late = _held_by_a_gate(trusted, now, at_hand.max_age, as_of_then=at is not None) if at_hand else ""
    reader = offline_formats(lambda: trusted)
    genuine = not without
    for number, presented in enumerate(codes, start=1):
        if not as_json and len(codes) + len(without) > 1:
            click.echo(f"[{number}] {presented.where}")
        about = {"from": presented.where, "trust_as_of": trusted.as_of, "trust_too_old": bool(late)}
        try:
            credential: Credential = reader.identify(presented.text, now)
        except CredentialError as error:
            genuine = False
            if as_json:
                print_json({**refusal_record(error, presented.text), **about})
            else:
                asked = _issuer_asked(presented.text, at_hand.config if at_hand else None)
                click.echo("\n".join(refusal_lines(error, presented.text, zone, asked)))
        else:
            genuine = genuine and credential.verified
            if as_json:
                print_json({**credential_record(credential), **about})
            else:
                click.echo("\n".join(credential_lines(credential, zone)))
    for picture in without:
        if as_json:
            print_json({"format": None, "status": "no-code", "hint": picture.hint or None, "from": picture.where})
        else:
            seen = f" (seen, not read: {picture.hint})" if picture.hint else ""
            click.echo(f"{picture.where}: no code{seen}")
    if codes and not as_json:
        click.echo(_told_of(trusted, at_hand, datetime.now(UTC)))
        if late:
            click.echo(late)
    leave(DONE if genuine else ANSWER_IS_NO)


def _held_by_a_gate(trusted: TrustList, now: datetime, max_age: timedelta, *, as_of_then: bool) -> str:
    """Return that a gate would hold what is verified here, and why; "" where it would not for the list's age."""
    if not trusted.keys:
        return ""  # nothing is verified
    if as_of_then and trusted.as_of is not None and trusted.as_of > now:
        return ""  # asked of a time before the list's own: then no gate had it
    return too_old_for_a_gate(trusted, now, max_age)


def _issuer_asked(text: str, config: Config | None) -> str:
    """Return which of a station's issuers answers for a code, by its pattern; "" for none."""
    issuers = config.issuers if config else ()
    return next((issuer.name for issuer in issuers if re.fullmatch(issuer.pattern, text.strip())), "")


def _told_of(trusted: TrustList, at_hand: TrustAtHand | None, now: datetime) -> str:
    if at_hand is None:
        return "no trust list was given (--trust FILE, or --config FILE): every issuer is unknown"
    if not trusted.keys:
        also = f", {revoked(trusted.revocations)} revoked" if trusted.revocations.total else ""
        return f"the trust list has no keys{also}: every issuer is unknown"
    return f"by the trust list {age_of(trusted.as_of, now, at_hand.zone)}"
