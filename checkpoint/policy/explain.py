"""Why a rule was met or not: the clauses that decided it, in one line, with the values they met."""

from datetime import datetime

from checkpoint.policy.certlogic import Explanation, Json, Value, is_falsy
from checkpoint.policy.certlogic import explain as explain_logic
from checkpoint.policy.moments import to_text

PRIVATE_PATHS = frozenset(
    {"payload.pass.plate", "payload.pass.trailer", "payload.vehicle.plate", "payload.vehicle.trailer"}
)
"""Values that identify somebody: clauses stand in journals and go to headquarters, so they are named, not shown."""

_LINE = 400


def explain(logic: Json, seen: Json) -> Explanation:
    """Return how one rule's logic evaluates on the document of `checkpoint.policy.document`; raise `CertLogicError`."""
    return explain_logic(logic, seen)


def tree(explanation: Explanation) -> list[str]:
    """Return every step of an evaluation, one line each, operands indented below their operation.

    >>> print("\\n".join(tree(explain({"!": [{"var": "payload.naat"}]}, {"payload": {"naat": None}}))))
    !: true
      naat missing
    """
    own = _operand(explanation) if explanation.operator in (None, "var") else _step(explanation)
    return [own, *(f"  {line}" for operand in explanation.operands for line in tree(operand))]


def deciding(explanation: Explanation) -> tuple[Explanation, ...]:
    """Return the innermost clauses that made an expression evaluate as it did."""
    operands = explanation.operands
    match explanation.operator:
        case "and":
            stopped = is_falsy(explanation.value)
            return deciding(operands[-1]) if stopped else tuple(c for o in operands for c in deciding(o))
        case "!":
            return deciding(operands[0])
        case "if":
            guard, branch = operands
            if branch.operator is None:  # a literal decides nothing: its guard did
                return deciding(guard)
            took_then = branch.expression is explanation.arguments[1]
            return deciding(branch) if took_then else (*deciding(guard), *deciding(branch))
        case _:
            return (explanation,)


def clause(explanation: Explanation) -> str:
    """Return one line that names what decided, with the values met.

    >>> logic = {"===": [{"var": "payload.naat.result"}, "negative"]}
    >>> clause(explain(logic, {"payload": {"naat": {"result": "unclear"}}}))
    "naat.result 'unclear' === 'negative': false"
    """
    return _cut("; ".join(dict.fromkeys(_line(part) for part in deciding(explanation))), _LINE)


def _line(part: Explanation) -> str:
    if part.operator in (None, "var"):
        return _operand(part)
    if part.operator in ("plusTime", "dccDateOfBirth", "extractFromUVCI", "reduce"):
        return f"{_operand(part)}: {_shown(part.value)}"
    return f" {part.operator} ".join(_operand(operand) for operand in part.operands) + f": {_shown(part.value)}"


def _step(part: Explanation) -> str:
    if part.operator == "plusTime":
        return f"{_operand(part)}: {_shown(part.value)}"
    return f"{part.operator}: {_shown(part.value)}"


def _operand(part: Explanation) -> str:
    match part.operator:
        case None:
            return _shown(part.value)
        case "var":
            path = str(part.arguments)
            name = path.removeprefix("payload.").removeprefix("external.")
            return f"{name} {'(not shown)' if path in PRIVATE_PATHS and part.value is not None else _shown(part.value)}"
        case "plusTime":
            amount, unit = part.arguments[1:]
            moved = "" if amount == 0 else f" {'+' if amount > 0 else '-'} {abs(amount)} {unit}"
            return f"{_operand(part.operands[0])}{moved}"
        case operator:
            return f"{operator} ({_shown(part.value)})"


def _shown(value: Value) -> str:
    match value:
        case None:
            return "missing"
        case bool():
            return str(value).lower()
        case datetime():
            return to_text(value)
        case str():
            return _cut(value, 60) if value[:4].isdecimal() and "T" in value else repr(_cut(value, 60))
        case list():
            return f"[{len(value)}]"
        case dict():
            return "present" if value else "empty"
        case _:
            return str(value)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
