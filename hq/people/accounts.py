"""Who may do what at the desk."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from flask_login import UserMixin

from hq.store import Store
from hq.store.models import audit, users

SHORTEST_PASSWORD = 10
_TRIES = 5
_TRIES_WITHIN = timedelta(minutes=5)


class Role(StrEnum):
    """What somebody is at headquarters."""

    VIEWER = "viewer"
    DUTY = "duty"
    EDITOR = "editor"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Right(StrEnum):
    """What a page asks for."""

    SEE = "see"
    ACT = "act"  # take up and close cases
    UNSEAL = "unseal"  # open personal records and photos; each one is written down
    PUBLISH = "publish"  # rules and trust lists
    ADMIT_STATIONS = "admit-stations"
    AUDIT = "audit"
    MANAGE_USERS = "manage-users"
    SET_CASE_RULES = "set-case-rules"
    MOVE_KITS = "move-kits"


_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE}),
    Role.DUTY: frozenset({Right.SEE, Right.ACT, Right.UNSEAL, Right.MOVE_KITS}),
    Role.EDITOR: frozenset({Right.SEE, Right.PUBLISH}),
    Role.ADMIN: frozenset(
        {
            Right.SEE,
            Right.ACT,
            Right.ADMIT_STATIONS,
            Right.MANAGE_USERS,
            Right.SET_CASE_RULES,
            Right.MOVE_KITS,
        }
    ),
    Role.AUDITOR: frozenset({Right.SEE, Right.AUDIT}),
}


@dataclass(frozen=True, slots=True)
class User(UserMixin):  # type: ignore[misc]  # flask-login has no types
    """Somebody who is logged in. ``mark`` changes with the password."""

    name: str
    role: Role
    mark: str

    def get_id(self) -> str:
        """Return what the session remembers; a new password makes it stale."""
        return f"{self.mark} {self.name}"

    def may(self, right: Right) -> bool:
        """Whether this person's role allows `right`."""
        return right in _RIGHTS[self.role]


@dataclass(frozen=True, slots=True)
class Account:
    """One log-in as the administrator sees it."""

    name: str
    role: Role
    active: bool
    last_login: datetime | None


class AccountError(ValueError):
    """This cannot be done to an account; the argument is a code for the page."""


class TooManyTries(Exception):  # noqa: N818  the words say what happened
    """Somebody has guessed too often: wait."""


