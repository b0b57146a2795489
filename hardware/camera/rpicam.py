"""A Pi camera through `rpicam-vid`: a program that writes frames into a pipe, and nothing of it in this process.

picamera2 would tie Python to the system's numpy and OpenCV. Raw YUV is the default: taking it in
costs a sixth of what a JPEG does (`python -m bench.camera`); MJPEG is for widths that are no multiple of 64.
"""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import IO, Literal

import cv2
import numpy as np

from checkpoint.errors import CameraError
from checkpoint.ports import Frame, Image
from hardware.camera.newest import NewestFrame
from hardware.camera.tuning import AUTOMATIC, Tuning

Codec = Literal["yuv420", "mjpeg"]

WIDTH_STEP_PX = 64  # rows of raw frames are padded to this: rpicam-apps writes its buffers as they are
CHUNK_BYTES = 1 << 18
LARGEST_JPEG_BYTES = 16 << 20
SOI, EOI = b"\xff\xd8\xff", b"\xff\xd9"
COMPLAINTS_KEPT = 5  # lines of standard error, for the reason of a camera that ended


def command(program: str, *, camera: int, size: tuple[int, int], fps: float, codec: Codec, tuning: Tuning) -> list[str]:
    """Return the command that streams frames to standard output.

    >>> command("rpicam-vid", camera=0, size=(1280, 720), fps=10, codec="yuv420", tuning=Tuning(focus=4.5))[-4:]
    ['--autofocus-mode', 'manual', '--lens-position', '4.5']
    """
    words = [
        *(program, "--camera", str(camera), "--timeout", "0", "--nopreview", "--flush", "--output", "-"),
        *("--codec", codec, "--width", str(size[0]), "--height", str(size[1]), "--framerate", f"{fps:g}"),
    ]
    if codec == "mjpeg":
        words += ["--quality", "90"]
    if tuning.exposure_us is not None:
        words += ["--shutter", f"{tuning.exposure_us:.0f}"]
    if tuning.gain is not None:
        words += ["--gain", f"{tuning.gain:g}"]
    if tuning.red_gain is not None and tuning.blue_gain is not None:
        words += ["--awbgains", f"{tuning.red_gain:.3f},{tuning.blue_gain:.3f}"]
    if tuning.focus is not None:
        words += ["--autofocus-mode", "manual", "--lens-position", f"{tuning.focus:g}"]
    return words


def raw_frames(pipe: IO[bytes], size: tuple[int, int]) -> Iterator[Image]:
    """Yield the pictures of a stream of YUV 4:2:0 planes, until it ends; half a frame at the end is none."""
    width, height = size
    buffer = bytearray(width * height * 3 // 2)
    while True:
        view, filled = memoryview(buffer), 0
        while filled < len(buffer):
            got = pipe.readinto(view[filled:])  # type: ignore[attr-defined]  # an unbuffered pipe has it
            if not got:
                return
            filled += got
        planes = np.frombuffer(buffer, np.uint8).reshape(height * 3 // 2, width)
        yield np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420), np.uint8)


def jpeg_frames(pipe: IO[bytes]) -> Iterator[Image]:
    """Yield the pictures of a stream of JPEGs, one after the other; one that cannot be decoded is passed over."""
    held = bytearray()
    while chunk := pipe.read(CHUNK_BYTES):
        searched = max(0, len(held) - 1)
        held += chunk
        while (end := held.find(EOI, searched)) >= 0:
            start = held.find(SOI, 0, end)
            data = bytes(held[start : end + 2]) if start >= 0 else b""
            del held[: end + 2]
            searched = 0
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
            if image is not None:
                yield np.asarray(image, np.uint8)
        if len(held) > LARGEST_JPEG_BYTES:
            held.clear()


class RpicamCamera:
    """A Pi camera; a thread keeps only its newest frame.

    Raises `CameraError` where `rpicam-vid` is not there. A program that ends, ends the camera with what it said last;
    `WatchedCamera` starts it anew.
    """

    simulated = False

    def __init__(
        self,
        *,
        name: str,
        camera: int = 0,
        size: tuple[int, int] = (1280, 720),
        fps: float = 10.0,
        codec: Codec = "yuv420",
        tuning: Tuning = AUTOMATIC,
        program: str = "rpicam-vid",
        popen: Callable[..., "subprocess.Popen[bytes]"] = subprocess.Popen,
    ) -> None:
        self.name = name
        if codec == "yuv420" and size[0] % WIDTH_STEP_PX:
            raise CameraError(f"{name}: raw frames need a width that is a multiple of {WIDTH_STEP_PX}, not {size[0]}")
        if shutil.which(program) is None:
            raise CameraError(f"{name}: no {program} here: apt install rpicam-apps-lite (Raspberry Pi OS)")
        words = command(program, camera=camera, size=size, fps=fps, codec=codec, tuning=tuning)
        self._frames = NewestFrame(name)
        self._program = program
        self._complaints: list[str] = []
        self._process = popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        self._threads = [
            threading.Thread(target=self._read_on, args=(size, codec), name=f"camera-{name}", daemon=True),
            threading.Thread(target=self._listen, name=f"camera-{name}-says", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def read(self, timeout_s: float = 2.0) -> Frame:
        """Return the newest frame not returned before; raise where none came within `timeout_s`."""
        return self._frames.take(timeout_s)

    def close(self) -> None:
        """End the program; further reads raise. One that does not listen is killed."""
        self._frames.end("closed")
        self._process.terminate()
        try:
            self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(timeout=1.0)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _read_on(self, size: tuple[int, int], codec: Codec) -> None:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101  asked for above
        try:
            for image in raw_frames(pipe, size) if codec == "yuv420" else jpeg_frames(pipe):
                self._frames.put(image)
        except (OSError, ValueError) as error:  # ValueError: the pipe was closed meanwhile
            self._frames.end(f"the pipe broke: {error}")
        self._threads[1].join(timeout=0.5)  # what it said last is the reason
        said = "; ".join(self._complaints[-2:]) or "said nothing"
        self._frames.end(f"{self._program} ended: {said}")

    def _listen(self) -> None:
        pipe = self._process.stderr
        assert pipe is not None  # noqa: S101  asked for above
        try:
            for line in pipe:
                self._complaints = [*self._complaints, line.decode(errors="replace").strip()[:200]][-COMPLAINTS_KEPT:]
        except (OSError, ValueError):
            return
