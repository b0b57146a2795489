"""The scanner beside the single decoders, in one run: `python -m bench.qr`.

Real photos need the public test data (CHECKPOINT_TEST_DATA, else ../shared/data); everything else is rendered from
seeds. ``--stages`` measures each stage alone instead, which is how their order was found.
"""

import argparse
import itertools
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import segno

from bench.codes import CLUTTER, KINDS, clutter_frame, sequence, single
from bench.codes.altered import ALTERATIONS, several
from bench.codes.hints import hint_table
from bench.codes.payloads import chinese_text
from bench.codes.real import cassettes, photos
from bench.codes.rivals import OpenCv, Reader, pyzbar_alone, zxing_alone
from checkpoint.ports import Image
from vision.qr import LiveScanner, Scanner, stages, zbar_available
from vision.qr.live import FRAME_BUDGET_MS
from vision.qr.presence import Region, presence
from vision.qr.scanner import part_of

GATE_BUDGET_MS = FRAME_BUDGET_MS
_OPENCV_EVERY = 5  # it is slow, and its rate is clear from a fifth of the frames


@dataclass(slots=True)
class Row:
    """What one decoder did: verdicts counted, milliseconds of each call by the wall clock and by the processor."""

    read: Reader
    every: int = 1
    verdicts: Counter[str] = field(default_factory=Counter)
    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def take(self, image: Image, judge: Callable[[list[str]], str]) -> str:
        """Read one picture and count the verdict."""
        wall, cpu = time.perf_counter(), time.thread_time()
        texts = self.read(image)
        self.cpu_ms.append(1e3 * (time.thread_time() - cpu))
        self.wall_ms.append(1e3 * (time.perf_counter() - wall))
        verdict = judge(texts)
        self.verdicts[verdict] += 1
        return verdict

    def line(self, name: str) -> str:
        """Return the figures as one line of the table."""
        count = sum(self.verdicts.values())
        right = self.verdicts["right"]
        wall, cpu = np.percentile(self.wall_ms, (50, 95)), np.percentile(self.cpu_ms, 95)
        return (
            f"  {name:<28}{right:>5} of {count:<4} {right / count:>6.1%}  wrong {self.verdicts['wrong']}"
            f"  ms p50 {wall[0]:6.1f}  p95 {wall[1]:6.1f}  (cpu p95 {cpu:5.1f})"
        )


def texts_of(scanner: Scanner) -> Reader:
    """Return the scanner as a function from picture to texts."""
    return lambda image: [code.text or "" for code in scanner.scan(image).codes]


def rows(opencv: OpenCv) -> dict[str, Row]:
    """Return fresh rows for our scanner and the others."""
    every = {
        # The budget of processor time measures the scanner and not its neighbours on the machine; that of the wall
        # clock is what a gate on this machine would get.
        f"ours, {GATE_BUDGET_MS:.0f} ms budget": Row(texts_of(Scanner(GATE_BUDGET_MS, time.thread_time))),
        f"ours, {GATE_BUDGET_MS:.0f} ms by the wall": Row(texts_of(Scanner(GATE_BUDGET_MS))),
        "ours, full effort": Row(texts_of(Scanner())),
        "zxing-cpp alone": Row(zxing_alone),
    }
    if zbar_available():
        every["pyzbar.decode"] = Row(pyzbar_alone)
    every["OpenCV QRCodeDetector"] = Row(opencv, every=_OPENCV_EVERY)
    return every


def real_set(folder: Path, opencv: OpenCv) -> None:
    """Photos of codes, judged by the labels' rules."""
    table = rows(opencv)
    for number, photo in enumerate(photos(folder)):
        for row in table.values():
            if number % row.every == 0:
                row.take(photo.image, photo.judge)
    print("Real photos")
    for name, row in table.items():
        print(row.line(name))


