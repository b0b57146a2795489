"""The labelled photos of the test data, and how an answer is judged against a label."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from checkpoint.ports import Image


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo: ``expected`` is empty where no text is known, ``count`` "0" where there is no code."""

    name: str
    image: Image
    expected: str
    count: str

    def judge(self, texts: list[str]) -> str:
        """Return "right", "wrong", "false" or "unread"."""
        if self.expected:
            plain = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
            return "right" if self.expected in plain else "wrong" if texts else "unread"
        if self.count == "0":
            return "false" if texts else "right"
        return "right" if texts else "unread"


def photos(folder: Path) -> Iterator[Photo]:
    """Yield the photos of `folder`/qr with their labels."""
    with (folder / "qr" / "labels.csv").open(newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            image = cv2.imread(str(folder / "qr" / row["file"]))
            assert image is not None, row["file"]
            yield Photo(row["file"], np.asarray(image, np.uint8), row["expected_text"], row["expected_count"])


CODED_CASSETTES = frozenset(
    {"pietz__ref.jpeg", "pypocquant__IMG_8489.png", "rdtscan-cjpark87__covid19_realytech_ref_v0.jpg"}
)
"""Cassette photos on which a code is printed, seen by eye: not frames without a code."""


def cassettes(folder: Path) -> Iterator[tuple[str, Image]]:
    """Yield the cassette photos and every tenth window crop: pictures without a code."""
    for part, every in (("photos", 1), ("windows", 10)):
        for path in sorted((folder / "cassettes" / part).iterdir())[::every]:
            image = cv2.imread(str(path))
            if image is not None and path.name not in CODED_CASSETTES:
                yield path.name, np.asarray(image, np.uint8)
