"""`checkpoint trust`: whose signatures are believed."""

import binascii
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from checkpoint.credentials.keys import PublicKey
from checkpoint.credentials.trust_import import MAX_BYTES, read_trust
from checkpoint.credentials.trust_signature import Checked, check_signed, signer_keys
from checkpoint.credentials.trust_sources import take_in
from checkpoint.events import wall_text
from station.commands.options import config_option, moment_of
from station.commands.output import ANSWER_IS_NO, DONE, InputError, dated, leave, print_json
from station.commands.trust_at_hand import TrustAtHand
from station.commands.trust_words import (
    changes,
    counted,
    described,
    grouped,
    issuer_lines,
    keys_of,
    list_lines,
    too_old_for_a_gate,
    whole_age,
)
from station.trust_file import load_trust

file_option = click.option(
    "--trust",
    "trust_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The trust list file; by default the one of the configured station.",
)


@click.group(epilog="Example: checkpoint trust import --trust trust.json who-did.json")
def trust() -> None:
    """Import, list and show the keys of issuers that this station believes."""


@trust.command("import", epilog="Example: checkpoint trust import --issuer DE national-list.pem")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE...")
@click.option("--issuer", default="", help="Whose keys these are where the list does not say: DE, or a URL.")
@click.option(
    "--signed-by",
    "signer_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Take only lists signed by this certificate or key (PEM, also several in a file; DER; JWK): as a JWS, on the "
    "first line, or in CMS (ICAO master lists, every entry of the EU gateway's list).",
)
@click.option("--name", default="", help="What the list is called here; by default its one issuer and the file's name.")
@click.option(
    "--as-of", "stated", metavar="TIME", help="When a list that names no time was published or fetched (ISO 8601)."
)
@click.option("--authority", "authorities", is_flag=True, help="The certificates are those of ICAO authorities (CSCA).")
@file_option
@config_option
def import_lists(
    files: tuple[Path, ...],
    issuer: str,
    signer_path: Path | None,
    name: str,
    stated: str | None,
    authorities: bool,
    trust_path: Path | None,
    config_path: Path,
) -> None:
    """Take published lists into the trust list: a WHO DID document, a national list (JSON, JWK, PEM), a SMART issuer
    directory, an ICAO authority, a revocation list. What is in a file decides, not its name.

    A list that was imported before is replaced by its newer edition, and what that changes is said. The age that is
    shown everywhere is that of the oldest list, so an import that brings nothing new moves nothing: where a list that
    names no time was fetched anew, and has not changed, --as-of says when that was. Where one file cannot be used,
    nothing is changed. What a station's list takes in, or loses, stands in its journal: `log --kind trust-changed`.
    """
    at_hand = TrustAtHand.of(trust_path, config_path)
    path = at_hand.path
    known = load_trust(path if path.exists() else None)
    now = datetime.now(UTC)
    as_of = None if stated is None else moment_of("--as-of", stated)
    if as_of is not None and as_of > now:
        raise InputError(f"--as-of: {dated(as_of)} is yet to come")
    if name and len(files) > 1:
        raise InputError("--name is for one file at a time")
    signers = None if signer_path is None else _signers(signer_path, now)
    imported_as: dict[str, Path] = {}
    entries: list[dict[str, Any]] = []
    for file in files:
        try:
            if file.stat().st_size > MAX_BYTES:
                raise InputError(f"{file}: larger than any trust list")
            data = file.read_bytes()
            checked = Checked(data) if signers is None else check_signed(data, signers, now)
            imported = read_trust(
                checked.data, name=file.name, now=as_of or now, issuer=issuer, known=known, authorities=authorities
            )
        except OSError as error:
            raise InputError(f"{file}: {error.strerror}") from error
        except binascii.Error as error:
            raise InputError(f"{file}: no trust list of any known kind: neither JSON, PEM, DER nor signed") from error
        except ValueError as error:
            raise InputError(f"{file}: {error}") from error
        change = take_in(known, imported, file=file.name, name=name, now=now, stated=as_of)
        for source in {change.source, *change.replaced} & set(imported_as):
            raise InputError(f"{file} would replace {imported_as[source]}: import each by itself, with a --name")
        if change.source:
            imported_as[change.source] = file
        left_out = checked.left_out + imported.left_out
        for entry in left_out:
            click.echo(f"{file}: left out: {entry}", err=True)
        for told in changes(change):
            click.echo(f"{file}: {told}", err=True)
        known = change.trust
        revoked = imported.trust.revocations.total
        click.echo(
            f"{file}: {keys_of(len(imported.trust.keys))}, {len(left_out)} left out"
            + (f", {revoked} revoked" if revoked else "")
        )
        listed_at = known.sources.get(change.source, imported.trust.as_of)
        entries.append(
            {
                "file": file.name,
                "list": change.source,
                "keys": len(imported.trust.keys),
                "left_out": len(left_out),
                "revoked": revoked,
                "as_of": None if listed_at is None else wall_text(listed_at),
            }
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    at_hand.change(entries, lambda: known.save(path))
    lists = f" from {counted(len(known.sources), 'list')}" if known.keys else ""
    click.echo(f"{path}: {keys_of(len(known.keys))}{lists}{whole_age(known, now, at_hand.zone)}")
    if late := too_old_for_a_gate(known, now, at_hand.max_age) if known.keys else "":
        click.echo(late, err=True)


@trust.command(epilog="Example: checkpoint trust remove 'DE dsc.pem'")
@click.argument("name")
@file_option
@config_option
def remove(name: str, trust_path: Path | None, config_path: Path) -> None:
    """Believe none of the keys of one list any more; `checkpoint trust list` names the lists. What it revoked stays so.

    Exit code 1 where there is no such list.
    """
    at_hand = TrustAtHand.of(trust_path, config_path)
    known = load_trust(at_hand.path)
    rest = known.without(name)
    if (rest.keys, rest.sources) == (known.keys, known.sources):
        names = ", ".join(map(repr, sorted(known.sources))) or "none yet"
        click.echo(f"no list {name!r}; known: {names}", err=True)
        leave(ANSWER_IS_NO)
    removed = len(known.keys) - len(rest.keys)
    at_hand.change([{"list": name, "removed": removed}], lambda: rest.save(at_hand.path))
    click.echo(
        f"{name}: {keys_of(removed)} removed; {keys_of(len(rest.keys))} left"
        + whole_age(rest, datetime.now(UTC), at_hand.zone)
    )


@trust.command("list", epilog="Example: checkpoint trust list --trust trust.json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and issuer.")
@file_option
@config_option
def list_issuers(as_json: bool, trust_path: Path | None, config_path: Path) -> None:
    """List the issuers, how many keys each has and what they are for, how old each list is, and how much is revoked.

    A list that is older than the configuration's [trust] max_age_days (30 without a configuration) is named as too old:
    a gate holds every signed code by it. Of a configured station all is shown that it believes, what headquarters
    handed down as well.

    Exit code 0: lists to go by; 1: nobody is believed, or they are too old.
    """
    at_hand = TrustAtHand.of(trust_path, config_path)
    known = at_hand.known()
    now = datetime.now(UTC)
    late = too_old_for_a_gate(known, now, at_hand.max_age)
    if as_json:
        for issuer, some in sorted(grouped(known).items()):
            print_json(
                {
                    "issuer": issuer,
                    "keys": len(some),
                    "formats": sorted({made for key in some for made in key.formats}),
                    "lists": {name: known.sources.get(name) for name in sorted({key.source for key in some})},
                    "as_of": known.as_of,
                    "max_age_days": at_hand.max_age / timedelta(days=1),
                    "too_old": bool(late),
                }
            )
    else:
        for line in (*issuer_lines(known), *list_lines(known, now, at_hand.max_age, at_hand.zone)):
            click.echo(line)
    if not known.keys:
        click.echo("no issuer is believed: checkpoint trust import --help", err=True)
    elif late:
        click.echo(late, err=True)
    leave(ANSWER_IS_NO if late or not known.keys else DONE)


@trust.command(epilog="Example: checkpoint trust show DE")
@click.argument("issuer")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and key, as it stands in the list.")
@file_option
@config_option
def show(issuer: str, as_json: bool, trust_path: Path | None, config_path: Path) -> None:
    """Show every key of one issuer: its id, what it may sign, its validity. Exit code 1 where there is none."""
    known = TrustAtHand.of(trust_path, config_path).known()
    now = datetime.now(UTC)
    keys = [key for key in known.keys if key.issuer.casefold() == issuer.casefold()]
    for key in keys:
        if as_json:
            print_json(key.as_json())
        else:
            click.echo(described(key, now))
    if not keys:
        names = ", ".join(sorted({key.issuer for key in known.keys if key.issuer})) or "nobody yet"
        click.echo(f"no key of {issuer}; the list knows {names}", err=True)
        leave(ANSWER_IS_NO)


def _signers(path: Path, now: datetime) -> tuple[PublicKey, ...]:
    try:
        return signer_keys(path.read_bytes(), now)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
