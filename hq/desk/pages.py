"""Long lists, a part at a time: a page costs the same with ten stations and with ten thousand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request

PAGE = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Some rows of a list of `total`, the first of them number `first` (from 1)."""

    rows: Sequence[T]
    first: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last row."""
        return self.first + len(self.rows) - 1

    @property
    def before(self) -> dict[str, str] | None:
        """The arguments of the page before this one, None on the first."""
        return _asked(max(1, self.first - PAGE)) if self.first > 1 else None

    @property
    def after(self) -> dict[str, str] | None:
        """The arguments of the page after this one, None on the last."""
        return _asked(self.last + 1) if self.last < self.total else None


def first_wanted() -> int:
    """Return the number of the first row that is asked for; whatever is no number asks for the first."""
    try:
        return max(1, min(int(request.args.get("from", "1")), 10**9))
    except ValueError:
        return 1


def part_of(rows: Sequence[T]) -> Part[T]:
    """Return the part of `rows` that is asked for."""
    first = first_wanted()
    return Part(rows[first - 1 : first - 1 + PAGE], first, len(rows))


def _asked(first: int) -> dict[str, str]:
    return {**{name: value for name, value in request.args.items() if value}, "from": str(first)}
