"""The log's pages: what happened, newest first, and one entry with everything that explains it."""

import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, redirect, render_template, request, session, url_for

from checkpoint.assay import Outcome
from checkpoint.crossing import Category, Verdict
from checkpoint.errors import GateError
from checkpoint.events import Event, Kind
from checkpoint.gate import CORRECTABLE
from checkpoint.journal import LogQuery
from checkpoint.reasons import Reason
from checkpoint.replay import replay
from web import words
from web.access import deciding, officer, reading
from web.errors import done, wants_json
from web.language import chosen_language
from web.officers import Role
from web.plates import kept
from web.plots import profile_plot
from web.serving import services

blueprint = Blueprint("log", __name__)

PAGE = 40
MOST_CORRECTIONS = 200  # of one crossing, or the newest of all where an entry belongs to none
MOST_REVEALED = 20  # entries whose names a session keeps open: the oldest closes again
_TOKEN = re.compile(r"[0-9a-f]{32}")
SPANS = {"1h": timedelta(hours=1), "12h": timedelta(hours=12), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
FILTERED_KINDS = (
    Kind.CROSSING_DECIDED,
    Kind.OVERRIDDEN,
    Kind.CORRECTED,
    Kind.TEST_STARTED,
    Kind.TEST_READ,
    Kind.TEST_CONFIRMED,
    Kind.TEST_VOIDED,
    Kind.TEST_REFUSED,
    Kind.LOGGED_IN,
    Kind.KITS_RECEIVED,
    Kind.SHIFT_HANDED_OVER,
    Kind.PERSONAL_VIEWED,
    Kind.DEVICE_FAULT,
    Kind.RULES_CHANGED,
    Kind.TRUST_CHANGED,
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
    reason: str = ""
    slot: str = ""
    test: str = ""
    lot: str = ""
    plate: str = ""  # a token: the plate itself stands in no address

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
            reason=_one_of(ask("reason", ""), [r.value for r in Reason]),
            slot=slot if (slot := ask("slot", "")).isascii() and slot.isdigit() and len(slot) < 4 else "",
            test=ask("test", "")[:64],
            lot=ask("lot", "").strip()[:40],
            plate=token if _TOKEN.fullmatch(token := ask("plate", "")) else "",
        )

    def query(self, now: datetime, before: int | None) -> LogQuery:
        """Return what to ask the journal."""
        return LogQuery(
            verdict=self.verdict or None,
            kind=self.kind or None,
            officer=self.officer or None,
            crossing=self.crossing or None,
            reason=self.reason or None,
            slot=int(self.slot) if self.slot else None,
            test=self.test or None,
            lot=self.lot or None,
            plate=self.plate or None,
            since=now - SPANS[self.span] if self.span else None,
            before_seq=before,
            limit=PAGE,
        )

    @property
    def any(self) -> bool:
        """Whether anything is filtered out."""
        return bool(self.args())

    @property
    def rare(self) -> bool:
        """Whether one of the filters is set that stand behind "more"."""
        return any((self.kind, self.reason, self.slot, self.lot, self.officer))

    def args(self) -> dict[str, str]:
        """Return the filters as they stand in an address."""
        return {name: value for name, value in asdict(self).items() if value}


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
        reasons=sorted(Reason, key=lambda code: str(words.reason(code).word)),
        slots=station.bench.settings.slots,
        officers=station.officers.names(),
        may_export=officer().role is not Role.OFFICER,
    )


@blueprint.post("/log/search")
@reading
def search() -> Response:
    """Find an entry by its number, a test or crossing by its name, a lot, or a plate; looking for a plate is logged."""
    text = request.form.get("q", "").strip()[:60]
    if not text:
        return cast("Response", redirect(url_for("log.page"), code=303))
    number = text.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) <= 9 and (text != number or _is_entry(int(number))):
        return cast("Response", redirect(url_for("log.entry", seq=int(number)), code=303))
    journal = services().journal
    for found in (Filters(crossing=text), Filters(test=text), Filters(lot=text)):
        query = found.query(services().gate.clock.now().wall, before=None)
        if journal.search(replace(query, limit=1)).entries:
            return cast("Response", redirect(_listed(found), code=303))
    try:
        plate = journal.plate_token(kept(text))
    except GateError:
        return cast("Response", redirect(_listed(Filters(lot=text)), code=303))  # it says that nothing matches
    who = officer()
    journal.append(
        Kind.PERSONAL_VIEWED, {"what": "plate-searched", "plate": plate, "officer": who.name, "role": who.role}
    )
    return cast("Response", redirect(_listed(Filters(plate=plate)), code=303))


def _listed(filters: Filters) -> str:
    return f"{url_for('log.page')}?{urlencode(filters.args())}"


def _is_entry(seq: int) -> bool:
    return 1 <= seq <= services().journal.head().seq


@blueprint.post("/log/<int:seq>/correct")
@deciding
def correct(seq: int) -> Response:
    """Say that an entry is wrong, by a new entry; the old one stays as it is."""
    event = _event(seq)
    if corrections_of(event):
        raise GateError("corrected-already")
    why = (request.form.get("why_typed", "").strip() or request.form.get("why", "").strip())[:200]
    services().gate.correct_entry(event, why=why, officer=officer().name)
    return done(url_for("log.entry", seq=seq), go=True)


def corrections_of(event: Event) -> tuple[Event, ...]:
    """Return the corrections of an entry, newest first."""
    query = LogQuery(kind=Kind.CORRECTED, crossing=event.body.get("crossing"), limit=MOST_CORRECTIONS)
    return tuple(e for e in services().journal.search(query).entries if e.body.get("corrects") == event.seq)


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
        corrections=corrections_of(event),
        may_correct=event.kind in CORRECTABLE and officer().role.may_decide,
        replayed=replay(event, station.gate.rules),
        when=datetime.fromisoformat,
        rule_texts=_rule_texts(event),
    )


def _rule_texts(event: Event) -> dict[str, str]:
    """Return the words of the rules that decided an event, by their ids; none where that pack is not here any more."""
    try:
        category, at = Category(event.body["category"]), datetime.fromisoformat(event.body["decided_at"])
    except (KeyError, ValueError):
        return {}
    pack = services().gate.rules(category, at)
    if pack is None or f"{pack.id}@{pack.version}" != event.rules:
        return {}
    return {rule.id: rule.text.zh if chosen_language() == "zh" else rule.text.en for rule in pack.rules}


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
