"""CSV sheets that open in a spreadsheet program, Chinese included, and whose cells are never taken for formulas."""

import csv
import io
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from flask import Response

_BOM = "\ufeff"  # without it, spreadsheet programs on Chinese systems guess another encoding
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def sheet(name: str, head: Iterable[str], rows: Iterable[Iterable[object]]) -> Response:
    """Return rows as a CSV download, sent while they are read."""
    response = Response(_lines(head, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    response.headers["Cache-Control"] = "no-store"
    return response


def _lines(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    yield _BOM
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in _with_head(head, rows):
        writer.writerow([cell(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _with_head(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[Iterable[object]]:
    yield head
    yield from rows


def cell(value: object) -> str:
    """Return a cell's text; one that a spreadsheet would take for a formula is marked as text.

    >>> cell("=1+1"), cell(None), cell(12)
    ("'=1+1", '', '12')
    """
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int | float) else text
