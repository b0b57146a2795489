"""A station put together: it starts, is watched, and stops with its lamps at red."""

import contextlib
import logging
from dataclasses import dataclass, field

from checkpoint.errors import JournalError, JournalFull
from checkpoint.events import Kind
from checkpoint.journal import Journal
from checkpoint.ports import Camera
from station import VERSION
from station.ballast import Ballast
from station.lamps import WatchedLamps
from station.live import HANGS_S, Loop
from station.upkeep import Upkeep
from station.uploads import Uploads
from station.watchdog import Look
from web.services import Services

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Station:
    """A station put together: what the pages call, and the threads that work beside them."""

    services: Services
    journal: Journal
    cameras: dict[str, Camera]
    lamps: WatchedLamps
    loops: list[Loop]
    uploads: Uploads
    upkeep: Upkeep
    ballast: Ballast
    camera_settings: dict[str, dict[str, str | float]]
    tests_running: int = 0
    _started: bool = field(default=False)

    def start(self) -> None:
        """Write down the start, take up the running tests, and set the cameras and uploads to work."""
        self.ballast.keep()
        self.services.gate.restore()
        self.tests_running = self.services.bench.restore()
        started = {
            "version": VERSION,
            "tests_running": self.tests_running,
            "name": self.services.station.name,
            "town": self.services.station.town,
            "cameras": self.camera_settings,
        }
        try:
            self.journal.append(Kind.STATION_STARTED, started)
        except JournalFull as error:
            # Nobody is admitted unwritten; a station that is not there could not say so, nor make room.
            log.error("the disk is full, and every vehicle is held: %s", error)
        self._started = True
        self.lamps.start()
        for loop in self.loops:
            loop.start()
        self.uploads.start()
        self.upkeep.start()

    def looks(self) -> list[Look]:
        """Return what the watchdog looks at: that no camera's thread, the journal or the lamps hang."""
        return [
            *(loop.hangs for loop in self.loops),
            lambda: "" if self.journal.head().seq >= 0 else "journal",
            lambda: "lamps not asked" if self.lamps.checked_s_ago > HANGS_S else "",
        ]

    def close(self) -> None:
        """Stop everything in reverse, lamps to red; what was written is on disk already."""
        for loop in self.loops:
            loop.stop()
        self.lamps.close()
        self.upkeep.stop()
        self.uploads.stop()
        for camera in self.cameras.values():
            camera.close()
        if self._started:
            # A full disk must not keep the station from stopping; the next start tells how this run ended.
            with contextlib.suppress(JournalError):
                self.journal.append(Kind.STATION_STOPPED, {"version": VERSION})
        self.journal.close()
