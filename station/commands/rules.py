"""`checkpoint rules`: the packs by which this station decides."""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from checkpoint.crossing import Verdict
from checkpoint.errors import RulePackError
from checkpoint.events import Kind
from checkpoint.journal import Journal, LogQuery
from checkpoint.policy import RulePack
from checkpoint.policy.decision import judge
from checkpoint.policy.document import document
from checkpoint.policy.dry_run import PastDecision, dry_run
from station.checks import CATEGORIES
from station.commands.options import config_option, loaded, moment_of, opened_journal, zone_at_hand
from station.commands.output import ANSWER_IS_NO, DONE, InputError, dated, leave, print_json
from station.commands.rules_words import PackInFile, change_line, explained, judged, pack_in
from station.config import Config
from station.wiring import pack_shelf

PAGE = 500
CLEAR_LINE = "\r\x1b[K"
"""Takes the progress bar off the line that is about to be written."""


@click.group(epilog="Example: checkpoint rules check my-pack.json")
def rules() -> None:
    """List, check, explain and try out rule packs."""


@rules.command("list", epilog="Example: checkpoint rules list")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and pack.")
def list_packs(config_path: Path, as_json: bool) -> None:
    """List the packs this station holds, and which is in force now for each category.

    Exit code 1 where some category has no rules.
    """
    config = loaded(config_path)
    shelf = pack_shelf(config)
    zone = ZoneInfo(config.timezone)
    now = datetime.now(UTC)
    in_force = {category: shelf.in_force(category, now) for category in CATEGORIES}
    for shelved in shelf.list():
        pack = shelved.pack
        serves = sorted(category for category, chosen in in_force.items() if chosen is pack)
        if as_json:
            print_json(
                {
                    "id": pack.id,
                    "version": pack.version,
                    "signed": shelved.signed,
                    "digest": pack.digest,
                    "effective_from": pack.effective_from.isoformat(),
                    "in_force_for": serves,
                }
            )
        else:
            who = "headquarters" if shelved.signed else "shipped"
            click.echo(
                f"{pack.id} {pack.version} ({who}), from {dated(pack.effective_from, zone)}: "
                + (f"in force for {', '.join(serves)}" if serves else "not in force")
            )
    for spoiled in shelf.spoiled:
        click.echo(f"not used: {spoiled.file}: {spoiled.fault}", err=True)
    missing = [category for category, chosen in in_force.items() if chosen is None]
    for category in missing:
        tied = " and ".join(f"{pack.id} {pack.version}" for pack in shelf.claimants(category, now))
        why = f" ({tied} came into force at the same moment, so neither counts)" if tied else ""
        click.echo(f"no rules in force for {category}: everybody of it is held{why}", err=True)
    leave(ANSWER_IS_NO if missing else DONE)


