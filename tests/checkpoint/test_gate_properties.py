"""Whatever is done at gate and bench, in whatever order: green is lit only for a vehicle of which nothing says no.

Each story is made from a number: some codes are shown, somebody is tested while the gate goes on, some more codes. A
plain list beside the gate notes what speaks against whom; after each act the two are compared.
"""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from checkpoint.assay import Outcome
from checkpoint.credential import Colour, TestResult
from checkpoint.crossing import Category, Lamp, SpotTest, Verdict
from checkpoint.policy import decide
from checkpoint.reasons import Reason
from checkpoint.seating import borrowed_passes, presented
from checkpoint.sighting import Code
from checkpoint.vehicle import Crossing, Traveller
from tests.checkpoint.station_parts import OFFICER, Parts
from tests.checkpoint.test_all_that_was_shown import health_code, vaccination

STORIES, BATCH = 400, 40
AGAIN_MS = 600_000
CATEGORIES = (Category.RESIDENT, Category.RESIDENT, Category.RESIDENT, Category.OTHER, Category.COMPANY)
OUTCOMES = (Outcome.NEGATIVE, Outcome.NEGATIVE, Outcome.NEGATIVE, Outcome.POSITIVE)
ACTS = ("good", "good", "good", "good", "bad", "bad", "next", "next", "later", "undo", "people", "restart", "tick")
BEFORE = ("good", "good", "good", "people", "describe", "next", "later")


