"""Is this the cassette that was read before, taken up and laid down anew? What its picture can tell.

    python -m bench.cassette_again [--lot 24]

An object is photographed twice: turned anew, nearer or further, under other light, with other noise. Rendered objects
are cassettes of one lot, drawn once at 24 pixels per mm and then photographed like prints; with a number written on
each by hand, and without. Real objects are the public photos of cassettes. Each measure compares the second
picture of each object with the first one of the same and of every other object; a measure is of use where it knows the
same again at no false alarm among the others.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bench.cassette_data import data_folder
from checkpoint.ports import Image
from vision.cassette.geometry import ControlEnd
from vision.cassette.locate import WINDOW_MM, find_cassettes
from vision.cassette.rectify import CASSETTE_BEFORE_MM, rectify
from vision.cassette.window import read_window
from vision.render import CassetteSpec, Shot, render_cassette, sample_spec

PX_PER_MM = 10.0  # of the compared pictures
OBJECT_PX_PER_MM = 24.0
_SHIFT_MM = 1.0  # by so much the locator may be off
_COARSE_MM = 1.2  # light that falls off over more than this is not the cassette's

Floats = npt.NDArray[np.float32]
Measure = Callable[["Seen", "Seen"], float]


@dataclass(frozen=True, slots=True)
class Seen:
    """One photographed cassette: level, at `PX_PER_MM`, light taken off; and its two lines' contrasts."""

    body: Floats
    window: Floats
    paper: Floats  # the membrane between its edges, what runs across it (lines, wash) taken off
    bits: npt.NDArray[np.bool_]
    lines: tuple[float, float]


def main() -> None:
    """Print a table for each kind of object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lot", type=int, default=24, help="rendered cassettes of one lot (24)")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    print(
        "share of second pictures known again at no false alarm among all pairs of different objects; the same at one"
    )
    print("false alarm in a hundred pairs; the middle of the same objects' likeness beside the different ones' highest")
    for written in (False, True):
        name = "a lot of rendered cassettes" + (", a number written on each" if written else "")
        _table(name, _lot(options.lot, written=written), seed=1)
    photos = sorted((data_folder() / "cassettes" / "photos").glob("*"))
    read = [picture for path in photos if (picture := cv2.imread(str(path))) is not None]
    if read:
        _table("public photos, several kits", [_reduced(picture) for picture in read], seed=2)


def _table(name: str, objects: Sequence[Image], seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [(_seen(_photograph(one, rng)), _seen(_photograph(one, rng))) for one in objects]
    both = [(first, second) for first, second in pairs if first is not None and second is not None]
    others_count = len(both) * (len(both) - 1)
    print(f"\n{name}: {len(objects)} objects, {len(both)} found in both pictures, {others_count} other pairs")
    print(f"{'':28}{'no false alarm':>16}{'1 in 100':>10}{'same, middle':>14}{'others, highest':>17}")
    if len(both) < 2:
        return
    for title, measure in MEASURES.items():
        same = np.array([measure(first, second) for first, second in both])
        others = np.array(
            [measure(both[i][0], both[j][1]) for i in range(len(both)) for j in range(len(both)) if i != j]
        )
        strict, loose = others.max(), np.quantile(others, 0.99)
        print(
            f"{title:28}{np.mean(same > strict):16.0%}{np.mean(same > loose):10.0%}"
            f"{np.median(same):14.3f}{strict:17.3f}",
            flush=True,
        )


def _lot(count: int, *, written: bool) -> list[Image]:
    """Return cassettes of one box, negative: what varies is the control line, the wash and the paper's grain."""
    rng = np.random.default_rng(20220315)
    kind = sample_spec(rng, test_contrast=None, printed=True, glare=0.0, streak=0.0, speckle=0.1)
    drawn = []
    for number in range(count):
        spec = _one_of(kind, rng)
        flat = Shot(blur_px=0.3, noise=0.0, light_slope=0.0, jpeg_quality=None)
        image = render_cassette(spec, rng, px_per_mm=OBJECT_PX_PER_MM, shot=flat).image
        drawn.append(_write(image, str(number + 1), rng) if written else image)
    return drawn


def _one_of(kind: CassetteSpec, rng: np.random.Generator) -> CassetteSpec:
    contrast = float(np.clip((kind.control_contrast or 0.4) * np.exp(rng.normal(0, 0.12)), 0.1, 0.75))
    return replace(kind, control_contrast=contrast, wash=float(kind.wash * np.exp(rng.normal(0, 0.3))))


def _write(image: Image, text: str, rng: np.random.Generator) -> Image:
    """Write on the plastic beyond the window, as a hand does: never twice alike."""
    shape = np.array(image.shape[1::-1])
    at = shape * (0.2 + rng.normal(0, 0.01), 0.55 + rng.normal(0, 0.03))
    size, weight = rng.uniform(3.0, 4.2), int(rng.integers(6, 11))
    drawn = image.copy()
    for index, letter in enumerate(text):
        place = (at + np.array((index * size * 20, rng.normal(0, 6)))).astype(int)
        cv2.putText(
            drawn, letter, place.tolist(), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, size, (90, 50, 40), weight, cv2.LINE_AA
        )
    return drawn


