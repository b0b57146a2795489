"""The kits: how many of each lot came, were drawn, used and thrown away, and which may still be used.

Counted from the journal alone: deliveries, draws and counts are events of their own, and each started test uses one
kit of its lot. A count by hand is the truth from then on; the difference stays visible.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from checkpoint.assay import Outcome
from checkpoint.errors import KitsError
from checkpoint.events import Event, Json, Kind
from checkpoint.journal import Journal
from checkpoint.journal.glance import Glance
from checkpoint.kit_code import KitCode, parse_kit_code
from checkpoint.ports import Clock
from checkpoint.reasons import Reason

MOST_AT_ONCE = 100_000  # kits in one delivery or count: more is a slip of the finger
KINDS = (
    Kind.KITS_RECEIVED,
    Kind.KITS_DRAWN,
    Kind.KITS_DISCARDED,
    Kind.KITS_COUNTED,
    Kind.TEST_STARTED,
    Kind.TEST_READ,
    Kind.TEST_VOIDED,
)
FIELDS = ("lot", "quantity", "expires", "brand", "cassette_type", "gtin", "expected", "officer", "outcome")
GENERIC = "generic"


class KitAlarm(StrEnum):
    """What somebody must see to."""

    EXPIRED = "expired"  # kits of this lot are left, and none may be used
    EXPIRING = "expiring"
    LOW = "low"  # all usable lots together
    OVERDRAWN = "overdrawn"  # more were used than ever came: a delivery was not entered
    NOT_RECEIVED = "not-received"  # used, but no delivery of this lot is known


@dataclass(frozen=True, slots=True)
class Counted:
    """A count by hand: what was there, what should have been, when (UTC) and by whom."""

    quantity: int
    expected: int
    at: datetime
    officer: str


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot's account. ``left`` is what should be there now; ``at_bench`` of it was drawn and is not used yet.

    ``invalid`` tests were read as invalid, ``void`` ones ended without a reading; both are among ``used``.
    """

    lot: str
    brand: str = ""
    cassette_type: str = GENERIC
    gtin: str = ""
    expires: date | None = None
    received: int = 0
    drawn: int = 0
    used: int = 0
    invalid: int = 0
    void: int = 0
    discarded: int = 0
    left: int = 0
    at_bench: int = 0
    counted: Counted | None = None
    first_seq: int = 0

    @property
    def known(self) -> bool:
        """Whether a delivery of this lot was entered here."""
        return self.received > 0

    @property
    def in_store(self) -> int:
        """How many are left that nobody has drawn yet."""
        return max(0, self.left - self.at_bench)

    def days_left(self, today: date) -> int | None:
        """Return the days this lot may still be used, today not counted; negative once expired.

        A kit may be used through the last day printed on it.
        """
        return None if self.expires is None else (self.expires - today).days


@dataclass(frozen=True, slots=True)
class Stock:
    """All lots, the one that expires first at the head, and what needs attention: alarm and lot ("" for all)."""

    lots: tuple[Lot, ...]
    alarms: tuple[tuple[KitAlarm, str], ...]
    usable: int
    today: date

    @property
    def in_use(self) -> tuple[Lot, ...]:
        """Lots of which kits are left that may be used."""
        return tuple(lot for lot in self.lots if lot.left > 0 and (lot.days_left(self.today) or 0) >= 0)


@dataclass(frozen=True, slots=True)
class KitsSettings:
    """When the alarms come, and the zone whose calendar counts for expiry."""

    low_below: int = 50
    expiring_days: int = 30
    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))


