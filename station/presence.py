"""Which codes have just come into view: a phone held for a second is one presentation, not ten."""

from collections.abc import Iterable


class Presence:
    """Remembers when each code was last in view.

    A code that has been out of view for `again_s` seconds counts as new when it comes back.
    """

    def __init__(self, again_s: float) -> None:
        self._again_s = again_s
        self._last_seen: dict[str, float] = {}

    def appeared(self, codes: Iterable[str], now_s: float) -> bool:
        """Return whether any of the codes in view at `now_s` (seconds, monotonic) was not in view lately.

        >>> presence = Presence(again_s=3.0)
        >>> presence.appeared(["a"], 0.0), presence.appeared(["a"], 0.1), presence.appeared(["a"], 5.0)
        (True, False, True)
        """
        self._last_seen = {code: seen for code, seen in self._last_seen.items() if now_s - seen <= self._again_s}
        seen_now = set(codes)
        new = any(code not in self._last_seen for code in seen_now)
        self._last_seen.update(dict.fromkeys(seen_now, now_s))
        return new

    def still(self, codes: Iterable[str], now_s: float) -> None:
        """Note that codes are still in view which were so before; one that is new stays new."""
        self._last_seen.update({code: now_s for code in codes if code in self._last_seen})

    def forget(self) -> None:
        """Let every code in view count as new at the next look."""
        self._last_seen.clear()
