"""CertLogic 1.3.3: checking, evaluating and explaining expressions.

Own implementation of the public specification (ehn-dcc-development/eu-dcc-business-rules, Apache-2.0). Evaluating an
expression yields its explanation, the tree of everything that was evaluated on the way, so that an explanation can
never disagree with the result it explains.

Rule packs come from outside: an expression is bounded in depth and size, an evaluation in steps, integers to what every
implementation can count exactly. Whatever goes wrong is a `CertLogicError`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from operator import ge, gt, le, lt
from typing import Any

from checkpoint.policy import moments

Json = Any
Value = Any
"""A JSON value, or a UTC date-time made by ``plusTime`` or ``dccDateOfBirth``."""

MAX_DEPTH = 60
MAX_NODES = 2_000
MAX_STEPS = 5_000  # for all rules of one decision: some 15 ms; the longest published country rule takes 82
MAX_TEXT = 1_000  # characters of a literal or a path
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


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one expression evaluated to, and the operands that were evaluated for it, in order.

    Operands left out by laziness (``and``, ``if``) are missing; for ``reduce`` the operands are the array, the initial
    value, and the lambda once for each item.
    """

    expression: Json
    value: Value
    operands: tuple["Explanation", ...] = ()

    @property
    def operator(self) -> str | None:
        """The operation's name, None for a literal or an array."""
        return next(iter(self.expression)) if isinstance(self.expression, dict) else None

    @property
    def arguments(self) -> Json:
        """The operation's arguments as written; None for a literal or an array."""
        return next(iter(self.expression.values())) if isinstance(self.expression, dict) else None


class Steps:
    """How many steps are left: of one evaluation, or of several that share them."""

    __slots__ = ("_left",)

    def __init__(self, count: int = MAX_STEPS) -> None:
        self._left = count

    def spend(self) -> None:
        """Take one step; raise `CertLogicError` where none is left."""
        self._left -= 1
        if self._left < 0:
            raise CertLogicError("too many steps")


def evaluate(expression: Json, data: Json) -> Value:
    """Return what a checked expression evaluates to on `data`; raise `CertLogicError`.

    >>> evaluate({"if": [{"var": "x.0"}, "some", "none"]}, {"x": [1]})
    'some'
    """
    return explain(expression, data).value


def explain(expression: Json, data: Json, steps: Steps | None = None) -> Explanation:
    """Evaluate a checked expression (see `certlogic_check`) on `data` and keep every step; raise `CertLogicError`.

    An expression of a wrong shape is an error too, but only where evaluation reaches it. `steps` are shared with other
    evaluations; without them this one has its own.
    """
    return _Evaluation(steps or Steps()).of(expression, data, depth=0)


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


