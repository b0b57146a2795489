"""Who may do what at the desk."""

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

from hq.models import audit, users
from hq.store import Store

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


_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE}),
    Role.DUTY: frozenset({Right.SEE, Right.ACT, Right.UNSEAL}),
    Role.EDITOR: frozenset({Right.SEE, Right.PUBLISH}),
    Role.ADMIN: frozenset({Right.SEE, Right.ACT, Right.ADMIT_STATIONS}),
    Role.AUDITOR: frozenset({Right.SEE, Right.AUDIT}),
}


@dataclass(frozen=True, slots=True)
class User(UserMixin):  # type: ignore[misc]  # flask-login has no types
    """Somebody who is logged in."""

    name: str
    role: Role

    def get_id(self) -> str:
        """Return what the session remembers."""
        return self.name

    def may(self, right: Right) -> bool:
        """Whether this person's role allows `right`."""
        return right in _RIGHTS[self.role]


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
        if len(password) < SHORTEST_PASSWORD:
            raise ValueError(f"a password has at least {SHORTEST_PASSWORD} characters")
        if not name.strip() or len(name) > 64:
            raise ValueError("a name has 1 to 64 characters")
        values = {"password_hash": self._hasher.hash(password), "role": str(role), "active": True}
        with self._store.writing() as db:
            changed = db.execute(sa.update(users).where(users.c.name == name).values(**values)).rowcount
            if not changed:
                db.execute(sa.insert(users).values(name=name, **values))

    def anybody(self) -> bool:
        """Whether there is any user at all."""
        with self._store.reading() as db:
            return db.execute(sa.select(users.c.name).limit(1)).first() is not None

    def find(self, name: str) -> User | None:
        """Return an active user by name."""
        with self._store.reading() as db:
            row = db.execute(sa.select(users).where(users.c.name == name, users.c.active)).first()
        return User(row.name, Role(row.role)) if row else None

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

    def note(self, who: str, what: str, subject: str = "") -> None:
        """Write down what somebody did; raises where it cannot, so that nothing is seen unaudited."""
        with self._store.writing() as db:
            db.execute(
                sa.insert(audit).values(id=secrets.token_hex(16), at=self._now(), who=who, what=what, subject=subject)
            )