@dataclass(slots=True)
class Kits:
    """The kits' use cases. Thread-safe."""

    journal: Journal
    clock: Clock
    settings: KitsSettings = field(default_factory=KitsSettings)
    changed: list[Callable[[], None]] = field(default_factory=list)
    _lots: dict[str, Lot] = field(default_factory=dict)
    _seen: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # -- what is there -------------------------------------------------------------------------------------------

    def stock(self) -> Stock:
        """Return every lot's account as of now."""
        lots = self._accounts()
        today = self.today()
        ordered = sorted(lots.values(), key=lambda lot: (lot.expires or date.max, lot.first_seq))
        usable = sum(lot.left for lot in ordered if lot.left > 0 and (lot.days_left(today) or 0) >= 0)
        return Stock(tuple(ordered), tuple(self._alarms(ordered, usable, today)), usable, today)

    def today(self) -> date:
        """Return the local day."""
        return self.clock.now().wall.astimezone(self.settings.zone).date()

    def for_use(self, text: str) -> Lot:
        """Return the lot in a scanned or typed `text` if a kit of it may be used now; raise `KitsError`.

        A lot that was never received here may be used: the alarm asks for its delivery. One whose expiry cannot be
        judged, because the clock is not trusted, may not.
        """
        code = parse_kit_code(text)
        lot = self._accounts().get(code.lot) or Lot(code.lot, gtin=code.gtin, expires=code.expires)
        expires = min((day for day in (lot.expires, code.expires) if day is not None), default=None)
        if expires is not None:
            if not self.clock.now().trust.may_admit:
                raise KitsError(Reason.CLOCK_UNTRUSTED)
            if expires < self.today():
                raise KitsError("lot-expired", f"lot {lot.lot} expired on {expires}", expires=expires.isoformat())
        return lot

    # -- what happens --------------------------------------------------------------------------------------------

    def receive(
        self,
        text: str,
        quantity: int,
        *,
        officer: str,
        expires: date | None = None,
        brand: str = "",
        cassette_type: str = GENERIC,
    ) -> Event:
        """Enter a delivery; expiry comes from the code or from `expires`, and is needed once for a lot."""
        code, quantity = parse_kit_code(text), _checked(quantity)
        with self._lock:
            known = self._accounts().get(code.lot)
            expires = self._expiry(code, expires, known)
            body = {
                "lot": code.lot,
                "quantity": quantity,
                "expires": expires.isoformat(),
                "brand": brand.strip()[:60] or (known.brand if known else ""),
                "cassette_type": cassette_type if cassette_type != GENERIC or known is None else known.cassette_type,
                "gtin": code.gtin or (known.gtin if known else ""),
                "officer": officer,
            }
            return self._append(Kind.KITS_RECEIVED, body)

    def draw(self, text: str, quantity: int, *, officer: str) -> Event:
        """Take kits out of the store to the bench; none of an expired lot, and no more than are there."""
        quantity = _checked(quantity)
        with self._lock:
            lot = self.for_use(text)
            if quantity > lot.in_store:
                raise KitsError("more-than-left", f"{lot.in_store} of lot {lot.lot} are in the store")
            return self._append(Kind.KITS_DRAWN, {"lot": lot.lot, "quantity": quantity, "officer": officer})

    def discard(self, text: str, quantity: int, *, why: str, officer: str) -> Event:
        """Throw kits away: expired, damaged, wet."""
        quantity = _checked(quantity)
        if not why.strip():
            raise KitsError("reason-needed")
        with self._lock:
            lot = self._known(text)
            if quantity > lot.left:
                raise KitsError("more-than-left", f"{lot.left} of lot {lot.lot} are left")
            body = {"lot": lot.lot, "quantity": quantity, "why": why.strip()[:200], "officer": officer}
            return self._append(Kind.KITS_DISCARDED, body)

    def count(self, text: str, quantity: int, *, officer: str) -> Event:
        """Enter what a count by hand found; it stands from now on, and the difference stays in the journal."""
        quantity = _checked(quantity, least=0)
        with self._lock:
            lot = self._known(text)
            body = {"lot": lot.lot, "quantity": quantity, "expected": lot.left, "officer": officer}
            return self._append(Kind.KITS_COUNTED, body)

    # -- inside --------------------------------------------------------------------------------------------------

    def _append(self, kind: Kind, body: Json) -> Event:
        event = self.journal.append(kind, body)
        for callback in self.changed:
            callback()
        return event

    def _known(self, text: str) -> Lot:
        lot = self._accounts().get(parse_kit_code(text).lot)
        if lot is None:
            raise KitsError("lot-unknown")
        return lot

    def _expiry(self, code: KitCode, typed: date | None, known: Lot | None) -> date:
        told = {day for day in (code.expires, typed, known.expires if known else None) if day is not None}
        if not told:
            raise KitsError("expiry-needed")
        if len(told) > 1:
            raise KitsError("expiry-differs", ", ".join(day.isoformat() for day in sorted(told)))
        return told.pop()

    def _accounts(self) -> Mapping[str, Lot]:
        """Return the lots, with whatever the journal has learnt since the last look, also from another process."""
        with self._lock:
            head = self.journal.head().seq
            if head != self._seen:
                lots = dict(self._lots)
                for glance in self.journal.glances(KINDS, FIELDS, after=self._seen):
                    _account(lots, glance)
                self._lots, self._seen = lots, head
            return MappingProxyType(self._lots)

    def _alarms(self, lots: list[Lot], usable: int, today: date) -> list[tuple[KitAlarm, str]]:
        alarms: list[tuple[KitAlarm, str]] = []
        for lot in lots:
            days = lot.days_left(today)
            if not lot.known:
                alarms.append((KitAlarm.NOT_RECEIVED, lot.lot))
            elif lot.left < 0:
                alarms.append((KitAlarm.OVERDRAWN, lot.lot))
            elif lot.left and days is not None and days < 0:
                alarms.append((KitAlarm.EXPIRED, lot.lot))
            elif lot.left and days is not None and days <= self.settings.expiring_days:
                alarms.append((KitAlarm.EXPIRING, lot.lot))
        # A station that was never told of a delivery counts no kits, and is not nagged for them.
        if any(lot.known for lot in lots) and usable < self.settings.low_below:
            alarms.insert(0, (KitAlarm.LOW, ""))
        return alarms


