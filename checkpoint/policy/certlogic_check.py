"""Checks before use that a JSON value is a CertLogic expression: every fault, where it is and what it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checkpoint.policy.certlogic import COMPARISONS, MAX_DEPTH, MAX_NODES, MAX_TEXT, Json, is_integer
from checkpoint.policy.moments import UNITS

_PATH = re.compile(r"(?:[^.]+(?:\.[^.]+)*)?")

# operator -> (fewest, most) operands
_OPERANDS: dict[str, tuple[int, int]] = {
    "if": (3, 3),
    "and": (2, MAX_NODES),
    "!": (1, 1),
    "===": (2, 2),
    "in": (2, 2),
    "+": (2, 2),
    "plusTime": (3, 3),
    "reduce": (3, 3),
    "extractFromUVCI": (2, 2),
    "dccDateOfBirth": (1, 1),
} | dict.fromkeys(COMPARISONS, (2, 3))


@dataclass(frozen=True, slots=True)
class Issue:
    """What is wrong with one part of an expression."""

    expression: Json
    message: str


def issues(expression: Json) -> tuple[Issue, ...]:
    """Return everything that is wrong with an expression; an empty tuple means that it is CertLogic.

    >>> [issue.message for issue in issues({"var": "naat..result"})]
    ["data access path doesn't have a valid format: naat..result"]
    """
    return tuple(_Check().of(expression, depth=0))


class _Check:
    __slots__ = ("_nodes",)

    def __init__(self) -> None:
        self._nodes = 0

    def of(self, expression: Json, depth: int) -> Iterator[Issue]:
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            # Told once: the walk ends here, so that a hostile pack costs no more than an honest one.
            if self._nodes <= MAX_NODES + 1:
                self._nodes = MAX_NODES + 1
                yield Issue(None, f"more than {MAX_NODES} parts, or nested deeper than {MAX_DEPTH}")
            return
        match expression:
            case bool():
                return
            case str():
                if len(expression) > MAX_TEXT:
                    yield Issue(expression, f"a text of more than {MAX_TEXT} characters")
            case int() | float():
                if not is_integer(expression):
                    yield Issue(expression, f"{repr(expression)[:40]} is a non-integer number")
            case list():
                for item in expression:
                    yield from self.of(item, depth + 1)
            case dict():
                yield from self._operation(expression, depth)
            case _:
                yield Issue(expression, "invalid CertLogic expression")

    def _operation(self, expression: dict[str, Json], depth: int) -> Iterator[Issue]:
        if len(expression) != 1:
            yield Issue(expression, f"expression object must have exactly one key, but it has {len(expression)}")
            return
        [(operator, arguments)] = expression.items()
        if operator == "var":
            yield from _path_issues(expression, arguments)
            return
        if not isinstance(arguments, list):
            yield Issue(expression, 'operation not of the form { "<operator>": [ <values...> ] }')
            return
        if operator not in _OPERANDS:
            yield Issue(expression, f'unrecognised operator: "{operator[:40]}"')
            return
        fewest, most = _OPERANDS[operator]
        if not fewest <= len(arguments) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            yield Issue(expression, f'"{operator}" takes {wanted} operands, not {len(arguments)}')
            return
        match operator:
            case "plusTime":
                if not is_integer(arguments[1]):
                    yield Issue(expression, 'the amount of "plusTime" must be an integer')
                if arguments[2] not in UNITS:
                    yield Issue(expression, f'the unit of "plusTime" must be one of {", ".join(UNITS)}')
                operands = arguments[:1]
            case "extractFromUVCI":
                if not is_integer(arguments[1]):
                    yield Issue(expression, 'the index of "extractFromUVCI" must be an integer')
                operands = arguments[:1]
            case _:
                operands = arguments
        for operand in operands:
            yield from self.of(operand, depth + 1)


def _path_issues(expression: Json, path: Json) -> Iterator[Issue]:
    if not isinstance(path, str):
        yield Issue(expression, 'not of the form { "var": "<path>" }')
    elif len(path) > MAX_TEXT or not _PATH.fullmatch(path):
        yield Issue(expression, f"data access path doesn't have a valid format: {path[:200]}")
