"""Rules and trust lists on their way to the stations: drafts, their checks, the dry run, and who runs what."""

import json
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from checkpoint.crossing import Verdict
from checkpoint.errors import RulePackError
from checkpoint.events import Json, Kind
from checkpoint.policy import Change, PastDecision, RulePack, dry_run
from checkpoint.policy.evidence import evidence_from_json
from checkpoint.policy.pack_file import parse_pack, read_json
from checkpoint.published import DocumentKind
from checkpoint.reasons import Reason
from hq.publishing.documents import Published, published_documents
from hq.stations.senders import APPROVED
from hq.store import Store
from hq.store.models import drafts, events, stations

MOST_TEXT = 4_000_000
MOST_DECISIONS = 50_000
SHOWN_CHANGES = 200


class DraftError(ValueError):
    """A draft that cannot be kept; the argument is a code for the page."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule pack or a trust list before it is published: the text as somebody gave it."""

    id: str
    kind: DocumentKind
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a pack would have changed in past decisions.

    ``judged`` were made again, ``unread`` could not be; ``cut`` says that there were more than are judged at a time.
    ``moves`` counts changes by verdict before and after; ``changes`` holds the first of them, the loosening ones first.
    """

    judged: int
    unread: int
    cut: bool
    moves: dict[tuple[Verdict, Verdict], int]
    changes: tuple[Change, ...]

    @property
    def changed(self) -> int:
        """How many decisions would have been others."""
        return sum(self.moves.values())

    @property
    def loosened(self) -> int:
        """How many would have been milder."""
        return sum(number for (was, now), number in self.moves.items() if now.severity < was.severity)


@dataclass(frozen=True, slots=True)
class Running:
    """What one station runs by, as it last said; ``wanted`` is what it should, "" where nothing is published."""

    station: str
    name: str
    town: str
    rules: tuple[str, ...]
    documents: tuple[str, ...]
    lacks: tuple[str, ...]


def keep_draft(store: Store, kind: DocumentKind, text: str, *, by: str, now: datetime, id_: str = "") -> str:
    """Keep a draft, new or under its `id_`, and return its id; raise `DraftError` where it is too large or empty."""
    if not text.strip():
        raise DraftError("empty")
    if len(text.encode()) > MOST_TEXT or "\x00" in text:
        raise DraftError("too-large")
    with store.writing() as db:
        if id_:
            changed = db.execute(sa.update(drafts).where(drafts.c.id == id_).values(text=text, by=by, at=now))
            if not changed.rowcount:
                raise DraftError("no-such-draft")
            return id_
        new = secrets.token_hex(8)
        db.execute(sa.insert(drafts).values(id=new, kind=str(kind), text=text, by=by, at=now))
    return new


def find_draft(db: sa.Connection, id_: str) -> Draft | None:
    """Return a draft, None where there is none."""
    row = db.execute(sa.select(drafts).where(drafts.c.id == id_)).first()
    return Draft(row.id, DocumentKind(row.kind), row.text, row.by, row.at) if row else None


def list_drafts(db: sa.Connection) -> list[Draft]:
    """Return all drafts, the newest first."""
    rows = db.execute(sa.select(drafts).order_by(drafts.c.at.desc()))
    return [Draft(row.id, DocumentKind(row.kind), row.text, row.by, row.at) for row in rows]


def drop_draft(store: Store, id_: str) -> None:
    """Throw a draft away."""
    with store.writing() as db:
        db.execute(sa.delete(drafts).where(drafts.c.id == id_))


def read_pack(text: str) -> tuple[Json, RulePack]:
    """Return a draft as a rule pack, its JSON value and the pack; raise `RulePackError` with what is wrong."""
    value = read_json(text.encode())
    if isinstance(value, dict) and isinstance(value.get("pack"), dict) and "signature" in value:
        value = value["pack"]  # somebody's signed pack: what counts is the pack, headquarters signs it anew
    if not isinstance(value, dict):
        raise RulePackError("a rule pack is a JSON object")
    return value, parse_pack(value)


def effective(text: str, moment: datetime) -> str:
    """Return a draft of a rule pack with another time from which it is in force; raise `RulePackError`."""
    value, _ = read_pack(text)
    value["effective_from"] = moment.isoformat(timespec="seconds")
    return json.dumps(value, ensure_ascii=False, indent=2)


def run_dry(db: sa.Connection, pack: RulePack, begins: datetime, ends: datetime) -> DryRun:
    """Judge the decisions from `begins` until before `ends` again by `pack`."""
    past = _Past(db, begins, ends)
    moves: Counter[tuple[Verdict, Verdict]] = Counter()
    changes: list[Change] = []
    for change in dry_run(pack, past):
        moves[change.past.verdict, change.now.verdict] += 1
        if len(changes) < SHOWN_CHANGES or change.loosens:
            changes.append(change)
    shown = sorted(changes, key=lambda change: not change.loosens)[:SHOWN_CHANGES]
    return DryRun(past.judged, past.unread, past.cut, dict(moves.most_common()), tuple(shown))


def who_runs_what(db: sa.Connection, wanted: Iterable[str]) -> list[Running]:
    """Return what each approved station runs by, those that lack something first."""
    names = list(wanted)
    rows = db.execute(
        sa.select(stations).where(stations.c.state == APPROVED).order_by(stations.c.town, stations.c.name)
    )
    running = []
    for row in rows:
        held = _names(row.published)
        lacks = tuple(name for name in names if name not in held)
        running.append(Running(row.id, row.name, row.town, _names(row.rules), held, lacks))
    return sorted(running, key=lambda one: not one.lacks)


def trust_summary(text: str) -> tuple[Json, dict[str, int]]:
    """Return a trust list's JSON value and how many keys each issuer has; ValueError with what is wrong."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error
    if not isinstance(value, dict) or not isinstance(value.get("keys"), list):
        raise ValueError("a trust list is the JSON that `checkpoint trust import` writes")
    keys = [key for key in value["keys"] if isinstance(key, dict)]
    if len(keys) != len(value["keys"]) or not all(isinstance(key.get("issuer"), str) for key in keys):
        raise ValueError("a key without its issuer")
    return value, dict(Counter(key["issuer"] for key in keys).most_common())


