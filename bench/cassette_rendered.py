"""Detection curves on rendered windows: how faint a test line each reader still finds, and what a burst gains.

Thresholds are set on negatives alone, at no false positive among all of them; the readers' own thresholds play no part,
save in the row that says how ours answers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.cassette_readers import OURS, evidence_of
from bench.cassette_rivals import RIVALS
from checkpoint.assay import Outcome
from checkpoint.ports import Image
from vision.cassette.burst import register_and_average
from vision.cassette.window import read_window
from vision.render import Shot, render_window, sample_shot, sample_spec

CONTRASTS = (0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.20, 0.40)
BURST = 16
_BURST_NOISE = 5.0  # grey levels: a cheap camera in poor light
_FOUND = 0.95

Draw = Callable[[int, float | None], Mapping[str, Image]]
"""Draws one window for a seed and a contrast of T (None: no test line): pictures of it by name."""


@dataclass(slots=True)
class Curve:
    """Scores of one reader on negatives, and on positives by contrast; ``answers``: outcomes, where it gives them."""

    negatives: list[float] = field(default_factory=list)
    positives: list[list[float]] = field(default_factory=lambda: [[] for _ in CONTRASTS])
    said_of_negatives: list[Outcome] = field(default_factory=list)
    said_of_positives: list[list[Outcome]] = field(default_factory=lambda: [[] for _ in CONTRASTS])

    def found(self, share_of_false: float = 0.0) -> list[float]:
        """Return the share found at each contrast with the threshold at that share of false positives."""
        limit = float(np.quantile(self.negatives, 1 - share_of_false))
        return [float(np.mean(np.array(scores) > limit)) for scores in self.positives]


def rendered(negatives: int, positives: int) -> None:
    """Print the curves on ordinary photos' crops, then on those of a fixed camera, one frame and a burst."""
    print(
        f"\nRendered windows: share of {positives} found at no false positive in {negatives} negatives, by T's contrast"
    )
    _heading()
    _print(_measure(_ordinary, negatives, positives), negatives)
    print(f"a fixed camera with noise of {_BURST_NOISE:g} grey levels: one frame, and the mean of a burst of {BURST}")
    _heading()
    _print(_measure(_station, negatives, positives), negatives)


def _ordinary(seed: int, contrast: float | None) -> dict[str, Image]:
    """Return a crop as photos vary, without the faults that the quality gates are for."""
    return {"": draw_window(seed, contrast)}


def draw_window(seed: int, contrast: float | None) -> Image:
    """Return a rendered crop with a control line, of an ordinary photo; `contrast` is the test line's."""
    rng = np.random.default_rng(seed)
    control = float(rng.uniform(0.15, 0.7))
    spec = sample_spec(rng, test_contrast=contrast, control_contrast=control, glare=0.0, streak=0.0)
    return render_window(spec, rng, shot=sample_shot(rng, cast_shadow=0.0)).image


def _station(seed: int, contrast: float | None) -> dict[str, Image]:
    """Return one frame of a fixed camera, and the mean of a burst as the bench takes it, each frame's noise its own."""
    rng = np.random.default_rng(7_000_000 + seed)
    spec = sample_spec(rng, test_contrast=contrast, control_contrast=0.4, glare=0.0, streak=0.0, speckle=0.05)
    shot = Shot(noise=0.0, jpeg_quality=None, blur_px=0.8)
    still = render_window(spec, rng, px_per_mm=12.0, turn_deg=0.0, margin_mm=2.0, shot=shot).image.astype(np.float32)
    grain = rng.standard_normal((BURST, *still.shape), dtype=np.float32) * np.float32(_BURST_NOISE)
    frames = list(np.clip(still + grain, 0, 255).round().astype(np.uint8))
    return {", one frame": frames[0], f", burst of {BURST}": register_and_average(frames).image}


def _measure(draw: Draw, negatives: int, positives: int) -> dict[str, Curve]:
    curves: dict[str, Curve] = {}
    for seed in range(negatives):
        for name, curve, score, outcome in _scores(draw(seed, None), curves):
            curve.negatives.append(score)
            if name == OURS:
                curve.said_of_negatives.append(outcome)
    for k, contrast in enumerate(CONTRASTS):
        for seed in range(positives):
            for name, curve, score, outcome in _scores(draw(100_000 + 1000 * k + seed, contrast), curves):
                curve.positives[k].append(score)
                if name == OURS:
                    curve.said_of_positives[k].append(outcome)
    return curves


def _scores(pictures: Mapping[str, Image], curves: dict[str, Curve]) -> list[tuple[str, Curve, float, Outcome]]:
    """Return for each reader and picture its name, curve, score and, for ours, its outcome."""
    given = []
    for look, picture in pictures.items():
        reading = read_window(picture)
        own = curves.setdefault(OURS + look, Curve())
        given.append((OURS, own, evidence_of(reading), reading.reading.outcome))
        for name, rival in RIVALS.items():
            verdict = rival(picture)
            given.append((name, curves.setdefault(name + look, Curve()), verdict.score, Outcome.RETAKE))
    return given


def _heading() -> None:
    print(f"{'reader':<34}" + "".join(f"{f'{c:.1%}' if c < 0.01 else f'{c:.0%}':>8}" for c in CONTRASTS) + "   95 % at")


def _print(curves: Mapping[str, Curve], negatives: int) -> None:
    for name, curve in curves.items():
        _row(name, curve.found())
    for name, curve in curves.items():
        if not curve.said_of_negatives:
            continue
        _row(f"{name}, at 1 % false", curve.found(0.01))
        said = [float(np.mean([one is Outcome.POSITIVE for one in given])) for given in curve.said_of_positives]
        missed = [float(np.mean([one is Outcome.NEGATIVE for one in given])) for given in curve.said_of_positives]
        false = sum(one is Outcome.POSITIVE for one in curve.said_of_negatives)
        again = float(np.mean([one is Outcome.RETAKE for one in curve.said_of_negatives]))
        _row(f"{name}, said positive", said)
        _row(f"{name}, said negative", missed, weakest_too=False)
        print(f"{'':<34}of {negatives} negatives: {false} said positive, {again:.1%} to be taken again")


def _row(name: str, shares: Sequence[float], *, weakest_too: bool = True) -> None:
    print(
        f"{name:<34}" + "".join(f"{value:>8.2f}" for value in shares) + (f"   {weakest(shares)}" if weakest_too else "")
    )


def weakest(shares: Sequence[float]) -> str:
    """Return the weakest contrast from which on at least 95 % are found."""
    good = len(shares)
    while good and shares[good - 1] >= _FOUND:
        good -= 1
    return f"{CONTRASTS[good]:.1%}" if good < len(shares) else "none"
