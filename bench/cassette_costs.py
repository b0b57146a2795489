"""What reading costs: a window, a photo of twelve megapixels with decoding, a mat of twenty slots; memory."""

import resource
import time
from collections.abc import Callable

import cv2
import numpy as np

from bench.cassette_mats import SLOTS
from bench.cassette_rendered import draw_window
from vision.cassette.reader import Reader
from vision.cassette.window import read_window
from vision.mat.layout import Paper, mat_layout
from vision.mat.read import read_mat
from vision.render import CassetteSpec, Shot, render_mat, render_scene, sample_spec

PHOTO = (4000, 3000)


def costs() -> None:
    """Print wall-clock and processor time beside each other: on a busy machine only the second is the program's own."""
    rng = np.random.default_rng(5)
    crop = draw_window(1, 0.2)
    scene = render_scene([CassetteSpec(test_contrast=0.3)], rng, PHOTO, px_per_mm=24.0, shot=Shot(noise=2.0)).image
    _, jpeg = cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_QUALITY, 92])
    layout = mat_layout(SLOTS, Paper.A4)
    mat = render_mat(layout, {slot.number: sample_spec(rng) for slot in layout.slots}, rng, PHOTO).image
    reader = Reader()

    def photo() -> None:
        reader.read(np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8))

    print(f"\n{'cost, milliseconds':<34}{'wall':>8}{'p95':>8}{'processor':>11}{'peak MB':>9}")
    _row(f"window of {crop.shape[1]} x {crop.shape[0]}", lambda: read_window(crop), 40)
    _row(f"photo of {PHOTO[0] * PHOTO[1] / 1e6:.0f} megapixels, decoded", photo, 8)
    _row(f"  of that decoding ({len(jpeg) / 1e6:.1f} MB)", lambda: cv2.imdecode(jpeg, cv2.IMREAD_COLOR), 8)
    _row(f"mat of {SLOTS} slots, {PHOTO[0] * PHOTO[1] / 1e6:.0f} megapixels", lambda: read_mat(mat, layout), 8)


def _row(name: str, work: Callable[[], object], times: int) -> None:
    work()
    wall, processor = [], []
    for _ in range(times):
        began, spent = time.perf_counter(), time.process_time()
        work()
        wall.append(1000 * (time.perf_counter() - began))
        processor.append(1000 * (time.process_time() - spent))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:<34}{np.median(wall):>8.1f}{np.percentile(wall, 95):>8.1f}{np.median(processor):>11.1f}{peak:>9.0f}",
        flush=True,
    )
