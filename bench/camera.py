"""What it costs to take in a Pi camera's frames: raw YUV 4:2:0 beside MJPEG, through a real pipe.

    python -m bench.camera [--frames 150] [--size 1280x720]

Both streams hold the same noisy pictures and are written by another process as fast as they are read. CPU time is this
process's own, which is what the station pays; the encoder's cost on the Pi is not in it. Prints a table and JSON.
"""

import argparse
import json
import subprocess
import sys
import time

from hardware.camera.rpicam import jpeg_frames, raw_frames

WRITER = """
import sys
import cv2, numpy as np
codec, frames, width, height = sys.argv[1], *map(int, sys.argv[2:])
rng = np.random.default_rng(0)
scene = cv2.resize(rng.integers(0, 255, (18, 32, 3), np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
made = []
for _ in range(5):
    noisy = np.clip(scene + rng.normal(0, 4, scene.shape), 0, 255).astype(np.uint8)
    if codec == "mjpeg":
        made.append(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    else:
        made.append(cv2.cvtColor(noisy, cv2.COLOR_BGR2YUV_I420).tobytes())
for number in range(frames):
    sys.stdout.buffer.write(made[number % len(made)])
"""


def measure(codec: str, frames: int, size: tuple[int, int]) -> dict[str, float]:
    """Return CPU milliseconds a frame, and the share of a core at ten frames a second."""
    words = [sys.executable, "-c", WRITER, codec, str(frames), str(size[0]), str(size[1])]
    with subprocess.Popen(words, stdout=subprocess.PIPE, bufsize=0) as writer:
        assert writer.stdout is not None
        stream = raw_frames(writer.stdout, size) if codec == "yuv420" else jpeg_frames(writer.stdout)
        next(stream)
        began, taken = time.process_time(), 0
        for _image in stream:
            taken += 1
        cpu_ms = (time.process_time() - began) / taken * 1000
    return {"frames": taken, "cpu_ms_a_frame": round(cpu_ms, 2), "core_at_10_fps": round(cpu_ms / 100, 4)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=150, help="frames a stream")
    parser.add_argument("--size", default="1280x720", help="WIDTHxHEIGHT, the width a multiple of 64")
    options = parser.parse_args()
    width, height = (int(part) for part in options.size.split("x"))
    figures = {codec: measure(codec, options.frames, (width, height)) for codec in ("yuv420", "mjpeg")}
    for codec, one in figures.items():
        share = one["core_at_10_fps"]
        print(f"{codec:<8} {one['cpu_ms_a_frame']:7.2f} ms of CPU a frame, {share:6.1%} of a core at 10 fps")
    ratio = figures["mjpeg"]["cpu_ms_a_frame"] / figures["yuv420"]["cpu_ms_a_frame"]
    print(f"MJPEG costs {ratio:.1f} times what raw frames cost")
    print(json.dumps({"size": options.size, **figures, "mjpeg_to_raw": round(ratio, 2)}))


if __name__ == "__main__":
    main()
