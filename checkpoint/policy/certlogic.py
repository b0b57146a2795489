"""CertLogic 1.3.3: checking, evaluating and explaining expressions.

Own implementation of the public specification (ehn-dcc-development/eu-dcc-business-rules, Apache-2.0). Evaluating an
expression yields its explanation, the tree of everything that was evaluated on the way, so that an explanation can
never disagree with the result it explains.

Rule packs come from outside: an expression is bounded in depth and size, an evaluation in steps, integers to what every
implementation can count exactly. Whatever goes wrong is a `CertLogicError`.
"""

from dataclasses import dataclass

from checkpoint.policy import moments
from checkpoint.policy.certlogic_values import (
    COMPARISONS,
    MAX_INTEGER,
    CertLogicError,
    Json,
    Value,
    access,
    clip,
    compare,
    exact,
    extract_from_uvci,
    fragments_of_uvci,
    is_falsy,
    is_integer,
    is_truthy,
    moment,
    plus_time,
    truth,
)

__all__ = [
    "COMPARISONS",
    "MAX_DEPTH",
    "MAX_INTEGER",
    "MAX_NODES",
    "MAX_STEPS",
    "MAX_TEXT",
    "CertLogicError",
    "Explanation",
    "Json",
    "Steps",
    "Value",
    "evaluate",
    "explain",
    "fragments_of_uvci",
    "is_falsy",
    "is_integer",
    "is_truthy",
]

MAX_DEPTH = 60
MAX_NODES = 2_000
MAX_STEPS = 5_000  # for all rules of one decision: some 15 ms; the longest published country rule takes 82
MAX_TEXT = 1_000  # characters of a literal or a path


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
                raise CertLogicError(f"not an expression: {clip(expression)}")

    def _operation(self, expression: Json, operator: str, arguments: Json, data: Json, depth: int) -> Explanation:
        if operator == "var":
            return Explanation(expression, access(arguments, data))
        if not isinstance(arguments, list):
            raise CertLogicError(f"the operands of {clip(operator)} are not an array")

        def operand(index: int) -> Explanation:
            if index >= len(arguments):
                raise CertLogicError(f"{clip(operator)} lacks operand {index + 1}")
            return self.of(arguments[index], data, depth + 1)

        match operator, len(arguments):
            case "if", 3:
                guard = operand(0)
                branch = operand(1 if truth(guard.value) else 2)
                return Explanation(expression, branch.value, (guard, branch))
            case "and", count if count >= 2:
                return self._and(expression, data, depth)
            case "!", 1:
                only = operand(0)
                return Explanation(expression, not truth(only.value), (only,))
            case (("===" | "in" | "+"), 2):
                left, right = operand(0), operand(1)
                return Explanation(expression, self._infix(operator, left.value, right.value), (left, right))
            case _, 2 | 3 if operator in COMPARISONS:
                operands = tuple(operand(i) for i in range(len(arguments)))
                return Explanation(expression, compare(operator, [o.value for o in operands]), operands)
            case "plusTime", 3:
                only = operand(0)
                moved = plus_time(only.value, arguments[1], arguments[2], _place(only))
                return Explanation(expression, moved, (only,))
            case "dccDateOfBirth", 1:
                only = operand(0)
                born = moment(moments.parse_date, only.value, "dccDateOfBirth", _place(only))
                return Explanation(expression, born, (only,))
            case "extractFromUVCI", 2:
                only = operand(0)
                return Explanation(expression, extract_from_uvci(only.value, arguments[1]), (only,))
            case "reduce", 3:
                return self._reduce(expression, data, depth)
            case _:
                raise CertLogicError(f"no operation {clip(operator)} with {len(arguments)} operands")

    def _and(self, expression: Json, data: Json, depth: int) -> Explanation:
        evaluated: list[Explanation] = []
        for argument in expression["and"]:
            evaluated.append(self.of(argument, data, depth + 1))
            if not truth(evaluated[-1].value):
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
                return exact(int(left) + int(right))

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


def _place(operand: Explanation) -> str:
    """Where an operand's value stands in the data, "" where it was worked out."""
    return clip(operand.arguments) if operand.operator == "var" else ""
