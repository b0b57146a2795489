"""What CertLogic's operations do with values: truth, comparison, dates, identifiers.

Nothing here knows expressions; `certlogic` walks those and calls what is here with what they evaluated to.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from operator import ge, gt, le, lt
from typing import Any

from checkpoint.policy import moments

Json = Any
Value = Any
"""A JSON value, or a UTC date-time made by ``plusTime`` or ``dccDateOfBirth``."""

MAX_INTEGER = 2**53 - 1  # the largest that ECMAScript implementations count exactly

_INTEGER_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, ">": gt, "<=": le, ">=": ge}
_TIME_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "before": lt,
    "after": gt,
    "not-after": le,
    "not-before": ge,
}
COMPARISONS = frozenset(_INTEGER_COMPARISONS | _TIME_COMPARISONS)


class CertLogicError(ValueError):
    """An expression that is not CertLogic, or that met values it cannot work on.

    Not one of the checkpoint's own errors: it is caught where rules are loaded (`RulePackError`) and where they are
    applied (a hold), and gets no farther.
    """


def is_integer(value: Value) -> bool:
    """Whether `value` counts as an integer: 3 and 3.0 do, True does not, nor does anything too large to be exact."""
    if isinstance(value, bool):
        return False
    if isinstance(value, float):
        return value.is_integer() and abs(value) <= MAX_INTEGER
    return isinstance(value, int) and abs(value) <= MAX_INTEGER


def is_falsy(value: Value) -> bool:
    """Whether `value` is false, null, zero, or empty."""
    return value is None or value is False or value in ("", [], {}) or (is_integer(value) and value == 0)


def is_truthy(value: Value) -> bool:
    """Whether `value` is true, a non-zero integer, or not empty. A date-time is neither truthy nor falsy."""
    return (
        value is True or (isinstance(value, str | list | dict) and len(value) > 0) or (is_integer(value) and value != 0)
    )


def fragments_of_uvci(text: str) -> list[str]:
    """Return the fragments of a certificate identifier, split at ``/``, ``#`` and ``:``, its URN prefix ignored.

    >>> fragments_of_uvci("URN:UVCI:01:NL:187/37512422923")
    ['01', 'NL', '187', '37512422923']
    """
    fragments = text.replace("/", ":").replace("#", ":").split(":")
    return fragments[2:] if fragments[:2] == ["URN", "UVCI"] else fragments


def truth(value: Value) -> bool:
    """Return whether a value is truthy; raise `CertLogicError` where it is neither truthy nor falsy."""
    if is_truthy(value):
        return True
    if is_falsy(value):
        return False
    raise CertLogicError(f"neither truthy nor falsy: {clip(value)}")


def access(path: Json, data: Json) -> Value:
    """Return what stands at the dotted path in `data`, None where nothing does."""
    if not isinstance(path, str):
        raise CertLogicError("the path of var is not a string")
    value = data
    for fragment in path.split(".") if path else ():
        match value:
            case dict():
                value = value.get(fragment)
            case list() if fragment.isdecimal() and fragment.isascii() and len(fragment) <= 9:
                index = int(fragment)
                value = value[index] if index < len(value) else None
            case _:
                return None
    return value


def compare(operator: str, values: list[Value]) -> bool:
    """Return whether a comparison of two or three integers, or date-times, holds; raise `CertLogicError`."""
    if operator in _INTEGER_COMPARISONS:
        holds = _INTEGER_COMPARISONS[operator]
        if not all(is_integer(value) for value in values):
            raise CertLogicError(f"{operator} needs integers")
    else:
        holds = _TIME_COMPARISONS[operator]
        if not all(isinstance(value, datetime) for value in values):
            raise CertLogicError(f"{operator} needs date-times")
    return all(holds(a, b) for a, b in pairwise(values))


def plus_time(value: Value, amount: Json, unit: Json, at: str = "") -> datetime:
    """Return a date-time moved by an amount of years, months, days or hours; raise `CertLogicError`.

    `at` says where the value stands, for the error.
    """
    if not is_integer(amount):
        raise CertLogicError("the amount of plusTime is not an integer")
    if unit not in moments.UNITS:
        raise CertLogicError("the unit of plusTime is none of year, month, day, hour")
    return moment(lambda text: moments.offset(moments.parse(text), int(amount), unit), value, "plusTime", at)


def moment(make: Callable[[str], datetime], value: Value, operator: str, at: str = "") -> datetime:
    """Return the date-time that `make` reads from a text; raise `CertLogicError` where it is none.

    The error names the place of the value (`at`) and not the value: it stands in journals, and may be a plate.
    """
    on = f"{operator} on {at}" if at else operator
    if not isinstance(value, str):
        raise CertLogicError(f"{on}: needs a string, not {clip(value)}")
    try:
        return make(value)
    except ValueError as error:
        raise CertLogicError(f"{on}: {error}") from None


def extract_from_uvci(value: Value, index: Json) -> str | None:
    """Return one fragment of a certificate identifier, None where there is none; raise `CertLogicError`."""
    if not is_integer(index):
        raise CertLogicError("the index of extractFromUVCI is not an integer")
    if value is None:
        return None
    if not isinstance(value, str):
        raise CertLogicError("extractFromUVCI needs a string")
    fragments = fragments_of_uvci(value)
    return fragments[int(index)] if 0 <= index < len(fragments) else None


def exact(number: int) -> int:
    """Return an integer that every implementation counts exactly; raise `CertLogicError` for a larger one."""
    if abs(number) > MAX_INTEGER:
        raise CertLogicError("an integer too large to be exact")
    return number


def clip(value: Value) -> str:
    """A short word in an error for a part of an expression, or for a value that is no text.

    Never the value of a container, which may be large or shared.
    """
    match value:
        case str():
            return repr(value[:40])
        case list() | dict():
            return type(value).__name__
        case int() if not isinstance(value, bool) and abs(value) > MAX_INTEGER:
            return "a large integer"
        case _:
            return str(value)
