"""The labelled development photos, how they are split, and the figures taken of answers to them."""

import csv
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from checkpoint.ports import Image

BLOCK = 50
"""Numbers to a block: shots come in runs of one cassette, so neighbours stay on one side of every split."""

FOLDS = 5


@dataclass(frozen=True, slots=True)
class LabelledWindow:
    """One row of the labels: a window crop, what it shows and whether its test line is faint."""

    name: str
    label: str
    faint: bool
    path: Path

    @property
    def fold(self) -> int:
        """The part of the data it is left out with."""
        number = int("".join(c for c in self.name if c.isdigit()) or 0)
        return (number // BLOCK) % FOLDS

    def read(self) -> Image:
        """Return the picture, BGR; raise OSError where it cannot be read."""
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if image is None:
            raise OSError(f"not a picture: {self.path}")
        return np.asarray(image, dtype=np.uint8)


def data_folder() -> Path:
    """Return the folder of public test data: CHECKPOINT_TEST_DATA, else ../shared/data beside the repository."""
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    return Path(os.environ.get("CHECKPOINT_TEST_DATA") or beside)


def labelled_windows() -> list[LabelledWindow]:
    """Return all window crops that have a label; empty where the data is absent."""
    folder = data_folder() / "cassettes"
    table = folder / "labels.csv"
    if not table.exists():
        return []
    with table.open(newline="") as lines:
        return [
            LabelledWindow(Path(row["file"]).stem, row["label"], row["faint"] == "yes", folder / row["file"])
            for row in csv.DictReader(lines)
            if row["view"] == "window"
        ]


def labelled_photos(label: str) -> list[Path]:
    """Return the photos of whole cassettes that have this label; empty where the data is absent."""
    table = data_folder() / "cassettes" / "labels.csv"
    if not table.exists():
        return []
    with table.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["view"] == "cassette" and row["label"] == label]
    return [table.parent / row["file"] for row in rows]


def auc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Return the area under the ROC curve, ties counted half; NaN without both kinds.

    >>> auc([0.9, 0.5], [0.5, 0.1])
    0.875
    """
    if not len(positives) or not len(negatives):
        return float("nan")
    order = np.sort(np.asarray(negatives, dtype=float))
    below = np.searchsorted(order, positives, side="left")
    up_to = np.searchsorted(order, positives, side="right")
    return float((below + up_to).mean() / 2 / len(order))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader said about one window."""

    label: str
    faint: bool
    outcome: str
    score: float


def figures(answers: Sequence[Answer]) -> dict[str, float]:
    """Return the table's figures for answers to labelled windows; rows labelled unknown count nowhere."""
    known = [a for a in answers if a.label != "unknown"]
    table = Counter((a.label, a.outcome) for a in known)
    positives = [a for a in known if a.label == "positive"]
    negatives = [a.score for a in known if a.label == "negative"]
    retakes = sum(a.outcome == "retake" for a in known)
    wrong = sum(a.outcome not in (a.label, "retake") for a in known)
    return {
        "windows": len(known),
        "auc": auc([a.score for a in positives], negatives),
        "auc_faint": auc([a.score for a in positives if a.faint], negatives),
        "retakes": retakes / max(1, len(known)),
        "accepted_accuracy": 1 - wrong / max(1, len(known) - retakes),
        "accepted_wrong": wrong,
        "missed_share": table["positive", "negative"] / max(1, len(positives)),
        "false_positives": table["negative", "positive"],
    }
