"""Who may work at this station: names, roles and PINs, kept as one small file, twice.

A PIN is short, so guessing must be slow: argon2 makes each try cost time, and every wrong try in a row doubles the
wait before the next one counts. The waits survive a restart. Nothing here has a default password.

A file that a failing card damaged must neither keep the station from starting nor open its set-up to whoever comes
first: the copy stands in for it.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from checkpoint.durable import write_durably
from checkpoint.errors import CheckpointError

log = logging.getLogger(__name__)

SHORTEST_PIN = 4
LONGEST_PIN = 12
FREE_TRIES = 3  # wrong tries in a row before the waits begin: gloves mistype
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 900.0


class Role(StrEnum):
    """What somebody may do. Each officer has one."""

    OFFICER = "officer"
    SHIFT_LEAD = "shift-lead"
    ADMIN = "admin"
    AUDITOR = "auditor"  # reads everything, decides nothing

    @property
    def may_decide(self) -> bool:
        """Whether this role works at the gate and the bench."""
        return self is not Role.AUDITOR


class OfficerError(CheckpointError, ValueError):
    """A log-in or a change to the officers that cannot be; ``reason`` is a kebab-case code, ``wait_s`` how long."""

    def __init__(self, reason: str, *, wait_s: float = 0.0) -> None:
        self.reason = reason
        self.wait_s = wait_s
        super().__init__(reason)


class OfficersDamagedError(CheckpointError):
    """Neither the file of officers nor its copy can be read."""


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who may log in; ``since`` changes with the PIN, which ends older sessions."""

    name: str
    role: Role
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class _Record:
    officer: Officer
    pin_hash: str
    wrong: int = 0
    locked_until: float = 0.0


