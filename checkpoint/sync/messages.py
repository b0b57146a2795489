"""Writing the station's messages: what the journal holds, signed."""

import logging
from datetime import date, datetime, timedelta
from pathlib import Path

from checkpoint.clock import ClockTrust
from checkpoint.events import Head, Json, wall_text
from checkpoint.journal import Journal, Pending
from checkpoint.journal.outbox import Outgoing
from checkpoint.sync.enrolment import Enrolment
from checkpoint.wire import MOST_BYTES, MOST_EVENTS, VERSION, Purpose, sign, to_base64

log = logging.getLogger(__name__)

MANIFEST = "manifest"
"""The note that holds the last day (UTC) whose manifest headquarters has."""


def next_batch(journal: Journal, enrolment: Enrolment, after: int, now: datetime, *, share: int = 1) -> Json | None:
    """Return the signed batch that follows event `after`, None where there is nothing to send.

    `share`: a slow line gets batches of so many times fewer events than there may be.
    """
    events = journal.outbox.after(after, most=max(1, MOST_EVENTS // share), most_bytes=MOST_BYTES // share)
    if not events:
        return None
    fields: Json = {
        "v": VERSION,
        "device": enrolment.device,
        "epoch": events[0].epoch,
        "from": events[0].seq,
        "to": events[-1].seq,
        "prev_hash": journal.outbox.hash_at(events[0].seq - 1).hex(),
        "to_hash": events[-1].hash.hex(),
        "head": head_fields(journal.head()),
        "sent_at": wall_text(now),
        "events": [_item(journal, event) for event in events],
    }
    return sign(Purpose.BATCH, fields, enrolment.key)


def early_copies(journal: Journal, enrolment: Enrolment, events: list[Outgoing], now: datetime) -> Json:
    """Return the signed message that carries copies of `events`, all of one epoch, ahead of their turn."""
    fields: Json = {
        "v": VERSION,
        "device": enrolment.device,
        "epoch": events[0].epoch,
        "sent_at": wall_text(now),
        "after": [journal.outbox.hash_at(event.seq - 1).hex() for event in events],
        "events": [_item(journal, event) for event in events],
    }
    return sign(Purpose.EARLY, fields, enrolment.key)


def heartbeat(
    head: Head,
    pending: Pending,
    enrolment: Enrolment,
    now: datetime,
    clock: ClockTrust,
    *,
    software: str = "",
    rules: list[str] | None = None,
    published: list[str] | None = None,
    faults: list[str] | None = None,
) -> Json:
    """Return the signed sign of life."""
    fields: Json = {
        "v": VERSION,
        "device": enrolment.device,
        "head": head_fields(head),
        "sent_at": wall_text(now),
        "clock": str(clock),
        "pending_events": pending.events,
        "pending_photos": pending.photos,
        "software": software,
        "rules": rules or [],
        "published": published or [],
        "faults": faults or [],
    }
    return sign(Purpose.HEARTBEAT, fields, enrolment.key)


def manifest(journal: Journal, enrolment: Enrolment, day: date, now: datetime, kits: dict[str, int]) -> Json | None:
    """Return the signed manifest of a day (UTC), None for a day without an event. `kits`: how many are left, by lot."""
    held = journal.outbox.day(day)
    if held is None:
        return None
    fields: Json = {
        "v": VERSION,
        "device": enrolment.device,
        "day": day.isoformat(),
        "counts": held.counts,
        "kits": kits,
        "head": head_fields(held.head),
        "sent_at": wall_text(now),
    }
    return sign(Purpose.MANIFEST, fields, enrolment.key)


def unclosed_days(journal: Journal, today: date, most: int = 40) -> list[date]:
    """Return the days before `today` (UTC) that no manifest has closed yet, the earliest first, at most `most`."""
    closed = journal.outbox.note(MANIFEST)
    first = date.fromisoformat(closed) + timedelta(days=1) if closed else journal.outbox.first_day()
    if first is None:
        return []
    first = max(first, today - timedelta(days=most))  # a clock that once stood in 1970 is no reason to close decades
    return [first + timedelta(days=number) for number in range((today - first).days)]


def want(name: str, enrolment: Enrolment, now: datetime) -> Json:
    """Return the signed request for a document that headquarters published."""
    fields: Json = {"v": VERSION, "device": enrolment.device, "name": name, "sent_at": wall_text(now)}
    return sign(Purpose.WANT, fields, enrolment.key)


def head_fields(head: Head) -> Json:
    """Return a head as it stands in messages."""
    return {"epoch": head.epoch, "seq": head.seq, "hash": head.hash.hex()}


def batch_file(folder: Path, batch: Json) -> Path:
    """Return the name under which a batch travels on a stick; names sort as the events do."""
    return folder / f"{batch['device']}-{batch['epoch']:06d}-{batch['from']:010d}-{batch['to']:010d}.batch"


def _item(journal: Journal, event: Outgoing) -> list[str]:
    plain = [event.text, event.hash.hex()]
    if not event.ciphertext:
        return plain
    for_hq: bytes | None = event.hq_key
    if not for_hq:  # written before headquarters' key was known
        try:
            for_hq = journal.seal.seal_to_headquarters(journal.seal.unwrap(event.station_key))
        except ValueError:
            log.exception("the personal record of event %d does not open: sent without it", event.seq)
    if not for_hq:
        return plain
    return [*plain, to_base64(event.ciphertext), to_base64(for_hq)]
