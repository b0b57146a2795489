"""How urgent a case is, and when each of its steps is late: rules as data, changed by people, not in code.

The shipped ones are in ``rules.toml``; what an administrator has changed stands in the store, over them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from hq.store import Store
from hq.store.models import case_rules

URGENCIES = ("red", "yellow", "green")
DUE_STEPS = ("accepted", "handed", "acted", "answered", "closed")
LONGEST_MIN = 30 * 24 * 60
_FILE = Path(__file__).with_name("rules.toml")


@dataclass(frozen=True, slots=True)
class CaseRule:
    """The rule for one kind of case; ``reason`` narrows it, "" is any.

    ``within_min``: minutes from the case's coming in to each step of `DUE_STEPS`, in that order.
    """

    kind: str
    reason: str
    urgency: str
    within_min: tuple[int, ...]
    changed_by: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for a rule nobody could keep."""
        if self.urgency not in URGENCIES:
            raise ValueError(f"an urgency is one of {', '.join(URGENCIES)}")
        if len(self.within_min) != len(DUE_STEPS) or list(self.within_min) != sorted(self.within_min):
            raise ValueError("each step is due no earlier than the one before it")
        if not 1 <= self.within_min[0] <= self.within_min[-1] <= LONGEST_MIN:
            raise ValueError(f"a step is due within 1 to {LONGEST_MIN} minutes")

    def due_at(self, state: str, since: datetime) -> datetime | None:
        """Return when the step after `state` is late for a case that came in at `since`; None once it is closed.

        >>> from datetime import UTC
        >>> rule = CaseRule("positive", "", "red", (5, 15, 60, 120, 1440))
        >>> rule.due_at("accepted", datetime(2022, 3, 20, tzinfo=UTC)).isoformat()
        '2022-03-20T00:15:00+00:00'
        """
        after = DUE_STEPS.index(state) + 1 if state in DUE_STEPS else 0
        return since + timedelta(minutes=self.within_min[after]) if after < len(DUE_STEPS) else None


OTHER = CaseRule("", "", "yellow", (30, 60, 240, 480, 2880))
"""What holds for a kind of case that no rule names: somebody still looks at it."""


@cache
def shipped_rules() -> Mapping[tuple[str, str], CaseRule]:
    """Return the rules that come with the program, by kind and reason."""
    raw = tomllib.loads(_FILE.read_text("utf-8"))["rule"]
    rules = [
        CaseRule(one["kind"], one.get("reason", ""), one["urgency"], tuple(one[f"{step}_min"] for step in DUE_STEPS))
        for one in raw
    ]
    return {(rule.kind, rule.reason): rule for rule in rules}


def rules_in_force(db: sa.Connection) -> list[CaseRule]:
    """Return every rule, the most urgent first."""
    rules = dict(shipped_rules()) | {(row.kind, row.reason): _rule(row) for row in db.execute(sa.select(case_rules))}
    return sorted(rules.values(), key=lambda rule: (URGENCIES.index(rule.urgency), rule.within_min, rule.kind))


def rule_for(db: sa.Connection, kind: str, reason: str) -> CaseRule:
    """Return the rule for a case of this kind with this reason; the narrower one counts."""
    changed = {
        row.reason: _rule(row)
        for row in db.execute(
            sa.select(case_rules).where(case_rules.c.kind == kind, case_rules.c.reason.in_(["", reason]))
        )
    }
    for narrow in dict.fromkeys((reason, "")):
        found = changed.get(narrow) or shipped_rules().get((kind, narrow))
        if found is not None:
            return found
    return OTHER


def change_rule(store: Store, rule: CaseRule, *, by: str, now: datetime) -> None:
    """Put a rule in force for cases that come in, or move on, from now."""
    values = {f"{step}_min": minutes for step, minutes in zip(DUE_STEPS, rule.within_min, strict=True)}
    values |= {"urgency": rule.urgency, "changed_by": by, "changed_at": now}  # type: ignore[dict-item]  # a row's values
    key = (case_rules.c.kind == rule.kind, case_rules.c.reason == rule.reason)
    with store.writing() as db:
        if not db.execute(sa.update(case_rules).where(*key).values(**values)).rowcount:
            db.execute(sa.insert(case_rules).values(kind=rule.kind, reason=rule.reason, **values))


def _rule(row: sa.Row[tuple[object, ...]]) -> CaseRule:
    known = row._mapping
    minutes = tuple(known[f"{step}_min"] for step in DUE_STEPS)
    return CaseRule(known["kind"], known["reason"], known["urgency"], minutes, known["changed_by"])
