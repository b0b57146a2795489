"""Restoring from a backup, from the pages: choose one, look at it, say yes; the station does it as it begins anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from checkpoint.errors import GateError
from checkpoint.journal import Described
from web.access import administering, officer
from web.errors import begins_anew, done
from web.language import span
from web.officers import LONGEST_PIN, SHORTEST_PIN, OfficerError
from web.serving import services
from web.set_up import STEPS, steps

blueprint = Blueprint("restoring", __name__)


@dataclass(frozen=True, slots=True)
class Looked:
    """A backup that was read from its first event to its last, and proves itself.

    ``other_work``: the journal here holds crossings or tests that the backup knows nothing of; ``here``: its events.
    """

    backup: Described
    other_work: bool
    here: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the newest restore that a page asked for.

    ``reason`` is empty where it was done, else a code with words, and then the journal is as it was; ``detail`` is for
    the IT. ``readable``: whether this station's key opens the personal records.
    """

    at: datetime
    source: str
    officer: str
    reason: str = ""
    detail: str = ""
    restored: int = 0
    salvaged: int = 0
    kept_aside: str = ""
    readable: bool = True


class Restores(Protocol):
    """What the station knows of backups. ``look`` and ``ask`` raise `OfficerError` with a code that has words."""

    def places(self) -> Sequence[str]: ...
    def found(self) -> Sequence[Described]: ...
    def look(self, source: str) -> str: ...
    def looked(self, ticket: str) -> Looked | None: ...
    def ask(self, ticket: str, *, officer: str) -> None: ...
    def outcome(self) -> Outcome | None: ...


def restores() -> Restores:
    """Return what the station knows of backups; 404 where it has no set-up, as in tests of single pages."""
    known = services().restoring
    if known is None:
        abort(404)
    return cast("Restores", known)


@blueprint.get("/settings/restore")
@administering
def page() -> str | Response:
    """The backups that were found, or the one that was looked at; and what became of the last restore."""
    station, known = services(), restores()
    ticket = request.args.get("look", "")
    looked = known.looked(ticket) if ticket else None
    if ticket and looked is None:
        return cast("Response", redirect(url_for("restoring.page")))
    now = station.gate.clock.now().wall
    return render_template(
        "restore.html",
        step="restore",
        steps=STEPS,
        places=known.places(),
        found=[] if looked else known.found(),
        looked=looked,
        ticket=ticket,
        outcome=known.outcome(),
        age=lambda moment: span(max(0.0, (now - moment).total_seconds())),
        shortest=SHORTEST_PIN,
        longest=LONGEST_PIN,
    )


@blueprint.post("/settings/restore/look")
@administering
def look() -> Response:
    """Read a backup from its first event to its last; a damaged one is refused here, before anything is asked for."""
    ticket = restores().look(request.form.get("source", "").strip())
    return done(url_for("restoring.page", look=ticket), go=True)


@blueprint.post("/settings/restore")
@administering
def ask() -> Response:
    """Ask for the backup that was looked at, by PIN, and let the station begin anew with it."""
    station, known = services(), restores()
    ticket = request.form.get("ticket", "")
    looked = known.looked(ticket)
    if looked is None:
        raise OfficerError("restore-look-first")
    if looked.other_work and "replace" not in request.form:
        raise OfficerError("restore-replaces-work")
    if looked.backup.own_key is False and "other_key" not in request.form:
        raise OfficerError("restore-other-key")
    station.officers.verify(officer().name, request.form.get("pin", ""))
    if station.gate.view().crossing is not None:
        raise GateError("vehicle-open")
    known.ask(ticket, officer=officer().name)
    return begins_anew(url_for("restoring.page"), steps().restart)
