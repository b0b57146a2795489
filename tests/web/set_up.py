"""A station to set up and backups to look at, played by hand: for the pages of the first run and the settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from checkpoint.crossing import Lamp
from checkpoint.journal import Described
from checkpoint.ports import Clock
from web.officers import OfficerError
from web.restoring import Looked, Outcome

CODE, TICKET = "12345678", "a-ticket"


@dataclass(slots=True)
class HandSetUp:
    """Takes every step and remembers the lamps it was asked for."""

    lamps: list[Lamp] = field(default_factory=list)
    begun_anew: int = 0

    def check_code(self, typed: str) -> None:
        if typed != CODE:
            raise OfficerError("wrong-code")

    def administrator_added(self) -> None: ...

    def name_station(self, name: str, town: str, language: str, *, officer: str) -> None: ...

    def sharpness(self, role: str) -> float:
        return 7.3 if role == "gate" else 2.1

    def show_lamp(self, lamp: Lamp, *, officer: str) -> None:
        self.lamps.append(lamp)

    def invitation_in_view(self) -> str:
        return ""

    def enrol(self, invitation: str) -> str:
        return "Lane 1"

    @property
    def restart(self) -> Callable[[], None]:
        def begin_anew() -> None:
            self.begun_anew += 1

        return begin_anew


@dataclass(slots=True)
class HandRestores:
    """Backups as they may be found: one of this station, one of another's key; and one restore that failed."""

    clock: Clock
    failed: str = "restore-full"

    def places(self) -> Sequence[str]:
        return ("/var/lib/checkpoint/backups", "/media", "/mnt")

    def found(self) -> Sequence[Described]:
        return (self._backup("嘉兴东 1 号口", own_key=True), self._backup("", own_key=False))

    def look(self, source: str) -> str:
        return TICKET

    def looked(self, ticket: str) -> Looked | None:
        return Looked(self._backup("Another lane", own_key=False), True, 5210) if ticket == TICKET else None

    def ask(self, ticket: str, *, officer: str) -> None: ...

    def outcome(self) -> Outcome | None:
        made = Outcome(self.clock.now().wall, "/media/stick/journal.db", "Ada", restored=4182, salvaged=3)
        return Outcome(made.at, made.source, "Ada", reason=self.failed, detail="needs 812 MB") if self.failed else made

    def _backup(self, name: str, *, own_key: bool) -> Described:
        at = self.clock.now().wall - timedelta(hours=9)
        path = Path("/media/stick/checkpoint/journal-e1-000004182-20220320T021407Z.db")
        return Described(path, 1, 4182, at, at, name, "平湖" if name else "", own_key)
