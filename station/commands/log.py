"""`checkpoint log`: what the journal holds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from checkpoint.crossing import Verdict
from checkpoint.errors import ChainBroken
from checkpoint.events import Event, Kind
from checkpoint.journal import LogQuery
from station.commands.options import config_option, loaded, opened_journal
from station.commands.output import ANSWER_IS_NO, DONE, dated, leave, print_json

TOLD = ("verdict", "outcome", "reason", "slot", "officer", "pack", "document", "list", "file", "account")
"""What one line shows of an event's body, where it is there."""


@click.command(epilog="Example: checkpoint log --verdict refuse --hours 24   or: checkpoint log --verify")
@config_option
@click.option("--verdict", type=click.Choice([v.value for v in Verdict]), help="Only this verdict.")
@click.option("--kind", type=click.Choice([k.value for k in Kind]), help="Only this kind of event.")
@click.option("--officer", help="Only what this officer did.")
@click.option("--hours", type=click.FloatRange(min=0), help="Only the last so many hours.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and event.")
@click.option("--verify", is_flag=True, help="Prove the whole chain instead, and name the first bad event.")
def log(
    config_path: Path,
    verdict: str | None,
    kind: str | None,
    officer: str | None,
    hours: float | None,
    limit: int,
    as_json: bool,
    verify: bool,
) -> None:
    """Show the journal, newest first, without personal data; or prove that nothing in it was changed.

    Exit code 0: shown, or proven; 1: nothing found, or the chain is broken; 2: no journal.
    """
    config = loaded(config_path)
    with opened_journal(config) as (journal, _folders, _clock):
        if verify:
            try:
                count = journal.verify()
            except ChainBroken as broken:
                click.echo(f"the chain is broken: {broken}")
                leave(ANSWER_IS_NO)
            else:
                click.echo(f"{count} events, each follows from the one before it")
                leave(DONE)
        since = datetime.now(UTC) - timedelta(hours=hours) if hours is not None else None
        page = journal.search(LogQuery(verdict=verdict, kind=kind, officer=officer, since=since, limit=limit))
    zone = ZoneInfo(config.timezone)
    for event in page.entries:
        if as_json:
            print_json(_record(event))
        else:
            click.echo(_line(event, zone))
    if not page.entries and not as_json:
        click.echo("nothing found")
    leave(DONE if page.entries else ANSWER_IS_NO)


def _record(event: Event) -> dict[str, object]:
    return {
        "seq": event.seq,
        "epoch": event.epoch,
        "kind": event.kind,
        "at": event.moment.wall.isoformat(),
        "clock": event.moment.trust,
        "rules": event.rules,
        "body": event.body,
        "photos": [photo.sha256 for photo in event.photos],
        "hash": event.hash.hex(),
    }


def _line(event: Event, zone: ZoneInfo) -> str:
    body = event.body
    told = [str(body[name]) for name in TOLD if body.get(name)]
    return f"#{event.seq:<6} {dated(event.moment.wall, zone, seconds=True)} {event.kind:<18} {' '.join(told)}"
