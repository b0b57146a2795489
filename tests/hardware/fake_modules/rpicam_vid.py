"""`rpicam-vid` as far as the camera adapter uses it: a program that writes frames into a pipe until it is stopped.

The folder that FAKE_RPICAM names holds `scene.png`, what the lens sees, and `does`: play, stall, die, freeze or black.
Focus, exposure, gain and white balance change the picture as they do on a camera: `truth.json` says which are right.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import cv2
import numpy as np

FOLDER = Path(os.environ["FAKE_RPICAM"])


def arguments() -> argparse.Namespace:
    """The options the adapter gives; an option it must not give is an error, as with the real program."""
    parser = argparse.ArgumentParser()
    for name in ("--camera", "--timeout", "--width", "--height", "--quality"):
        parser.add_argument(name, type=int)
    for name in ("--framerate", "--shutter", "--gain", "--lens-position"):
        parser.add_argument(name, type=float)
    for name in ("--output", "--codec", "--awbgains", "--autofocus-mode"):
        parser.add_argument(name)
    parser.add_argument("--nopreview", action="store_true")
    parser.add_argument("--flush", action="store_true")
    return parser.parse_args()


def through_the_lens(scene: np.ndarray, options: argparse.Namespace, truth: dict[str, float]) -> np.ndarray:
    """Return what this camera makes of the scene with these settings."""
    picture = scene.astype(np.float32)
    if options.lens_position is not None:
        blur = abs(options.lens_position - truth["focus"]) * 3.0
        if blur > 0.2:
            picture = cv2.GaussianBlur(picture, (0, 0), blur)
    if options.shutter is not None:
        picture *= options.shutter * (options.gain or 1.0) / (truth["exposure_us"] * truth["gain"])
    if options.awbgains is not None:
        red, blue = (float(part) for part in options.awbgains.split(","))
        picture[:, :, 2] *= red / truth["red_gain"]
        picture[:, :, 0] *= blue / truth["blue_gain"]
    return np.clip(picture, 0, 255)


def main() -> None:
    """Write frames."""
    options = arguments()
    (FOLDER / "asked").write_text(" ".join(sys.argv[1:]))
    (FOLDER / "starts").open("a").write("x")
    does = FOLDER / "does"
    scene = cv2.resize(cv2.imread(str(FOLDER / "scene.png")), (options.width, options.height))
    truth = json.loads((FOLDER / "truth.json").read_text())
    picture = through_the_lens(scene, options, truth)
    rng = np.random.default_rng(0)
    frozen = picture.astype(np.uint8)
    while True:
        doing = does.read_text().strip()
        if doing == "die":
            print("ERROR: *** no cameras available ***", file=sys.stderr)
            raise SystemExit(255)
        if doing == "stall":
            time.sleep(0.02)
            continue
        frame = np.clip(picture + rng.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)
        if doing == "freeze":
            frame = frozen
        elif doing == "black":
            frame = rng.integers(0, 4, picture.shape, np.uint8)
        if options.codec == "mjpeg":
            data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, options.quality])[1].tobytes()
        else:
            data = cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).tobytes()
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            os._exit(0)
        time.sleep(1 / options.framerate)


if __name__ == "__main__":
    main()