def altered_set(folder: Path, every: int) -> None:
    """Every so-many-th real photo that ours reads as it stands, altered: what becomes of it."""
    ours = texts_of(Scanner())
    readers: dict[str, Reader] = {
        "ours, full effort": ours,
        f"ours, {GATE_BUDGET_MS:.0f} ms budget": texts_of(Scanner(GATE_BUDGET_MS, time.thread_time)),
        "zxing-cpp alone": zxing_alone,
    }
    plain = [photo for photo in list(photos(folder))[::every] if photo.judge(ours(photo.image)) == "right"]
    print(f"\nReal photos, altered: {len(plain)} of those that ours reads as they are")
    for number, (name, alter) in enumerate(ALTERATIONS.items()):
        right: Counter[str] = Counter()
        wrong = 0
        for index, photo in enumerate(plain):
            image = alter(photo.image, np.random.default_rng([number, index]))
            for reader, read in readers.items():
                verdict = photo.judge(read(image))
                right[reader] += verdict == "right"
                wrong += verdict == "wrong" and reader.startswith("ours")
        print(
            f"  {name:<14}"
            + "  ".join(f"{reader} {right[reader]:>3}" for reader in readers)
            + f"  (ours wrong {wrong})"
        )
    rng = np.random.default_rng(5)
    told = [photo for photo in plain if photo.expected]
    found, pictures = Counter[str](), 12
    for _ in range(pictures):
        chosen = [told[int(index)] for index in rng.choice(len(told), 6, replace=False)]
        image = several([photo.image for photo in chosen], rng)
        for reader, read in readers.items():
            texts = read(image)
            found[reader] += sum(photo.judge(texts) == "right" for photo in chosen)
    print(
        f"  {'six at once':<14}"
        + "  ".join(f"{reader} {found[reader]:>3}" for reader in readers)
        + f"  of {6 * pictures} codes"
    )


def synthetic_set(count: int, opencv: OpenCv) -> None:
    """Dense codes, one frame each."""
    table = rows(opencv)
    by_kind = {name: Counter[str]() for name in table}
    hints: Counter[str] = Counter()
    for number, (seed, kind) in enumerate(itertools.product(range(count), KINDS)):
        shot = single(kind, seed)
        for name, row in table.items():
            if number % row.every == 0 and row.take(shot.image, judge_of(shot.text)) == "right":
                by_kind[name][kind] += 1
        sighting = Scanner(GATE_BUDGET_MS, time.thread_time).scan(shot.image)
        if not sighting.codes:
            hints[sighting.hint or "none"] += 1
    print(f"\nDense codes, single frames of 1280x720, {count} of each of {len(KINDS)} kinds")
    for name, row in table.items():
        print(row.line(name))
    print("  read of each kind: " + "  ".join(f"{kind}" for kind in KINDS))
    for name, row in table.items():
        if row.every == 1:
            print(f"  {name:<28}" + "  ".join(f"{by_kind[name][kind]:>{len(kind)}}" for kind in KINDS))
    print(f"  hints for what ours did not read: {dict(hints)}")
    print(f"  OpenCV was given up on {opencv.given_up} pictures after 3 s")


def judge_of(expected: str) -> Callable[[list[str]], str]:
    """Return the verdict for frames that show `expected` and nothing else."""
    return lambda texts: "right" if expected in texts else "wrong" if texts else "unread"


