"""How `checkpoint rules` words a pack: since when it is in force, and whether a station would take it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from checkpoint.crossing import Decision
from checkpoint.errors import RulePackError
from checkpoint.policy import RulePack, shipped_packs
from checkpoint.policy.certlogic import CertLogicError, Json
from checkpoint.policy.dry_run import Change, PastDecision
from checkpoint.policy.explain import explain, tree
from checkpoint.policy.pack_file import parse_pack, read_json
from station.commands.output import InputError, dated


@dataclass(frozen=True, slots=True)
class PackInFile:
    """A pack in a file; ``key_id``: the key that is said to have signed it, which only a station can check."""

    pack: RulePack
    key_id: str = ""

    @classmethod
    def read(cls, path: Path) -> "PackInFile":
        """Return the pack in a file, signed or not; raise `RulePackError`, or `InputError` where there is no file."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from error
        match read_json(data):
            case {"pack": dict() as pack, "key_id": str() as key_id, "signature": str()}:
                return cls(parse_pack(pack), key_id)
            case value:
                return cls(parse_pack(value))

    def lines(self, now: datetime, zone: tzinfo) -> Iterator[str]:
        """Yield since when it is in force and until when, and who would have to sign it before a station takes it."""
        pack = self.pack
        until = f"until {dated(pack.effective_until, zone)}" if pack.effective_until else "until it is replaced"
        yield f"from {dated(pack.effective_from, zone)} {until}: {_force(pack, now)}"
        if self.key_id:
            yield f"signed, it says, by the key {self.key_id}: the station checks whether that is headquarters'"
        elif any(pack.digest == shipped.digest for shipped in shipped_packs()):
            yield "comes with the program: a station goes by it where its configuration's [rules] packs names it"
        else:
            yield "not signed: a station takes it only once headquarters has signed and published it"

    def record(self, now: datetime) -> dict[str, Any]:
        """Return the same for a program."""
        pack = self.pack
        return {
            "id": pack.id,
            "version": pack.version,
            "rules": len(pack.rules),
            "categories": sorted(pack.categories),
            "effective_from": pack.effective_from,
            "effective_until": pack.effective_until,
            "due": pack.in_force(now),
            "key_id": self.key_id or None,
        }


def _force(pack: RulePack, now: datetime) -> str:
    if now < pack.effective_from:
        return "not in force until then"
    return "its time has come" if pack.in_force(now) else "its time is over"


def explained(pack: RulePack, past: PastDecision, seen: Json) -> Iterator[dict[str, Any]]:
    """Yield for each rule that concerns a past decision how it evaluates: each step, and whether it is met."""
    for rule in pack.rules_for(past.evidence.category):
        told: dict[str, Any] = {"rule": rule.id, "text": {"zh": rule.text.zh, "en": rule.text.en}}
        try:
            explanation = explain(rule.logic, seen)
        except CertLogicError as error:
            yield {**told, "met": False, "broken": str(error), "steps": []}
        else:
            yield {**told, "met": explanation.value is True, "broken": "", "steps": tree(explanation)}


def judged(event: int, past: PastDecision, now: Decision) -> dict[str, Any]:
    """Return what became of one entry, and what another pack makes of it."""
    return {
        "event": event,
        "decided_at": past.decided_at,
        "category": past.evidence.category,
        "was": past.verdict,
        "was_reason": past.reason,
        "now": now.verdict,
        "reason": now.reason,
    }


def change_line(change: Change, zone: tzinfo) -> str:
    """Return a changed decision in one line."""
    mark = "looser  " if change.loosens else "stricter"
    return (
        f"#{change.past.ref} {dated(change.past.decided_at, zone)} {mark} "
        f"{change.past.verdict} ({change.past.reason}) -> {change.now.verdict} ({change.now.reason})"
    )


def pack_in(path: Path) -> PackInFile:
    """Return the pack in a file; raise `InputError` where there is none that could be tried."""
    try:
        return PackInFile.read(path)
    except RulePackError as error:
        raise InputError(f"{path}: {error}") from error
