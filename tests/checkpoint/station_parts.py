"""A station's gate and bench on a real journal, with a clock that tests turn and codes that need no issuer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from checkpoint.assay import Reading
from checkpoint.bench import Bench, BenchSettings, FinishedTest
from checkpoint.clock import ClockTrust, Moment
from checkpoint.credential import Credential, Format, Holder, LorryPass, TestKind, TestReport, TestResult
from checkpoint.crossing import Category
from checkpoint.errors import CredentialError
from checkpoint.gate import Gate, GateSettings, digest
from checkpoint.journal import Journal, Seal
from checkpoint.policy import PackShelf, shipped_packs
from checkpoint.reasons import Reason
from checkpoint.sighting import Code
from hardware.lamps.simulated import SimulatedLamps

NOON = datetime(2022, 3, 21, 4, 0, tzinfo=UTC)
OFFICER, SECOND = "Chen", "Wang"


@dataclass(slots=True)
class TurnedClock:
    """A clock that moves only when a test turns it."""

    moment: Moment = field(
        default_factory=lambda: Moment(wall=NOON, boot_ms=1_000_000, boot_id="boot-1", trust=ClockTrust.TRUSTED)
    )

    def now(self) -> Moment:
        return self.moment

    def turn(self, **passed: float) -> None:
        """Let time pass on both clocks."""
        span = timedelta(**passed)
        self.moment = Moment(
            wall=self.moment.wall + span,
            boot_ms=self.moment.boot_ms + round(span.total_seconds() * 1000),
            boot_id=self.moment.boot_id,
            trust=self.moment.trust,
        )

    def reboot(self, *, trust: ClockTrust) -> None:
        """Start the boot clock anew, with the wall clock as it was."""
        self.moment = Moment(wall=self.moment.wall, boot_ms=5_000, boot_id="boot-2", trust=trust)

    def distrust(self) -> None:
        """Lose the proof that the wall clock is right."""
        now = self.moment
        self.moment = Moment(wall=now.wall, boot_ms=now.boot_ms, boot_id=now.boot_id, trust=ClockTrust.UNTRUSTED)


@dataclass(slots=True)
class Codebook:
    """Knows what each code on a phone says: a credential, or the reason why it is bad."""

    codes: dict[str, Credential | Reason] = field(default_factory=dict)

    def identify(self, text: str, now: datetime) -> Credential:
        found = self.codes.get(text, Reason.UNKNOWN_CODE)
        if isinstance(found, Reason):
            raise CredentialError(found)
        return found

    def naat(
        self, name: str, sampled_at: datetime, result: TestResult = TestResult.NEGATIVE, born: str = "1984-05-17"
    ) -> Code:
        """Return a code with a NAAT report of `name`."""
        text = f"naat {name} {sampled_at} {result}"
        self.codes[text] = Credential(
            format=Format.HC1,
            holder=Holder(name=name, born=born),
            facts=(TestReport(TestKind.NAAT, result, sampled_at),),
            issuer="CN",
            digest=digest(text),
        )
        return seen(text)

    def lorry_pass(self, plate: str) -> Code:
        """Return a code with a pass for the lorry with `plate`, good for a day."""
        text = f"pass {plate}"
        self.codes[text] = Credential(
            format=Format.LORRY_PASS,
            holder=Holder(),
            facts=(LorryPass(number="330482000117", plate=plate, route="嘉兴-上海"),),
            issuer="CN",
            expires_at=NOON + timedelta(days=1),
            digest=digest(text),
        )
        return seen(text)

    def bad(self, text: str, reason: Reason) -> Code:
        """Return a code that is refused with `reason`."""
        self.codes[text] = reason
        return seen(text)


def seen(text: str) -> Code:
    """Return a QR code that says `text`, as the camera sees it."""
    return Code(text=text, data=text.encode(), format="qr-code", decoder="zxing")


@dataclass(slots=True)
class Parts:
    """Gate and bench with everything they stand on."""

    folder: Path
    clock: TurnedClock = field(default_factory=TurnedClock)
    lamps: SimulatedLamps = field(default_factory=SimulatedLamps)
    codes: Codebook = field(default_factory=Codebook)
    journal: Journal = field(init=False)
    gate: Gate = field(init=False)
    bench: Bench = field(init=False)
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.journal = Journal.open(self.folder / "journal", clock=self.clock, seal=Seal.open(self.folder / "keys"))
        self.gate = self._new_gate()
        self.bench = self._new_bench()

    def _new_gate(self) -> Gate:
        return Gate(
            journal=self.journal,
            lamps=self.lamps,
            clock=self.clock,
            credentials=self.codes,
            rules=PackShelf(self.folder / "packs", {}, shipped_packs()).in_force,
            new_id=lambda: f"c-{next(self.ids)}",
            settings=GateSettings(category=Category.RESIDENT, verdict_s=20.0),
        )

    def _new_bench(self) -> Bench:
        return Bench(
            journal=self.journal,
            clock=self.clock,
            gate=self.gate,
            new_id=lambda: f"t-{next(self.ids)}",
            settings=BenchSettings(slots=4),
        )

    def started_again(self) -> Bench:
        """Return the bench of a station that was started again on the same journal."""
        self.bench = self._new_bench()
        self.bench.restore()
        return self.bench

    def started_again_gate(self) -> Gate:
        """Return the gate of a station that was started again on the same journal."""
        self.gate = self._new_gate()
        self.gate.restore()
        return self.gate

    def hours_ago(self, hours: float) -> datetime:
        """Return the time `hours` before now."""
        return self.clock.now().wall - timedelta(hours=hours)


def read_and_confirm(bench: Bench, slot: int, reading: Reading, *, officer: str = OFFICER) -> FinishedTest:
    """Read a slot and confirm what was read; return the finished test."""
    look = bench.read(slot, reading, [], officer=officer)
    if look.waiting is not None:
        return bench.confirm(slot, look.waiting.test.id, officer=officer)
    assert look.finished is not None, "the picture must be taken again"
    return look.finished
