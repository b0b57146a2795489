"""Health cards that come in several codes: the parts are held in front of the camera one after another."""

import re
import threading
from datetime import datetime, timedelta

_PART = re.compile(r"shc:/(\d{1,2})/(\d{1,2})/\d+", re.ASCII)

FORGET_AFTER = timedelta(seconds=60)
"""Longer than a traveller needs to show the next part, shorter than until the next traveller shows a first one."""


class PartCollector:
    """Remembers the parts of the card that is being shown. Safe to share between threads.

    A part that contradicts what is remembered, or comes late, begins a new card. Parts of two travellers' cards that do
    not contradict each other are put together unknowingly; then no signature holds, and `begin_again` is for that.
    """

    def __init__(self, forget_after: timedelta = FORGET_AFTER) -> None:
        self._forget_after = forget_after
        self._lock = threading.Lock()
        self._parts: dict[int, str] = {}
        self._total = 0
        self._last_shown: datetime | None = None
        self._failed: frozenset[str] = frozenset()

    def with_earlier(self, text: str, now: datetime) -> str:
        """Return `text` together with the parts of the same card that were shown before, white space between them.

        A text that is no part comes back as it is. A whole card stays remembered for a while: its parts, still in view,
        stand for the card and not for the beginning of another.
        """
        found = _PART.fullmatch(text)
        if found is None:
            return text
        number, total = int(found[1]), int(found[2])
        with self._lock:
            if self._is_another_card(number, total, text, now):
                self._parts, self._total = {}, total
            self._parts[number], self._last_shown = text, now
            return " ".join(self._parts[part] for part in sorted(self._parts))

    def begin_again(self, text: str, whole: str) -> bool:
        """Forget all parts but `text`, because no issuer signed the `whole` that they made.

        Return whether to ask for the parts once more: False where the very same parts had failed before, so that
        nothing was mixed up and the card is bad.
        """
        parts = frozenset(whole.split())
        found = _PART.fullmatch(text)
        if found is None or len(parts) < 2:
            return False
        with self._lock:
            known, self._failed = parts == self._failed, parts
            if not known:
                self._parts = {int(found[1]): text}
        return not known

    def _is_another_card(self, number: int, total: int, text: str, now: datetime) -> bool:
        late = self._last_shown is None or not timedelta() <= now - self._last_shown <= self._forget_after
        return late or total != self._total or self._parts.get(number, text) != text