class Accounts:
    """The people of headquarters, their passwords (argon2) and the audit of what they did."""

    def __init__(self, store: Store, now: Callable[[], datetime], hasher: PasswordHasher | None = None) -> None:
        self._store = store
        self._now = now
        self._hasher = hasher or PasswordHasher()
        self._failures: dict[str, list[datetime]] = {}

    @cached_property
    def _nobody(self) -> str:
        """A password nobody has, to be compared with where a name is unknown."""
        return self._hasher.hash(secrets.token_hex())

    def set(self, name: str, password: str, role: Role) -> None:
        """Add somebody or give them a new password and role; ValueError where the password is too short."""
        self._check(name, password)
        values = {"password_hash": self._hasher.hash(password), "role": str(role), "active": True}
        with self._store.writing() as db:
            changed = db.execute(sa.update(users).where(users.c.name == name).values(**values)).rowcount
            if not changed:
                db.execute(sa.insert(users).values(name=name, **values))

    def add(self, name: str, password: str, role: Role) -> None:
        """Add somebody new; raise `AccountError` where there is one of that name, ValueError as `set` does."""
        self._check(name, password)
        with self._store.writing() as db:
            if db.execute(sa.select(users.c.name).where(users.c.name == name)).first() is not None:
                raise AccountError("name-taken")
            db.execute(
                sa.insert(users).values(
                    name=name, password_hash=self._hasher.hash(password), role=str(role), active=True
                )
            )

    def change(
        self, name: str, *, role: Role | None = None, password: str | None = None, active: bool | None = None
    ) -> None:
        """Change an account; raise `AccountError` where there is none, or where nobody could manage accounts then."""
        values: dict[str, object] = {}
        if password is not None:
            self._check(name, password)
            values["password_hash"] = self._hasher.hash(password)
            self._failures.pop(name, None)
        if role is not None:
            values["role"] = str(role)
        if active is not None:
            values["active"] = active
        with self._store.writing() as db:
            if not db.execute(sa.update(users).where(users.c.name == name).values(**values)).rowcount:
                raise AccountError("no-such-user")
            if role is None and active is None:
                return
            admins = sa.select(users.c.name).where(users.c.role == Role.ADMIN, users.c.active).limit(1)
            if db.execute(admins).first() is None:
                raise AccountError("last-admin")  # the transaction is undone

    def is_password(self, name: str, password: str) -> bool:
        """Whether this is the password of an active user."""
        with self._store.reading() as db:
            kept = db.execute(sa.select(users.c.password_hash).where(users.c.name == name, users.c.active)).scalar()
        try:
            return self._hasher.verify(kept or self._nobody, password) and kept is not None
        except VerificationError:
            return False

    def everybody(self) -> list[Account]:
        """Return every account, active ones first."""
        last = (
            sa.select(audit.c.who, sa.func.max(audit.c.at).label("at"))
            .where(audit.c.what == "logged-in")
            .group_by(audit.c.who)
            .subquery()
        )
        query = (
            sa.select(users, last.c.at)
            .outerjoin(last, last.c.who == users.c.name)
            .order_by(users.c.active.desc(), users.c.name)
        )
        with self._store.reading() as db:
            rows = db.execute(query).all()
        return [Account(row.name, Role(row.role), row.active, row.at) for row in rows]

    @staticmethod
    def _check(name: str, password: str) -> None:
        if len(password) < SHORTEST_PASSWORD:
            raise ValueError(f"a password has at least {SHORTEST_PASSWORD} characters")
        if not name.strip() or len(name) > 64 or "\x00" in name:
            raise ValueError("a name has 1 to 64 characters")

    def anybody(self) -> bool:
        """Whether there is any user at all."""
        with self._store.reading() as db:
            return db.execute(sa.select(users.c.name).limit(1)).first() is not None

    def find(self, name: str) -> User | None:
        """Return an active user by name."""
        with self._store.reading() as db:
            row = db.execute(sa.select(users).where(users.c.name == name, users.c.active)).first()
        return User(row.name, Role(row.role), _mark(row.password_hash)) if row else None

    def remembered(self, session: str) -> User | None:
        """Return whom a session remembers, None where their password is another one by now, or they are disabled."""
        mark, _, name = session.partition(" ")
        user = self.find(name)
        return user if user is not None and user.mark == mark else None

    def log_in(self, name: str, password: str) -> User | None:
        """Return the user whose password this is, None otherwise; raise `TooManyTries` after too many guesses."""
        now = self._now()
        recent = [at for at in self._failures.get(name, []) if now - at < _TRIES_WITHIN]
        if len(recent) >= _TRIES:
            raise TooManyTries
        with self._store.reading() as db:
            kept = db.execute(sa.select(users.c.password_hash).where(users.c.name == name, users.c.active)).scalar()
        try:
            # An unknown name takes as long as a wrong password, so that names cannot be told apart.
            self._hasher.verify(kept or self._nobody, password)
        except VerificationError:
            kept = None
        if kept is None:
            self._failures[name] = [*recent, now]
            self.note(name[:64], "login-failed")
            return None
        self._failures.pop(name, None)
        self.note(name, "logged-in")
        return self.find(name)

    def note(self, who: str, what: str, *subjects: str) -> None:
        """Write down what somebody did, of each subject; raises where it cannot, so that nothing is seen unaudited."""
        note(self._store, self._now(), who, what, *subjects)


def note(store: Store, now: datetime, who: str, what: str, *subjects: str) -> None:
    """Write down what was done: one entry for each subject, all or none; one without a subject where there is none."""
    rows = [
        {"id": secrets.token_hex(16), "at": now, "who": who, "what": what, "subject": subject}
        for subject in subjects or ("",)
    ]
    with store.writing() as db:
        db.execute(sa.insert(audit), rows)


def _mark(password_hash: str) -> str:
    """Return a short sign of a password's hash that tells nothing about it."""
    return hashlib.sha256(password_hash.encode()).hexdigest()[:16]