class _Evaluation:
    """One evaluation, step by counted step, so that no rule and no data can keep a lamp waiting."""

    __slots__ = ("_steps",)

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def of(self, expression: Json, data: Json, depth: int) -> Explanation:
        self._spend(depth)
        match expression:
            case str() | bool():
                return Explanation(expression, expression)
            case int() | float() if is_integer(expression):
                return Explanation(expression, int(expression))
            case list():
                items = tuple(self.of(item, data, depth + 1) for item in expression)
                return Explanation(expression, [item.value for item in items], items)
            case dict() if len(expression) == 1:
                [(operator, arguments)] = expression.items()
                return self._operation(expression, operator, arguments, data, depth)
            case _:
                raise CertLogicError(f"not an expression: {_clip(expression)}")

    def _operation(self, expression: Json, operator: str, arguments: Json, data: Json, depth: int) -> Explanation:
        if operator == "var":
            return Explanation(expression, _access(arguments, data))
        if not isinstance(arguments, list):
            raise CertLogicError(f"the operands of {_clip(operator)} are not an array")

        def operand(index: int) -> Explanation:
            if index >= len(arguments):
                raise CertLogicError(f"{_clip(operator)} lacks operand {index + 1}")
            return self.of(arguments[index], data, depth + 1)

        match operator, len(arguments):
            case "if", 3:
                guard = operand(0)
                branch = operand(1 if _truth(guard.value) else 2)
                return Explanation(expression, branch.value, (guard, branch))
            case "and", count if count >= 2:
                return self._and(expression, data, depth)
            case "!", 1:
                only = operand(0)
                return Explanation(expression, not _truth(only.value), (only,))
            case (("===" | "in" | "+"), 2):
                left, right = operand(0), operand(1)
                return Explanation(expression, self._infix(operator, left.value, right.value), (left, right))
            case _, 2 | 3 if operator in COMPARISONS:
                operands = tuple(operand(i) for i in range(len(arguments)))
                return Explanation(expression, _compare(operator, [o.value for o in operands]), operands)
            case "plusTime", 3:
                only = operand(0)
                return Explanation(expression, _plus_time(only.value, arguments[1], arguments[2]), (only,))
            case "dccDateOfBirth", 1:
                only = operand(0)
                return Explanation(expression, _moment(moments.parse_date, only.value, "dccDateOfBirth"), (only,))
            case "extractFromUVCI", 2:
                only = operand(0)
                return Explanation(expression, _extract_from_uvci(only.value, arguments[1]), (only,))
            case "reduce", 3:
                return self._reduce(expression, data, depth)
            case _:
                raise CertLogicError(f"no operation {_clip(operator)} with {len(arguments)} operands")

    def _and(self, expression: Json, data: Json, depth: int) -> Explanation:
        evaluated: list[Explanation] = []
        for argument in expression["and"]:
            evaluated.append(self.of(argument, data, depth + 1))
            if not _truth(evaluated[-1].value):
                break
        return Explanation(expression, evaluated[-1].value, tuple(evaluated))

    def _reduce(self, expression: Json, data: Json, depth: int) -> Explanation:
        array_expression, step, initial_expression = expression["reduce"]
        array = self.of(array_expression, data, depth + 1)
        initial = self.of(initial_expression, data, depth + 1)
        if array.value is None:  # the suite demands it: nothing to fold is an empty array
            return Explanation(expression, initial.value, (array, initial))
        if not isinstance(array.value, list):
            raise CertLogicError("reduce needs an array")
        accumulator = initial.value
        steps: list[Explanation] = []
        for current in array.value:
            # "data" is the extension that the specification foresees: the original context within the lambda.
            context = {"current": current, "accumulator": accumulator, "data": data}
            steps.append(self.of(step, context, depth + 1))
            accumulator = steps[-1].value
        return Explanation(expression, accumulator, (array, initial, *steps))

    def _infix(self, operator: str, left: Value, right: Value) -> Value:
        match operator:
            case "===":
                return self._same(left, right, 0)
            case "in":
                if not isinstance(right, list):
                    raise CertLogicError("in needs an array on its right")
                return any(self._same(left, item, 0) for item in right)
            case _:
                if not (is_integer(left) and is_integer(right)):
                    raise CertLogicError("+ needs two integers")
                return _exact(int(left) + int(right))

    def _same(self, left: Value, right: Value, depth: int) -> bool:
        """Equality without coercion: True is not 1, though Python has it so."""
        self._spend(depth)
        match left, right:
            case list(), list():
                return len(left) == len(right) and all(
                    self._same(a, b, depth + 1) for a, b in zip(left, right, strict=True)
                )
            case dict(), dict():
                return left.keys() == right.keys() and all(self._same(left[k], right[k], depth + 1) for k in left)
            case ((int() | float()), (int() | float())):
                return isinstance(left, bool) == isinstance(right, bool) and left == right
            case _:
                return type(left) is type(right) and bool(left == right)

    def _spend(self, depth: int) -> None:
        self._steps.spend()
        if depth > MAX_DEPTH:
            raise CertLogicError(f"nested deeper than {MAX_DEPTH}")


def _truth(value: Value) -> bool:
    if is_truthy(value):
        return True
    if is_falsy(value):
        return False
    raise CertLogicError(f"neither truthy nor falsy: {_clip(value)}")


def _access(path: Json, data: Json) -> Value:
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


def _compare(operator: str, values: list[Value]) -> bool:
    if operator in _INTEGER_COMPARISONS:
        holds = _INTEGER_COMPARISONS[operator]
        if not all(is_integer(value) for value in values):
            raise CertLogicError(f"{operator} needs integers")
    else:
        holds = _TIME_COMPARISONS[operator]
        if not all(isinstance(value, datetime) for value in values):
            raise CertLogicError(f"{operator} needs date-times")
    return all(holds(a, b) for a, b in pairwise(values))


def _plus_time(value: Value, amount: Json, unit: Json) -> datetime:
    if not is_integer(amount):
        raise CertLogicError("the amount of plusTime is not an integer")
    if unit not in moments.UNITS:
        raise CertLogicError("the unit of plusTime is none of year, month, day, hour")
    return _moment(lambda text: moments.offset(moments.parse(text), int(amount), unit), value, "plusTime")


def _moment(make: Callable[[str], datetime], value: Value, operator: str) -> datetime:
    if not isinstance(value, str):
        raise CertLogicError(f"{operator} needs a string, not {_clip(value)}")
    try:
        return make(value)
    except ValueError as error:
        raise CertLogicError(f"{operator} on {_clip(value)}: {error}") from None


def _extract_from_uvci(value: Value, index: Json) -> str | None:
    if not is_integer(index):
        raise CertLogicError("the index of extractFromUVCI is not an integer")
    if value is None:
        return None
    if not isinstance(value, str):
        raise CertLogicError("extractFromUVCI needs a string")
    fragments = fragments_of_uvci(value)
    return fragments[int(index)] if 0 <= index < len(fragments) else None


def _exact(number: int) -> int:
    if abs(number) > MAX_INTEGER:
        raise CertLogicError("an integer too large to be exact")
    return number


def _clip(value: Value) -> str:
    """A short word for a value in an error: never the value of a container, which may be large or shared."""
    match value:
        case str():
            return repr(value[:40])
        case list() | dict():
            return type(value).__name__
        case int() if not isinstance(value, bool) and abs(value) > MAX_INTEGER:
            return "a large integer"
        case _:
            return str(value)
