"""The signed receipt: what this checkpoint found, for the traveller to show at the next one."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from checkpoint.assay import Outcome
from checkpoint.credential import Holder
from checkpoint.credentials.receipt import Found, Receipt, StationSigner
from checkpoint.crossing import Verdict
from checkpoint.errors import GateError
from checkpoint.journal import Journal
from checkpoint.ports import Clock
from checkpoint.sync import Enrolment
from checkpoint.sync.client import VOUCHER
from checkpoint.vehicle import Seat
from checkpoint.voucher import open_voucher
from checkpoint.wire import from_base64

VALID_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Receipts:
    """Signs receipts by this station's key, once headquarters has vouched for it."""

    keys: Path
    journal: Journal
    clock: Clock

    def __call__(self, seat: Seat) -> str:
        """Return the code for whoever sits in `seat`: a negative test here, or the admission.

        Raises `GateError`: not-admitted, no-name, no-voucher.
        """
        if seat.verdict is not Verdict.ADMIT:
            raise GateError("receipt-not-admitted", "a receipt is for who was admitted")
        holder = seat.evidence.holder
        if not holder.known:
            raise GateError("receipt-no-name", "a receipt for nobody would serve everybody")
        signer = self._signer()
        now = self.clock.now().wall
        return signer.sign(self._found(seat, holder), issued_at=now, valid_for=VALID_FOR)

    def _found(self, seat: Seat, holder: Holder) -> Receipt:
        test = seat.evidence.spot_test
        if test is not None and test.outcome is Outcome.NEGATIVE and test.read_at is not None:
            return Receipt(Found.ANTIGEN_NEGATIVE, holder, test.read_at, reference=f"#{seat.recorded.seq}")
        return Receipt(Found.ADMITTED, holder, seat.recorded.at, reference=f"#{seat.recorded.seq}")

    def _signer(self) -> StationSigner:
        enrolment = Enrolment.load(self.keys)
        voucher = from_base64(self.journal.outbox.note(VOUCHER))
        if enrolment is None or not voucher or not open_voucher(voucher).voucher.covers(self.clock.now().wall):
            raise GateError("receipt-no-voucher", "headquarters has not vouched for this station's key lately")
        return StationSigner(enrolment.key, voucher)
