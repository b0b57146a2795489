"""Date-times as CertLogic knows them: strings in, UTC with millisecond precision out, offsets as in ECMAScript.

Specification: CertLogic 1.3.3, "Offset date-time" and "DCC Date of birth".
"""

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone

UNITS = ("year", "month", "day", "hour")

_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_DATE_TIME = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:(Z)|([+-])(\d{1,2})(?::?(\d{2}))?)?", re.ASCII
)


def to_text(moment: datetime) -> str:
    """Return `moment` in the one spelling that this project writes: UTC, milliseconds, rounded down.

    >>> to_text(datetime(2022, 3, 20, 0, 0, 1, 999_900, tzinfo=timezone(timedelta(hours=8))))
    '2022-03-19T16:00:01.999Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_date(text: str) -> datetime:
    """Return the last moment's date that a full or partial date can mean; raise ValueError where it is no date.

    >>> parse_date("2004-02").isoformat()
    '2004-02-29T00:00:00+00:00'
    """
    found = _PARTIAL_DATE.fullmatch(text)
    if found is None:
        raise ValueError("not a date")
    year = int(found[1])
    month = int(found[2] or 12)
    day = int(found[3]) if found[3] else calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 0
    return datetime(year, month, day, tzinfo=UTC)


def parse(text: str) -> datetime:
    """Return the UTC moment a date or date-time names; without an offset it is UTC. Raise ValueError for anything else.

    Decimals beyond the millisecond are ignored.

    >>> parse("2021-06-01T00:00:00.1239+2").isoformat()
    '2021-05-31T22:00:00.123000+00:00'
    """
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        return parse_date(text)
    year, month, day, hour, minute, second = (int(found[i]) for i in range(1, 7))
    milliseconds = int((found[7] or "0")[:3].ljust(3, "0"))
    offset = timedelta(hours=int(found[10] or 0), minutes=int(found[11] or 0))
    zone = timezone(-offset if found[9] == "-" else offset)
    local = datetime(year, month, day, hour, minute, second, milliseconds * 1000, tzinfo=zone)
    try:
        return local.astimezone(UTC)
    except OverflowError:  # the first and last hours of the calendar
        raise ValueError("outside the calendar") from None


def offset(moment: datetime, amount: int, unit: str) -> datetime:
    """Return `moment` moved by `amount` units ("year", "month", "day", "hour"); ValueError beyond the calendar.

    A day that the target month lacks runs over into the next month, as ECMAScript's setUTC methods have it:

    >>> offset(datetime(2020, 2, 29, tzinfo=UTC), 1, "year").date().isoformat()
    '2021-03-01'
    """
    if unit not in UNITS:
        raise ValueError(f"unknown unit of time: {unit}")
    try:
        match unit:
            case "day":
                return moment + timedelta(days=amount)
            case "hour":
                return moment + timedelta(hours=amount)
            case _:
                months = moment.year * 12 + moment.month - 1 + amount * (12 if unit == "year" else 1)
                first = moment.replace(year=months // 12, month=months % 12 + 1, day=1)
                return first + timedelta(days=moment.day - 1)
    except (OverflowError, ValueError):
        raise ValueError("outside the calendar") from None
