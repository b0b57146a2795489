"""One station's chain as headquarters holds it: where events that arrive belong, and how they are added to it."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkpoint.events import GENESIS, Json
from checkpoint.wire import Purpose, parse_object, sign
from hq.cases.alerts import Concern
from hq.ingest.alarms import alarm, alert_to, fork
from hq.ingest.event_writer import write_events
from hq.ingest.held import Station, last_seq, newest_hash
from hq.ingest.rows import Arrived
from hq.ingest.urgent import reconcile
from hq.refused import Refused
from hq.store.models import epochs, event_photos, events, photos, quarantine, stations

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HeldChain:
    """A station's chain inside one transaction, its row locked. ``key`` is headquarters' signing key."""

    db: sa.Connection
    station: Station
    key: Ed25519PrivateKey
    now: datetime

    def place(self, epoch: int, items: Sequence[Arrived]) -> Refused | None:
        """Put events of one epoch where they belong: behind the cursor they must be the same, at it they are appended.

        A refusal is returned, not raised: what was noted about it is to be committed.
        """
        station = self.station
        new_epoch = epoch > station.epoch
        known = 0 if new_epoch else last_seq(self.db, station, epoch)
        old = [item for item in items if item.seq <= known] if not new_epoch else []
        new = items[len(old) :]
        if (refusal := self._first_fork(old)) is not None:
            return refusal
        if not new:
            return None
        if epoch < station.epoch:
            return self._fork(new[0], "an epoch that was closed goes on: two stations use one key")
        refusal = self._check_joint(new[0], new_epoch=new_epoch)
        if refusal is None:
            if new_epoch:
                self._open_epoch(new[0])
            self._append(new)
        return refusal

    def closing_of(self, epoch: int, first_seq: int) -> Json | None:
        """Return the signed head at which the epoch before was closed, for the batch that opens `epoch`."""
        text = self.db.execute(
            sa.select(epochs.c.closing).where(
                epochs.c.station_id == self.station.id, epochs.c.epoch == epoch, epochs.c.first_seq == first_seq
            )
        ).scalar()
        return parse_object(text) if text else None

    def _first_fork(self, old: Sequence[Arrived]) -> Refused | None:
        if not old:
            return None
        held = dict(
            self.db.execute(
                sa.select(events.c.seq, events.c.hash).where(
                    events.c.station_id == self.station.id,
                    events.c.epoch == old[0].epoch,
                    events.c.seq.between(old[0].seq, old[-1].seq),
                )
            ).all()
        )
        for item in old:
            if held.get(item.seq) != item.hash:
                return self._fork(item, "the same event number with another content: two stations use one key")
        return None

    def _check_joint(self, first: Arrived, *, new_epoch: bool) -> Refused | None:
        """Check that the first new event follows exactly what is held."""
        station = self.station
        if first.seq > station.seq + 1:
            needs = sa.update(stations).where(stations.c.id == station.id).values(needs=station.seq + 1)
            self.db.execute(needs)
            return Refused(409, "events are missing before this batch", need=station.seq + 1)
        before = station.hash if first.seq == station.seq + 1 else newest_hash(self.db, station.id, first.seq - 1)
        fresh_journal = new_epoch and first.seq == 1 and first.prev_hash == GENESIS
        if first.prev_hash != before and not fresh_journal:
            return self._fork(first, "it follows another event than the one headquarters holds")
        return None

    def _open_epoch(self, first: Arrived) -> None:
        """Close the epoch before at the head headquarters holds, and sign that head."""
        station = self.station
        self.db.execute(
            sa.insert(epochs).values(
                station_id=station.id,
                epoch=first.epoch,
                first_seq=first.seq,
                last_seq=first.seq - 1,
                last_hash=first.prev_hash,
                opened_at=self.now,
                lost=max(0, station.seq - first.seq + 1),
                closing=json.dumps(closing_head(station, self.key)) if station.epoch else "",
            )
        )

    def _append(self, new: Sequence[Arrived]) -> None:
        db, device, now = self.db, self.station.id, self.now
        write_events(db, device, new, now)
        for item in new:
            if item.trouble:
                self._quarantine(item)
            if item.event is not None and item.event.photos:
                self._note_photos(item)
        alert_to(db, device, new, now)
        reconcile(db, device, new, now)
        last = new[-1]
        at = last.event.moment.wall if last.event else now
        held = {"epoch": last.epoch, "seq": last.seq, "hash": last.hash, "needs": None, "last_event_at": at}
        db.execute(sa.update(stations).where(stations.c.id == device).values(**held))
        db.execute(
            sa.update(epochs)
            .where(epochs.c.station_id == device, epochs.c.epoch == last.epoch)
            .values(last_seq=last.seq, last_hash=last.hash)
        )

    def _quarantine(self, item: Arrived) -> None:
        log.warning("station %s: event %d quarantined: %s", self.station.id, item.seq, item.trouble)
        self.db.execute(
            sa.insert(quarantine).values(
                station_id=self.station.id,
                epoch=item.epoch,
                seq=item.seq,
                raw=item.text,
                error=item.trouble,
                received_at=self.now,
            )
        )
        if not item.follows:
            alarm(self.db, self.station.id, Concern("rewrite", item.trouble), item.epoch, item.seq, self.now)

    def _note_photos(self, item: Arrived) -> None:
        device = self.station.id
        for ref in set(item.event.photos) if item.event else ():
            named = {"station_id": device, "epoch": item.epoch, "seq": item.seq, "sha256": ref.sha256}
            self.db.execute(sa.insert(event_photos).values(**named))
            known = sa.select(photos.c.sha256).where(photos.c.station_id == device, photos.c.sha256 == ref.sha256)
            if self.db.execute(known).first() is None:
                self.db.execute(
                    sa.insert(photos).values(
                        station_id=device, sha256=ref.sha256, media_type=ref.media_type[:64], size=ref.size
                    )
                )

    def _fork(self, item: Arrived, why: str) -> Refused:
        return fork(self.db, self.station.id, item, why, self.now)


def closing_head(station: Station, key: Ed25519PrivateKey) -> Json:
    """Return the head at which a station's epoch is closed, signed by headquarters."""
    head: Json = {"device": station.id, "epoch": station.epoch, "seq": station.seq, "hash": bytes(station.hash).hex()}
    return sign(Purpose.CLOSING, head, key)
