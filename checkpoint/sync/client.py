"""Carrying the journal to headquarters: the urgent first, then everything in order, then the photos."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from checkpoint.clock import Moment
from checkpoint.errors import JournalError, SyncError
from checkpoint.events import Json
from checkpoint.journal import Journal, Pending
from checkpoint.sync.enrolment import Enrolment
from checkpoint.sync.handed_down import HandedDown
from checkpoint.sync.line import Line, Refused, pack_text
from checkpoint.sync.messages import (
    MANIFEST,
    early_copies,
    heartbeat,
    manifest,
    next_batch,
    unclosed_days,
    want,
)
from checkpoint.sync.pace import Pace
from checkpoint.sync.photos import PhotoSender
from checkpoint.voucher import open_voucher
from checkpoint.wire import (
    BadSignature,
    EarlyReply,
    Purpose,
    Receipt,
    Reply,
    check_signature,
    from_base64,
)

log = logging.getLogger(__name__)

_MOST_DOCUMENTS = 100
_EARLY_A_MESSAGE = 50
CLOSING = "closing"
"""The notes that hold the signed closing heads of old epochs, by their number."""
VOUCHER = "voucher"
"""The note that holds headquarters' word for this station's key (base64)."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one round did. ``error`` says why it stopped early; "all sent" is `pending.all_sent` and nothing else."""

    sent: int
    early: int
    photos_sent: int
    acked_to: int
    pending: Pending
    error: str = ""
    retry_after_s: float | None = None

    @property
    def all_sent(self) -> bool:
        """Whether headquarters holds everything this station knows."""
        return self.pending.all_sent


@dataclass(slots=True)
class _Round:
    sent: int = 0
    early: int = 0
    photos: int = 0