class Story:
    """A gate and a bench, a few codes, and what speaks against whom."""

    def __init__(self, folder: Path, number: int) -> None:
        self.random = random.Random(number)
        self.told: list[str] = []
        self.parts = parts = Parts(folder)
        self.good = [
            parts.codes.naat("Zhang Wei", parts.hours_ago(23.9)),
            vaccination(parts, "Zhang Wei"),
            parts.codes.naat("Wang Fang", parts.hours_ago(40)),
            health_code(parts, ""),
        ]
        self.bad = [
            parts.codes.naat("Wang Fang", parts.hours_ago(30), TestResult.POSITIVE),
            parts.codes.bad("HC1:FORGED", Reason.BAD_SIGNATURE),
            health_code(parts, "Wang Fang", Colour.RED),
        ]
        self.against: dict[tuple[str, int], set[str]] = {}  # by crossing and seat
        self.left: dict[str, tuple[str, int]] = {}  # code: the crossing it admitted somebody of, and when that left
        self.tests = 0

    def goes_on(self) -> None:
        """Play the story, and compare after each act."""
        for _ in range(self.random.randint(1, 3)):
            self.act(self.random.choice(BEFORE))
        for _ in range(2):
            if seats := self.seats():
                traveller = self.parts.gate.to_bench(self.random.choice(seats))
                self.told.append(f"seat {traveller.seat} to the bench")
                for _ in range(self.random.randint(0, 3)):
                    self.act(self.random.choice(ACTS))
                self.read(traveller, self.random.choice(OUTCOMES))
                self.compare()
            for _ in range(self.random.randint(0, 3)):
                self.act(self.random.choice(ACTS))

    def act(self, name: str) -> None:
        """Let one thing happen."""
        gate, choose = self.parts.gate, self.random
        match name:
            case "good":
                self.show(choose.choice(self.good))
            case "bad":
                code = choose.choice(self.bad)
                self.show(code)
                self.speaks_against(str(code.text))
            case "next":
                crossing = gate.view().crossing
                gate.next(officer=OFFICER)
                if crossing is not None:
                    self.leaves(crossing)
            case "later" | "tick":
                self.parts.clock.turn(minutes=16 if name == "later" else 0.5)
                gate.tick()
            case "undo" if seats := self.seats():
                seat, crossing = choose.choice(seats), gate.view().crossing
                assert crossing is not None
                gate.correct(seat, why="nobody", officer=OFFICER)
                self.against.pop((crossing.id, seat), None)
            case "people":
                gate.describe_vehicle(replace(gate.vehicle, people=choose.randint(1, 2)), officer=OFFICER)
            case "describe":
                gate.describe_vehicle(replace(gate.vehicle, category=choose.choice(CATEGORIES)), officer=OFFICER)
            case "restart":
                if (crossing := gate.view().crossing) is not None:
                    self.leaves(crossing)
                self.parts.lamps.show(Lamp.RED)
                self.parts.started_again_gate()
        self.told.append(name)
        self.compare()

    def compare(self) -> None:
        """Fail where green is lit and should not be."""
        lit, now = self.lit(), self.parts.clock.now()
        if lit is None:
            return
        against = {seat: why for (crossing, seat), why in self.against.items() if crossing == lit.id and why}
        assert not against, f"green over {against}: {self.told}"
        if self.parts.gate.view().decided_at != now.wall:
            return  # lit a while ago, and about to go out
        assert not lit.unchecked, self.told
        for seat in lit.seats:
            rules = self.parts.gate.rules(lit.vehicle.category, now.wall)
            evidence = replace(
                seat.evidence,
                credentials=(*seat.evidence.credentials, *borrowed_passes(lit, seat.number)),
                category=lit.vehicle.category,
                clock_trust=now.trust,
            )
            assert decide(evidence, rules, now.wall).verdict is Verdict.ADMIT, self.told

    def show(self, code: Code) -> None:
        """Hold a code before the camera."""
        before = self.parts.gate.view().crossing
        self.parts.gate.present([code], officer=OFFICER)
        after = self.parts.gate.view().crossing
        if before is not None and (after is None or after.id != before.id):
            self.leaves(before)  # its verdict had timed out
        left = self.left.get(str(code.text))
        if left is not None and after is not None and left[0] != after.id:
            passed = self.parts.clock.now().boot_ms - left[1]
            held = self.parts.lamps.shown is not Lamp.GREEN
            assert held or passed >= AGAIN_MS, f"a screenshot went from car to car: {self.told}"

    def speaks_against(self, why: str) -> None:
        """Note against whom the last code was."""
        crossing = self.parts.gate.view().crossing
        assert crossing is not None
        assert crossing.verdict is Verdict.REFUSE, self.told
        newest = max(crossing.seats, key=lambda seat: seat.recorded.seq)
        if newest.verdict is Verdict.REFUSE:
            self.against.setdefault((crossing.id, newest.number), set()).add(why)

    def read(self, traveller: Traveller, outcome: Outcome) -> None:
        """Read somebody's test."""
        self.tests += 1
        self.told.append(f"{outcome} of seat {traveller.seat}")
        spot = SpotTest(f"t-{self.tests}", outcome, self.parts.clock.now().wall)
        self.parts.gate.settle_test(traveller, spot, officer=OFFICER)
        if outcome is Outcome.POSITIVE:
            self.against.setdefault((traveller.crossing, traveller.seat), set()).add("positive here")
        lit = self.lit()
        if lit is not None and lit.id == traveller.crossing:
            self.leaves(lit)

    def leaves(self, crossing: Crossing) -> None:
        """Note which codes have admitted somebody who is gone."""
        now = self.parts.clock.now()
        for code in self.good:
            text = str(code.text)
            known = set(presented(text, self.parts.codes.identify(text, now.wall)).codes)
            if any(seat.verdict is Verdict.ADMIT and known & set(seat.codes) for seat in crossing.seats):
                self.left[text] = (crossing.id, now.boot_ms)

    def seats(self) -> list[int]:
        """Return who sits in the vehicle at the barrier."""
        crossing = self.parts.gate.view().crossing
        return [seat.number for seat in crossing.seats] if crossing is not None else []

    def lit(self) -> Crossing | None:
        """Return the crossing that green is lit for."""
        if self.parts.lamps.shown is not Lamp.GREEN:
            return None
        view = self.parts.gate.view()
        lit = view.light_of or view.crossing
        assert lit is not None, f"green for nobody: {self.told}"
        assert lit.verdict is Verdict.ADMIT, self.told
        return lit


@pytest.mark.parametrize("first", range(0, STORIES, BATCH))
def test_green_is_never_lit_over_what_speaks_against_somebody(tmp_path: Path, first: int) -> None:
    greens = 0
    for number in range(first, first + BATCH):
        story = Story(tmp_path / str(number), number)
        story.goes_on()
        greens += bool(story.left)
        story.parts.journal.close()
    assert greens, "some stories end well, or this would test nothing"