def _account(lots: dict[str, Lot], glance: Glance) -> None:
    """Enter one event into its lot's account."""
    said = dict(zip(FIELDS, glance.values, strict=True))
    name = str(said["lot"] or "")
    if not name:
        return
    lot = lots.get(name) or Lot(name, first_seq=glance.seq)
    quantity = said["quantity"] if isinstance(said["quantity"], int) else 0
    match glance.kind:
        case Kind.KITS_RECEIVED:
            lot = replace(
                lot,
                brand=str(said["brand"] or ""),
                cassette_type=str(said["cassette_type"] or GENERIC),
                gtin=str(said["gtin"] or ""),
                expires=_day(said["expires"]) or lot.expires,
                received=lot.received + quantity,
                left=lot.left + quantity,
            )
        case Kind.KITS_DRAWN:
            lot = replace(lot, drawn=lot.drawn + quantity, at_bench=lot.at_bench + quantity)
        case Kind.KITS_DISCARDED:
            # Out of the store first: what lies at the bench is more likely to be used up.
            from_bench = max(0, quantity - lot.in_store)
            lot = replace(
                lot,
                discarded=lot.discarded + quantity,
                left=lot.left - quantity,
                at_bench=max(0, lot.at_bench - from_bench),
            )
        case Kind.KITS_COUNTED:
            expected = said["expected"] if isinstance(said["expected"], int) else lot.left
            found = Counted(quantity, expected, glance.at, str(said["officer"] or ""))
            lot = replace(lot, left=quantity, at_bench=min(lot.at_bench, quantity), counted=found)
        case Kind.TEST_STARTED:
            lot = replace(lot, used=lot.used + 1, left=lot.left - 1, at_bench=max(0, lot.at_bench - 1))
        case Kind.TEST_READ if said["outcome"] == Outcome.INVALID:
            lot = replace(lot, invalid=lot.invalid + 1)
        case Kind.TEST_VOIDED:
            lot = replace(lot, void=lot.void + 1)
        case _:
            return
    lots[name] = lot


def _day(said: object) -> date | None:
    try:
        return date.fromisoformat(str(said))
    except ValueError:
        return None  # an event of another version: a lot without an expiry is counted all the same


def _checked(quantity: int, *, least: int = 1) -> int:
    if not least <= quantity <= MOST_AT_ONCE:
        raise KitsError("quantity-unlikely", f"{least} to {MOST_AT_ONCE}")
    return quantity
