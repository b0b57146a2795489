"""Drafts of rule packs and trust lists: kept, changed, and read as what they are to be."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from checkpoint.errors import RulePackError
from checkpoint.events import Json
from checkpoint.policy import RulePack
from checkpoint.policy.pack_file import parse_pack, read_json
from checkpoint.published import DocumentKind
from hq.store import Store
from hq.store.models import drafts

MOST_TEXT = 4_000_000


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
