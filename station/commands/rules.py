"""`checkpoint rules`: the packs by which this station decides."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from checkpoint.crossing import Verdict
from checkpoint.errors import RulePackError
from checkpoint.events import Event, Kind
from checkpoint.journal import Journal, LogQuery
from checkpoint.policy import RulePack, load_pack
from checkpoint.policy.certlogic import CertLogicError
from checkpoint.policy.decision import judge
from checkpoint.policy.document import document
from checkpoint.policy.dry_run import PastDecision, dry_run
from checkpoint.policy.evidence import evidence_from_json
from checkpoint.policy.explain import explain, tree
from checkpoint.reasons import Reason
from station.checks import CATEGORIES
from station.commands.options import config_option, loaded, opened_journal
from station.commands.output import ANSWER_IS_NO, DONE, InputError, leave, print_json
from station.wiring import pack_shelf

PAGE = 500


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
                f"{pack.id} {pack.version} ({who}), from {pack.effective_from:%Y-%m-%d %H:%M} UTC: "
                + (f"in force for {', '.join(serves)}" if serves else "not in force")
            )
    for spoiled in shelf.spoiled:
        click.echo(f"not used: {spoiled.file}: {spoiled.fault}", err=True)
    missing = [category for category, chosen in in_force.items() if chosen is None]
    for category in missing:
        click.echo(f"no rules in force for {category}: everybody of it is held", err=True)
    leave(ANSWER_IS_NO if missing else DONE)


@rules.command(epilog="Example: checkpoint rules check my-pack.json")
@click.argument("pack_path", metavar="PACK", type=click.Path(path_type=Path, dir_okay=False))
def check(pack_path: Path) -> None:
    """Check a pack whole: its form, its reasons, its CertLogic, its dates, both languages.

    Exit code 0: it can be put in force; 1: it cannot, and why.
    """
    try:
        pack = load_pack(pack_path)
    except RulePackError as error:
        click.echo(f"{pack_path}: {error}")
        leave(ANSWER_IS_NO)
        return
    click.echo(f"{pack.id} {pack.version}: {len(pack.rules)} rules for {', '.join(sorted(pack.categories))}")
    leave(DONE)


@rules.command("explain", epilog="Example: checkpoint rules explain my-pack.json --event 4182")
@click.argument("pack_path", metavar="PACK", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--event", "seq", type=click.IntRange(min=1), required=True, help="The journal's entry to explain.")
@config_option
def explain_decision(pack_path: Path, seq: int, config_path: Path) -> None:
    """Show how each rule of a pack judges the evidence of one journal entry, clause by clause.

    Exit code 0: the pack would admit; 1: it would not.
    """
    pack = _pack(pack_path)
    with opened_journal(loaded(config_path)) as (journal, _folders, _clock):
        try:
            event = journal.event(seq)
        except KeyError:
            raise InputError(f"no entry #{seq} in this journal") from None
    past = _past(event)
    if past is None:
        raise InputError(f"entry #{seq} is no decision, but {event.kind}")
    seen = document(past.evidence, past.decided_at)
    for rule in pack.rules_for(past.evidence.category):
        click.echo(f"{rule.id}: {rule.text.en} / {rule.text.zh}")
        try:
            for line in tree(explain(rule.logic, seen)):
                click.echo(f"    {line}")
        except CertLogicError as error:
            click.echo(f"    broken: {error}")
    decision = judge(past.evidence, pack, past.decided_at)
    click.echo(f"-> {decision.verdict} ({decision.reason}); was {past.verdict} ({past.reason})")
    leave(DONE if decision.verdict is Verdict.ADMIT else ANSWER_IS_NO)


@rules.command("dry-run", epilog="Example: checkpoint rules dry-run my-pack.json --since 2022-03-20")
@click.argument("pack_path", metavar="PACK", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--since", required=True, help="From this date on (ISO 8601).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and change.")
@config_option
def dry_run_pack(pack_path: Path, since: str, as_json: bool, config_path: Path) -> None:
    """Show which of the journal's past decisions a pack would have made differently.

    Exit code 0: none; 1: some.
    """
    pack = _pack(pack_path)
    try:
        begin = datetime.fromisoformat(since)
    except ValueError as error:
        raise InputError(f"--since: {error}") from error
    begin = begin.replace(tzinfo=UTC) if begin.tzinfo is None else begin
    with opened_journal(loaded(config_path)) as (journal, _folders, _clock):
        past = list(_decisions(journal, begin))
    changes = dry_run(pack, past)
    for change in changes:
        if as_json:
            print_json(
                {
                    "event": change.past.ref,
                    "was": change.past.verdict,
                    "was_reason": change.past.reason,
                    "now": change.now.verdict,
                    "reason": change.now.reason,
                    "loosens": change.loosens,
                }
            )
        else:
            mark = "looser  " if change.loosens else "stricter"
            click.echo(
                f"#{change.past.ref} {mark} {change.past.verdict} ({change.past.reason}) -> "
                f"{change.now.verdict} ({change.now.reason})"
            )
    click.echo(f"{len(changes)} of {len(past)} decisions would change", err=as_json)
    leave(ANSWER_IS_NO if changes else DONE)


def _pack(path: Path) -> RulePack:
    try:
        return load_pack(path)
    except RulePackError as error:
        raise InputError(f"{path}: {error}") from error


def _decisions(journal: Journal, since: datetime) -> Iterator[PastDecision]:
    before: int | None = None
    while True:
        query = LogQuery(kind=Kind.CROSSING_DECIDED, since=since, before_seq=before, limit=PAGE)
        page = journal.search(query)
        for event in page.entries:
            past = _past(event)
            if past is not None:
                yield past
        if page.next_before is None:
            return
        before = page.next_before


def _past(event: Event) -> PastDecision | None:
    if event.kind is not Kind.CROSSING_DECIDED:
        return None
    return PastDecision(
        ref=str(event.seq),
        evidence=evidence_from_json(event.body["evidence"]),
        verdict=Verdict(event.body["seat_verdict"]),
        reason=Reason(event.body["seat_reason"]),
        decided_at=datetime.fromisoformat(event.body["decided_at"]),
    )
