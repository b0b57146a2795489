"""Chinese identity numbers (GB 11643): region, day of birth, order, and a check digit against slips."""

from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_PROVINCES = frozenset(
    {"11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44"}
    | {"45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82", "83"}
)
"""GB/T 2260, and 81 to 83 for residents from Hong Kong, Macao and Taiwan."""


def is_region(code: str) -> bool:
    """Return whether six digits can be an administrative region: they begin with a province that exists.

    >>> is_region("330482"), is_region("990101")
    (True, False)
    """
    return code[:2] in _PROVINCES


def check_digit(first_seventeen: str) -> str:
    """Return the last character of an identity number (ISO 7064, MOD 11-2).

    >>> check_digit("11010519491231002")
    'X'
    """
    total = sum(int(digit) * weight for digit, weight in zip(first_seventeen, _WEIGHTS, strict=True))
    return _CHECK_DIGITS[total % 11]


def birth_date(number: str) -> date:
    """Return the day of birth in an eighteen-character number; raise ValueError where the number is wrong.

    >>> birth_date("11010519491231002X")
    datetime.date(1949, 12, 31)
    """
    if len(number) != 18 or not number.isascii() or not number[:17].isdecimal():
        raise ValueError("not seventeen digits and a check digit")
    if not is_region(number[:6]):
        raise ValueError("no region has this code")
    if check_digit(number[:17]) != number[17]:
        raise ValueError("the check digit does not fit")
    try:
        return date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
    except ValueError:
        raise ValueError("no such day of birth") from None
