"""Batches that travel on a stick: taken in like those over the network, receipts left beside them."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from checkpoint.durable import write_durably
from checkpoint.wire import unpack
from hq.ingest.intake import Ingest
from hq.ingest.photos import keep_from_stick
from hq.office import Office
from hq.publishing.documents import signed_document, wanted_now
from hq.refused import Refused


@dataclass(slots=True)
class Imported:
    """What a stick brought: events by station, photos, and what was refused with the reason."""

    events: dict[str, int] = field(default_factory=dict)
    photos: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def import_folder(office: Office, folder: Path) -> Imported:
    """Take in every batch and photo in `folder`; leave a receipt for each station and what is published.

    Raises OSError.
    """
    ingest, done = Ingest(office.store, office.keys, office.now), Imported()
    for file in sorted(folder.glob("*.batch")):
        try:
            fields = unpack(file.read_bytes())
            ingest.batch(fields)
        except (ValueError, Refused) as error:
            done.refused.append((file.name, str(error)))
            continue
        device = str(fields["device"])
        done.events[device] = done.events.get(device, 0) + len(fields["events"])
    for file in sorted(folder.glob("*.manifest")):
        try:
            ingest.manifest(unpack(file.read_bytes()))
        except (ValueError, Refused) as error:
            done.refused.append((file.name, str(error)))
    held: dict[str, list[str]] = {device: [] for device in done.events}
    for file in sorted(folder.glob("*.photo")):
        if not re.fullmatch(r"[0-9a-f]{64}", file.stem):
            continue
        try:
            owners = keep_from_stick(
                office.store, office.shelf, office.keys, file.stem, file.read_bytes(), office.now()
            )
        except ValueError as error:
            done.refused.append((file.name, str(error)))
            continue
        done.photos += bool(owners)
        for device in owners:
            held.setdefault(device, []).append(file.stem)
    for device, photos in held.items():
        receipt = ingest.receipt_of(device, photos)
        write_durably(folder / f"{device}.receipt", json.dumps(receipt).encode(), mode=0o644)
    with office.store.reading() as db:
        for name in wanted_now(db, office.now()):
            file = folder / f"{name.replace('/', '.')}.document"
            write_durably(file, signed_document(db, name), mode=0o644)
    return done
