"""`checkpoint trust`: whose signatures are believed."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import click

from checkpoint.credentials import TrustList
from checkpoint.credentials.keys import PublicKey
from checkpoint.credentials.trust_import import MAX_BYTES, read_trust
from checkpoint.credentials.trust_signature import check_signed, signer_keys
from station.commands.options import config_option, loaded
from station.commands.output import ANSWER_IS_NO, InputError, leave, print_json
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
    help="Take only lists signed by this certificate or key (PEM, DER, JWK): a JWS, or a signature on the first line.",
)
@file_option
@config_option
def import_lists(
    files: tuple[Path, ...], issuer: str, signer_path: Path | None, trust_path: Path | None, config_path: Path
) -> None:
    """Take published lists into the trust list: a WHO DID document, a national list (JSON, JWK, PEM), a SMART issuer
    directory, an ICAO authority, a revocation list. What is in a file decides, not its name.

    A list that was imported before is replaced by its newer edition. The age that is shown everywhere is that of the
    oldest list, so an import that brings nothing new moves nothing. Where one file cannot be used, nothing is changed.
    """
    path = _path(trust_path, config_path)
    known = load_trust(path if path.exists() else None)
    now = datetime.now(UTC)
    signers = None if signer_path is None else _signers(signer_path)
    for file in files:
        try:
            if file.stat().st_size > MAX_BYTES:
                raise InputError(f"{file}: larger than any trust list")
            data = file.read_bytes()
            if signers is not None:
                check_signed(data, signers)
            imported = read_trust(data, name=file.name, now=now, issuer=issuer, known=known)
        except OSError as error:
            raise InputError(f"{file}: {error.strerror}") from error
        except ValueError as error:
            raise InputError(f"{file}: {error}") from error
        for entry in imported.left_out:
            click.echo(f"{file}: left out: {entry}", err=True)
        known = known.merged_with(imported.trust)
        click.echo(f"{file}: {len(imported.trust.keys)} keys, {len(imported.left_out)} left out")
    path.parent.mkdir(parents=True, exist_ok=True)
    known.save(path)
    click.echo(f"{path}: {len(known.keys)} keys from {len(known.sources)} lists")


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
            print_json({"issuer": issuer, "keys": count})
        else:
            click.echo(f"{issuer:<40} {count:>4} keys")
    if not as_json:
        for source, moment in sorted(known.sources.items()):
            age = f"{(now - moment).days} days old" if moment else "of unknown age"
            click.echo(f"list {source}: {age}")
    if not known.keys:
        click.echo("no issuer is believed: checkpoint trust import --help", err=True)
        leave(ANSWER_IS_NO)


@trust.command(epilog="Example: checkpoint trust show DE")
@click.argument("issuer")
@file_option
@config_option
def show(issuer: str, trust_path: Path | None, config_path: Path) -> None:
    """Show every key of one issuer: its id, what it may sign, its validity. Exit code 1 where there is none."""
    keys = [key for key in _known(trust_path, config_path).keys if key.issuer == issuer]
    for key in keys:
        print_json(key.as_json())
    if not keys:
        click.echo(f"no key of {issuer}", err=True)
        leave(ANSWER_IS_NO)


def _signers(path: Path) -> tuple[PublicKey, ...]:
    try:
        return signer_keys(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error


def _path(trust_path: Path | None, config_path: Path) -> Path:
    return trust_path or Folders(loaded(config_path).data).trust


def _known(trust_path: Path | None, config_path: Path) -> TrustList:
    return load_trust(_path(trust_path, config_path))
