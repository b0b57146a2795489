"""Journaled evidence with names and plates put back in the place of the tokens that stand for them."""

from dataclasses import replace

from checkpoint.credential import Fact, Holder, LorryPass
from checkpoint.crossing import Evidence
from checkpoint.vehicle import Vehicle


def named(evidence: Evidence, holder: Holder, vehicle: Vehicle) -> Evidence:
    """Return `evidence`, as the journal keeps it, with the person's name and the vehicle's plates.

    Codes of several people keep their tokens: that they differ is worth more than what one of them is called.
    """
    people = {credential.holder for credential in evidence.credentials if credential.holder.known}
    plates = {
        token: plate
        for token, plate in ((evidence.trailer, vehicle.trailer), (evidence.plate, vehicle.plate))
        if token  # a pass that names no trailer has no token, and is not one for this trailer
    }

    def fact_named(fact: Fact) -> Fact:
        if isinstance(fact, LorryPass):
            return replace(
                fact, plate=plates.get(fact.plate, fact.plate), trailer=plates.get(fact.trailer, fact.trailer)
            )
        return fact

    credentials = tuple(
        replace(
            credential,
            holder=holder if credential.holder.known and len(people) == 1 else credential.holder,
            facts=tuple(fact_named(fact) for fact in credential.facts),
        )
        for credential in evidence.credentials
    )
    return replace(evidence, credentials=credentials, plate=vehicle.plate, trailer=vehicle.trailer)
