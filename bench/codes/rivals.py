"""The single decoders beside which the scanner is measured, each as its own documentation calls it."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

import cv2
import zxingcpp

from checkpoint.ports import Image

Reader = Callable[[Image], list[str]]


def zxing_alone(image: Image) -> list[str]:
    """zxing-cpp with every format and option that is on by default, one look."""
    return [barcode.text for barcode in zxingcpp.read_barcodes(image)]


def pyzbar_alone(image: Image) -> list[str]:
    """`pyzbar.decode` as it stands; it lets zbar guess the character set, and raises on structured append."""
    from pyzbar import pyzbar  # needs the system library

    try:
        return [found.data.decode("utf-8", "replace") for found in pyzbar.decode(image)]
    except (TypeError, ValueError):
        return []


class OpenCv:
    """OpenCV's QRCodeDetector in a process of its own: it has taken half a minute for one picture."""

    def __init__(self, limit_s: float = 3.0) -> None:
        """Give up a picture, and the process with it, after `limit_s`."""
        self._limit_s = limit_s
        self.given_up = 0
        self._start()

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()

    def __call__(self, image: Image) -> list[str]:
        """Return the texts read, none where the time is up or the detector raises."""
        self._pipe.send(image)
        if self._pipe.poll(self._limit_s):
            texts: list[str] = self._pipe.recv()
            return texts
        self.given_up += 1
        self._process.kill()
        self._process.join()
        self._start()
        return []

    def _start(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_detect, args=(theirs,), daemon=True)
        self._process.start()


def _detect(pipe: Connection) -> None:
    cv2.setNumThreads(1)
    detector = cv2.QRCodeDetector()
    while True:
        try:
            _, texts, _, _ = detector.detectAndDecodeMulti(pipe.recv())
        except (cv2.error, UnicodeDecodeError):
            texts = ()
        except EOFError:
            return
        pipe.send([text for text in texts if text])
