"""What the journal keeps of a decision at the gate: the facts in the open, the person sealed beside them."""

from checkpoint.crossing import Evidence
from checkpoint.policy.evidence import evidence_to_json
from checkpoint.ports import Json
from checkpoint.vehicle import Crossing, Seat


def decision_body(crossing: Crossing, seat: Seat, code: str, officer: str) -> Json:
    """Return the body of a `crossing-decided` event: everything the decision rests on, and nothing personal."""
    decision = seat.decision
    return {
        "crossing": crossing.id,
        "seat": seat.number,
        "people": crossing.vehicle.people,
        "category": crossing.vehicle.category,
        "verdict": crossing.verdict,
        "reason": crossing.reason,
        "seat_verdict": decision.verdict,
        "seat_reason": decision.reason,
        "findings": [
            {"rule": f.rule, "verdict": f.verdict, "reason": f.reason, "clause": f.clause} for f in decision.findings
        ],
        "evidence": evidence_to_json(seat.evidence),
        "decided_at": decision.decided_at.isoformat(),
        "code_digest": code,
        "officer": officer,
    }


def personal_record(crossing: Crossing, evidence: Evidence) -> Json:
    """Return the personal part of an event: the holder and the plates."""
    holder = evidence.holder
    return {
        "holder": {"name": holder.name, "born": holder.born, "id_number": holder.id_number},
        "plate": crossing.vehicle.plate,
        "trailer": crossing.vehicle.trailer,
    }
