"""The same batches as files, for a gate without a network: to headquarters on a stick, receipts on the way back."""

import logging
from datetime import datetime
from pathlib import Path

from checkpoint.durable import write_durably
from checkpoint.errors import SyncError
from checkpoint.journal import Journal
from checkpoint.sync.enrolment import Enrolment
from checkpoint.sync.handed_down import HandedDown
from checkpoint.sync.messages import batch_file, manifest, next_batch, unclosed_days
from checkpoint.wire import Purpose, Receipt, check_signature, pack, parse_object

log = logging.getLogger(__name__)

RECEIPTS = "*.receipt"
DOCUMENTS = "*.document"


def write_batches(journal: Journal, enrolment: Enrolment, folder: Path, now: datetime) -> list[Path]:
    """Write every pending event, and the photos, into `folder`; return the batch files.

    Nothing counts as sent until headquarters' receipt comes back. Raises `SyncError`.
    """
    written: list[Path] = []
    after = journal.outbox.cursor()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while (batch := next_batch(journal, enrolment, after, now)) is not None:
            file = batch_file(folder, batch)
            write_durably(file, pack(batch), mode=0o644)
            written.append(file)
            after = batch["to"]
        for day in unclosed_days(journal, now.date()):
            if (closing := manifest(journal, enrolment, day, now, {})) is not None:
                write_durably(folder / f"{enrolment.device}-{day}.manifest", pack(closing), mode=0o644)
        for sha256 in journal.outbox.photos_due(most=1_000_000):
            try:
                data = journal.photos.file_for_headquarters(sha256).read_bytes()
            except (KeyError, FileNotFoundError):
                continue  # destroyed; the network client notes it
            write_durably(folder / f"{sha256}.photo", data, mode=0o644)
    except OSError as error:
        raise SyncError(f"cannot write to {folder}: {error}") from error
    return written


def read_receipts(journal: Journal, enrolment: Enrolment, folder: Path) -> int:
    """Take the receipts headquarters left in `folder`; return the newest event it holds. Raises `SyncError`."""
    for file in sorted(folder.glob(RECEIPTS)):
        try:
            text = file.read_text()
            fields = parse_object(text)
            if fields.get("device") != enrolment.device:
                continue
            check_signature(Purpose.RECEIPT, fields, enrolment.hq_key)
            receipt = Receipt.model_validate(fields)
            journal.outbox.acknowledge(
                receipt.acked_to,
                bytes.fromhex(receipt.acked_hash),
                epoch=receipt.epoch,
                text=text,
                sig=receipt.sig.encode(),
            )
            for sha256 in receipt.photos:
                journal.outbox.confirm_photo(sha256)
        except (OSError, ValueError) as error:
            raise SyncError(f"{file}: {error}") from error
    return journal.outbox.cursor()


def read_documents(handed_down: HandedDown, folder: Path) -> int:
    """Take what headquarters published and left in `folder`; return how many documents were new. Raises `SyncError`."""
    before = handed_down.held()
    for file in sorted(folder.glob(DOCUMENTS)):
        try:
            handed_down.take(file.read_bytes())
        except ValueError as error:
            log.error("%s cannot be used: %s", file, error)  # the last good one stays in force
        except OSError as error:
            raise SyncError(f"{file}: {error}") from error
    return len(handed_down.held() - before)
