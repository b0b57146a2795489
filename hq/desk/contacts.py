"""Contacts: for a positive, who must be told; names only for the role that may, and each one written down."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, abort, render_template, request

from checkpoint.events import Json
from hq.cases.lists import find_case
from hq.desk.access import accounts, needs, office, person
from hq.desk.sheets import sheet
from hq.people.accounts import Right
from hq.records import search as records
from hq.records.contacts import Contact, ContactList, contacts_of

blueprint = Blueprint("contacts", __name__)


@dataclass(frozen=True, slots=True)
class Named:
    """A contact and who it is: None where that was not asked for, or does not open."""

    contact: Contact
    personal: Json | None


@blueprint.get("/contacts/<station>/<case>")
@needs(Right.SEE)
def page(station: str, case: str) -> str:
    """Show the contacts of a positive, without names."""
    found = _found(station, case)
    return render_template("contacts.html", case=_case(station, case), found=found, named=_unnamed(found), opened=False)


@blueprint.post("/contacts/<station>/<case>")
@needs(Right.UNSEAL)
def unseal(station: str, case: str) -> str:
    """Show the contacts with their names: written down first, then opened."""
    found = _found(station, case)
    named = list(_opened(found))
    return render_template("contacts.html", case=_case(station, case), found=found, named=named, opened=True)


@blueprint.post("/contacts/<station>/<case>.csv")
@needs(Right.UNSEAL)
def download(station: str, case: str) -> Response:
    """Return the list with names as a sheet for the investigators; written down."""
    found = _found(station, case)
    accounts().note(person().name, "contacts-exported", f"{station}/{case}")
    rows = [_row(found, named) for named in _opened(found)]  # opened now, while the request is still there
    return sheet(f"contacts-{station}-{case}.csv", _HEAD, rows)


_HEAD = (
    "contact", "name", "born", "id_number", "plate", "trailer", "crossing", "seat", "slot", "outcome",
    "together_from", "together_until", "station", "epoch", "seq",
)  # fmt: skip


def _row(found: ContactList, named: Named) -> tuple[object, ...]:
    contact, personal = named.contact, named.personal or {}
    holder = personal.get("holder") or {}
    begins, ends = contact.together or (None, None)
    return (
        "+".join(contact.how), holder.get("name"), holder.get("born"), holder.get("id_number"), personal.get("plate"),
        personal.get("trailer"), contact.crossing, contact.seat, contact.slot, contact.outcome,
        begins and begins.isoformat(), ends and ends.isoformat(), found.station, contact.epoch, contact.seq,
    )  # fmt: skip


def _opened(found: ContactList) -> Iterator[Named]:
    own = office()
    sealed = [one for one in found.contacts if one.sealed]
    if sealed:
        subjects = [f"{one.station}/{one.epoch}/{one.seq}" for one in sealed]
        accounts().note(person().name, "personal-viewed", *subjects)
    with own.store.reading() as db:
        for one in found.contacts:
            try:
                personal = records.unseal(db, own.keys, one.station, one.epoch, one.seq) if one.sealed else None
            except ValueError:
                personal = None  # sealed for another headquarters; the page says that it does not open
            yield Named(one, personal)


def _unnamed(found: ContactList) -> list[Named]:
    return [Named(one, None) for one in found.contacts]


def _case(station: str, case: str) -> object:
    with office().store.reading() as db:
        return find_case(db, station, case)


def _found(station: str, case: str) -> ContactList:
    with office().store.reading() as db:
        one = find_case(db, station, case)
        if one is None or one.kind != "positive":
            abort(404)
        try:
            found = contacts_of(db, station, one.epoch, one.seq)
        except KeyError:
            abort(404)
    if request.method == "GET":
        accounts().note(person().name, "contacts-viewed", f"{station}/{case}")
    return found