def sequences(count: int) -> None:
    """Ten frames each from one shaking hand: read when any frame is."""
    singles: dict[str, Reader] = {"zxing-cpp alone": zxing_alone}
    if zbar_available():
        singles["pyzbar.decode"] = pyzbar_alone
    read: dict[str, Counter[str]] = {name: Counter() for name in ("ours, live", *singles)}
    frames_needed, call_ms, wall_ms, wrong = [], [], [], 0
    for kind, seed in itertools.product(KINDS, range(count)):
        live = LiveScanner(monotonic_s=time.thread_time)
        open_for = set(read)
        for number, shot in enumerate(sequence(kind, seed)):
            for name in list(open_for):
                if name in singles:
                    texts = singles[name](shot.image)
                else:
                    begun, wall = time.thread_time(), time.perf_counter()
                    texts = [code.text or "" for code in live.look(shot.image, number / 10).codes]
                    call_ms.append(1e3 * (time.thread_time() - begun))
                    wall_ms.append(1e3 * (time.perf_counter() - wall))
                    wrong += bool(texts) and shot.text not in texts
                if shot.text in texts:
                    open_for.remove(name)
                    read[name][kind] += 1
                    if name not in singles:
                        frames_needed.append(number + 1)
            if not open_for:
                break
    total = count * len(KINDS)
    print(f"\nLive sequences of 10 frames, {count} of each kind")
    for name, by_kind in read.items():
        right = by_kind.total()
        detail = "  ".join(f"{by_kind[kind]:>{len(kind)}}" for kind in KINDS)
        print(f"  {name:<28}{right:>5} of {total:<4} {right / total:>6.1%}   {detail}")
    p50, p95 = np.percentile(call_ms, (50, 95))
    wall_p95 = np.percentile(wall_ms, 95)
    print(
        f"  ours: wrong {wrong}; a frame takes cpu ms p50 {p50:.1f} p95 {p95:.1f} (wall p95 {wall_p95:.1f});"
        f" read on the first frame {frames_needed.count(1)}, by the third {sum(n <= 3 for n in frames_needed)}"
    )


def byte_exact(count: int = 150) -> None:
    """Chinese payloads without a declared character set, in UTF-8 and in GB18030."""
    rng = np.random.default_rng(7)
    texts = [chinese_text(rng, int(rng.integers(3, 200))) for _ in range(count)]
    names: dict[str, Reader] = {"ours": texts_of(Scanner()), "zxing-cpp alone": zxing_alone}
    if zbar_available():
        names["pyzbar.decode"] = pyzbar_alone
    print("\nByte-exact Chinese (text and bytes as written)")
    for charset in ("utf-8", "gb18030"):
        pictures = [picture_of(text.encode(charset)) for text in texts]
        right = {
            name: sum(read(picture) == [text] for picture, text in zip(pictures, texts, strict=True))
            for name, read in names.items()
        }
        scanner = Scanner()
        data = sum(
            [code.data for code in scanner.scan(picture).codes] == [text.encode(charset)]
            for picture, text in zip(pictures, texts, strict=True)
        )
        print(
            f"  {charset:<9}"
            + "  ".join(f"{name} {number} of {count}" for name, number in right.items())
            + f"  (ours, bytes: {data})"
        )


def picture_of(data: bytes) -> Image:
    """Return a clean picture of a code that holds `data`: shape (H, W), uint8."""
    matrix = np.array([list(row) for row in segno.make(data, mode="byte", micro=False).matrix_iter(border=4)], np.uint8)
    return np.kron(255 * (1 - matrix), np.ones((4, 4), np.uint8)).astype(np.uint8)


def false_reads(folder: Path | None, count: int) -> None:
    """Frames without a code, and what an empty lane costs."""
    scanner = Scanner()
    frames = false = 0
    print("\nFrames without a code")
    for kind in CLUTTER:
        live = LiveScanner(monotonic_s=time.thread_time)
        look_ms, scan_ms = [], []
        for seed in range(count):
            image = clutter_frame(kind, seed)
            begun, cpu = time.perf_counter(), time.thread_time()
            seen = live.look(image, seed / 10).codes
            look_ms.append((1e3 * (time.perf_counter() - begun), 1e3 * (time.thread_time() - cpu)))
            begun = time.perf_counter()
            seen += scanner.scan(image).codes
            scan_ms.append(1e3 * (time.perf_counter() - begun))
            frames += 1
            false += bool(seen)
        wall, cpu_ms = np.median(look_ms, axis=0)
        print(
            f"  {kind:<16} live look ms p50 {wall:5.1f} (cpu {cpu_ms:5.1f})"
            f"  full effort ms p50 {np.median(scan_ms):6.1f}"
        )
    if folder is not None:
        for name, image in cassettes(folder):
            frames += 1
            if codes := scanner.scan(image).codes:
                false += 1
                print(f"  false read on {name}: {codes}")
    print(f"  false reads: {false} on {frames} frames")


