"""`checkpoint-hq init` and `user`: what a headquarters needs before it opens."""

import click

from hq.commands.options import Wrong, on_headquarters
from hq.office import Office
from hq.people.accounts import Accounts, Role
from hq.photos.s3_shelf import S3Shelf
from hq.store.distribution import distribute, has_citus


@click.command(epilog="Example: checkpoint-hq init --data ./var/headquarters")
@on_headquarters
def init(office: Office) -> None:
    """Make or update the store, the keys and the photos' bucket, without starting the server.

    On a PostgreSQL server with the Citus extension the tables are distributed by station.
    """
    with office.store.writing() as db:
        distributed = distribute(db) if has_citus(db) else []
    if isinstance(office.shelf, S3Shelf):
        try:
            office.shelf.make_bucket()
        except OSError as error:
            raise Wrong(str(error)) from error
    if distributed:
        click.echo(f"distributed by station: {', '.join(distributed)}")
    click.echo(f"ready: {office.store.engine.url.render_as_string(hide_password=True)}")


@click.command(epilog="Example: checkpoint-hq user li --role duty")
@click.argument("name")
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True, help="What they may do.")
@click.password_option(help="Asked for where it is not given.", envvar="CHECKPOINT_HQ_PASSWORD")
@on_headquarters
def user(office: Office, name: str, role: str, password: str) -> None:
    """Add somebody, or give them a new password and role."""
    try:
        Accounts(office.store, office.now).set(name, password, Role(role))
    except ValueError as error:
        raise Wrong(str(error)) from error
    click.echo(f"{name} may log in as {role}")
