"""How large the messages are that a line gets."""

from dataclasses import dataclass

_SMALLEST = 64
_GOOD_BEFORE_LARGER = 4


@dataclass(slots=True)
class Pace:
    """How much goes into one message: ever smaller parts while no answer comes in time, larger again as they do.

    A line that carries 2 kB a second is slow, not dead; a full batch would never get through it.
    """

    share: int = 1
    _good: int = 0

    def part_of(self, most: int) -> int:
        """Return how much of `most` to send at once, at least 1."""
        return max(1, most // self.share)

    def slower(self) -> None:
        """No answer came."""
        self.share, self._good = min(_SMALLEST, self.share * 2), 0

    def faster(self) -> None:
        """An answer came."""
        self._good += 1
        if self._good >= _GOOD_BEFORE_LARGER:
            self.share, self._good = max(1, self.share // 2), 0
