"""Fit the model by which cassettes are recognised (`vision/cassette/weights/locator.npz`).

    python -m bench.train_locator PHOTOS            fits on everything and writes the weights
    python -m bench.train_locator PHOTOS --folds    leaves out one family of photos at a time; prints how many of their
                                                    windows are still ranked among those that get a closer look

A logistic regression on gradient histograms; half of the pictures are mirrored across the cassette's axis. Everything
is seeded; the marked photos stand in ``bench/locator_frames.csv``. The proposals that the shipped weights find
likeliest without being cassettes are among the negatives: running it again mines the mistakes of the run before.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from bench.locator_samples import FAMILIES, Scene, drawn_scenes, is_within_reach, patches, photo_scenes
from checkpoint.ports import Image
from vision.cassette import recognise
from vision.cassette.locate import LOOKED_AT, likeliest, proposed_frames

SEED = 20220320
SCENES = 1600
_STRENGTH = 0.05  # of the regularisation, inverse
_PHOTO_WEIGHT = 5.0  # a photo's patch counts as much as five drawn ones
_ABOUT_DRAWN, _ABOUT_PHOTO = 2, 8
_OUT = Path(recognise.__file__).parent / "weights" / "locator.npz"

Described = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]


def main() -> None:
    """Fit, and write or print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, help="the folder of the marked photos")
    parser.add_argument("--folds", action="store_true")
    parser.add_argument("--out", type=Path, default=_OUT)
    parser.add_argument("--scenes", type=int, default=SCENES)
    options = parser.parse_args()
    rng = np.random.default_rng(SEED)
    drawn = _described((patches(scene, rng, about=_ABOUT_DRAWN) for scene in drawn_scenes(options.scenes, rng)), rng)
    photos = list(photo_scenes(options.photos))
    by_photo = [_described([patches(scene, rng, about=_ABOUT_PHOTO)], rng, both=True) for scene in photos]
    if options.folds:
        _print_folds(drawn, photos, by_photo)
    else:
        weights, bias = _fit(drawn, by_photo)
        np.savez(options.out, weights=weights, bias=bias)


def _described(sets, rng: np.random.Generator, *, both: bool = False) -> Described:
    """Return features and labels; pictures mirrored by chance, or both ways."""
    features, labels = [], []
    for images, truth in sets:
        for image, label in zip(images, truth, strict=True):
            mirrored = np.ascontiguousarray(image[::-1])
            chosen: list[Image] = [image, mirrored] if both else [mirrored if rng.random() < 0.5 else image]
            features += [recognise.describe(one)[0] for one in chosen]
            labels += [label] * len(chosen)
    return np.array(features, np.float32), np.array(labels)


def _fit(drawn: Described, photos: list[Described]) -> tuple[npt.NDArray[np.float32], np.float32]:
    features = np.concatenate([drawn[0], *(one[0] for one in photos)])
    labels = np.concatenate([drawn[1], *(one[1] for one in photos)])
    counts = np.full(len(labels), _PHOTO_WEIGHT)
    counts[: len(drawn[1])] = 1.0
    model = LogisticRegression(C=_STRENGTH, max_iter=150, tol=1e-3).fit(features, labels, sample_weight=counts)
    return model.coef_[0].astype(np.float32), np.float32(model.intercept_[0])


def _print_folds(drawn: Described, photos: list[Scene], by_photo: list[Described]) -> None:
    total = ranked = 0
    for family in FAMILIES:
        kept = [one for scene, one in zip(photos, by_photo, strict=True) if scene.source not in family]
        with recognise.using(*_fit(drawn, kept)):
            for scene in (one for one in photos if one.source in family):
                first = likeliest(proposed_frames(scene.grey), LOOKED_AT)
                total += len(scene.frames)
                ranked += sum(any(is_within_reach(one, frame) for one in first) for frame in scene.frames)
        print(f"{', '.join(family)} left out: so far {ranked} of {total} among the first {LOOKED_AT}", flush=True)


if __name__ == "__main__":
    main()
