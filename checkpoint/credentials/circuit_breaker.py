"""A breaker that stops asking a service which does not answer, and tries again by itself."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class CircuitBreaker:
    """Opens after `failures_to_open` failures in a row; after `open_s` seconds lets one call through to see.

    `monotonic` gives seconds on a clock that never jumps. Safe to share between threads.
    """

    monotonic: Callable[[], float]
    failures_to_open: int = 3
    open_s: float = 30.0
    _failures: int = 0
    _opened_at: float | None = None
    _probing: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def may_call(self) -> bool:
        """Return whether to call now; a caller that was told yes must report `succeeded` or `failed`."""
        with self._lock:
            if self._opened_at is None:
                return True
            if self._probing or self.monotonic() - self._opened_at < self.open_s:
                return False
            self._probing = True
            return True

    def succeeded(self) -> None:
        """Note that the service answered."""
        with self._lock:
            self._failures, self._opened_at, self._probing = 0, None, False

    def failed(self) -> None:
        """Note that the service did not answer."""
        with self._lock:
            self._failures += 1
            self._probing = False
            if self._failures >= self.failures_to_open:
                self._opened_at = self.monotonic()

    @property
    def is_open(self) -> bool:
        """Whether calls are being held back."""
        with self._lock:
            return self._opened_at is not None
