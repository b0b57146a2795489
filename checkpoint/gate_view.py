"""What the gate shows, and how it behaves."""

from dataclasses import dataclass
from datetime import datetime

from checkpoint.clock import Moment
from checkpoint.crossing import Category, Lamp
from checkpoint.vehicle import Crossing


@dataclass(frozen=True, slots=True)
class GateView:
    """What the gate shows this instant.

    ``neutral``: no verdict is shown, because nothing was decided yet or its time is over. ``notice`` says what
    happened to the last code where it changed nothing ("already-seen", "already-seen-others-left", "just-checked",
    "answer-after-next", "unknown-code-ignored"), and ``noticed`` counts such looks. ``light_of`` is the crossing whose
    light is on where it is not the one at the barrier: somebody at the bench.
    """

    crossing: Crossing | None
    lamp: Lamp
    neutral: bool
    decided_at: datetime | None
    shown_for_s: float
    waiting_at_bench: tuple[Crossing, ...]
    notice: str = ""
    fault: str = ""
    noticed: int = 0
    light_of: Crossing | None = None


@dataclass(frozen=True, slots=True)
class GateSettings:
    """How the gate behaves; ``verdict_s``: seconds until a verdict goes neutral and the lamp returns to red."""

    category: Category = Category.RESIDENT
    verdict_s: float = 20.0


@dataclass(slots=True)
class Shown:
    """What is on the lamp and on the page now."""

    decided: Moment | None = None
    neutral: bool = True
    notice: str = ""
    noticed: int = 0
    fault: str = ""
    light_of: Crossing | None = None
    barrier_neutral: bool = True
