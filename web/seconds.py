"""The second person: whose PIN stands beside an officer's own act where one pair of eyes is not enough."""

from flask import request

from web.access import officer
from web.officers import OfficerError
from web.serving import services


def others() -> tuple[str, ...]:
    """Return who may be the second person: everybody who decides, but whoever is logged in."""
    officers = services().officers
    known = ((name, officers.get(name)) for name in officers.names())
    return tuple(name for name, who in known if who and who.role.may_decide and name != officer().name)


def second_person() -> str:
    """Return the name in the form once its PIN is right; raise `OfficerError` for anything else."""
    name = request.form.get("second", "")
    if not name or name == officer().name:
        raise OfficerError("second-person-needed")
    confirmed = services().officers.verify(name, request.form.get("pin", ""))
    if not confirmed.role.may_decide:
        raise OfficerError("not-allowed")
    return confirmed.name
