"""An answer that is kept for a while, because asking costs."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Cached(Generic[T]):
    """Calls `ask` at most once in `keep_s` seconds and hands out the last answer in between. Thread-safe."""

    def __init__(self, ask: Callable[[], T], *, keep_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._keep_s = keep_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._answer: tuple[float, T] | None = None

    def __call__(self) -> T:
        """Return the answer, at most `keep_s` seconds old."""
        with self._lock:
            now = self._monotonic()
            if self._answer is None or now - self._answer[0] >= self._keep_s:
                self._answer = (now, self._ask())
            return self._answer[1]
