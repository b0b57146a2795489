"""Taking in what stations send: proven to be theirs, in order, once, and never over what is there already."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa

from checkpoint.events import Json, wall_text
from checkpoint.wire import (
    Batch,
    Early,
    Heartbeat,
    Manifest,
    Purpose,
    Want,
    WireHead,
    sign,
)
from hq.cases.alerts import Concern
from hq.ingest.alarms import alarm
from hq.ingest.chain import HeldChain
from hq.ingest.held import Station, hash_at, missing_photos
from hq.ingest.manifests import close_day
from hq.ingest.rows import arrive, arrived
from hq.ingest.urgent import keep_early, seq_in
from hq.keys import HqKeys
from hq.publishing.documents import signed_document, wanted_now
from hq.refused import Refused
from hq.stations.senders import APPROVED, check_sender, parse
from hq.stations.vouching import voucher_for
from hq.store import Store
from hq.store.models import stations


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
        now = self._now()
        self._store.open_days({item.event.moment.wall.date() for item in items if item.event}, now.date())
        with self._store.writing() as db:
            station = self._lock_station(db, batch.device)
            self._seen(db, station, batch.sent_at, batch.head)
            chain = HeldChain(db, station, self._keys.signing, now)
            refusal = chain.place(batch.epoch, items)
            closing = chain.closing_of(batch.epoch, batch.from_seq) if refusal is None and batch.epoch > 1 else None
            missing = missing_photos(db, batch.device, items) if refusal is None else []
            wanted = wanted_now(db, now)
        if refusal is not None:  # what was noted about it is committed
            raise refusal
        return {
            "acked_to": batch.to_seq,
            "acked_hash": batch.to_hash,
            "receipt": self._receipt(batch.device, batch.epoch, batch.to_seq, batch.to_hash),
            "missing_photos": missing,
            "quarantined": [item.seq for item in items if item.trouble],
            "published": wanted,
            **({"closing": closing} if closing else {}),
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
            station = self._lock_station(db, message.device)
            self._seen(db, station, message.sent_at)
            for item, after in zip(message.events, message.after, strict=True):
                try:
                    event = arrive(message.epoch, seq_in(item[0]), bytes.fromhex(after), item)
                except ValueError as error:
                    raise Refused(422, str(error)) from error
                keep_early(db, message.device, event, now)
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
            if self._seen(db, station, beat.sent_at, beat.head):
                self._note_state(db, beat)
            held = hash_at(db, beat.device, beat.head.epoch, beat.head.seq)
            if held is not None and held != bytes.fromhex(beat.head.hash):
                contradiction = Concern("rewrite", "the head it signs is not the event headquarters holds")
                alarm(db, beat.device, contradiction, beat.head.epoch, beat.head.seq, now)
            wanted = wanted_now(db, now)
        voucher = voucher_for(beat.device, station.public_key, self._keys, now)
        return {"at": wall_text(now), "voucher": voucher, "published": wanted}

    def manifest(self, fields: Json) -> Json:
        """Compare what a station says a day held with what is here; keep its word and return whether they agree."""
        self._check_sender(Purpose.MANIFEST, fields)
        manifest = parse(Manifest, fields)
        now = self._now()
        with self._store.writing() as db:
            station = self._lock_station(db, manifest.device)
            self._seen(db, station, manifest.sent_at)
            agrees = close_day(db, station, manifest, json.dumps(fields, ensure_ascii=False), now)
        reply: Json = {"device": manifest.device, "day": manifest.day, "agrees": agrees}
        return sign(Purpose.MANIFEST, reply, self._keys.signing)

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

    def _note_state(self, db: sa.Connection, beat: Heartbeat) -> None:
        """Note what a station says about itself."""
        db.execute(
            sa.update(stations)
            .where(stations.c.id == beat.device)
            .values(
                pending_events=beat.pending_events,
                pending_photos=beat.pending_photos,
                clock=beat.clock[:32].replace("\x00", ""),
                software=beat.software[:64].replace("\x00", ""),
                rules=_json_list(beat.rules),
                published=_json_list(beat.published),
                faults=_json_list(beat.faults),
            )
        )

    def _lock_station(self, db: sa.Connection, device: str) -> Station:
        """Return the station's row, locked: two uploads of one station wait for each other."""
        row = db.execute(sa.select(stations).where(stations.c.id == device).with_for_update()).one()
        if row.state != APPROVED:  # revoked since its signature was checked
            raise Refused(403, f"this station is {row.state}")
        return row

    def _seen(self, db: sa.Connection, station: Station, sent_at: str, head: WireHead | None = None) -> bool:
        """Note a sign of life, its clock and its head; return whether it is one.

        A message sent a second time, by whomever, is none: it says when it was sent, and how far the chain was then. An
        older time alone does not make it one, because a station's clock may be set back.
        """
        now = self._now()
        try:
            sent = datetime.fromisoformat(sent_at)
            values: dict[str, object] = {"clock_off_s": (sent - now).total_seconds()}
        except (ValueError, TypeError) as error:
            raise Refused(422, "sent_at is not a time with its zone") from error
        known, told = (station.head_epoch, station.head_seq), (head.epoch, head.seq) if head is not None else None
        before = station.last_sent_at
        if told and before and ((told < known and sent <= before) or (told == known and sent == before)):
            return False
        values |= {"last_seen_at": now, "last_sent_at": sent}
        if head is not None:
            values |= {"head_epoch": head.epoch, "head_seq": head.seq}
        db.execute(sa.update(stations).where(stations.c.id == station.id).values(**values))
        return True

    # -- receipts ------------------------------------------------------------------------------------------------

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


def _json_list(values: list[str]) -> str:
    return json.dumps([value.replace("\x00", "")[:128] for value in values[:64]], ensure_ascii=False)
