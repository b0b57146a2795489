"""The audit: who saw what, who did what; for the auditor, who sees nothing personal there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, render_template, request

from hq.desk.access import accounts, local_time, needs, office, person
from hq.desk.sheets import sheet
from hq.desk.words import AUDITED
from hq.people.accounts import Right
from hq.people.auditing import AuditLine, AuditQuery, read_audit
from hq.store import Store

MOST_LINES = 200_000

blueprint = Blueprint("audit", __name__)


@blueprint.get("/audit")
@needs(Right.AUDIT)
def page() -> str:
    """Show the audit, newest first."""
    query = _query()
    with office().store.reading() as db:
        found = read_audit(db, query)
    older = {key: value for key, value in request.args.items() if value and key != "before"}
    if found.next_before:
        older["before"] = f"{found.next_before[0].isoformat()}~{found.next_before[1]}"
    return render_template("audit.html", found=found, query=query, older=older, args=request.args, whats=AUDITED)


@blueprint.get("/audit.csv")
@needs(Right.AUDIT)
def download() -> Response:
    """Return what the page would show, all of it, as a sheet."""
    accounts().note(person().name, "audit-exported")
    lines = _all(office().store, _query())
    rows = ((line.at.isoformat(), line.who, line.what, line.subject) for line in lines)
    return sheet("audit.csv", ("at", "who", "what", "subject"), rows)


def _all(store: Store, query: AuditQuery) -> Iterator[AuditLine]:
    """Yield every entry of a query; sent while it is read, after the request is over."""
    left = MOST_LINES
    while left > 0:
        with store.reading() as db:
            page_ = read_audit(db, query, limit=min(left, 1000))
        yield from page_.lines
        left -= len(page_.lines)
        if page_.next_before is None:
            return
        query = replace(query, before=page_.next_before)


def _query() -> AuditQuery:
    asked = request.args
    until = local_time(asked.get("until", ""))
    return AuditQuery(
        who=asked.get("who", "").strip(),
        what=asked.get("what", ""),
        subject=asked.get("subject", "").strip(),
        since=local_time(asked.get("since", "")),
        until=until + timedelta(days=1) if until else None,
        before=_before(asked.get("before", "")),
    )


def _before(text: str) -> tuple[datetime, str] | None:
    if not text:
        return None
    at, _, id_ = text.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        abort(400)
    if moment.tzinfo is None:
        abort(400)
    return moment, id_
