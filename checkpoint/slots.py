"""What stands in a slot of the bench: a running test, one that was read and waits for a word, the last finished one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checkpoint.assay import Outcome, Readiness, Reading, ReadWindow
from checkpoint.clock import Moment
from checkpoint.credential import Holder
from checkpoint.crossing import Category, Decision
from checkpoint.events import Event, PhotoRef
from checkpoint.named import named
from checkpoint.policy.evidence import evidence_from_json
from checkpoint.reasons import Reason
from checkpoint.vehicle import Recorded, Traveller, Vehicle


@dataclass(frozen=True, slots=True)
class RunningTest:
    """A cassette with drops on it: whose, where, since when. ``after`` names the invalid test it repeats."""

    id: str
    slot: int
    traveller: Traveller
    lot: str
    cassette_type: str
    window: ReadWindow
    started: Moment
    recorded: Recorded
    after: str = ""
    retakes: int = 0

    @property
    def holder(self) -> Holder:
        """Whose test it is."""
        return self.traveller.holder


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """An earlier test whose cassette looks the same: its id, its slot, and the journal's entry."""

    test: str
    slot: int
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class ReadTest:
    """A test that was read, waiting for an officer to look and confirm, or to dispute it with a second reader.

    ``decision``: a positive counts from the moment it is read; a negative admits nobody before it is confirmed.
    """

    test: RunningTest
    reading: Reading
    recorded: Recorded
    photos: tuple[PhotoRef, ...] = ()
    decision: Decision | None = None
    seen_before: SeenBefore | None = None


@dataclass(frozen=True, slots=True)
class FinishedTest:
    """A test that has ended, with what was read and what was decided of it.

    ``recorded`` is the entry with the evidence, ``confirmed`` the one with the officers' word, if there is one;
    ``disputed``: two readers put another outcome in the place of the machine's.
    """

    test: RunningTest
    reading: Reading | None  # None: void, nothing was read
    outcome: Outcome  # a void test has no result, like an invalid one
    reason: Reason
    decision: Decision | None
    recorded: Recorded
    photos: tuple[PhotoRef, ...] = ()
    confirmed: Recorded | None = None
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class SlotRead:
    """What one look at a slot's cassette gave: it waits for a word, or it is finished, or (neither) look again."""

    reading: Reading
    photos: tuple[PhotoRef, ...]
    waiting: ReadTest | None = None
    finished: FinishedTest | None = None

    @property
    def again(self) -> bool:
        """Whether the picture must be taken again."""
        return self.waiting is None and self.finished is None


@dataclass(frozen=True, slots=True)
class SlotView:
    """One slot on the board of clocks; ``waits_s`` until it may be read, ``leaves_s`` until it is overdue."""

    number: int
    test: RunningTest | None = None
    read: ReadTest | None = None
    readiness: Readiness | None = None
    waits_s: float = 0.0
    leaves_s: float = 0.0
    last: FinishedTest | None = None

    @property
    def free(self) -> bool:
        """Whether a test can be started here."""
        return self.test is None and self.read is None

    @property
    def occupant(self) -> RunningTest | None:
        """The test that holds the slot: running, or read and not confirmed."""
        return self.test or (self.read.test if self.read else None)


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """How many slots the bench has, and the read windows of the cassette types in use."""

    slots: int = 20
    window: ReadWindow = field(default_factory=ReadWindow)
    windows: dict[str, ReadWindow] = field(default_factory=dict)

    def window_of(self, cassette_type: str) -> ReadWindow:
        """Return a cassette type's read window."""
        return self.windows.get(cassette_type, self.window)


def running_test_of(event: Event, personal: Mapping[str, Any], window: ReadWindow) -> RunningTest:
    """Return the running test that a `test-started` event began, with the names that stand sealed beside it.

    Where they were destroyed meanwhile the test goes on without a name: the slot's number still tells whose it is.
    """
    body = event.body
    vehicle = Vehicle(
        category=Category(body["category"]),
        people=body["people"],
        plate=personal.get("plate", ""),
        trailer=personal.get("trailer", ""),
        route=body["evidence"]["route"],
    )
    holder = Holder(**personal.get("holder", {}))
    evidence = named(evidence_from_json(body["evidence"]), holder, vehicle)
    return RunningTest(
        id=body["test"],
        slot=body["slot"],
        traveller=Traveller(body["crossing"], body["seat"], vehicle, evidence),
        lot=body["lot"],
        cassette_type=body["cassette_type"],
        window=window,
        started=event.moment,
        recorded=Recorded.of(event),
        after=body["after"],
    )
