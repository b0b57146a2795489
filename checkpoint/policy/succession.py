"""Which of several rule packs counts. Stations and headquarters go by the same answer.

Of one id the highest version counts whose time has come; of different ids the one whose time came last. Version
numbers of different ids say nothing about each other: where two came into force at the same moment for the same
travellers, neither counts, and everybody of that category waits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from checkpoint.crossing import Category
from checkpoint.policy.rule_pack import RulePack


@dataclass(frozen=True, slots=True)
class Shelved:
    """A pack on the shelf: ``signed`` by headquarters, or else shipped with the program."""

    pack: RulePack
    signed: bool


def claimants(shelf: Iterable[Shelved], category: Category, now: datetime) -> tuple[RulePack, ...]:
    """Return the packs that lay claim to `category` at `now`: one, none, or several that came into force at once.

    Headquarters' own comes before a shipped one.
    """
    newest: dict[str, Shelved] = {}
    for one in shelf:
        known = newest.get(one.pack.id)
        if one.pack.effective_from <= now and (known is None or _rank(one) > _rank(known)):
            newest[one.pack.id] = one
    usable = [one for one in newest.values() if category in one.pack.categories and one.pack.in_force(now)]
    since = max(((one.pack.effective_from, one.signed) for one in usable), default=None)
    return tuple(one.pack for one in usable if (one.pack.effective_from, one.signed) == since)


def outdated_by(pack: RulePack, held: Iterable[RulePack], now: datetime) -> RulePack | None:
    """Return the held pack of the same id that makes `pack` come too late, None where it would count.

    A higher version does whose time has come, or comes no later than that of `pack`. One that waits for next month
    keeps no urgent edition back.
    """
    for other in held:
        waits = other.effective_from > max(now, pack.effective_from)
        if other.id == pack.id and other.order > pack.order and not waits:
            return other
    return None


def tied_with(pack: RulePack, held: Iterable[RulePack], now: datetime) -> RulePack | None:
    """Return a held pack of headquarters with which `pack`, its own too, would tie at `now` or later, None for none."""
    packs = [*held, pack]
    times = {time for one in packs for time in (one.effective_from, one.effective_until) if time is not None}
    shelf = [Shelved(one, signed=True) for one in packs]
    for moment in sorted({now, *(time for time in times if time > now)}):
        for category in sorted(pack.categories):
            rivals = claimants(shelf, category, moment)
            if len(rivals) > 1 and pack in rivals:
                return next(rival for rival in rivals if rival != pack)
    return None


def _rank(one: Shelved) -> tuple[bool, tuple[int, ...]]:
    return one.signed, one.pack.order
