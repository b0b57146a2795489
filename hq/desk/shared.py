"""What everybody at the desk looks at, read once for all of them and not more often than it costs."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """A value that is read anew only after twenty times as long as reading it took.

    So a wall of desks on a busy day costs a twentieth of one core at most. `monotonic` gives seconds.
    """

    _SHARE = 20

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: tuple[Hashable, T] | None = None
        self._good_until = 0.0

    def get(self, key: Hashable, read: Callable[[], T]) -> T:
        """Return the value for `key`, read by `read` where it is not known, or known for too long."""
        with self._lock:
            started = self._monotonic()
            if self._known is None or self._known[0] != key or started >= self._good_until:
                self._known = (key, read())
                ended = self._monotonic()
                self._good_until = ended + self._SHARE * (ended - started)
            return self._known[1]