def versions(db: sa.Connection) -> list[Published]:
    """Return all that was published, newest first."""
    return published_documents(db)


class _Past:
    """Past decisions out of the events, newest first, as far as they can be read."""

    def __init__(self, db: sa.Connection, begins: datetime, ends: datetime) -> None:
        self._db = db
        self._between = (events.c.at >= begins, events.c.at < ends)
        self.judged = self.unread = 0
        self.cut = False

    def __iter__(self) -> Iterator[PastDecision]:
        query = (
            sa.select(events.c.station_id, events.c.epoch, events.c.seq, events.c.text)
            .where(events.c.kind == Kind.CROSSING_DECIDED, *self._between)
            .order_by(events.c.at.desc())
            .limit(MOST_DECISIONS + 1)
        )
        for number, row in enumerate(self._db.execute(query)):
            if number == MOST_DECISIONS:
                self.cut = True
                return
            try:
                past = _past_decision(f"{row.station_id}/{row.epoch}/{row.seq}", json.loads(row.text)["body"])
            except (ValueError, KeyError, TypeError, RecursionError):
                self.unread += 1
                continue
            self.judged += 1
            yield past


def _past_decision(ref: str, body: dict[str, Any]) -> PastDecision:
    decided_at = datetime.fromisoformat(body["decided_at"])
    if decided_at.tzinfo is None:
        raise ValueError("a decision without its time's zone")
    return PastDecision(
        ref=ref,
        evidence=evidence_from_json(body["evidence"]),
        verdict=Verdict(body["seat_verdict"]),
        reason=Reason(body["seat_reason"]),
        decided_at=decided_at,
    )


def _names(text: str) -> tuple[str, ...]:
    try:
        names = json.loads(text)
    except ValueError:
        return ()
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()
