"""The log's pages: what happened, newest first, and one entry with everything that explains it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from flask import Blueprint, Response, abort, redirect, render_template, request, session, url_for

from checkpoint.assay import Outcome
from checkpoint.crossing import Verdict
from checkpoint.events import Event, Kind
from checkpoint.journal import LogQuery
from web import words
from web.access import officer, reading
from web.errors import wants_json
from web.officers import Role
from web.plots import profile_plot
from web.serving import services

blueprint = Blueprint("log", __name__)

PAGE = 40
MOST_REVEALED = 20  # entries whose names a session keeps open: the oldest closes again
SPANS = {"1h": timedelta(hours=1), "12h": timedelta(hours=12), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
FILTERED_KINDS = (
    Kind.CROSSING_DECIDED,
    Kind.OVERRIDDEN,
    Kind.CORRECTED,
    Kind.TEST_STARTED,
    Kind.TEST_READ,
    Kind.TEST_VOIDED,
    Kind.TEST_REFUSED,
    Kind.LOGGED_IN,
    Kind.PERSONAL_VIEWED,
    Kind.DEVICE_FAULT,
    Kind.RULES_CHANGED,
)
NO_CLOSE_LOOK = frozenset({Kind.TEST_READ})
"""Kinds whose photos show nobody: a cassette on the bench."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the log."""

    event: Event
    what: Any
    verdict: str
    outcome: str
    reason: Any
    detail: str


@dataclass(frozen=True, slots=True)
class Filters:
    """What the page was asked to show; "" means everything."""

    verdict: str = ""
    kind: str = ""
    span: str = ""
    officer: str = ""
    crossing: str = ""

    @classmethod
    def of_request(cls) -> "Filters":
        """Read the filters of the page's address; what is unknown counts as everything."""
        ask = request.args.get
        return cls(
            verdict=_one_of(ask("verdict", ""), [v.value for v in Verdict]),
            kind=_one_of(ask("kind", ""), [k.value for k in Kind]),
            span=_one_of(ask("span", ""), list(SPANS)),
            officer=ask("officer", "")[:40],
            crossing=ask("crossing", "")[:64],
        )

    def query(self, now: datetime, before: int | None) -> LogQuery:
        """Return what to ask the journal."""
        return LogQuery(
            verdict=self.verdict or None,
            kind=self.kind or None,
            officer=self.officer or None,
            crossing=self.crossing or None,
            since=now - SPANS[self.span] if self.span else None,
            before_seq=before,
            limit=PAGE,
        )

    @property
    def any(self) -> bool:
        """Whether anything is filtered out."""
        return any((self.verdict, self.kind, self.span, self.officer, self.crossing))

    def args(self) -> dict[str, str]:
        """Return the filters as they stand in an address."""
        pairs = {"verdict": self.verdict, "kind": self.kind, "span": self.span, "officer": self.officer}
        return {k: v for k, v in {**pairs, "crossing": self.crossing}.items() if v}


@blueprint.get("/log")
@reading
def page() -> str:
    """The newest entries; with `before`, the next part of the same list alone."""
    station = services()
    filters, before = Filters.of_request(), request.args.get("before", type=int)
    now = station.gate.clock.now().wall
    found = station.journal.search(filters.query(now, before))
    return render_template(
        "log_rows.html" if wants_json() else "log.html",
        rows=[row_of(event) for event in found.entries],
        next_before=found.next_before,
        before=before,
        filters=filters,
        spans=SPANS,
        kinds=FILTERED_KINDS,
        officers=station.officers.names(),
        may_export=officer().role is not Role.OFFICER,
    )


@blueprint.get("/log/<int:seq>")
@reading
def entry(seq: int) -> str:
    """One entry: evidence, rules with what failed, photo, measured values, versions, who."""
    station = services()
    event = _event(seq)
    opened = seq in session.get("revealed", [])
    crossing = event.body.get("crossing")
    around = station.journal.search(LogQuery(crossing=crossing, limit=12)).entries if crossing else ()
    profile = event.body.get("profile") or []
    return render_template(
        "log_entry.html",
        event=event,
        row=row_of(event),
        personal=station.journal.personal(seq) if opened and event.commitment else None,
        opened=opened,
        photos_open=opened or event.kind in NO_CLOSE_LOOK,
        plot=profile_plot(profile) if profile else None,
        around=[row_of(e) for e in around if e.seq != seq],
        plain=plain_values(event),
        when=datetime.fromisoformat,
    )


@blueprint.post("/log/<int:seq>/reveal")
@reading
def reveal(seq: int) -> Response:
    """Show whose entry it is; asking is itself written down, first."""
    event = _event(seq)
    services().journal.append(
        Kind.PERSONAL_VIEWED,
        {"of": seq, "kind_of": str(event.kind), "officer": officer().name, "role": officer().role},
    )
    session["revealed"] = [*(s for s in session.get("revealed", []) if s != seq), seq][-MOST_REVEALED:]
    return cast("Response", redirect(url_for("log.entry", seq=seq), code=303))


@blueprint.get("/photo/<int:seq>/<int:number>")
@reading
def photo(seq: int, number: int) -> Response:
    """One photo of an entry; where it may show a person's code, only after the entry was opened."""
    event = _event(seq)
    if number >= len(event.photos):
        abort(404)
    if event.kind not in NO_CLOSE_LOOK and seq not in session.get("revealed", []):
        abort(403)
    ref = event.photos[number]
    try:
        picture = services().journal.photo(ref.sha256)
    except KeyError:
        abort(404)
    if ref.media_type not in {"image/jpeg", "image/png", "image/webp"}:
        abort(404)
    return Response(picture, mimetype=ref.media_type)


def row_of(event: Event) -> Row:
    """Return one line: what, how it ended, why, and what tells it from the others."""
    body = event.body
    kind = event.kind
    what = words.KINDS[kind] if isinstance(kind, Kind) else kind
    verdict = str(body.get("seat_verdict") or body.get("verdict") or "")
    outcome = str(body.get("outcome") or "")
    return Row(
        event=event,
        what=what,
        verdict=verdict if verdict in set(Verdict) else "",
        outcome=outcome if outcome in set(Outcome) else "",
        reason=words.reason(str(body["reason"])).word if body.get("reason") else "",
        detail=words.why(str(body["why"])) if body.get("why") else "",
    )


SHOWN_ELSEWHERE = frozenset(
    {
        "findings",
        "evidence",
        "profile",
        "control",
        "test_line",
        "reason",
        "verdict",
        "seat_verdict",
        "officer",
        "second",
    }
)


def plain_values(event: Event) -> list[tuple[str, str]]:
    """Return what else the event says, as it stands in the journal."""
    return [
        (key, ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value))
        for key, value in event.body.items()
        if key not in SHOWN_ELSEWHERE and value not in ("", None)
    ]


def _event(seq: int) -> Event:
    try:
        return services().journal.event(seq)
    except KeyError:
        abort(404)


def _one_of(value: str, known: list[str]) -> str:
    return value if value in known else ""
