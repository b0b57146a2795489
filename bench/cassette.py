"""How well the cassette reader reads, beside three other readers: one run, ratios side by side.

    python -m bench.cassette [--full] [--sheet DIR]

Development photos (where the public test data is present), pairs that differ in one line only, rendered windows by
contrast, time and memory. The learned part is judged by weights that never saw the photo's block of numbers
(``bench/reader_folds``); what the shipped weights say on photos that they were trained on is printed too, and named so.
"""

import argparse
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bench.cassette_context import context, left_out_scores
from bench.cassette_data import FOLDS, Answer, LabelledWindow, auc, figures, labelled_windows
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
from bench.cassette_rivals import RIVALS, Verdict
from bench.cassette_sheet import write_sheet
from checkpoint.ports import Image
from vision.cassette.membrane import find_membrane
from vision.cassette.network import Network, load_network, read_network
from vision.cassette.strip import UNIT
from vision.cassette.window import WindowReading, read_window
from vision.render import Shot, render_window, sample_shot, sample_spec

FOLD_WEIGHTS = Path(__file__).parent / "reader_folds"
PAIR_CONTRASTS = (0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.20, 0.40)
RENDERED_CONTRASTS = (0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.20, 0.40)
BURST = 16
_BURST_NOISE = 5.0  # grey levels: a cheap camera in poor light
OURS, OURS_SEEN = "ours, left out", "ours, photos trained on"

Scorer = Callable[[Image], float]


@dataclass(frozen=True, slots=True)
class Pair:
    """Scores of one photo without its second line and with it at each contrast."""

    fold: int
    without: float
    with_line: tuple[float, ...]


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="all photos and pictures instead of a share of them")
    parser.add_argument("--only", choices=("photos", "pairs", "rendered", "costs"), help="one part of the run")
    parser.add_argument("--sheet", type=Path, help="folder for the contact sheet of residual errors (var/...)")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    parts = [options.only] if options.only else ["photos", "pairs", "rendered", "costs"]
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
        rendered(2000 if options.full else 300, 200 if options.full else 40)
    if "costs" in parts:
        costs()


def fold_networks() -> dict[int, Network]:
    """Return for each fold that was trained the network that never saw it."""
    paths = {fold: FOLD_WEIGHTS / f"fold{fold}.npz" for fold in range(FOLDS)}
    return {fold: read_network(path.read_bytes()) for fold, path in paths.items() if path.exists()}


def development(windows: Sequence[LabelledWindow], folds: Mapping[int, Network], sheet: Path | None) -> None:
    """Print the development table."""
    answers: dict[str, list[Answer]] = {OURS: [], OURS_SEEN: []}
    took: dict[str, list[float]] = {}
    read: list[tuple[LabelledWindow, Image, WindowReading]] = []
    contexts: list[tuple[LabelledWindow, np.ndarray]] = []
    for window in windows:
        crop = window.read()
        for name, network in ((OURS, folds.get(window.fold)), (OURS_SEEN, load_network())):
            if network is None:
                continue
            began = time.perf_counter()
            reading = read_window(crop, network=network)
            took.setdefault(name, []).append(time.perf_counter() - began)
            answers[name].append(Answer(window.label, window.faint, reading.reading.outcome, evidence_of(reading)))
            if name == OURS:
                read.append((window, crop, reading))
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
        print(f"contact sheet of residual errors: {write_sheet(read, sheet)}")


def evidence_of(reading: WindowReading) -> float:
    """Return the score before it is squeezed into 0 to 1, so that no two differ by less than a float can hold."""
    return reading.features.get("test_log_odds", -99.0)


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


def paired(windows: Sequence[LabelledWindow], folds: Mapping[int, Network], step: int) -> None:
    """Print how the readers tell a photo with a second line from the same photo without."""
    pairs: dict[str, list[Pair]] = {}
    contexts: list[tuple[int, list[np.ndarray]]] = []
    negatives = [w for w in windows if w.label == "negative"][::step]
    for number, window in enumerate(negatives):
        pictures = drawn(window, np.random.default_rng(number))
        if pictures is None:
            continue
        for name, score in scorers(folds[window.fold]).items():
            without, *with_line = (score(picture) for picture in pictures)
            pairs.setdefault(name, []).append(Pair(window.fold, without, tuple(with_line)))
        contexts.append((window.fold, [context(picture) for picture in pictures]))
    print(
        f"\nPairs: {len(contexts)} negative photos with a test line drawn in; AUC with against without, by its contrast"
    )
    print(f"{'reader':<34}" + "".join(f"{c:>8.0%}" for c in PAIR_CONTRASTS))
    for name, given in pairs.items():
        plain = [p.without for p in given]
        row = [auc([p.with_line[k] for p in given], plain) for k in range(len(PAIR_CONTRASTS))]
        print(f"{name:<34}" + "".join(f"{value:>8.3f}" for value in row))
    ours = pairs[OURS]
    wins = [float(np.mean([p.with_line[k] > p.without for p in ours])) for k in range(len(PAIR_CONTRASTS))]
    print(f"{'  the same photo scores higher':<34}" + "".join(f"{value:>8.3f}" for value in wins))
    row = []
    for k in range(len(PAIR_CONTRASTS)):
        numbers = np.array([n for _, both in contexts for n in (both[0], both[k + 1])])
        labels = np.array([False, True] * len(contexts))
        scores = left_out_scores(numbers, labels, np.repeat([fold for fold, _ in contexts], 2))
        row.append(auc(scores[labels], scores[~labels]))
    print(f"{'context alone (must be near 0.5)':<34}" + "".join(f"{value:>8.3f}" for value in row))
    lifted_lines(windows, folds)


