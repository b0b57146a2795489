"""`checkpoint officer`: who may log in at this station."""

from pathlib import Path

import click

from station.commands.options import config_option, loaded
from station.commands.output import ANSWER_IS_NO, leave
from station.folders import Folders
from web.officers import Officers, Role


@click.group(epilog="Example: checkpoint officer add Chen --role shift-lead")
def officer() -> None:
    """Add, list and remove the officers who may log in."""


@officer.command(epilog="Example: checkpoint officer add Chen --role shift-lead")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default="officer",
    show_default=True,
    help="What this officer may do.",
)
@click.password_option("--pin", prompt="PIN (digits)", help="Asked for where it is not given.")
@config_option
def add(name: str, role: str, pin: str, config_path: Path) -> None:
    """Add an officer with a PIN of 4 to 12 digits."""
    config = loaded(config_path)
    Officers(Folders(config.data).officers).add(name, pin, role)
    click.echo(f"{name} may log in as {role}")


@officer.command("list", epilog="Example: checkpoint officer list")
@config_option
def list_officers(config_path: Path) -> None:
    """List who may log in. Exit code 1 where nobody may."""
    officers = Officers(Folders(loaded(config_path).data).officers)
    for name in officers.names():
        known = officers.get(name)
        click.echo(f"{name}\t{known.role if known else ''}")
    if not officers.names():
        click.echo("nobody may log in yet: checkpoint officer add --help")
        leave(ANSWER_IS_NO)


@officer.command(epilog="Example: checkpoint officer remove Chen")
@click.argument("name")
@config_option
def remove(name: str, config_path: Path) -> None:
    """Remove an officer; what they did stays in the journal."""
    Officers(Folders(loaded(config_path).data).officers).remove(name)
    click.echo(f"{name} may no longer log in")
