"""The cameras at work: one thread a camera keeps the newest picture, notices faults, and feeds the gate."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import cv2

from checkpoint.errors import CameraError, JournalError
from checkpoint.events import PhotoRef
from checkpoint.gate import Gate, digest
from checkpoint.ports import Camera, Frame, Image, LivePicture
from checkpoint.reasons import Reason
from checkpoint.sighting import Sighting
from station.presence import Presence

log = logging.getLogger(__name__)

PREVIEW_WIDTH_PX = 960
PREVIEW_QUALITY = 70
WATCHED_S = 5.0  # hints are worked out only while somebody looks
HINTS_EVERY_S = 0.5
BORROWED_S = 3.0
HANGS_S = 20.0  # a turn takes two seconds without a camera; asking a city's issuer, up to ten beside it
PATIENCE_S = 0.25  # what is judged offline takes milliseconds; a city's issuer is waited for while frames go on


class LooksForCodes(Protocol):
    """A scanner over successive frames."""

    def look(self, image: Image, now_s: float) -> Sighting:
        """Return what is in view of this frame, with what earlier frames of the same view told."""


def jpeg(image: Image, *, quality: int = 80, width_px: int | None = None) -> bytes:
    """Return `image` as JPEG, reduced to `width_px` where it is wider."""
    if width_px is not None and image.shape[1] > width_px:
        height = round(image.shape[0] * width_px / image.shape[1])
        image = cv2.resize(image, (width_px, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]  # uint8 stays uint8
    ok, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError("the picture cannot be encoded")
    return encoded.tobytes()


@dataclass(slots=True)
class Feed:
    """The newest frame of one camera, its annotations, and its fault. Thread-safe."""

    role: str
    camera: Camera
    on_fault: Callable[[str, str], None]
    on_recovery: Callable[[str], None]
    _frame: Frame | None = None
    _sighting: Sighting = field(default_factory=Sighting)
    _hints: tuple[str, ...] = ()
    _fault: str = ""
    _encoded: tuple[int, bytes] = (-1, b"")
    _asked_at: float = 0.0
    _borrowed_at: float = float("-inf")
    _taken_since: float = 0.0
    _lock: threading.Condition = field(default_factory=threading.Condition)

    def next_frame(self) -> Frame | None:
        """Wait for the next frame; None where the camera fails, which is told once."""
        asked = time.monotonic()
        try:
            frame = self.camera.read(timeout_s=2.0)
        except CameraError as error:
            if not self._fault:
                self._fault = str(error)
                self.on_fault(self.role, str(error))
            with self._lock:
                self._lock.notify_all()
            time.sleep(0.2)
            return None
        if self._fault:
            self._fault = ""
            self.on_recovery(self.role)
        with self._lock:
            self._frame, self._taken_since = frame, asked
            self._lock.notify_all()
        return frame

    def borrowed_codes(self) -> tuple[str, ...]:
        """Return the texts of the codes in view, for something else than the gate, which stands aside meanwhile."""
        self._borrowed_at = time.monotonic()
        with self._lock:
            return tuple(code.text for code in self._sighting.codes if code.text is not None)

    @property
    def borrowed(self) -> bool:
        """Whether the codes in view have lately been asked for by something else than the gate."""
        return time.monotonic() - self._borrowed_at < BORROWED_S

    def annotate(self, sighting: Sighting, hints: tuple[str, ...]) -> None:
        """Say what was seen in the newest frame."""
        with self._lock:
            self._sighting, self._hints = sighting, hints

    @property
    def watched(self) -> bool:
        """Whether a page has asked for the picture lately."""
        return time.monotonic() - self._asked_at < WATCHED_S

    @property
    def fault(self) -> str:
        """Why there is no picture; empty while there is one."""
        return self._fault

    def photograph(self, timeout_s: float = 5.0) -> Frame:
        """Return a frame taken after this call, so that it shows what lies there now and not a moment ago.

        Raises `CameraError` where the camera fails or gives none within `timeout_s`.
        """
        asked = time.monotonic()
        with self._lock:
            self._lock.wait_for(lambda: bool(self._fault) or self._taken_since >= asked, timeout_s)
            if self._fault or self._frame is None or self._taken_since < asked:
                raise CameraError(self._fault or f"{self.camera.name}: no picture within {timeout_s:.0f} s")
            return self._frame

    def latest(self) -> LivePicture:
        """Return the newest picture as a page shows it; it is encoded only when asked for, once a frame."""
        self._asked_at = time.monotonic()
        with self._lock:
            frame, sighting, hints = self._frame, self._sighting, self._hints
            if self._fault or frame is None:
                return LivePicture(jpeg=b"", number=0, captured_at=None, fault=self._fault or "starting")
            if self._encoded[0] != frame.number:
                picture = jpeg(frame.image, quality=PREVIEW_QUALITY, width_px=PREVIEW_WIDTH_PX)
                self._encoded = (frame.number, picture)
            return LivePicture(
                jpeg=self._encoded[1],
                number=frame.number,
                captured_at=frame.captured_at,
                size=(frame.image.shape[1], frame.image.shape[0]),
                outlines=tuple(code.corners for code in sighting.codes if code.corners),
                hints=hints,
            )


@dataclass(slots=True)
class Live:
    """All feeds of the station: what pages ask for live pictures."""

    feeds: dict[str, Feed]

    def latest(self, role: str) -> LivePicture:
        """Return the newest picture of `role`'s camera without waiting for one."""
        return self.feeds[role].latest()


