"""The audit read: who saw or did what, and when. Entries are only ever added."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hq.store.models import audit

PAGE = 100


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What to look for; empty or None means any. ``before`` continues a list: the last page's ``next_before``."""

    who: str = ""
    what: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: tuple[datetime, str] | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry."""

    id: str
    at: datetime
    who: str
    what: str
    subject: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first; ``next_before`` is None at the end."""

    lines: tuple[AuditLine, ...]
    next_before: tuple[datetime, str] | None


def read_audit(db: sa.Connection, query: AuditQuery, limit: int = PAGE) -> AuditPage:
    """Return one page of the audit, newest first."""
    wanted = sa.select(audit).order_by(audit.c.at.desc(), audit.c.id.desc()).limit(limit + 1)
    for column, value in ((audit.c.who, query.who), (audit.c.what, query.what)):
        if value:
            wanted = wanted.where(column == value)
    if query.subject:
        wanted = wanted.where(audit.c.subject.startswith(query.subject, autoescape=True))
    if query.since is not None:
        wanted = wanted.where(audit.c.at >= query.since)
    if query.until is not None:
        wanted = wanted.where(audit.c.at < query.until)
    if query.before is not None:
        at, id_ = query.before
        wanted = wanted.where(audit.c.at <= at, sa.or_(audit.c.at < at, audit.c.id < id_))
    lines = tuple(AuditLine(row.id, row.at, row.who, row.what, row.subject) for row in db.execute(wanted))
    last = lines[limit - 1] if len(lines) > limit else None
    return AuditPage(lines[:limit], (last.at, last.id) if last else None)
