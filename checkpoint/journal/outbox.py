"""What headquarters has, and what it still has to get.

The cursor moves forward on a signed receipt only, and backwards where headquarters lost its newest days and asks again.
"""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from checkpoint.events import GENESIS, Head, Lane, wall_text
from checkpoint.journal.database import Database

_CURSOR = "cursor"


@dataclass(frozen=True, slots=True)
class Pending:
    """How much headquarters does not have yet: events by lane, and photos."""

    now: int
    heartbeat: int
    soon: int
    photos: int

    @property
    def events(self) -> int:
        """Events of any lane."""
        return self.now + self.heartbeat + self.soon

    @property
    def all_sent(self) -> bool:
        """Whether nothing at all is pending: the only state that may be called "all sent"."""
        return self.events + self.photos == 0


@dataclass(frozen=True, slots=True)
class DayHeld:
    """What the journal holds of one day (UTC): its events by kind, and the newest event written by its end."""

    counts: dict[str, int]
    head: Head


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event as it travels: its canonical text, and the personal record as only headquarters can open it.

    ``ciphertext`` and ``station_key`` are empty where there is no personal record (any more); ``hq_key`` is empty where
    the record was written before headquarters' key was known.
    """

    epoch: int
    seq: int
    text: str
    hash: bytes
    ciphertext: bytes = b""
    station_key: bytes = b""
    hq_key: bytes = b""


_OUTGOING = (
    "SELECT e.epoch, e.seq, e.canonical, e.hash, coalesce(p.ciphertext, x''), coalesce(p.station_key, x''), "
    "coalesce(p.hq_key, x'') FROM events e LEFT JOIN personal p ON p.seq = e.seq "
)
_EARLY = (
    _OUTGOING + "JOIN log l ON l.seq = e.seq "  # noqa: S608  fixed text
    "WHERE l.lane = ? AND l.seq > ? AND e.seq NOT IN (SELECT seq FROM early_sent) ORDER BY e.seq LIMIT ?"
)


class Outbox:
    """The journal seen by whoever carries it to headquarters."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def cursor(self) -> int:
        """Return the newest event headquarters holds, with everything before it; 0 for none."""
        with self._db.reading() as db:
            return _cursor(db)

    def hash_at(self, seq: int) -> bytes:
        """Return the chain's hash at event `seq`; the genesis hash at 0; KeyError past the end."""
        if seq == 0:
            return GENESIS
        with self._db.reading() as db:
            row = db.execute("SELECT hash FROM events WHERE seq = ?", [seq]).fetchone()
        if row is None:
            raise KeyError(seq)
        return bytes(row[0])

    def after(self, seq: int, *, most: int, most_bytes: int) -> list[Outgoing]:
        """Return the events after `seq` in order: one epoch's, at most `most` and about `most_bytes`, at least one."""
        taken: list[Outgoing] = []
        size = 0
        with self._db.reading() as db:
            for row in db.execute(_OUTGOING + "WHERE e.seq > ? ORDER BY e.seq LIMIT ?", [seq, most]):
                event = Outgoing(*row)
                size += len(event.text.encode()) + len(event.ciphertext) * 4 // 3
                if taken and (size > most_bytes or event.epoch != taken[0].epoch):
                    break
                taken.append(event)
        return taken

    def early_due(self, most: int = 50) -> list[Outgoing]:
        """Return events that must not wait for their turn and whose copy headquarters has not confirmed yet."""
        with self._db.reading() as db:
            rows = db.execute(
                _EARLY,
                [Lane.NOW, _cursor(db), most],
            ).fetchall()
        return [Outgoing(*row) for row in rows]

    def confirm_early(self, seqs: list[int]) -> None:
        """Remember that headquarters has the early copies of these events."""
        with self._db.writing("noting early events") as db:
            db.executemany("INSERT OR IGNORE INTO early_sent (seq) VALUES (?)", [(seq,) for seq in seqs])

    def acknowledge(self, acked_to: int, acked_hash: bytes, *, epoch: int, text: str, sig: bytes) -> None:
        """Store headquarters' signed receipt and move the cursor to it; ValueError where it is not about this chain."""
        with self._db.writing("storing a receipt") as db:
            row = db.execute("SELECT epoch, hash FROM events WHERE seq = ?", [acked_to]).fetchone()
            if acked_to and (row is None or row[0] != epoch or bytes(row[1]) != acked_hash):
                raise ValueError(f"a receipt for event {acked_to} that is not in this journal")
            db.execute(
                "INSERT OR REPLACE INTO receipts (acked_to, epoch, acked_hash, text, sig) VALUES (?, ?, ?, ?, ?)",
                [acked_to, epoch, acked_hash, text, sig],
            )
            _set_note(db, _CURSOR, str(max(acked_to, _cursor(db))))
            db.execute("DELETE FROM early_sent WHERE seq <= ?", [acked_to])

    def rewind(self, to: int) -> None:
        """Start again after event `to`: headquarters was restored from an older backup."""
        with self._db.writing("rewinding the cursor") as db:
            _set_note(db, _CURSOR, str(min(to, _cursor(db))))

    def photos_due(self, most: int = 20) -> list[str]:
        """Return photos (SHA-256) headquarters does not have, the most urgent first."""
        with self._db.reading() as db:
            rows = db.execute(
                "SELECT ep.sha256 FROM photos_due d JOIN event_photos ep ON ep.sha256 = d.sha256 "
                "JOIN log l ON l.seq = ep.seq GROUP BY ep.sha256 ORDER BY min(l.lane), min(ep.seq) LIMIT ?",
                [most],
            ).fetchall()
        return [row[0] for row in rows]

    def confirm_photo(self, sha256: str) -> None:
        """Remember that headquarters has a photo, or that it was destroyed before it could be sent."""
        with self._db.writing("noting a photo") as db:
            db.execute("INSERT OR IGNORE INTO photos_sent (sha256) VALUES (?)", [sha256])

    def photos_missing(self, sha256s: list[str]) -> None:
        """Send these photos again: headquarters says it does not have them."""
        with self._db.writing("noting missing photos") as db:
            db.executemany("DELETE FROM photos_sent WHERE sha256 = ?", [(sha256,) for sha256 in sha256s])

    def has(self, seq: int) -> bool:
        """Return whether headquarters has confirmed that it holds event `seq`, in its turn or as an early copy."""
        with self._db.reading() as db:
            early = db.execute("SELECT 1 FROM early_sent WHERE seq = ?", [seq]).fetchone()
            return seq <= _cursor(db) or early is not None

    def pending(self) -> Pending:
        """Return how much headquarters does not have yet; it costs the same on a long day without a line.

        Numbers have no gap, so what is pending in all is a difference; only the few of the urgent lanes are counted.
        """
        with self._db.reading() as db:
            cursor = _cursor(db)
            newest = db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0]
            counted = "SELECT count(*) FROM log WHERE lane = ? AND seq > ?"
            urgent = db.execute(counted, [Lane.NOW, cursor]).fetchone()[0]
            heartbeat = db.execute(counted, [Lane.HEARTBEAT, cursor]).fetchone()[0]
            photos = db.execute("SELECT count(*) FROM photos_due").fetchone()[0]
        return Pending(now=urgent, heartbeat=heartbeat, soon=newest - cursor - urgent - heartbeat, photos=photos)

    def day(self, day: date) -> DayHeld | None:
        """Return what the journal holds of a day, None for a day without an event."""
        begins, ends = (wall_text(datetime.combine(one, time(), UTC)) for one in (day, day + timedelta(days=1)))
        with self._db.reading() as db:
            newest = db.execute("SELECT max(seq) FROM log WHERE at >= ? AND at < ?", [begins, ends]).fetchone()[0]
            if newest is None:
                return None
            counts = db.execute(
                "SELECT kind, count(*) FROM log WHERE at >= ? AND at < ? GROUP BY kind", [begins, ends]
            ).fetchall()
            epoch, hash_ = db.execute("SELECT epoch, hash FROM events WHERE seq = ?", [newest]).fetchone()
        return DayHeld(dict(counts), Head(epoch, newest, bytes(hash_)))

    def first_day(self) -> date | None:
        """Return the day (UTC) of the earliest event, None where nothing has happened yet."""
        with self._db.reading() as db:
            at = db.execute("SELECT min(at) FROM log WHERE at GLOB '[0-9]*-[0-9]*-[0-9]*T*'").fetchone()[0]
        return None if at is None else date.fromisoformat(at[:10])

    def note(self, name: str) -> str:
        """Return what was remembered under `name`; empty where nothing was."""
        with self._db.reading() as db:
            return _note(db, name)

    def remember(self, name: str, value: str) -> None:
        """Remember `value` under `name`: when headquarters last answered, and the like."""
        with self._db.writing("taking a note") as db:
            _set_note(db, name, value)


def _cursor(db: sqlite3.Connection) -> int:
    return int(_note(db, _CURSOR) or 0)


def _note(db: sqlite3.Connection, name: str) -> str:
    row = db.execute("SELECT value FROM notes WHERE name = ?", [name]).fetchone()
    return row[0] if row else ""


def _set_note(db: sqlite3.Connection, name: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)", [name, value])
