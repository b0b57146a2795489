"""Pairs: the same photo with a second line and without, so that nothing but the line can tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from bench.cassette_context import Place, context, left_out_scores
from bench.cassette_data import LabelledWindow, auc
from bench.cassette_pairs import (
    dyed_line,
    kit_row,
    lifted,
    line_depth,
    open_window,
    own_line,
    painted,
    two_sure_lines,
)
from bench.cassette_readers import OURS, scorers
from checkpoint.ports import Image
from vision.cassette.network import Network
from vision.cassette.strip import ACROSS, to_canvas

CONTRASTS = (0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.20, 0.40)


@dataclass(frozen=True, slots=True)
class Pair:
    """Scores of one photo without its second line and with it at each contrast."""

    fold: int
    without: float
    with_line: tuple[float, ...]


def paired(windows: Sequence[LabelledWindow], folds: Mapping[int, Network], step: int) -> None:
    """Print how the readers tell a photo with a second line from the same photo without."""
    pairs: dict[str, list[Pair]] = {}
    contexts: list[tuple[int, list[np.ndarray]]] = []
    negatives = [w for w in windows if w.label == "negative"][::step]
    for number, window in enumerate(negatives):
        drawing = drawn(window, np.random.default_rng(number))
        if drawing is None:
            continue
        pictures, control_at = drawing
        for name, score in scorers(folds[window.fold]).items():
            without, *with_line = (score(picture) for picture in pictures)
            pairs.setdefault(name, []).append(Pair(window.fold, without, tuple(with_line)))
        contexts.append((window.fold, [context(picture, control_at) for picture in pictures]))
    print(
        f"\nPairs: {len(contexts)} negative photos with a test line drawn in; AUC with against without, by its contrast"
    )
    print(f"{'reader':<34}" + "".join(f"{c:>8.0%}" for c in CONTRASTS))
    for name, given in pairs.items():
        plain = [p.without for p in given]
        row = [auc([p.with_line[k] for p in given], plain) for k in range(len(CONTRASTS))]
        print(f"{name:<34}" + "".join(f"{value:>8.3f}" for value in row))
    ours = pairs[OURS]
    wins = [float(np.mean([p.with_line[k] > p.without for p in ours])) for k in range(len(CONTRASTS))]
    print(f"{'  the same photo scores higher':<34}" + "".join(f"{value:>8.3f}" for value in wins))
    row = []
    for k in range(len(CONTRASTS)):
        numbers = np.array([n for _, both in contexts for n in (both[0], both[k + 1])])
        labels = np.array([False, True] * len(contexts))
        scores = left_out_scores(numbers, labels, np.repeat([fold for fold, _ in contexts], 2))
        row.append(auc(scores[labels], scores[~labels]))
    print(f"{'context alone (must be near 0.5)':<34}" + "".join(f"{value:>8.3f}" for value in row))
    lifted_lines(windows, folds)


def drawn(window: LabelledWindow, rng: np.random.Generator) -> tuple[list[Image], Place] | None:
    """Return a negative photo as it is and with a second line at each contrast, always in the same place, and where
    its control line is."""
    opened = open_window(window.read())
    if not opened.candidates:
        return None
    control = opened.candidates[0]
    row = kit_row(rng, opened.strip.start, opened.strip.end, control.row)
    depth = line_depth(opened.strip.absorbance, control.row)
    if row is None or depth is None:
        return None
    own, seed = rng.random() < 0.6, int(rng.integers(1 << 30))
    pictures = [opened.crop]
    for contrast in CONTRASTS:
        line = own_line(depth, contrast) if own else dyed_line(np.random.default_rng(seed), contrast)
        pictures.append(painted(opened, line, row))
    back = cv2.invertAffineTransform(to_canvas(opened.membrane))
    return pictures, back @ np.array((ACROSS / 2 - 0.5, control.row, 1.0))


def lifted_lines(windows: Sequence[LabelledWindow], folds: Mapping[int, Network]) -> None:
    """Print how the readers tell positive photos from the same with one line lifted off."""
    kept: dict[str, list[float]] = {}
    without: dict[str, list[float]] = {}
    unclear = 0
    for window in windows:
        if window.label != "positive":
            continue
        opened = open_window(window.read())
        two = two_sure_lines(opened)
        pictures = [p for p in (lifted(opened, line.row) for line in two) if p is not None] if two else []
        unclear += not pictures
        for name, score in scorers(folds[window.fold]).items():
            if pictures:
                kept.setdefault(name, []).append(score(opened.crop))
                without.setdefault(name, []).extend(score(picture) for picture in pictures)
    print(f"positive photos against the same with C or T lifted off ({unclear} photos left out: lines not certain):")
    for name, scores in kept.items():
        print(f"{name:<34}{auc(scores, without[name]):>8.3f}   ({len(scores)} against {len(without[name])})")