class Officers:
    """The officers of one station, in a JSON file that only its owner can read, and a copy beside it.

    `now` is seconds since the epoch; `hasher` is argon2's, with lighter settings in tests. ``kept_aside`` is where a
    damaged file was put that the copy now stands in for. Raises `OfficersDamagedError` where neither can be read.
    """

    def __init__(
        self, path: Path, *, now: Callable[[], float] = time.time, hasher: PasswordHasher | None = None
    ) -> None:
        self._path = path
        self._now = now
        self._hasher = hasher or PasswordHasher()
        self._lock = threading.Lock()
        self._copy = path.with_name(f"{path.stem}.copy{path.suffix}")
        self.kept_aside: Path | None = None
        self._records = self._load()

    def names(self) -> tuple[str, ...]:
        """Return everybody's names in the order they were added."""
        return tuple(self._records)

    def get(self, name: str) -> Officer | None:
        """Return the officer of that name, or None."""
        record = self._records.get(name)
        return record.officer if record else None

    def add(self, name: str, pin: str, role: Role | str = Role.OFFICER) -> Officer:
        """Add an officer; raise `OfficerError` for a name taken or empty, or a PIN too short, long or not of digits."""
        name = name.strip()
        with self._lock:
            if not name or len(name) > 40:
                raise OfficerError("name-needed")
            if name in self._records:
                raise OfficerError("name-taken")
            officer = Officer(name, Role(role), since=self._now())
            self._records[name] = _Record(officer, self._hasher.hash(_checked(pin)))
            self._save()
            return officer

    def change_pin(self, name: str, pin: str) -> None:
        """Give `name` a new PIN; their sessions end."""
        with self._lock:
            record = self._known(name)
            officer = replace(record.officer, since=self._now())
            self._records[name] = _Record(officer, self._hasher.hash(_checked(pin)))
            self._save()

    def end_sessions(self, name: str) -> None:
        """End every session of `name`, on every tablet: their shift is over. The PIN stays."""
        with self._lock:
            officer = self._known(name).officer
            later = max(self._now(), officer.since + 0.001)  # also where the clock was set back
            self._records[name] = replace(self._records[name], officer=replace(officer, since=later))
            self._save()

    def remove(self, name: str) -> None:
        """Remove an officer; what they did stays in the journal under their name."""
        with self._lock:
            self._known(name)
            del self._records[name]
            self._save()

    def verify(self, name: str, pin: str) -> Officer:
        """Return the officer whose PIN this is; raise `OfficerError` ("wrong-pin", "locked-out" with the wait).

        While locked out even the right PIN is not looked at, so that trying on tells nothing.
        """
        with self._lock:
            record = self._known(name)
            now = self._now()
            left = record.locked_until - now
            if 0 < left <= LONGEST_WAIT_S:  # longer: the clock was set back, and nobody stays locked out for a year
                raise OfficerError("locked-out", wait_s=left)
            try:
                self._hasher.verify(record.pin_hash, pin)
            except (VerifyMismatchError, InvalidHashError):
                wrong = record.wrong + 1
                wait = lock_out_s(wrong)
                self._records[name] = replace(record, wrong=wrong, locked_until=now + wait if wait else 0.0)
                self._save()
                raise OfficerError("wrong-pin", wait_s=wait) from None
            if record.wrong:
                self._records[name] = replace(record, wrong=0, locked_until=0.0)
                self._save()
            return record.officer

    def _known(self, name: str) -> _Record:
        try:
            return self._records[name]
        except KeyError:
            raise OfficerError("unknown-officer") from None

    def _load(self) -> dict[str, _Record]:
        """Return what the file holds, or its copy where the file is damaged or gone."""
        try:
            if self._path.exists() or not self._copy.exists():
                records = _loaded(self._path)
                if records and not self._copy.exists():
                    self._put(self._copy, self._path.read_bytes())
                return records
            why = "it is gone"
        except _UNREADABLE as error:
            why = str(error)
        try:
            records = _loaded(self._copy)
        except _UNREADABLE as error:
            raise OfficersDamagedError(
                f"the officers cannot be read: {self._path} ({why}), nor its copy ({error}). Put a copy of yours "
                "there, or move both away and set the station up anew; the journal is not touched"
            ) from error
        if self._path.exists():
            self.kept_aside = self._path.with_name(f"{self._path.name}.damaged-{int(self._now())}")
            self._path.replace(self.kept_aside)
        log.error("%s cannot be used (%s): its copy stands in for it", self._path, why)
        self._put(self._path, self._copy.read_bytes())
        return records

    @staticmethod
    def _put(path: Path, content: bytes) -> None:
        """Write what can wait for another start: a full card must not keep the station from this one."""
        try:
            write_durably(path, content)
        except OSError as error:
            log.error("%s cannot be written: %s", path, error)

    def _save(self) -> None:
        """Write both files, one after the other: a power cut leaves each the old or the new, never half."""
        people = [
            {
                "name": r.officer.name,
                "role": r.officer.role,
                "since": r.officer.since,
                "pin_hash": r.pin_hash,
                "wrong": r.wrong,
                "locked_until": r.locked_until,
            }
            for r in self._records.values()
        ]
        content = json.dumps({"officers": people}, ensure_ascii=False, indent=1).encode()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for path in (self._path, self._copy):
            write_durably(path, content)


def lock_out_s(wrong: int) -> float:
    """Return how long to wait after so many wrong tries in a row, seconds.

    >>> [lock_out_s(n) for n in (1, 3, 4, 5, 6, 20)]
    [0.0, 0.0, 5.0, 10.0, 20.0, 900.0]
    """
    if wrong <= FREE_TRIES:
        return 0.0
    return min(FIRST_WAIT_S * 2.0 ** (wrong - FREE_TRIES - 1), LONGEST_WAIT_S)


def _checked(pin: str) -> str:
    if not (pin.isascii() and pin.isdigit() and SHORTEST_PIN <= len(pin) <= LONGEST_PIN):
        raise OfficerError("pin-of-digits")
    return pin


_UNREADABLE = (ValueError, KeyError, TypeError, OSError)


def _loaded(path: Path) -> dict[str, _Record]:
    """Return the records in a file, none where there is no file; raise one of `_UNREADABLE` for a damaged one."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {
        o["name"]: _Record(
            Officer(o["name"], Role(o["role"]), o["since"]), o["pin_hash"], o["wrong"], o["locked_until"]
        )
        for o in content["officers"]
    }