class SyncClient:
    """One station's line to headquarters. Not thread-safe: one loop owns it."""

    def __init__(
        self,
        journal: Journal,
        enrolment: Enrolment,
        http: httpx.Client,
        clock: Callable[[], Moment],
        *,
        software: str = "",
        handed_down: HandedDown | None = None,
    ) -> None:
        self.journal = journal
        self.enrolment = enrolment
        self._line = Line(enrolment.url, http, self._now)
        self._clock = clock
        self._software = software
        self._handed_down = handed_down
        self._published: list[str] = []
        self._no_good: set[str] = set()
        self._pace = Pace()
        self.rules: Callable[[], list[str]] = list
        self.faults: Callable[[], list[str]] = list
        self.kits: Callable[[], dict[str, int]] = dict

    @property
    def last_contact(self) -> datetime | None:
        """When headquarters last took something from this station, None where it has not yet."""
        return self._line.last_contact

    def run_once(self) -> SyncReport:
        """Send everything that is pending; stop at the first trouble and say so, without raising for the network."""
        done = _Round()
        error, retry_after_s = "", None
        try:
            self._send_early(done)
            self._send_batches(done)
            self._fetch_documents()
            self._close_days()
            self._send_photos(done)
        except Refused as refused:
            error, retry_after_s = str(refused), refused.retry_after_s
        except (SyncError, JournalError) as trouble:
            error = str(trouble)
            self._pace.slower()
        return SyncReport(
            sent=done.sent,
            early=done.early,
            photos_sent=done.photos,
            acked_to=self.journal.outbox.cursor(),
            pending=self.journal.pending(),
            error=error,
            retry_after_s=retry_after_s,
        )

    def heartbeat(self) -> None:
        """Send one sign of life; raise `SyncError` where headquarters does not take it."""
        now = self._clock()
        reply = self._line.post(
            "heartbeat",
            heartbeat(
                self.journal.head(),
                self.journal.pending(),
                self.enrolment,
                now.wall,
                now.trust,
                software=self._software,
                rules=self.rules(),
                published=sorted(self._handed_down.held()) if self._handed_down else [],
                faults=self.faults(),
            ),
        )
        self._keep_voucher(reply.get("voucher"))
        self._published = _names(reply.get("published"))
        self._fetch_documents()

    # -- inside --------------------------------------------------------------------------------------------------

    def _keep_voucher(self, voucher: object) -> None:
        """Keep headquarters' word for this station's key, by which it signs receipts; anything else is left alone."""
        if not isinstance(voucher, str) or voucher == self.journal.outbox.note(VOUCHER):
            return
        try:
            signed = open_voucher(from_base64(voucher))
            headquarters = Ed25519PublicKey.from_public_bytes(self.enrolment.hq_key)
        except ValueError:
            log.warning("headquarters sent a voucher that cannot be read")
            return
        own_key = self.enrolment.key.public_key().public_bytes_raw()
        if signed.signed_by(headquarters) and signed.voucher.station_key == own_key:
            self.journal.outbox.remember(VOUCHER, voucher)

    def _send_early(self, done: _Round) -> None:
        while due := self.journal.outbox.early_due(self._pace.part_of(_EARLY_A_MESSAGE)):
            due = [event for event in due if event.epoch == due[0].epoch]
            fields = self._line.post("early", early_copies(self.journal, self.enrolment, due, self._now()))
            try:
                reply = EarlyReply.model_validate(self._signed(Purpose.EARLY, fields))
            except ValidationError as error:
                raise SyncError(f"headquarters' reply cannot be used: {error}") from error
            accepted = set(reply.accepted) & {event.seq for event in due}
            if not accepted:
                raise SyncError("headquarters confirmed none of the urgent events")
            self.journal.outbox.confirm_early(sorted(accepted))
            done.early += len(accepted)

    def _send_batches(self, done: _Round) -> None:
        rewound = False
        while (batch := self._next_batch()) is not None:
            self._send_early(done)  # what became urgent meanwhile does not wait for the rest
            try:
                self._take_reply(self._line.post("batch", batch))
            except Refused as refused:
                need = refused.fields.get("need")
                if refused.status != httpx.codes.CONFLICT or not isinstance(need, int) or rewound:
                    raise
                self._start_again_at(need)
                rewound = True
            else:
                rewound = False
                done.sent += len(batch["events"])
                self._pace.faster()

    def _next_batch(self) -> Json | None:
        cursor = self.journal.outbox.cursor()
        return next_batch(self.journal, self.enrolment, cursor, self._now(), share=self._pace.share)

    def _start_again_at(self, need: int) -> None:
        """Headquarters misses events this station thought were there: it was restored from an older backup."""
        if not 1 <= need <= self.journal.outbox.cursor():
            raise SyncError(f"headquarters asks for event {need}, which is not behind what it has confirmed")
        log.warning("headquarters asks again for event %d and later", need)
        self.journal.outbox.rewind(need - 1)

    def _take_reply(self, fields: Json) -> None:
        try:
            reply = Reply.model_validate(fields)
            receipt = Receipt.model_validate(self._signed(Purpose.RECEIPT, reply.receipt))
            if receipt.device != self.enrolment.device:
                raise SyncError(f"a receipt for another station, {receipt.device}")
            before = self.journal.outbox.cursor()
            self.journal.outbox.acknowledge(
                receipt.acked_to,
                bytes.fromhex(receipt.acked_hash),
                epoch=receipt.epoch,
                text=pack_text(reply.receipt),
                sig=receipt.sig.encode(),
            )
        except SyncError:
            raise
        except ValueError as error:
            raise SyncError(f"headquarters' reply cannot be used: {error}") from error
        if self.journal.outbox.cursor() <= before:
            raise SyncError("headquarters took a batch without moving on")
        if reply.missing_photos:
            self.journal.outbox.photos_missing(reply.missing_photos)
        self._published = _names(reply.published)
        if reply.closing is not None:
            # Headquarters' word for where the old epoch ends: nobody can go on writing it.
            closing = self._signed(Purpose.CLOSING, reply.closing)
            self.journal.outbox.remember(f"{CLOSING}-{closing.get('epoch')}", pack_text(closing))

    def _close_days(self) -> None:
        """Send the manifest of each day that is over: headquarters then has a second, signed word for what it holds."""
        now = self._now()
        for day in unclosed_days(self.journal, now.date()):
            message = manifest(self.journal, self.enrolment, day, now, self.kits())
            if message is not None:
                try:
                    self._line.post("manifest", message)
                except Refused as refused:
                    if refused.status == httpx.codes.NOT_FOUND:
                        return  # a headquarters that is older than manifests
                    raise
            self.journal.outbox.remember(MANIFEST, day.isoformat())

    def _fetch_documents(self) -> None:
        """Fetch what headquarters published and this station lacks; a bad document changes nothing and is told once."""
        if self._handed_down is None:
            return
        for name in self._published:
            if name in self._no_good or name in self._handed_down.held():
                continue
            try:
                self._handed_down.take(self._line.ask("document", want(name, self.enrolment, self._now())))
            except Refused as refused:
                if refused.status != httpx.codes.NOT_FOUND:
                    raise
                self._no_good.add(name)  # named, and then gone: never a reason to hold back the rest
            except ValueError as error:
                log.error("headquarters published %s, which cannot be used: %s", name, error)
                self._no_good.add(name)
            except OSError as error:
                raise SyncError(f"{name} cannot be kept: {error}") from error

    def _send_photos(self, done: _Round) -> None:
        sender = PhotoSender(self.journal, self.enrolment, self._line, self._pace)
        for _ in sender.send(urgent_first=lambda: self._send_early(done)):
            done.photos += 1

    def _signed(self, purpose: Purpose, fields: Json) -> Json:
        try:
            check_signature(purpose, fields, self.enrolment.hq_key)
        except BadSignature as error:
            raise SyncError("the answer was not signed by headquarters") from error
        return fields

    def _now(self) -> datetime:
        return self._clock().wall


def _names(published: object) -> list[str]:
    """Return the names of documents in a reply; headquarters' own word for them is checked with each document."""
    if not isinstance(published, list):
        return []
    return [name for name in published[:_MOST_DOCUMENTS] if isinstance(name, str)]
