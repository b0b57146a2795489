"""A phone that shows a code, drawn flat, in units of the code's modules."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import segno

Plane = npt.NDArray[np.float32]
"""Reflected or emitted light: ndarray, shape (H, W), float32, 0 = black, 1 = white paper."""

QUIET = 4  # modules, ISO/IEC 18004


@dataclass(frozen=True, slots=True)
class Flat:
    """A flat picture: ``plane`` with ``per_module`` pixels a module; the code with its quiet zone stands at ``origin``
    (x, y, in pixels) and is ``modules`` modules wide, quiet zone included."""

    plane: Plane
    per_module: int
    origin: tuple[int, int]
    modules: int

    def code_corners(self) -> Plane:
        """Return the corners of the code with its quiet zone: shape (4, 2), (x, y) in pixels, clockwise."""
        (x, y), side = self.origin, self.modules * self.per_module
        return np.array([[x, y], [x + side, y], [x + side, y + side], [x, y + side]], np.float32)


def phone(text: str, rng: np.random.Generator, per_module: int) -> Flat:
    """Draw a phone that shows `text` as a QR code between the bars and words of an app."""
    code = segno.make(text, error=str(rng.choice(["l", "m", "q"])), micro=False, boost_error=False, encoding="utf-8")
    matrix = np.array([list(row) for row in code.matrix_iter(border=QUIET)], dtype=np.float32)
    ink, paper = float(rng.uniform(0.02, 0.10)), float(rng.uniform(0.80, 1.0))
    tile = np.kron(paper + (ink - paper) * matrix, np.ones((per_module, per_module), np.float32))
    side = tile.shape[0]
    margin = max(4 * per_module, side // 12)
    bezel = max(2 * per_module, side // 24)
    header, footer = side * 2 // 5, side // 3
    screen = np.full((header + side + footer, side + 2 * margin), paper, np.float32)
    screen[: header // 5] = ink + 0.2  # the status bar
    screen[header : header + side, margin : margin + side] = tile
    _words(screen, rng, top=header // 3, bottom=header - margin // 2, margin=margin)
    _words(screen, rng, top=header + side + margin // 2, bottom=screen.shape[0] - margin, margin=margin)
    plane = cv2.copyMakeBorder(screen, bezel * 2, bezel * 2, bezel, bezel, cv2.BORDER_CONSTANT, value=0.03)
    origin = (margin + bezel, header + 2 * bezel)
    return Flat(np.asarray(plane, dtype=np.float32), per_module, origin, matrix.shape[0])


def _words(screen: Plane, rng: np.random.Generator, *, top: int, bottom: int, margin: int) -> None:
    height = max(8, screen.shape[1] // 18)
    for baseline in range(top + height, bottom, height * 2):
        word = "".join(rng.choice(list("ABCDEFHKLMNRSTUVXZ0123456789 :"), 14))
        cv2.putText(
            screen,
            word,
            (margin, baseline),
            cv2.FONT_HERSHEY_SIMPLEX,
            height / 24,
            0.15,
            max(1, height // 10),
            cv2.LINE_AA,
        )
