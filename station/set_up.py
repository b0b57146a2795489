"""What the set-up and settings pages do at this station: its name, a look through each camera, the lamps, enrolment."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2

from checkpoint.crossing import Lamp
from checkpoint.errors import GateError, SyncError
from checkpoint.events import Kind
from checkpoint.gate import Gate
from checkpoint.journal import Journal
from checkpoint.ports import Image, Lamps
from checkpoint.sync import enrol, parse_invitation
from station import VERSION
from station.first_run import LocalIdentity, SetUpCode
from station.live import Live
from station.uploads import http_client
from web.services import StationIdentity

LAMP_TEST_S = 4.0


def sharpness(image: Image) -> float:
    """Return how sharp the middle half of a picture is: the Laplacian's variance over the brightness, without unit.

    It grows as the lens comes into focus; only values of one scene compare (Pech-Pacheco et al., 2000).
    """
    height, width = image.shape[:2]
    middle = image[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4]
    grey = cv2.cvtColor(middle, cv2.COLOR_BGR2GRAY) if middle.ndim == 3 else middle
    return float(cv2.Laplacian(grey, cv2.CV_64F).var() / max(1.0, float(grey.mean())))


@dataclass(slots=True)
class StationSetUp:
    """The steps, on the running station. ``restart`` lets it begin anew with what was set."""

    data: Path
    keys: Path
    identity: StationIdentity
    journal: Journal
    gate: Gate
    lamps: Lamps
    live: Live
    code: SetUpCode
    restart: Callable[[], None]

    def check_code(self, typed: str) -> None:
        """Return where `typed` is this start's set-up code; raise `OfficerError` otherwise."""
        self.code.check(typed)

    def administrator_added(self) -> None:
        """From now on there is somebody to log in."""
        self.code.used()

    def name_station(self, name: str, town: str, language: str, *, officer: str) -> None:
        """Keep the station's name, town and first language; pages show them at once."""
        LocalIdentity(name, town, language).save(self.data)
        self.journal.append(Kind.SETTINGS_CHANGED, {"what": "identity", "name": name, "town": town, "officer": officer})
        self.identity.name, self.identity.town, self.identity.language = name, town, language

    def sharpness(self, role: str) -> float:
        """Return how sharp `role`'s camera sees now; raise `CameraError` without a picture."""
        return sharpness(self.live.feeds[role].photograph().image)

    def show_lamp(self, lamp: Lamp, *, officer: str) -> None:
        """Show `lamp` for some seconds, then what the gate rests at; not while a vehicle is at the gate."""
        if self.gate.view().crossing is not None:
            raise GateError("vehicle-open")
        self.journal.append(Kind.SETTINGS_CHANGED, {"what": "lamp-test", "lamp": lamp, "officer": officer})
        self.lamps.show(lamp, sound=True)
        timer = threading.Timer(LAMP_TEST_S, self._rest)
        timer.daemon = True
        timer.start()

    def _rest(self) -> None:
        # Whatever was decided meanwhile, this can only take a green away.
        if self.gate.view().crossing is None:
            self.lamps.show(Lamp.FAULT if self.gate.view().fault else Lamp.RED)

    def invitation_in_view(self) -> str:
        """Return the invitation of a headquarters before the gate's camera, or "".

        As long as this is asked for, the gate takes no code for a traveller's.
        """
        for text in self.live.feeds["gate"].borrowed_codes():
            try:
                parse_invitation(text)
            except SyncError:
                continue
            return text
        return ""

    def enrol(self, invitation: str) -> str:
        """Enrol at headquarters; return the name it gave this station. Raise `SyncError` with what went wrong."""
        invited = parse_invitation(invitation)
        with http_client() as http:
            return enrol(invited, self.keys, self.journal, http, software=VERSION).name
