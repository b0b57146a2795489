"""`checkpoint-hq invite`, `approve` and `revoke`: who may send."""

import sys

import click

from hq.commands.options import NO, Wrong, on_headquarters
from hq.office import Office
from hq.people.accounts import Accounts
from hq.stations.enrolment import invite, set_state


@click.command(
    "invite", epilog='Example: checkpoint-hq invite --name "Lane 1" --town Pinghu --url https://hq.example > lane1.json'
)
@click.option("--name", required=True, help="The station's name on the board.")
@click.option("--town", default="", help="Where it stands.")
@click.option("--url", default="http://127.0.0.1:8090", show_default=True, help="How the station reaches this server.")
@click.option("--approve", is_flag=True, help="Let it in at once, without another look at the desk.")
@on_headquarters
def invite_station(office: Office, name: str, town: str, url: str, approve: bool) -> None:
    """Print a one-time invitation for one station (JSON; valid 24 hours)."""
    try:
        offer = invite(office.store, office.keys, url=url, name=name, town=town, approve=approve, now=office.now())
    except ValueError as error:
        raise Wrong(str(error)) from error
    click.echo(offer.text)


@click.command(epilog="Example: checkpoint-hq approve lane-1-0f3a9c21")
@click.argument("station")
@on_headquarters
def approve(office: Office, station: str) -> None:
    """Let an enrolled station in. Exit code 1: there is none of that name."""
    _set_state(office, station, "approved")


@click.command(epilog="Example: checkpoint-hq revoke lane-1-0f3a9c21")
@click.argument("station")
@on_headquarters
def revoke(office: Office, station: str) -> None:
    """Take nothing from a station any more. Exit code 1: there is none of that name."""
    _set_state(office, station, "revoked")


def _set_state(office: Office, station: str, state: str) -> None:
    if not set_state(office.store, station, state):
        click.echo(f"no station {station}", err=True)
        sys.exit(NO)
    Accounts(office.store, office.now).note("command line", f"station-{state}", station)
    click.echo(f"{station} is {state}")
