"""Cassettes known again: one photo, or one cassette, must not speak for two people."""

from checkpoint.slots import SeenBefore

MOST_REMEMBERED = 2000  # readings: several days of a busy bench, a few hundred kilobytes
MOST_BITS_APART = 20
"""Two fingerprints of `FINGERPRINT_BITS` that differ in so few bits are of one picture; see docs/reader.md."""


class CassetteMemory:
    """The fingerprints of the newest readings, and the tests they belong to."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._known: dict[str, tuple[int, SeenBefore]] = {}  # by test, oldest first

    def keep(self, fingerprint: str, test: SeenBefore) -> None:
        """Remember a cassette; one without a fingerprint (nothing was found in the picture) cannot be known again."""
        if not fingerprint:
            return
        self._known[test.test] = (int(fingerprint, 16), test)
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]

    def find(self, fingerprint: str, *, but_not: str) -> SeenBefore | None:
        """Return the test whose cassette `fingerprint` resembles most closely, if any is close enough."""
        if not fingerprint:
            return None
        wanted = int(fingerprint, 16)
        near = [((known ^ wanted).bit_count(), test) for known, test in self._known.values() if test.test != but_not]
        apart, nearest = min(near, key=lambda pair: pair[0], default=(MOST_BITS_APART + 1, None))
        return nearest if apart <= MOST_BITS_APART else None
