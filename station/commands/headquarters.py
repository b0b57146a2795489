"""`checkpoint enrol` and `checkpoint sync`: the line to headquarters."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from checkpoint.sync import Enrolment, parse_invitation, read_documents, read_receipts, write_batches
from checkpoint.sync import enrol as enrol_station
from station import VERSION
from station.commands.options import config_option, loaded, opened_journal
from station.commands.output import ANSWER_IS_NO, DONE, InputError, leave, print_json
from station.folders import Folders
from station.uploads import http_client, sync_once
from station.wiring import handed_down_documents, open_new_journal, pack_shelf


@click.command(epilog="Example: checkpoint-hq invite --name gate-1 > invitation.json; checkpoint enrol invitation.json")
@click.argument("invitation", metavar="FILE|-")
@config_option
def enrol(invitation: str, config_path: Path) -> None:
    """Enrol this station at headquarters with an invitation: the text of its one-time QR code.

    The station makes its key here; only the public half leaves it.

    Exit code 0: enrolled; 1: headquarters refused, or was not reached; 2: the invitation cannot be read.
    """
    config = loaded(config_path)
    text = sys.stdin.read() if invitation == "-" else _file_text(Path(invitation))
    invited = parse_invitation(text)
    with open_new_journal(config) as journal, http_client() as http:
        enrolment = enrol_station(invited, Folders(config.data).keys, journal, http, software=VERSION)
    click.echo(f"enrolled as {enrolment.device} ({enrolment.name}) at {enrolment.url}")


@click.command(epilog="Example: checkpoint sync   or, onto a stick: checkpoint sync --to /media/stick")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option(
    "--to",
    "stick",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the batches into this folder instead, and take the receipts and documents that lie in it.",
)
def sync(config_path: Path, as_json: bool, stick: Path | None) -> None:
    """Send everything that is pending to headquarters now.

    Exit code 0: headquarters has everything; 1: something is still pending; 2: not enrolled, or no journal.
    """
    config = loaded(config_path)
    with opened_journal(config) as (journal, folders, clock):
        enrolment = Enrolment.load(folders.keys)
        if enrolment is None:
            raise InputError("this station is not enrolled: see `checkpoint enrol --help`")
        handed_down = handed_down_documents(config, pack_shelf(config), journal, clock)
        if stick is not None:
            if handed_down is not None and (new := read_documents(handed_down, stick)):
                click.echo(f"{new} new documents of headquarters: rules, trust lists, revocations")
            acked = read_receipts(journal, enrolment, stick) if stick.is_dir() else journal.outbox.cursor()
            files = write_batches(journal, enrolment, stick, datetime.now(UTC))
            click.echo(f"{len(files)} batches written to {stick}; headquarters holds everything up to event {acked}")
            leave(DONE if journal.pending().all_sent else ANSWER_IS_NO)
        report = sync_once(enrolment, journal, clock.now, handed_down)
    record = {
        "sent": report.sent,
        "early": report.early,
        "photos_sent": report.photos_sent,
        "acked_to": report.acked_to,
        "pending_events": report.pending.events,
        "pending_photos": report.pending.photos,
        "all_sent": report.all_sent,
        "error": report.error,
    }
    if as_json:
        print_json(record)
    else:
        click.echo(
            f"sent {report.sent} events ({report.early} ahead of their turn) and {report.photos_sent} photos; "
            + (
                "all sent"
                if report.all_sent
                else f"pending: {report.pending.events} events, {report.pending.photos} photos"
            )
            + (f"; stopped: {report.error}" if report.error else "")
        )
    leave(DONE if report.all_sent else ANSWER_IS_NO)


def _file_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from error