class Loop(threading.Thread):
    """A camera's thread. What breaks inside one turn is logged and shown as a fault; the next turn goes on."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(name=f"live-{feed.role}", daemon=True)
        self.feed = feed
        self._stopping = threading.Event()
        self._turned_at = time.monotonic()

    def run(self) -> None:
        """Turn until `stop`."""
        self._turned_at = time.monotonic()
        while not self._stopping.is_set():
            self.turn()
            self._turned_at = time.monotonic()

    def hangs(self) -> str:
        """Say that this thread has not finished a turn for too long, or has ended; empty where it is at work."""
        if not self.is_alive():
            return f"{self.name} has ended"
        silent = time.monotonic() - self._turned_at
        return f"{self.name} hangs for {silent:.0f} s" if silent > HANGS_S else ""

    def turn(self) -> None:
        """Take one frame and do this camera's work with it."""
        raise NotImplementedError

    def stop(self) -> None:
        """End the thread after its present turn."""
        self._stopping.set()
        if self.is_alive():
            self.join(timeout=5.0)


class _Presentation(threading.Thread):
    """Codes on their way through the gate: usually done in milliseconds, in seconds where an issuer must be asked."""

    def __init__(self, present: Callable[[], object]) -> None:
        super().__init__(name="presentation", daemon=True)
        self._present = present
        self.begun_at = time.monotonic()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._present()
        except Exception as error:  # noqa: BLE001  raised again by the loop that began it
            self.error = error


class GateLoop(Loop):
    """The gate's camera: whatever code comes into view is judged, in the name of the officer on duty.

    While a city's issuer is asked the picture goes on, and says so; what else comes into view waits its turn.
    """

    def __init__(
        self,
        feed: Feed,
        *,
        scanner: LooksForCodes,
        gate: Gate,
        on_duty: Callable[[], str],
        keep_photo: Callable[[bytes], PhotoRef],
        again_s: float,
    ) -> None:
        super().__init__(feed)
        self._scanner = scanner
        self._gate = gate
        self._on_duty = on_duty
        self._keep_photo = keep_photo
        self._presence = Presence(again_s)
        self._asking: _Presentation | None = None
        self._broken = False

    def turn(self) -> None:
        """Scan one frame, and present what has newly come into view."""
        self._gate.tick()
        frame = self.feed.next_frame()
        try:
            self._heard()
            if frame is None:
                return
            self._scan(frame)
        except JournalError:
            log.exception("the journal could not take the decision; the lamp shows a fault")
        except Exception:  # whatever breaks between frame and lamp must end in a fault, never in a green
            log.exception("the gate broke on a frame")
            self._broken = True
            self._gate.fault(Reason.STATION_FAULT)
        else:
            if self._broken:
                self._broken = False
                self._gate.recovered()

    def hangs(self) -> str:
        """Say that this thread, or what it asked for, has not come to an end for too long."""
        asking = self._asking
        if asking is not None and asking.is_alive() and time.monotonic() - asking.begun_at > HANGS_S:
            return f"{self.name} waits for an answer for {time.monotonic() - asking.begun_at:.0f} s"
        return super().hangs()

    def stop(self) -> None:
        """End the thread after its present turn, and what it asked for."""
        super().stop()
        if self._asking is not None:
            self._asking.join(timeout=HANGS_S / 2)

    def _heard(self) -> None:
        """Let go of a presentation that is done; raise what it raised."""
        asking = self._asking
        if asking is not None and not asking.is_alive():
            self._asking = None
            if asking.error is not None:
                raise asking.error

    def _scan(self, frame: Frame) -> None:
        sighting = self._scanner.look(frame.image, time.monotonic())
        officer = self._on_duty()
        hints = (sighting.hint.value,) if sighting.hint else ()
        if self._asking is not None:
            hints = ("asking",)
        self.feed.annotate(sighting, hints if officer else ("nobody-on-duty",))
        if not officer or self.feed.borrowed:
            self._presence.forget()
            return
        seen = [digest(code.text) if code.text is not None else code.data.hex() for code in sighting.codes]
        if self._asking is not None:
            self._presence.still(seen, time.monotonic())
            return
        new = self._presence.appeared(seen, time.monotonic())
        self._gate.lingers(bool(seen) and not new)
        if new:
            self._asking = _Presentation(
                lambda: self._gate.present(
                    sighting.codes, officer=officer, photo=lambda: self._keep_photo(jpeg(frame.image, width_px=1280))
                )
            )
            self._asking.start()
            self._asking.join(PATIENCE_S)
            self._heard()


class BenchLoop(Loop):
    """The bench's camera: keeps the newest picture ready, and hints for the next shot while somebody looks."""

    def __init__(self, feed: Feed, *, hints: Callable[[Image], tuple[Reason, ...]]) -> None:
        super().__init__(feed)
        self._hints = hints
        self._hinted_at = 0.0

    def turn(self) -> None:
        """Take one frame; work out the hints now and then while watched."""
        frame = self.feed.next_frame()
        if frame is None or not self.feed.watched or time.monotonic() - self._hinted_at < HINTS_EVERY_S:
            return
        self._hinted_at = time.monotonic()
        try:
            self.feed.annotate(Sighting(), tuple(self._hints(frame.image)))
        except Exception:  # a hint that breaks must not cost the picture; reading itself still reports
            log.exception("the hints broke on a frame")
