"""A decision made once more, weeks later, from what the journal keeps of it."""

from collections.abc import Callable
from datetime import datetime

from checkpoint.crossing import Category, Decision
from checkpoint.events import Event, Kind
from checkpoint.policy import RulePack, decide
from checkpoint.policy.evidence import evidence_from_json


def replay(event: Event, rules: Callable[[Category, datetime], RulePack | None]) -> Decision | None:
    """Return what the same evidence comes to now, at the hour of the event and by the pack that was in force then.

    None where the event is no decision, or where that version of the pack is not at this station any more.
    """
    if event.kind is not Kind.CROSSING_DECIDED:
        return None
    try:
        evidence = evidence_from_json(event.body["evidence"])
        at = datetime.fromisoformat(event.body["decided_at"])
    except (KeyError, ValueError, TypeError):
        return None  # an event of another version
    pack = rules(evidence.category, at)
    if (f"{pack.id}@{pack.version}" if pack else "") != event.rules:
        return None
    return decide(evidence, pack, at)
