"""From the frame to the lamp: how long a traveller waits, step by step, with the durable commit in it; and idle.

    python -m bench.station [--codes 150] [--idle-s 20]

Prints a table and one JSON line. Each code is a different signed certificate on a different picture of a phone,
1280x720; the journal is a real one on the disk of `--folder`, so the figure holds for that disk.
"""

import argparse
import json
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2

from checkpoint.credentials import TrustPolicy
from checkpoint.crossing import Category, Lamp
from checkpoint.gate import Gate, GateSettings
from checkpoint.journal import Journal, Seal
from checkpoint.policy import PackShelf, shipped_packs
from checkpoint.ports import Image
from hardware.camera import SceneCamera
from hardware.clock import SystemClock
from hardware.lamps.simulated import SimulatedLamps
from station import RELEASED
from station.config import CameraConfig, Config
from station.demo.screens import empty_lane, phone_with_code
from station.demo.wallet import Keys, Wallet
from station.formats import offline_formats
from station.wiring import build
from vision.qr import LiveScanner


class Stopwatch:
    """Adds up the time spent in each named step."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.spent.setdefault(name, []).append((time.perf_counter() - started) * 1000)

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return `call` with its time taken as step `name`."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.step(name):
                return call(*args, **kwargs)

        return timed


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def pictures(wallet: Wallet, count: int) -> list[Image]:
    """Return frames with a different valid certificate each."""
    return [
        phone_with_code(wallet.text("naat-negative-5h"), title="NAAT REPORT", colour_bgr=(150, 110, 60), seed=seed)
        for seed in range(count)
    ]


def measure(folder: Path, count: int) -> dict[str, Any]:
    """Return the figures of `count` travellers, milliseconds."""
    keys = Keys.open(folder / "demo")
    trust = keys.trust_list(datetime.now(UTC))
    frames = pictures(Wallet(keys, now=lambda: datetime.now(UTC)), count)
    watch = Stopwatch()
    clock = SystemClock(floor=RELEASED - timedelta(days=400), synchronised=lambda: True)
    lamps = SimulatedLamps()
    reader = offline_formats(lambda: trust, TrustPolicy())
    shelf = PackShelf(folder / "packs", {}, shipped_packs())
    with Journal.open(folder / "journal", clock=clock, seal=Seal.open(folder / "keys")) as journal:
        reader.identify = watch.around("verify", reader.identify)  # type: ignore[method-assign]  # the stopwatch
        journal.append = watch.around("journal", journal.append)  # type: ignore[method-assign]  # likewise
        gate = Gate(
            journal=journal,
            lamps=lamps,
            clock=clock,
            credentials=reader,
            rules=shelf.in_force,
            new_id=lambda: secrets.token_hex(6),
            settings=GateSettings(category=Category.RESIDENT),
        )
        scanner = LiveScanner()
        totals: list[float] = []
        unread = 0
        for frame in frames:
            started = time.perf_counter()
            with watch.step("scan"):
                sighting = scanner.look(frame, time.monotonic())
            if not sighting.codes:
                unread += 1
                continue
            with watch.step("gate"):
                gate.present(sighting.codes, officer="bench")
            totals.append((time.perf_counter() - started) * 1000)
            if lamps.shown is not Lamp.GREEN:
                raise SystemExit(f"a valid certificate did not light green but {lamps.shown}")
            gate.next(officer="bench")
        size = (folder / "journal" / "journal.db").stat().st_size
    commits = watch.spent["journal"][0::2]  # every other append closes the crossing, after the lamp
    shares = {
        "scan": statistics.mean(watch.spent["scan"]),
        "verify": statistics.mean(watch.spent["verify"]),
        "journal": statistics.mean(commits),
    }
    whole = statistics.mean(totals)
    shares["decide and the rest"] = whole - sum(shares.values())
    return {
        "travellers": len(totals),
        "unread_first_frame": unread,
        "frame_to_lamp_p50_ms": round(statistics.median(totals), 2),
        "frame_to_lamp_p95_ms": round(percentile(totals, 0.95), 2),
        "share": {name: round(ms / whole, 3) for name, ms in shares.items()},
        "mean_ms": {name: round(ms, 2) for name, ms in shares.items()},
        "journal_bytes_a_crossing": round(size / max(1, len(totals))),
    }


def idle(folder: Path, seconds: float, fps: float = 10.0) -> dict[str, Any]:
    """Return what a whole station costs while its gate's camera watches an empty lane and nobody comes.

    CPU time of the process, all threads: cameras, scanner, lamps' watch, uploads. The simulated cameras' drawing of
    their frames is measured alone and told beside it, because a real camera does not draw.
    """
    config = Config(
        data=folder / "idle",
        demo=True,
        gate_camera=CameraConfig(fps=fps),
        bench_camera=CameraConfig(fps=fps),
    )
    config.data.mkdir()
    station = build(config)
    station.start()
    gate = station.cameras["gate"]
    time.sleep(2.0)  # imports, first looks
    first, cpu, wall = gate.read().number, time.process_time(), time.monotonic()
    time.sleep(seconds)
    cpu, wall, frames = time.process_time() - cpu, time.monotonic() - wall, gate.read().number - first
    station.close()
    alone = SceneCamera("alone", fps=1000)
    alone.show(empty_lane())
    drawing = time.process_time()
    for _ in range(50):
        alone.read()
    drawing = (time.process_time() - drawing) / 50
    scanner, frame = LiveScanner(), alone.read().image
    scanning = time.process_time()
    for number in range(50):
        scanner.look(frame, 1000.0 + number / fps)
    scanning = (time.process_time() - scanning) / 50
    share = cpu / wall
    drawn = 2 * drawing * frames / wall  # gate and bench
    return {
        "idle_seconds": round(wall, 1),
        "idle_gate_fps": round(frames / wall, 1),
        "idle_core": round(share, 3),
        "idle_core_drawing_simulated_frames": round(drawn, 3),
        "idle_core_without_drawing": round(share - drawn, 3),
        "empty_lane_scan_ms": round(scanning * 1000, 2),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codes", type=int, default=150, help="how many travellers")
    parser.add_argument(
        "--idle-s", type=float, default=20.0, help="how long an empty lane is watched, 0 for not at all"
    )
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure (default: a temporary one)")
    options = parser.parse_args()
    cv2.setNumThreads(2)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        figures = measure(Path(folder), options.codes)
        if options.idle_s:
            figures |= idle(Path(folder), options.idle_s)
    for name, share in figures["share"].items():
        print(f"{name:<22} {figures['mean_ms'][name]:8.2f} ms  {share:6.1%}")
    if options.idle_s:
        print(
            f"{'empty lane, idle':<22} {figures['idle_core']:8.1%} of one core at {figures['idle_gate_fps']:.1f} fps, "
            f"{figures['idle_core_drawing_simulated_frames']:.1%} of it drawing simulated frames; "
            f"{figures['empty_lane_scan_ms']:.2f} ms of CPU a frame scanned"
        )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
