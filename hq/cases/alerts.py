"""What headquarters must look at: positives, refusals, overrides, signs of tampering, silent stations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from checkpoint.events import Event, Kind
from checkpoint.reasons import Reason
from hq.cases.rules import rule_for
from hq.store.models import alert_steps, alerts

NEW = "new"


@dataclass(frozen=True, slots=True)
class Concern:
    """Why somebody must look. How urgent it is, the rule for its kind says (`hq.cases.rules`)."""

    kind: str
    detail: str = ""


def concern_of(event: Event) -> Concern | None:
    """Return why headquarters must look at this event, None where it need not."""
    body = event.body
    match event.kind:
        case Kind.TEST_READ if body.get("outcome") == "positive":
            return Concern("positive", _reason(body))
        case Kind.TEST_CONFIRMED if body.get("disputed"):
            # Two readers against the machine: a positive it did not see, or one of its positives without a result.
            found = body.get("outcome") == "positive"
            return Concern("positive", Reason.SECOND_READER) if found else Concern("override", Reason.SECOND_READER)
        case Kind.CROSSING_DECIDED if body.get("seat_verdict", body.get("verdict")) == "refuse":
            # The positive test that caused it stands already: one person, one case.
            return None if body.get("reason") == Reason.ANTIGEN_POSITIVE else Concern("refused", _reason(body))
        case Kind.OVERRIDDEN:
            return Concern("override", _reason(body))
        case Kind.JOURNAL_RESTORED:
            return Concern("restored")
        case Kind.TAMPER_SEEN:
            return Concern("tamper", _reason(body))
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A concern and the event it is about; ``at`` is when that happened."""

    concern: Concern
    epoch: int
    seq: int
    at: datetime
    occasion: str = ""

    @property
    def case(self) -> str:
        """The case's id: the same concern about the same event, or on the same occasion, is one case."""
        return f"{self.concern.kind}-{self.occasion or f'{self.epoch}-{self.seq}'}"


def raise_alert(
    db: sa.Connection,
    station: str,
    concern: Concern,
    *,
    epoch: int,
    seq: int,
    at: datetime,
    now: datetime,
    occasion: str = "",
) -> bool:
    """Open a case unless there is one already; return whether it is new.

    ``occasion`` tells cases apart that no event of their own stands for; else the event's number does.
    """
    return bool(raise_alerts(db, station, [Occurrence(concern, epoch, seq, at, occasion)], now))


def raise_alerts(db: sa.Connection, station: str, occurrences: Sequence[Occurrence], now: datetime) -> list[str]:
    """Open the cases that are not open already, all at once; return the ids of the new ones."""
    wanted = {one.case: one for one in occurrences}
    if not wanted:
        return []
    known = sa.select(alerts.c.id).where(alerts.c.station_id == station, alerts.c.id.in_(wanted))
    for case in db.execute(known).scalars().all():
        del wanted[case]
    if not wanted:
        return []
    kinds = {(one.concern.kind, one.concern.detail) for one in wanted.values()}
    rules = {key: rule_for(db, *key) for key in kinds}
    cases, steps = [], []
    for case, one in wanted.items():
        concern = one.concern
        rule = rules[concern.kind, concern.detail]
        cases.append(
            {
                "station_id": station,
                "id": case,
                "kind": concern.kind,
                "urgency": rule.urgency,
                "at": one.at,
                "received_at": now,
                "epoch": one.epoch,
                "seq": one.seq,
                "detail": concern.detail,
                "state": NEW,
                "state_at": now,
                "team": "",
                "due_at": rule.due_at(NEW, now),
            }
        )
        steps.append(
            {
                "station_id": station,
                "alert_id": case,
                "step": 1,
                "entry": "step",
                "state": NEW,
                "at": now,
                "by": "",
                "note": concern.detail,
            }
        )
    db.execute(sa.insert(alerts), cases)
    db.execute(sa.insert(alert_steps), steps)
    return list(wanted)


def _reason(body: dict[str, object]) -> str:
    return str(body.get("reason") or body.get("why") or "")