@rules.command(epilog="Example: checkpoint rules check my-pack.json")
@click.argument("pack_path", metavar="PACK", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@config_option
def check(pack_path: Path, as_json: bool, config_path: Path) -> None:
    """Check a pack whole: its form, its reasons, its CertLogic, its dates, both languages.

    Says from when until when it is in force, and what it still needs before a station takes it. The configuration is
    asked for its time zone alone, where there is one.

    Exit code 0: it can be put in force; 1: it cannot, and why; 2: there is no such file.
    """
    now, zone = datetime.now(UTC), zone_at_hand(config_path)
    try:
        found = PackInFile.read(pack_path)
    except RulePackError as error:
        if as_json:
            print_json({"file": str(pack_path), "sound": False, "fault": str(error)})
        else:
            click.echo(f"{pack_path}: {error}")
        leave(ANSWER_IS_NO)
        return
    pack = found.pack
    if as_json:
        print_json({"file": str(pack_path), "sound": True, "fault": None, **found.record(now)})
    else:
        click.echo(f"{pack.id} {pack.version}: {len(pack.rules)} rules for {', '.join(sorted(pack.categories))}")
        for line in found.lines(now, zone):
            click.echo(line)
    leave(DONE)


@rules.command("explain", epilog="Example: checkpoint rules explain my-pack.json --event 4182")
@click.argument("pack_path", metavar="PACK", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--event", "seq", type=click.IntRange(min=1), required=True, help="The journal's entry to explain.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: the rules with their steps, and the outcome.")
@config_option
def explain_decision(pack_path: Path, seq: int, as_json: bool, config_path: Path) -> None:
    """Show how each rule of a pack judges the evidence of one journal entry, clause by clause.

    Exit code 0: the pack would admit; 1: it would not.
    """
    found = pack_in(pack_path)
    pack, config = found.pack, loaded(config_path)
    with opened_journal(config) as (journal, _folders, _clock):
        try:
            event = journal.event(seq)
        except KeyError:
            raise InputError(f"no entry #{seq} in this journal") from None
    if event.kind is not Kind.CROSSING_DECIDED:
        raise InputError(f"entry #{seq} is no decision, but {event.kind}")
    try:
        past = PastDecision.from_event(str(seq), event.body)
    except ValueError as error:
        raise InputError(f"entry #{seq}: {error}") from error
    rules = explained(pack, past, document(past.evidence, past.decided_at))
    decision = judge(past.evidence, pack, past.decided_at)
    if as_json:
        about = {"pack": pack.id, "version": pack.version, "due": pack.in_force(datetime.now(UTC))}
        print_json({**judged(seq, past, decision), **about, "rules": list(rules)})
    else:
        _show_pack(found, config)
        for rule in rules:
            click.echo(f"{rule['rule']}: {rule['text']['en']} / {rule['text']['zh']}")
            for line in rule["steps"] or [f"broken: {rule['broken']}"]:
                click.echo(f"    {line}")
        click.echo(f"-> {decision.verdict} ({decision.reason}); was {past.verdict} ({past.reason})")
    leave(DONE if decision.verdict is Verdict.ADMIT else ANSWER_IS_NO)


@rules.command("dry-run", epilog="Example: checkpoint rules dry-run my-pack.json --since 2022-03-20")
@click.argument("pack_path", metavar="PACK", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--since", required=True, help="From this date on (ISO 8601, in the station's zone).")
@click.option("--until", help="Up to this date, which is not included (ISO 8601); by default until now.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and change.")
@config_option
def dry_run_pack(pack_path: Path, since: str, until: str | None, as_json: bool, config_path: Path) -> None:
    """Show which of the journal's past decisions a pack would have made differently, newest first.

    Each is judged as of its own time, whether the pack was in force then or not. Reads only: nothing is decided anew.

    Exit code 0: none; 1: some.
    """
    found = pack_in(pack_path)
    pack, config = found.pack, loaded(config_path)
    zone = ZoneInfo(config.timezone)
    query = LogQuery(
        kind=Kind.CROSSING_DECIDED,
        since=moment_of("--since", since, zone),
        until=None if until is None else moment_of("--until", until, zone),
    )
    _show_pack(found, config)
    moves: Counter[tuple[Verdict, Verdict]] = Counter()
    with opened_journal(config) as (journal, _folders, _clock):
        past = _Past(journal, query, pack)
        seen = sys.stderr.isatty()
        bar = click.progressbar(
            past, length=journal.count(query), label="judging again", file=sys.stderr, hidden=not seen
        )
        with bar as shown:
            for change in dry_run(pack, shown):
                moves[change.past.verdict, change.now.verdict] += 1
                if seen:
                    click.echo(CLEAR_LINE, nl=False, err=True)
                if as_json:
                    print_json({**judged(int(change.past.ref), change.past, change.now), "loosens": change.loosens})
                else:
                    click.echo(change_line(change, zone))
    click.echo(f"{moves.total()} of {past.judged} decisions would change", err=as_json)
    if past.of_others:
        click.echo(f"  {past.of_others} of other categories were left as they are", err=as_json)
    if past.unread:
        click.echo(f"  {past.unread} could not be read", err=as_json)
    for (was, now), number in moves.most_common():
        mark = "looser" if now.severity < was.severity else "stricter"
        click.echo(f"  {number} {was} -> {now} ({mark})", err=as_json)
    leave(ANSWER_IS_NO if moves else DONE)


def _show_pack(found: PackInFile, config: Config) -> None:
    """Say beside the answer which pack was tried, and that it need not be in force."""
    click.echo(f"{found.pack.id} {found.pack.version}", err=True)
    for line in found.lines(datetime.now(UTC), ZoneInfo(config.timezone)):
        click.echo(f"  {line}", err=True)


class _Past:
    """The journal's past decisions, newest first, a page at a time, as far as they can be made again."""

    def __init__(self, journal: Journal, query: LogQuery, pack: RulePack) -> None:
        self._journal = journal
        self._query = replace(query, limit=PAGE)
        self._pack = pack
        self.judged = self.of_others = self.unread = 0

    def __iter__(self) -> Iterator[PastDecision]:
        for event in self._journal.every(self._query):
            try:
                past = PastDecision.from_event(str(event.seq), event.body)
            except ValueError:
                self.unread += 1  # of another release, or of a station set up otherwise: told at the end
                continue
            if past.evidence.category in self._pack.categories:
                self.judged += 1
            else:
                self.of_others += 1
            yield past
