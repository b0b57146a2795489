"""What the scanner says of codes that it cannot read, by kind and strength of trouble, and where there is no code."""

import time
from collections.abc import Iterator
from pathlib import Path

from bench.codes.clutter import CLUTTER, clutter_frame
from bench.codes.real import cassettes
from bench.codes.worsening import STRENGTHS, TROUBLES, worsened
from checkpoint.ports import Image
from checkpoint.sighting import CodeHint, Sighting
from vision.qr import LiveScanner, Scanner

_LIVE_FRAMES = 5  # the live scanner waits for a second frame, and looks from afar at one frame of three


def hint_table(folder: Path | None, count: int) -> None:
    """Print how many unread frames got a hint, how many the fitting one, and how many frames without a code got any."""
    scanner = Scanner()
    print(
        f"\nHints by kind and growing strength, {count} frames each: unread, of them with a hint, with the fitting one"
    )
    print(
        "  scan is one picture with full effort, live the same frame five times; 'differ' counts where their hints do"
    )
    for trouble in TROUBLES:
        for strength in range(STRENGTHS):
            told: dict[str, list[CodeHint | None]] = {"scan": [], "live": []}
            differ = 0
            for seed in range(count):
                image = worsened(trouble, strength, seed).image
                once, held = scanner.scan(image), _held(image)
                for name, sighting in (("scan", once), ("live", held)):
                    if not sighting.codes:
                        told[name].append(sighting.hint)
                differ += not once.codes and not held.codes and once.hint is not held.hint
            cells = "   ".join(
                f"{name} unread {len(hints):>3}  hint {sum(hint is not None for hint in hints):>3}"
                f"  fitting {hints.count(trouble.fitting):>3}"
                for name, hints in told.items()
            )
            step = f"{trouble.steps[strength]:g} {trouble.unit}"
            print(f"  {trouble.name:<13}{step:<22}{trouble.fitting:<11} {cells}   differ {differ}")
    print("  frames without a code that got a hint")
    for kind, images in _without_a_code(folder, 2 * count):
        frames = scan = live = 0
        for image in images:
            frames += 1
            scan += scanner.scan(image).hint is not None
            live += _held(image).hint is not None
        print(f"  {kind:<16} scan {scan:>3} of {frames:<4} live {live:>3}")


def _held(image: Image) -> Sighting:
    """Return what the live scanner says of a frame that stays: the first codes, else the last hint."""
    live = LiveScanner(monotonic_s=time.thread_time)
    sighting = Sighting()
    for number in range(_LIVE_FRAMES):
        sighting = live.look(image, number / 10)
        if sighting.codes:
            break
    return sighting


def _without_a_code(folder: Path | None, count: int) -> Iterator[tuple[str, Iterator[Image]]]:
    for kind in CLUTTER:
        yield kind, (clutter_frame(kind, seed) for seed in range(count))
    if folder is not None:
        yield "cassettes", (image for _, image in cassettes(folder))
