"""The journal: append, read, search, prove, destroy, back up."""

import json
import logging
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from checkpoint.errors import ChainBroken, JournalError
from checkpoint.events import GENESIS, Event, Head, Json, Kind, Lane, PhotoRef, canonical, chain_hash, wall_text
from checkpoint.journal import retention
from checkpoint.journal.backup import DATABASE, PHOTOS, back_up
from checkpoint.journal.database import Database, in_our_words
from checkpoint.journal.generations import KEEP, BackupMade, make_generation
from checkpoint.journal.glance import Glance, glances
from checkpoint.journal.holding import hold
from checkpoint.journal.log import LogPage, LogQuery, count, search
from checkpoint.journal.outbox import Outbox, Pending
from checkpoint.journal.photos import PhotoStore
from checkpoint.journal.proof import prove
from checkpoint.journal.rows import EVENT_COLUMNS, EVENT_FROM, event_of, insert_event
from checkpoint.journal.schema import migrate
from checkpoint.journal.seal import Seal
from checkpoint.ports import Clock
from checkpoint.sealed import KEY_BYTES, SealedRecord, open_record, seal_record

log = logging.getLogger(__name__)

PLATES = ("plate", "trailer")
"""Parts of a personal record that an entry can be found by."""


class Journal:
    """One station's journal in one folder. Thread-safe; several processes may hold it open."""

    def __init__(self, db: Database, photos: PhotoStore, clock: Clock, seal: Seal, held: int) -> None:
        self._db = db
        self._held: int | None = held
        self.photos = photos
        self._clock = clock
        self.seal = seal
        self.outbox = Outbox(db)
        self._subscribers: list[Callable[[Event], None]] = []
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path, *, clock: Clock, seal: Seal) -> "Journal":
        """Open the journal in `folder`, made or migrated where needed.

        Raises `JournalFull` where the folder cannot be written, `JournalTooNew` where a newer program wrote it, and
        `JournalError` where the file is damaged.
        """
        with in_our_words(f"opening the journal in {folder}"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            held = hold(folder)
        try:
            file = folder / DATABASE
            if file.exists() and not file.stat().st_size:
                raise JournalError(f"the journal in {folder} is damaged: the file is empty")
            with in_our_words(f"opening the journal in {folder}"):
                db = Database(file)
        except BaseException:
            os.close(held)
            raise
        try:
            with db.maintaining() as connection:
                damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if damage != "ok":
                    raise JournalError(f"the journal in {folder} is damaged: {damage}")
                migrate(connection, folder)
        except BaseException:
            db.close()
            os.close(held)
            raise
        return cls(db, PhotoStore(folder / PHOTOS, seal), clock, seal, held)

    def close(self) -> None:
        """Close the files; what was appended is on disk already."""
        self._db.close()
        with self._lock:
            held, self._held = self._held, None
        if held is not None:
            os.close(held)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- writing -------------------------------------------------------------------------------------------------

    def append(
        self,
        kind: Kind,
        body: Json,
        *,
        personal: Json | None = None,
        photos: Sequence[PhotoRef] = (),
        lane: Lane = Lane.SOON,
        rules: str = "",
    ) -> Event:
        """Write one event: durable on disk when this returns, or not there at all.

        `body` must hold nothing personal: it is hashed, shown and kept. `personal` is sealed beside the chain.
        Raises `JournalFull` or `JournalError`; ValueError for a body that JSON cannot carry.
        """
        return self._append(kind, body, personal=personal, photos=photos, lane=lane, rules=rules)

    def begin_epoch(self, because: str, *, after: int = 0) -> Event:
        """Open a new epoch after a restore or a re-installation, naming the head it continues from.

        `after`: an epoch that is known to have been used, even where nothing of it is left here.
        """
        head = self.head()
        before = {"epoch": head.epoch, "seq": head.seq, "hash": head.hash.hex()}
        body = {"because": because, "before": before}
        return self._append(Kind.EPOCH_OPENED, body, epoch=max(head.epoch, after) + 1)

    def _append(
        self,
        kind: Kind,
        body: Json,
        *,
        personal: Json | None = None,
        photos: Sequence[PhotoRef] = (),
        lane: Lane = Lane.SOON,
        rules: str = "",
        epoch: int | None = None,
    ) -> Event:
        plain: Json = json.loads(json.dumps(body, allow_nan=False))
        record_key = secrets.token_bytes(KEY_BYTES)
        record = seal_record(personal, record_key) if personal is not None else None
        keys = (self.seal.wrap(record_key), self.seal.seal_to_headquarters(record_key)) if record else None
        with self._db.writing(f"appending {kind}") as db:
            head = _head(db)
            event = Event(
                epoch=head.epoch if epoch is None else epoch,
                seq=head.seq + 1,
                kind=kind,
                moment=self._clock.now(),
                rules=rules,
                body=plain,
                commitment=record.commitment if record else None,
                photos=tuple(photos),
                lane=lane,
                prev_hash=head.hash,
                hash=b"",
            )
            text = canonical(event)
            event = replace(event, hash=chain_hash(head.hash, text))
            sealed = (record.ciphertext, *keys) if record and keys else None
            insert_event(db, event, text.decode(), sealed)
            if personal is not None:
                plates = {personal.get(name) for name in PLATES} - {None, ""}
                db.executemany(
                    "INSERT INTO plates (seq, token) VALUES (?, ?)",
                    [(event.seq, self.seal.token(str(plate))) for plate in plates],
                )
        self._tell(event)
        return event

    def writing(self, doing: str) -> AbstractContextManager[sqlite3.Connection]:
        """Give the writer inside a transaction: for the journal's own parts, such as its recovery."""
        return self._db.writing(doing)

    def keep_photo(self, data: bytes, media_type: str) -> PhotoRef:
        """Encrypt and keep a photo; it and its name survive a power cut once this returns. Raises `JournalFull`."""
        return self.photos.keep(data, media_type)

    def subscribe(self, callback: Callable[[Event], None]) -> None:
        """Call `callback` after each commit, in the thread that appended."""
        with self._lock:
            self._subscribers.append(callback)

    def _tell(self, event: Event) -> None:
        with self._lock:
            subscribers = list(self._subscribers)
        for callback in subscribers:
            try:
                callback(event)
            except Exception:
                # The event is durable: a listener's trouble must not say otherwise.
                log.exception("a listener failed after event %d", event.seq)

    # -- reading -------------------------------------------------------------------------------------------------

    def head(self) -> Head:
        """Return the newest event's epoch, number and hash."""
        with self._db.reading() as db:
            return _head(db)

    def event(self, seq: int) -> Event:
        """Return one event; KeyError where it is not here, `ChainBroken` where it was changed."""
        with self._db.reading() as db:
            row = db.execute(f"SELECT {EVENT_COLUMNS} FROM {EVENT_FROM} WHERE e.seq = ?", [seq]).fetchone()  # noqa: S608  fixed names
        if row is None:
            raise KeyError(seq)
        event = event_of(row)
        if chain_hash(event.prev_hash, row[1].encode()) != event.hash:
            raise ChainBroken(seq, "was changed after it was written")
        return event

    def events(self, after: int = 0, limit: int = 500) -> list[Event]:
        """Return the events after `after`, oldest first."""
        with self._db.reading() as db:
            rows: Iterable[tuple[int, str, bytes, bytes]] = db.execute(
                f"SELECT {EVENT_COLUMNS} FROM {EVENT_FROM} WHERE e.seq > ? ORDER BY e.seq LIMIT ?",  # noqa: S608  fixed names
                [after, limit],
            ).fetchall()
        return [event_of(row) for row in rows]

    def plate_token(self, plate: str) -> str:
        """Return by what `LogQuery.plate` asks for a plate as it is kept: hex, of use at this station only."""
        return self.seal.token(plate).hex()

    def search(self, query: LogQuery) -> LogPage:
        """Return one page of events, newest first."""
        with self._db.reading() as db:
            return search(db, query)

    def every(self, query: LogQuery) -> Iterator[Event]:
        """Yield all that `query` asks for, newest first, read a page of its limit at a time."""
        while True:
            page = self.search(query)
            yield from page.entries
            if page.next_before is None:
                return
            query = replace(query, before_seq=page.next_before)

    def count(self, query: LogQuery) -> int:
        """Return how many events `query` asks for, whatever its limit."""
        with self._db.reading() as db:
            return count(db, query)

    def glances(
        self,
        kinds: Sequence[Kind],
        fields: Sequence[str],
        *,
        after: int = 0,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Glance]:
        """Return a few fields of many events, oldest first: for counting."""
        with self._db.reading() as db:
            return list(glances(db, kinds, fields, after=after, since=since, until=until))

    def personal(self, seq: int) -> Json | None:
        """Return an event's personal record, None where there is none (any more) that this station can open.

        Whoever calls this writes `Kind.PERSONAL_VIEWED`: every read of personal data is itself a fact.
        Raises `JournalError` where the record does not open or is not the one the event commits to.
        """
        with self._db.reading() as db:
            row = db.execute("SELECT ciphertext, station_key FROM personal WHERE seq = ?", [seq]).fetchone()
        if row is None or row[1] is None:
            return None
        event = self.event(seq)
        try:
            return open_record(SealedRecord(event.commitment or "", row[0]), self.seal.unwrap(row[1]))
        except ValueError as error:
            raise JournalError(f"the personal record of event {seq}: {error}") from error

    def newest_personal(self) -> int | None:
        """Return the newest event with a personal record that the station's own key should open."""
        with self._db.reading() as db:
            row = db.execute("SELECT max(seq) FROM personal WHERE station_key IS NOT NULL").fetchone()
        return None if row is None else row[0]

    def photo(self, sha256: str) -> bytes:
        """Return a photo; KeyError where it is not here (any more), `JournalError` where it was changed."""
        return self.photos.read(sha256)

    def pending(self) -> Pending:
        """Return how much headquarters does not have yet."""
        return self.outbox.pending()

    # -- upkeep --------------------------------------------------------------------------------------------------

    def verify(self) -> int:
        """Prove the whole chain and return the number of events; raise `ChainBroken` naming the first bad one."""
        with self._db.reading() as db:
            return prove(db)

    def destroy_personal(self, before: datetime, *, even_unsent: bool | None = None) -> int:
        """Destroy the personal records and photos of events before `before` (UTC); return how many records.

        The chain still verifies. What headquarters has not confirmed stays, unless `even_unsent`; the default
        is to keep it where the station has a headquarters at all.
        """
        unsent_too = not self.seal.knows_headquarters if even_unsent is None else even_unsent
        done = retention.destroy_personal(self._db, self.photos, before, unsent_too=unsent_too)
        if done:
            told = {"before": wall_text(before), "records": done.records, "photos": done.photos}
            self.append(Kind.PERSONAL_DESTROYED, told)
        return done.records

    def forget_own_keys(self, before: datetime) -> int:
        """Leave the personal records of events before `before` (UTC) to headquarters alone; return how many.

        From then on a stolen card does not open them even with the station's own key. Records that are not sealed
        to headquarters, or not confirmed by it yet, keep their key.
        """
        return retention.forget_own_keys(self._db, before)

    def thin_photos(self, enough: int) -> retention.Destroyed:
        """Make room on a full disk: delete photos that headquarters has, oldest first, until `enough` bytes went."""
        done = retention.thin_photos(self._db, self.photos, enough)
        if done:
            told = {"because": "disk-full", "records": 0, "photos": done.photos, "freed": done.freed}
            self.append(Kind.PERSONAL_DESTROYED, told)
        return done

    def back_up(self, to: Path, *, keep: int = KEEP, with_photos: bool = True) -> BackupMade:
        """Write a generation of backup into folder `to` while the journal is in use, read it back, and note it.

        `with_photos` is for another card: on the same one the photos lie already. The newest `keep` generations stay.
        Raises `JournalFull` where `to` has no room or cannot be written; then what was there stays. The station's key
        is not in a backup.
        """
        with in_our_words(f"backing up to {to}"), self._db.reading() as db:
            photos = self.photos if with_photos else None
            made = make_generation(db, _head(db), photos, to, now=self._clock.now().wall, keep=keep)
        told = {"file": made.generation.path.name, "reaches": made.generation.seq, "photos": made.photos}
        self.append(Kind.BACKUP_MADE, told)
        return made

    def backup(self, to: Path) -> Path:
        """Copy the journal and its photos into folder `to`, over an older copy; return the copied database.

        The copy is whole or absent. The station's key is not in it.
        """
        with in_our_words(f"backing up to {to}"), self._db.reading() as db:
            return back_up(db, self.photos, to)


def _head(db: sqlite3.Connection) -> Head:
    row = db.execute("SELECT epoch, seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(row[0], row[1], bytes(row[2])) if row else Head(1, 0, GENESIS)
