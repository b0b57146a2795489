"""How well the cassette reader reads, beside three other readers: one run, ratios side by side.

    python -m bench.cassette [--full] [--only PART] [--sheet DIR]

Development photos (where the public test data is present), pairs that differ in one line only, rendered windows by
contrast, rendered mats, states without a result, time and memory. The learned part is judged by weights that never saw
the photo's block of numbers (``bench/reader_folds``); what the shipped weights say on photos that they were trained on
is printed too, and named so. Without ``--full`` a share of each part is run; how long each takes: docs/reader.md.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from bench.cassette_context import context, left_out_scores
from bench.cassette_costs import costs
from bench.cassette_data import FOLDS, Answer, LabelledWindow, auc, figures, labelled_windows
from bench.cassette_mats import mats
from bench.cassette_paired import paired
from bench.cassette_readers import evidence_of
from bench.cassette_reasons import reasons
from bench.cassette_rendered import rendered
from bench.cassette_rivals import RIVALS, Verdict
from bench.cassette_sheet import Residual, write_sheet
from checkpoint.ports import Image
from vision.cassette.membrane import find_membrane
from vision.cassette.network import Network, load_network
from vision.cassette.window import read_window

FOLD_WEIGHTS = Path(__file__).parent / "reader_folds"
LEFT_OUT, SEEN = "ours, left out", "ours, photos trained on"
PARTS = ("photos", "pairs", "rendered", "mats", "reasons", "costs")


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="all photos and pictures instead of a share of them")
    parser.add_argument("--only", choices=PARTS, help="one part of the run")
    parser.add_argument("--negatives", type=int, help="rendered windows without a test line (300, in full 2,000)")
    parser.add_argument("--positives", type=int, help="rendered windows at each contrast (40, in full 100)")
    parser.add_argument("--sheet", type=Path, help="folder for the contact sheet of residual errors (var/...)")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    parts = [options.only] if options.only else list(PARTS)
    windows, folds = labelled_windows(), fold_networks()
    left_out = [window for window in windows if window.fold in folds]
    print(f"left out: blocks of folds {sorted(folds)}, {len(left_out)} of {len(windows)} window crops")
    if not windows:
        print("development photos: absent (set CHECKPOINT_TEST_DATA to the public test data)")
    if "photos" in parts and windows:
        development(windows, folds, options.sheet)
    if "pairs" in parts and left_out:
        paired(left_out, folds, step=1 if options.full else 4)
    if "rendered" in parts:
        negatives = options.negatives or (2000 if options.full else 300)
        rendered(negatives, options.positives or (100 if options.full else 40))
    if "mats" in parts:
        mats(1000 if options.full else 100, options.sheet)
    if "reasons" in parts:
        reasons(100 if options.full else 20)
    if "costs" in parts:
        costs()


def fold_networks() -> dict[int, Network]:
    """Return for each fold that was trained the network that never saw it."""
    paths = {fold: FOLD_WEIGHTS / f"fold{fold}.onnx" for fold in range(FOLDS)}
    return {fold: Network(path.read_bytes()) for fold, path in paths.items() if path.exists()}


def development(windows: Sequence[LabelledWindow], folds: Mapping[int, Network], sheet: Path | None) -> None:
    """Print the development table."""
    answers: dict[str, list[Answer]] = {LEFT_OUT: [], SEEN: []}
    took: dict[str, list[float]] = {}
    residuals: list[Residual] = []
    contexts: list[tuple[LabelledWindow, np.ndarray]] = []
    for window in windows:
        crop = window.read()
        for name, network in ((LEFT_OUT, folds.get(window.fold)), (SEEN, load_network())):
            if network is None:
                continue
            began = time.perf_counter()
            reading = read_window(crop, network=network)
            took.setdefault(name, []).append(time.perf_counter() - began)
            answers[name].append(Answer(window.label, window.faint, reading.reading.outcome, evidence_of(reading)))
            if name == LEFT_OUT and window.label not in ("unknown", reading.reading.outcome):
                what = f"{window.name}: {window.label}{', faint' if window.faint else ''}"
                residuals.append(Residual(crop, reading, what))
        contexts.append((window, context(crop)))
        membrane = membrane_crop(crop)
        for name, rival in RIVALS.items():
            for suffix, picture in (("", crop), (", our outline", membrane)):
                began = time.perf_counter()
                verdict = rival(picture)
                took.setdefault(name + suffix, []).append(time.perf_counter() - began)
                answers.setdefault(name + suffix, []).append(
                    Answer(window.label, window.faint, outcome_of(verdict), verdict.score)
                )
    print(f"\nDevelopment windows ({len(windows)} crops; retakes count as not accepted)")
    print(
        f"{'reader':<34}{'AUC':>7}{'faint':>7}{'right of accepted':>19}{'retakes':>9}{'missed':>8}{'false':>7}{'ms':>7}"
    )
    for name, given in answers.items():
        f = figures(given)
        print(
            f"{name:<34}{f['auc']:>7.4f}{f['auc_faint']:>7.4f}{f['accepted_accuracy']:>19.2%}{f['retakes']:>9.1%}"
            f"{f['missed_share']:>8.1%}{f['false_positives']:>7.0f}{1000 * float(np.median(took[name])):>7.1f}"
        )
    known = [(window, numbers) for window, numbers in contexts if window.label in ("positive", "negative")]
    labels = np.array([window.label == "positive" for window, _ in known])
    left_out = left_out_scores(np.array([n for _, n in known]), labels, np.array([w.fold for w, _ in known]))
    print(f"context alone (seven numbers, left out): AUC {auc(left_out[labels], left_out[~labels]):.3f}")
    if sheet is not None:
        print(f"contact sheet of residual errors: {write_sheet(residuals, sheet / 'residual-errors.jpg')}")


def outcome_of(verdict: Verdict) -> str:
    """Return the outcome by the number of lines."""
    return ("invalid", "negative")[verdict.lines] if verdict.lines < 2 else "positive"


def membrane_crop(crop: Image) -> Image:
    """Return the visible membrane alone, upright: what the other readers take for granted."""
    membrane = find_membrane(crop)
    scale = max(8.0, membrane.width_px)
    size = (round(scale), round(scale * membrane.length))
    to_crop = membrane.to_level * scale
    to_crop[:, 2] += (size[0] / 2 - 0.5, size[1] / 2 - 0.5)
    return np.asarray(cv2.warpAffine(crop, to_crop, size, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)


if __name__ == "__main__":
    main()
