"""`checkpoint trust`: whose signatures are believed."""

import shlex
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from checkpoint.credential import Format
from checkpoint.credentials import TrustedKey, TrustList
from checkpoint.credentials.keys import PublicKey
from checkpoint.credentials.trust_import import MAX_BYTES, read_trust
from checkpoint.credentials.trust_signature import Checked, check_signed, signer_keys
from checkpoint.credentials.trust_sources import Change, take_in
from station.commands.options import config_option, loaded, moment_of
from station.commands.output import ANSWER_IS_NO, InputError, age_of, at_utc, leave, print_json
from station.folders import Folders
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
    nothing is changed.
    """
    path = _path(trust_path, config_path)
    known = load_trust(path if path.exists() else None)
    now = datetime.now(UTC)
    as_of = None if stated is None else moment_of("--as-of", stated)
    if as_of is not None and as_of > now:
        raise InputError(f"--as-of: {at_utc(as_of)} is yet to come")
    if name and len(files) > 1:
        raise InputError("--name is for one file at a time")
    signers = None if signer_path is None else _signers(signer_path, now)
    imported_as: dict[str, Path] = {}
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
        for told in _changes(change):
            click.echo(f"{file}: {told}", err=True)
        known = change.trust
        revoked = imported.trust.revocations.total
        click.echo(
            f"{file}: {_keys(len(imported.trust.keys))}, {len(left_out)} left out"
            + (f", {revoked} revoked" if revoked else "")
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    known.save(path)
    click.echo(
        f"{path}: {_keys(len(known.keys))} from {_counted(len(known.sources), 'list')}, {age_of(known.as_of, now)}"
    )


@trust.command(epilog="Example: checkpoint trust remove 'DE dsc.pem'")
@click.argument("name")
@file_option
@config_option
def remove(name: str, trust_path: Path | None, config_path: Path) -> None:
    """Believe none of the keys of one list any more; `checkpoint trust list` names the lists. What it revoked stays so.

    Exit code 1 where there is no such list.
    """
    path = _path(trust_path, config_path)
    known = load_trust(path)
    rest = known.without(name)
    if (rest.keys, rest.sources) == (known.keys, known.sources):
        names = ", ".join(map(repr, sorted(known.sources))) or "none yet"
        click.echo(f"no list {name!r}; known: {names}", err=True)
        leave(ANSWER_IS_NO)
    rest.save(path)
    click.echo(
        f"{name}: {_keys(len(known.keys) - len(rest.keys))} removed; {_keys(len(rest.keys))} left, "
        + age_of(rest.as_of, datetime.now(UTC))
    )


@trust.command("list", epilog="Example: checkpoint trust list --trust trust.json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and issuer.")
@file_option
@config_option
def list_issuers(as_json: bool, trust_path: Path | None, config_path: Path) -> None:
    """List the issuers, how many keys each has, and how old the lists are. Exit code 1 where nobody is believed."""
    known = _known(trust_path, config_path)
    now = datetime.now(UTC)
    counts = Counter(key.issuer for key in known.keys)
    for issuer, count in sorted(counts.items()):
        if as_json:
            print_json({"issuer": issuer, "keys": count, "as_of": known.as_of})
        else:
            click.echo(f"{issuer or '(no issuer named)':<40} {_keys(count):>9}")
    if not as_json:
        for source, moment in sorted(known.sources.items()):
            click.echo(f"list {source}: {age_of(moment, now)}")
        click.echo(f"{_keys(len(known.keys))} of {_counted(len(counts), 'issuer')}, {age_of(known.as_of, now)}")
    if not known.keys:
        click.echo("no issuer is believed: checkpoint trust import --help", err=True)
        leave(ANSWER_IS_NO)


@trust.command(epilog="Example: checkpoint trust show DE")
@click.argument("issuer")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and key, as it stands in the list.")
@file_option
@config_option
def show(issuer: str, as_json: bool, trust_path: Path | None, config_path: Path) -> None:
    """Show every key of one issuer: its id, what it may sign, its validity. Exit code 1 where there is none."""
    known = _known(trust_path, config_path)
    now = datetime.now(UTC)
    keys = [key for key in known.keys if key.issuer.casefold() == issuer.casefold()]
    for key in keys:
        if as_json:
            print_json(key.as_json())
        else:
            click.echo(_described(key, now))
    if not keys:
        names = ", ".join(sorted({key.issuer for key in known.keys if key.issuer})) or "nobody yet"
        click.echo(f"no key of {issuer}; the list knows {names}", err=True)
        leave(ANSWER_IS_NO)


def _changes(change: Change) -> Iterator[str]:
    """Yield what an import changed, or left as it was, beyond what its user may have had in mind."""
    if change.source and change.source not in change.replaced:
        for old in change.replaced:
            yield f"takes the place of the list {old!r}, and is now called {change.source!r}"
    if change.gone:
        named = ", ".join(f"{key.kid} ({key.name or key.issuer or 'not named'})" for key in change.gone[:3])
        more = f" and {len(change.gone) - 3} more" if len(change.gone) > 3 else ""
        yield f"{_keys(len(change.gone))} of its older edition no longer believed: {named}{more}"
    if not change.akin:
        yield "no key in common with what it replaces; where both lists count, import the other again with a --name"
    if change.kept_time is not None:
        yield f"the same keys as before, still of {at_utc(change.kept_time)}; if it was fetched anew, say when: --as-of"
    for other, count in sorted(change.overlaps.items()):
        yield (
            f"{_keys(count)} of it in the list {other!r} too; where that is an older edition: "
            f"checkpoint trust remove {shlex.quote(other)}"
        )


def _keys(count: int) -> str:
    return _counted(count, "key")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _described(key: TrustedKey, now: datetime) -> str:
    begins, ends = (f"{moment:%Y-%m-%d}" if moment else "" for moment in (key.not_before, key.not_after))
    validity = f"{begins or '...'} to {ends or '...'}" if begins or ends else "validity not stated"
    state = "" if key.valid_at(now) else " (not valid now)"
    signs = ", ".join(sorted(key.formats))
    if Format.HC1 in key.formats or Format.SHC in key.formats:
        signs += f": {', '.join(sorted(key.uses))}"
    return f"{key.kid}  {signs}  {validity}{state}  {key.name or 'not named'}  [{key.source or 'no list'}]"


def _signers(path: Path, now: datetime) -> tuple[PublicKey, ...]:
    try:
        return signer_keys(path.read_bytes(), now)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error


def _path(trust_path: Path | None, config_path: Path) -> Path:
    return trust_path or Folders(loaded(config_path).data).trust


def _known(trust_path: Path | None, config_path: Path) -> TrustList:
    return load_trust(_path(trust_path, config_path))