def stage_table(folder: Path | None, count: int) -> None:
    """Each stage alone on the regions of frames, and what it adds to those before it."""
    items: list[tuple[str, Image, Callable[[list[str]], str]]] = [
        ("dense", shot.image, judge_of(shot.text))
        for shot in (single(kind, seed) for kind in KINDS for seed in range(count))
    ]
    if folder is not None:
        items += [("real", photo.image, photo.judge) for photo in photos(folder)]
    chain = (stages.FRAME, *stages.HARDER)
    alone: dict[tuple[str, str], list[bool]] = {}
    ms: dict[str, list[float]] = {stage.name: [] for stage in chain}
    missed = 0
    for group, image, judge in items:
        frame = stages.Part(stages.grey_of(image), image)
        height, width = frame.grey.shape
        view = presence(frame.grey, frame.image)
        regions = view.matrix if max(height, width) > 640 else (Region(0, 0, width, height),)
        by_any = False
        for stage in chain:
            parts: Iterable[stages.Part] = (
                [frame] if stage is stages.FRAME else [part_of(frame, region) for region in regions]
            )
            begun = time.thread_time()
            texts = [code.text or "" for part in parts for code in stage.look(part).codes]
            ms[stage.name].append(1e3 * (time.thread_time() - begun))
            alone.setdefault((group, stage.name), []).append(judge(texts) == "right")
            by_any = by_any or bool(texts)
        missed += by_any and not regions
    print("Stages, each alone on the code-like regions; 'with those before' counts the union")
    for group in dict.fromkeys(item[0] for item in items):
        union = np.zeros(len(alone[group, chain[0].name]), bool)
        for stage in chain:
            right = np.array(alone[group, stage.name])
            union |= right
            p50, p95 = np.percentile(ms[stage.name], (50, 95))
            print(
                f"  {group:<6} {stage.name:<32} alone {right.sum():>4} of {right.size:<4}"
                f" with those before {union.sum():>4}  cpu ms p50 {p50:5.1f} p95 {p95:5.1f}"
            )
    print(f"  codes read by any stage where no region was code-like: {missed}")


def main() -> None:
    """Parse the arguments and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="dense frames of each kind")
    parser.add_argument("--sequences", type=int, default=8, help="sequences of each kind")
    parser.add_argument("--every", type=int, default=6, help="of the real photos, which are altered: every so-many-th")
    parser.add_argument("--only", choices=("real", "altered", "dense", "sequences", "exact", "clutter", "hints"))
    parser.add_argument("--stages", action="store_true", help="measure each stage alone instead")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    data = Path(os.environ.get("CHECKPOINT_TEST_DATA") or beside)
    folder = data if (data / "qr").is_dir() else None
    if folder is None:
        print("no public test data (CHECKPOINT_TEST_DATA): rendered frames alone")
    if not zbar_available():
        print("libzbar0 is not installed: without the zbar stage and without pyzbar")
    begun = time.perf_counter()
    if chosen.stages:
        stage_table(folder, chosen.count)
    else:
        with OpenCv() as opencv:
            parts: dict[str, Callable[[], None]] = {
                "dense": lambda: synthetic_set(chosen.count, opencv),
                "sequences": lambda: sequences(chosen.sequences),
                "exact": byte_exact,
                "clutter": lambda: false_reads(folder, chosen.count // 2),
                "hints": lambda: hint_table(folder, chosen.count // 2),
            }
            if folder is not None:
                photos_of = folder
                parts = {
                    "real": lambda: real_set(photos_of, opencv),
                    "altered": lambda: altered_set(photos_of, chosen.every),
                } | parts
            for name, part in parts.items():
                if chosen.only in (None, name):
                    part()
    print(f"\n{time.perf_counter() - begun:.0f} s in all")


if __name__ == "__main__":
    main()
