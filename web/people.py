"""Who works here: shift leads add and remove officers, everybody changes their own PIN; each change is an event."""

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask_babel import gettext

from checkpoint.events import Kind
from web.access import leading, officer, reading
from web.errors import done
from web.officers import LONGEST_PIN, SHORTEST_PIN, Officer, OfficerError, Role
from web.serving import services

blueprint = Blueprint("people", __name__, url_prefix="/people")


@blueprint.get("")
@reading
def page() -> str:
    """One's own PIN; for those who lead, everybody."""
    officers = services().officers
    return render_template(
        "people.html",
        people=[o for name in officers.names() if (o := officers.get(name))],
        may_lead=officer().role in {Role.SHIFT_LEAD, Role.ADMIN},
        roles=roles_to_give(officer().role),
        shortest=SHORTEST_PIN,
        longest=LONGEST_PIN,
    )


@blueprint.post("/pin")
@reading
def own_pin() -> Response:
    """A new PIN for oneself: the old one proves that it is not a passer-by at an open tablet."""
    me, officers = officer(), services().officers
    officers.verify(me.name, request.form.get("pin", ""))
    officers.change_pin(me.name, request.form.get("new_pin", ""))
    _note("new-pin", me)
    flash(gettext("New PIN kept. Log in with it."), "done")
    return done(url_for("login.page", name=me.name), go=True)


@blueprint.post("/add")
@leading
def add() -> Response:
    """A new officer, of a role no higher than one's own."""
    role = _role(request.form.get("role", ""))
    if role not in roles_to_give(officer().role):
        raise OfficerError("not-allowed")
    _note("added", services().officers.add(request.form.get("name", ""), request.form.get("new_pin", ""), role))
    return done(url_for("people.page"), go=True)


@blueprint.post("/reset")
@leading
def reset() -> Response:
    """A new PIN for somebody who forgot theirs; it also ends a lock-out."""
    other = _other()
    services().officers.change_pin(other.name, request.form.get("new_pin", ""))
    _note("new-pin", other)
    return done(url_for("people.page"), go=True)


@blueprint.post("/remove")
@leading
def remove() -> Response:
    """Somebody does not work here any more; what they did stays in the journal under their name."""
    other = _other()
    services().officers.remove(other.name)
    _note("removed", other)
    return done(url_for("people.page"), go=True)


def roles_to_give(mine: Role) -> tuple[Role, ...]:
    """Return the roles that somebody of role `mine` may give: nobody makes themselves a master."""
    match mine:
        case Role.ADMIN:
            return tuple(Role)
        case Role.SHIFT_LEAD:
            return (Role.OFFICER, Role.SHIFT_LEAD)
        case _:
            return ()


def _other() -> Officer:
    """Return whom the form names: never oneself, and nobody of a role one could not give."""
    other = services().officers.get(request.form.get("name", ""))
    if other is None:
        raise OfficerError("unknown-officer")
    if other.name == officer().name:
        raise OfficerError("not-oneself")
    if other.role not in roles_to_give(officer().role):
        raise OfficerError("not-allowed")
    return other


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise OfficerError("not-allowed") from None


def _note(what: str, who: Officer) -> None:
    services().journal.append(
        Kind.OFFICER_CHANGED, {"what": what, "who": who.name, "role": who.role, "officer": officer().name}
    )