def _reduced(image: Image) -> Image:
    factor = 1600 / max(image.shape[:2])
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) if factor < 1 else image


def _photograph(flat: Image, rng: np.random.Generator) -> Image:
    """Photograph something flat as a fixed station does when it is laid down anew: turn, place, light, noise, JPEG."""
    height, width = flat.shape[:2]
    size = 1280
    scale = size / np.hypot(height, width) * rng.uniform(0.85, 1.0)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(0, 360)), float(scale))
    turn[:, 2] += (size - np.array((width, height))) / 2 + rng.uniform(-12, 12, 2)
    small = cv2.GaussianBlur(flat, (0, 0), max(0.3, 0.45 / scale))
    seen = cv2.warpAffine(small, turn, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    rows, columns = np.mgrid[-0.5 : 0.5 : size * 1j, -0.5 : 0.5 : size * 1j]
    towards = rng.uniform(0, 2 * np.pi)
    light = rng.uniform(0.85, 1.02) * (
        1 + rng.uniform(0.05, 0.2) * (columns * np.cos(towards) + rows * np.sin(towards))
    )
    tint = 1 + rng.normal(0, 0.02, 3)
    noisy = seen * light[..., None] * tint + rng.normal(0, 2.0, seen.shape)
    _, packed = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 90])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def _seen(picture: Image) -> Seen | None:
    """Find and level the cassette; None where there is none to be found."""
    found = find_cassettes(picture)
    if not found:
        return None
    level = rectify(picture, found[0], PX_PER_MM)
    reading = read_window(level.window, mm_per_px=1 / PX_PER_MM, control_end=ControlEnd.START)
    cassette = cv2.cvtColor(level.cassette, cv2.COLOR_BGR2GRAY)
    middle = (CASSETTE_BEFORE_MM * PX_PER_MM, cassette.shape[0] / 2)
    window = cv2.getRectSubPix(cassette, (round(WINDOW_MM[0] * PX_PER_MM), round(WINDOW_MM[1] * PX_PER_MM)), middle)
    inner = cassette[:, round(6 * PX_PER_MM) : -round(14 * PX_PER_MM)]
    return Seen(
        _without_light(inner),
        _without_light(window),
        _paper(window),
        _hash(window),
        (reading.reading.control.contrast, reading.reading.test.contrast),
    )


def _without_light(grey: Image) -> Floats:
    fine = np.log(grey.astype(np.float32) + 8)
    return np.asarray(fine - cv2.GaussianBlur(fine, (0, 0), _COARSE_MM * PX_PER_MM), np.float32)


def _paper(window: Image) -> Floats:
    ends, sides = round(2.0 * PX_PER_MM), round(0.6 * PX_PER_MM)
    inner = _without_light(window)[sides:-sides, ends:-ends]
    return np.asarray(inner - inner.mean(axis=0, keepdims=True), np.float32)


def _hash(grey: Image) -> npt.NDArray[np.bool_]:
    small = cv2.dct(cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32))[:16, :16]
    return np.asarray(small > np.median(small))


def _correlation(one: Floats, other: Floats, *, either_way: bool, margin_mm: float = _SHIFT_MM) -> float:
    """Return the highest correlation within the locator's unrest, of the other also turned by half."""
    margin = round(margin_mm * PX_PER_MM)
    kernel = one[margin:-margin, margin:-margin]
    ways: list[Any] = [other, other[::-1, ::-1]] if either_way else [other]
    return max(float(cv2.matchTemplate(np.ascontiguousarray(w), kernel, cv2.TM_CCOEFF_NORMED).max()) for w in ways)


def _fine(one: Floats, other: Floats) -> float:
    """Return the correlation of grain alone: what varies over less than a third of a millimetre."""
    pass_ = 0.35 * PX_PER_MM
    return _correlation(
        one - cv2.GaussianBlur(one, (0, 0), pass_), other - cv2.GaussianBlur(other, (0, 0), pass_), either_way=True
    )


MEASURES: dict[str, Measure] = {
    "perceptual hash of the window": lambda a, b: float(np.mean(a.bits == b.bits)),
    "contrasts of C and T": lambda a, b: -max(abs(x - y) for x, y in zip(a.lines, b.lines, strict=True)),
    "the whole cassette": lambda a, b: _correlation(a.body, b.body, either_way=True),
    "the window": lambda a, b: _correlation(a.window, b.window, either_way=True),
    "the window's grain": lambda a, b: _fine(a.window, b.window),
    "the paper, lines taken off": lambda a, b: _correlation(a.paper, b.paper, either_way=True, margin_mm=0.4),
    "the cassette's grain": lambda a, b: _fine(a.body, b.body),
}


if __name__ == "__main__":
    main()
