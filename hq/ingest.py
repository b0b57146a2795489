"""Taking in what stations send: proven to be theirs, in order, once, and never over what is there already."""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa

from checkpoint.events import GENESIS, Json, wall_text
from checkpoint.wire import (
    Batch,
    Early,
    Heartbeat,
    Purpose,
    Want,
    sign,
)
from hq.alerts import Concern, concern_of, raise_alert
from hq.held import Station, hash_at, last_seq, missing_photos, newest_hash
from hq.keys import HqKeys
from hq.models import early, epochs, event_photos, events, photos, quarantine, stations
from hq.publishing import signed_document, wanted_now
from hq.refused import Refused
from hq.rows import Arrived, arrive, arrived
from hq.senders import APPROVED, check_sender, parse
from hq.store import Store
from hq.vouching import voucher_for

log = logging.getLogger(__name__)


class Ingest:
    """Headquarters' side of the protocol; each message is one transaction, and the answer comes after the commit."""

    def __init__(self, store: Store, keys: HqKeys, now: Callable[[], datetime]) -> None:
        self._store = store
        self._keys = keys
        self._now = now

    # -- messages ------------------------------------------------------------------------------------------------

    def batch(self, fields: Json) -> Json:
        """Take in one batch and return the reply with its signed receipt; raise `Refused`."""
        self._check_sender(Purpose.BATCH, fields)
        batch = parse(Batch, fields)
        if batch.to_seq - batch.from_seq + 1 != len(batch.events) or batch.events[-1][1] != batch.to_hash:
            raise Refused(422, "the batch does not hold the events it names")
        try:
            items = list(arrived(batch.epoch, batch.from_seq, bytes.fromhex(batch.prev_hash), batch.events))
        except ValueError as error:
            raise Refused(422, str(error)) from error
        with self._store.writing() as db:
            station = self._lock_station(db, batch.device)
            self._seen(db, batch.device, batch.sent_at, batch.head.epoch, batch.head.seq)
            refusal = self._place(db, station, batch, items)
            missing = missing_photos(db, batch.device, items) if refusal is None else []
            wanted = wanted_now(db, self._now())
        if refusal is not None:  # what was noted about it is committed
            raise refusal
        return {
            "acked_to": batch.to_seq,
            "acked_hash": batch.to_hash,
            "receipt": self._receipt(batch.device, batch.epoch, batch.to_seq, batch.to_hash),
            "missing_photos": missing,
            "quarantined": [item.seq for item in items if item.trouble],
            "published": wanted,
        }

    def early(self, fields: Json) -> Json:
        """Take in copies of urgent events ahead of their turn; return the signed list of those now on disk."""
        self._check_sender(Purpose.EARLY, fields)
        message = parse(Early, fields)
        if len(message.after) != len(message.events):
            raise Refused(422, "each early event needs the hash before it")
        now = self._now()
        accepted: list[int] = []
        with self._store.writing() as db:
            self._lock_station(db, message.device)
            self._seen(db, message.device, message.sent_at)
            for item, after in zip(message.events, message.after, strict=True):
                try:
                    event = arrive(message.epoch, _seq_in(item[0]), bytes.fromhex(after), item)
                except ValueError as error:
                    raise Refused(422, str(error)) from error
                self._keep_early(db, message.device, event, now)
                accepted.append(event.seq)
        reply: Json = {"device": message.device, "epoch": message.epoch, "accepted": accepted}
        return sign(Purpose.EARLY, reply, self._keys.signing)

    def heartbeat(self, fields: Json) -> Json:
        """Note a sign of life; a head that contradicts what headquarters holds is an alarm."""
        self._check_sender(Purpose.HEARTBEAT, fields)
        beat = parse(Heartbeat, fields)
        now = self._now()
        with self._store.writing() as db:
            station = self._lock_station(db, beat.device)
            self._seen(db, beat.device, beat.sent_at, beat.head.epoch, beat.head.seq)
            db.execute(
                sa.update(stations)
                .where(stations.c.id == beat.device)
                .values(
                    pending_events=beat.pending_events,
                    pending_photos=beat.pending_photos,
                    clock=beat.clock[:32],
                    software=beat.software[:64],
                    rules=_json_list(beat.rules),
                    published=_json_list(beat.published),
                    faults=_json_list(beat.faults),
                )
            )
            held = hash_at(db, beat.device, beat.head.epoch, beat.head.seq)
            if held is not None and held != bytes.fromhex(beat.head.hash):
                contradiction = Concern("rewrite", "red", "the head it signs is not the event headquarters holds")
                self._alarm(db, beat.device, contradiction, beat.head.epoch, beat.head.seq, now)
            wanted = wanted_now(db, now)
        voucher = voucher_for(beat.device, station.public_key, self._keys, now)
        return {"at": wall_text(now), "voucher": voucher, "published": wanted}

    def document(self, fields: Json) -> bytes:
        """Return the signed bytes of a published document; raise `Refused`, 404 where there is none of that name."""
        self._check_sender(Purpose.WANT, fields)
        want = parse(Want, fields)
        with self._store.reading() as db:
            try:
                return signed_document(db, want.name.replace("\x00", ""))
            except KeyError:
                raise Refused(404, "no such document") from None

    def receipt_of(self, device: str, photos_held: Sequence[str]) -> Json:
        """Return the signed receipt for all that is held of a station, and for these photos; KeyError: no such one."""
        with self._store.reading() as db:
            row = db.execute(sa.select(stations).where(stations.c.id == device)).first()
        if row is None:
            raise KeyError(device)
        return self._receipt(device, row.epoch, row.seq, bytes(row.hash).hex(), photos=sorted(photos_held))

    # -- who sends -----------------------------------------------------------------------------------------------

    def _check_sender(self, purpose: Purpose, fields: Json) -> None:
        """Refuse a message that no approved station has signed."""
        check_sender(self._store, purpose, fields)

    def _lock_station(self, db: sa.Connection, device: str) -> Station:
        """Return the station's row, locked: two uploads of one station wait for each other."""
        row = db.execute(sa.select(stations).where(stations.c.id == device).with_for_update()).one()
        if row.state != APPROVED:  # revoked since its signature was checked
            raise Refused(403, f"this station is {row.state}")
        return row

    def _seen(
        self, db: sa.Connection, device: str, sent_at: str, head_epoch: int | None = None, head_seq: int | None = None
    ) -> None:
        now = self._now()
        values: dict[str, object] = {"last_seen_at": now}
        try:
            values["clock_off_s"] = (datetime.fromisoformat(sent_at) - now).total_seconds()
        except (ValueError, TypeError) as error:
            raise Refused(422, "sent_at is not a time with its zone") from error
        if head_seq is not None:
            values |= {"head_epoch": head_epoch, "head_seq": head_seq}
        db.execute(sa.update(stations).where(stations.c.id == device).values(**values))

    # -- where it goes -------------------------------------------------------------------------------------------

    def _place(self, db: sa.Connection, station: Station, batch: Batch, items: Sequence[Arrived]) -> Refused | None:
        """Put a batch where it belongs: behind the cursor it must be the same, at the cursor it is appended."""
        new_epoch = batch.epoch > station.epoch
        known = 0 if new_epoch else last_seq(db, station, batch.epoch)
        old = [item for item in items if item.seq <= known] if not new_epoch else []
        new = items[len(old) :]
        if (fork := self._first_fork(db, station.id, old)) is not None:
            return fork
        if not new:
            return None
        if batch.epoch < station.epoch:
            return self._fork(db, station.id, new[0], "an epoch that was closed goes on: two stations use one key")
        refusal = self._check_joint(db, station, new[0], new_epoch=new_epoch)
        if refusal is None:
            if new_epoch:
                self._open_epoch(db, station, new[0])
            self._append(db, station.id, new)
        return refusal

    def _first_fork(self, db: sa.Connection, device: str, old: Sequence[Arrived]) -> Refused | None:
        if not old:
            return None
        held = dict(
            db.execute(
                sa.select(events.c.seq, events.c.hash).where(
                    events.c.station_id == device,
                    events.c.epoch == old[0].epoch,
                    events.c.seq.between(old[0].seq, old[-1].seq),
                )
            ).all()
        )
        for item in old:
            if held.get(item.seq) != item.hash:
                return self._fork(
                    db, device, item, "the same event number with another content: two stations use one key"
                )
        return None

    def _check_joint(self, db: sa.Connection, station: Station, first: Arrived, *, new_epoch: bool) -> Refused | None:
        """Check that the first new event follows exactly what is held."""
        if first.seq > station.seq + 1:
            db.execute(sa.update(stations).where(stations.c.id == station.id).values(needs=station.seq + 1))
            return Refused(409, "events are missing before this batch", need=station.seq + 1)
        before = station.hash if first.seq == station.seq + 1 else newest_hash(db, station.id, first.seq - 1)
        fresh_journal = new_epoch and first.seq == 1 and first.prev_hash == GENESIS
        if first.prev_hash != before and not fresh_journal:
            return self._fork(db, station.id, first, "it follows another event than the one headquarters holds")
        return None

    def _open_epoch(self, db: sa.Connection, station: Station, first: Arrived) -> None:
        """Close the epoch before at the head headquarters holds, and sign that head."""
        closing: Json = {"device": station.id, "epoch": station.epoch, "seq": station.seq, "hash": station.hash.hex()}
        db.execute(
            sa.insert(epochs).values(
                station_id=station.id,
                epoch=first.epoch,
                first_seq=first.seq,
                last_seq=first.seq - 1,
                last_hash=first.prev_hash,
                opened_at=self._now(),
                lost=max(0, station.seq - first.seq + 1),
                closing=str(sign(Purpose.CLOSING, closing, self._keys.signing)["sig"]) if station.epoch else "",
            )
        )

    def _append(self, db: sa.Connection, device: str, new: Sequence[Arrived]) -> None:
        now = self._now()
        db.execute(sa.insert(events), [item.row(device, now) for item in new])
        for item in new:
            if item.trouble:
                self._quarantine(db, device, item, now)
            if item.event is not None:
                self._note_photos(db, device, item)
                if (concern := concern_of(item.event)) is not None:
                    at = item.event.moment.wall
                    raise_alert(db, device, concern, epoch=item.epoch, seq=item.seq, at=at, now=now)
        self._reconcile(db, device, new, now)
        last = new[-1]
        held = {"epoch": last.epoch, "seq": last.seq, "hash": last.hash, "needs": None, "last_event_at": _at(last, now)}
        db.execute(sa.update(stations).where(stations.c.id == device).values(**held))
        db.execute(
            sa.update(epochs)
            .where(epochs.c.station_id == device, epochs.c.epoch == last.epoch)
            .values(last_seq=last.seq, last_hash=last.hash)
        )

    def _quarantine(self, db: sa.Connection, device: str, item: Arrived, now: datetime) -> None:
        log.warning("station %s: event %d quarantined: %s", device, item.seq, item.trouble)
        db.execute(
            sa.insert(quarantine).values(
                station_id=device, epoch=item.epoch, seq=item.seq, raw=item.text, error=item.trouble, received_at=now
            )
        )
        if not item.follows:
            self._alarm(db, device, Concern("rewrite", "red", item.trouble), item.epoch, item.seq, now)

    def _note_photos(self, db: sa.Connection, device: str, item: Arrived) -> None:
        for ref in set(item.event.photos) if item.event else ():
            db.execute(
                sa.insert(event_photos).values(station_id=device, epoch=item.epoch, seq=item.seq, sha256=ref.sha256)
            )
            known = sa.select(photos.c.sha256).where(photos.c.station_id == device, photos.c.sha256 == ref.sha256)
            if db.execute(known).first() is None:
                db.execute(
                    sa.insert(photos).values(
                        station_id=device, sha256=ref.sha256, media_type=ref.media_type[:64], size=ref.size
                    )
                )

    # -- early copies --------------------------------------------------------------------------------------------

    def _keep_early(self, db: sa.Connection, device: str, item: Arrived, now: datetime) -> None:
        """Keep an urgent copy, unless the event is here already; a different one under the same number is a fork."""
        if not item.follows:
            raise Refused(422, f"early event {item.seq} does not follow the hash given with it")
        held = hash_at(db, device, item.epoch, item.seq)
        if held is None:
            copy = sa.select(early.c.hash).where(
                early.c.station_id == device, early.c.epoch == item.epoch, early.c.seq == item.seq
            )
            held = db.execute(copy).scalar()
        if held is None:
            db.execute(
                sa.insert(early).values(
                    station_id=device,
                    epoch=item.epoch,
                    seq=item.seq,
                    text=item.text,
                    hash=item.hash,
                    ciphertext=item.ciphertext,
                    sealed_key=item.sealed_key,
                    received_at=now,
                )
            )
        elif held != item.hash:
            self._fork(db, device, item, "an urgent event differs from the one held under its number")
        if item.event is not None and (concern := concern_of(item.event)) is not None:
            at = item.event.moment.wall
            raise_alert(db, device, concern, epoch=item.epoch, seq=item.seq, at=at, now=now)

    def _reconcile(self, db: sa.Connection, device: str, new: Sequence[Arrived], now: datetime) -> None:
        """The sequence has caught up with early copies: they must be the same events."""
        hashes = {item.seq: item for item in new}
        span = (
            early.c.station_id == device,
            early.c.epoch == new[0].epoch,
            early.c.seq.between(new[0].seq, new[-1].seq),
            early.c.reconciled_at.is_(None),
        )
        for seq, hash_ in db.execute(sa.select(early.c.seq, early.c.hash).where(*span)).all():
            if hashes[seq].hash != hash_:
                self._fork(db, device, hashes[seq], "it differs from the copy that was sent early")
        db.execute(sa.update(early).where(*span).values(reconciled_at=now))

    # -- alarms and receipts -------------------------------------------------------------------------------------

    def _fork(self, db: sa.Connection, device: str, item: Arrived, why: str) -> Refused:
        self._alarm(db, device, Concern("fork", "red", why), item.epoch, item.seq, self._now())
        return Refused(409, f"event {item.seq}: {why}", fork=item.seq)

    def _alarm(self, db: sa.Connection, device: str, concern: Concern, epoch: int, seq: int, now: datetime) -> None:
        if raise_alert(db, device, concern, epoch=epoch, seq=seq, at=now, now=now):
            log.error("station %s: %s at event %d: %s", device, concern.kind, seq, concern.detail)

    def _receipt(self, device: str, epoch: int, acked_to: int, acked_hash: str, **more: object) -> Json:
        receipt: Json = {
            "device": device,
            "epoch": epoch,
            "acked_to": acked_to,
            "acked_hash": acked_hash,
            "at": wall_text(self._now()),
            **more,
        }
        return sign(Purpose.RECEIPT, receipt, self._keys.signing)


def _seq_in(text: str) -> int:
    """Return the number an event's text gives itself; raise ValueError where it gives none."""
    try:
        seq = json.loads(text)["seq"]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("an early event without a number") from error
    if not isinstance(seq, int) or not 1 <= seq < 2**53:
        raise ValueError("an early event without a number")
    return seq


def _at(item: Arrived, now: datetime) -> datetime:
    return item.event.moment.wall if item.event else now


def _json_list(values: list[str]) -> str:
    return json.dumps([value.replace("\x00", "")[:128] for value in values[:64]], ensure_ascii=False)