def drawn(window: LabelledWindow, rng: np.random.Generator) -> list[Image] | None:
    """Return a negative photo as it is and with a second line at each contrast, always in the same place."""
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
    for contrast in PAIR_CONTRASTS:
        line = own_line(depth, contrast) if own else dyed_line(np.random.default_rng(seed), contrast)
        pictures.append(painted(opened, line, row))
    return pictures


def scorers(network: Network) -> dict[str, Scorer]:
    """Return the readers of the paired table by name."""
    ours: dict[str, Scorer] = {OURS: lambda crop: evidence_of(read_window(crop, network=network))}
    return ours | {name: (lambda crop, rival=rival: rival(crop).score) for name, rival in RIVALS.items()}


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


def rendered(negatives: int, positives: int) -> None:
    """Print the detection curve on rendered windows: single frame and burst, thresholds set on negatives alone."""
    readers: dict[str, Scorer] = {"ours": lambda crop: evidence_of(read_window(crop))}
    readers |= {name: (lambda crop, rival=rival: rival(crop).score) for name, rival in RIVALS.items()}
    print(
        f"\nRendered windows: share of {positives} found at no false positive in {negatives} negatives, "
        "by contrast of T"
    )
    print(f"{'reader':<34}" + "".join(f"{c:>8.0%}" for c in RENDERED_CONTRASTS) + "   95 % at")
    plain = [draw_window(seed, None) for seed in range(negatives)]
    limits = {name: max(score(picture) for picture in plain) for name, score in readers.items()}
    tail = {name: float(np.percentile([score(p) for p in plain], 99)) for name, score in readers.items()}
    shares = {name: [0.0] * len(RENDERED_CONTRASTS) for name in readers}
    relaxed = [0.0] * len(RENDERED_CONTRASTS)
    for k, contrast in enumerate(RENDERED_CONTRASTS):
        pictures = [draw_window(100_000 + 1000 * k + seed, contrast) for seed in range(positives)]
        for name, score in readers.items():
            scores = np.array([score(picture) for picture in pictures])
            shares[name][k] = float(np.mean(scores > limits[name]))
            if name == "ours":
                relaxed[k] = float(np.mean(scores > tail[name]))
    for name, row in shares.items():
        print(f"{name:<34}" + "".join(f"{value:>8.2f}" for value in row) + f"   {weakest(row)}")
    print(
        f"{'ours, at 1 % false positives':<34}"
        + "".join(f"{value:>8.2f}" for value in relaxed)
        + f"   {weakest(relaxed)}"
    )
    burst(positives)


def draw_window(seed: int, contrast: float | None) -> Image:
    """Return a rendered crop with a control line, without the faults that the quality gates are for."""
    rng = np.random.default_rng(seed)
    control = float(rng.uniform(0.15, 0.7))
    spec = sample_spec(rng, test_contrast=contrast, control_contrast=control, glare=0.0, streak=0.0)
    return render_window(spec, rng, shot=sample_shot(rng, cast_shadow=0.0)).image


def burst(count: int) -> None:
    """Print what averaging a burst gains at a fixed station: the same window in 16 noisy frames."""
    found: dict[str, list[float]] = {"one frame": [], f"mean of {BURST}": []}
    limits: dict[str, float] = {}
    for contrast in (None, *RENDERED_CONTRASTS):
        scores: dict[str, list[float]] = {name: [] for name in found}
        for seed in range(count):
            rng = np.random.default_rng(700_000 + seed)
            spec = sample_spec(rng, test_contrast=contrast, control_contrast=0.4, glare=0.0, streak=0.0, speckle=0.05)
            shot = Shot(noise=0.0, jpeg_quality=None, blur_px=0.8)
            still = render_window(spec, rng, px_per_mm=12.0, turn_deg=0.0, margin_mm=2.0, shot=shot).image.astype(float)
            frames = np.clip(still + rng.normal(0, _BURST_NOISE, (BURST, *still.shape)), 0, 255).round()
            for name, frame in (("one frame", frames[0]), (f"mean of {BURST}", frames.mean(axis=0).round())):
                scores[name].append(evidence_of(read_window(frame.astype(np.uint8))))
        for name, given in scores.items():
            if contrast is None:
                limits[name] = max(given)
            else:
                found[name].append(float(np.mean(np.array(given) > limits[name])))
    print(
        f"the same with noise of {_BURST_NOISE:g} grey levels, {count} windows a contrast, "
        f"limit set on {count} negatives:"
    )
    for name, row in found.items():
        print(f"{'ours, ' + name:<34}" + "".join(f"{value:>8.2f}" for value in row) + f"   {weakest(row)}")


def weakest(shares: Sequence[float]) -> str:
    """Return the weakest contrast from which on at least 95 % are found."""
    good = len(shares)
    while good and shares[good - 1] >= 0.95:
        good -= 1
    return f"{RENDERED_CONTRASTS[good]:.0%}" if good < len(shares) else "none"


def costs() -> None:
    """Print time and memory of one window."""
    crop = draw_window(1, 0.2)
    read_window(crop)
    took = []
    for _ in range(30):
        began = time.perf_counter()
        read_window(crop)
        took.append(1000 * (time.perf_counter() - began))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\nOne window ({crop.shape[1]} x {crop.shape[0]}, membrane {UNIT} samples wide): "
        f"{np.median(took):.1f} ms median, "
        f"{np.percentile(took, 95):.1f} ms p95, one thread; peak memory of this run {peak:.0f} MB"
    )


if __name__ == "__main__":
    main()
