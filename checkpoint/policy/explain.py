"""Why a rule was met or not: the clauses that decided it, in one line, with the values they met."""

from datetime import datetime

from checkpoint.policy.certlogic import Explanation, Json, Value, is_falsy
from checkpoint.policy.certlogic import explain as explain_logic
from checkpoint.policy.moments import to_text

PRIVATE_PATHS = frozenset(
    {"payload.pass.plate", "payload.pass.trailer", "payload.vehicle.plate", "payload.vehicle.trailer"}
)
"""Values that identify somebody: clauses stand in journals and go to headquarters, so they are named, not shown.

Nor is any text or date shown that an operation made of one of them, or of something that holds one.
"""

_HOLDERS = frozenset(
    ".".join(path.split(".")[:count]) for path in PRIVATE_PATHS for count in range(path.count(".") + 1)
)

_HIDDEN = "(not shown)"
_LINE = 400


def explain(logic: Json, seen: Json) -> Explanation:
    """Return how one rule's logic evaluates on the document of `checkpoint.policy.document`; raise `CertLogicError`."""
    return explain_logic(logic, seen)


def tree(explanation: Explanation, *, private: bool = False) -> list[str]:
    """Return every step of an evaluation, one line each, operands indented below their operation.

    >>> print("\\n".join(tree(explain({"!": [{"var": "payload.naat"}]}, {"payload": {"naat": None}}))))
    !: true
      naat missing
    """
    # Within a reduce the items and what became of them go by other names: what is private in one part is in all.
    private = private or (explanation.operator == "reduce" and _is_private(explanation))
    own = _operand(explanation, private) if explanation.operator in (None, "var") else _step(explanation, private)
    return [own, *(f"  {line}" for operand in explanation.operands for line in tree(operand, private=private))]


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
        return f"{_operand(part)}: {_told(part)}"
    return f" {part.operator} ".join(_operand(operand) for operand in part.operands) + f": {_told(part)}"


def _step(part: Explanation, private: bool) -> str:
    if part.operator == "plusTime":
        return f"{_operand(part, private)}: {_told(part, private)}"
    return f"{part.operator}: {_told(part, private)}"


def _operand(part: Explanation, private: bool = False) -> str:
    match part.operator:
        case None:
            return _shown(part.value)
        case "var":
            name = str(part.arguments).removeprefix("payload.").removeprefix("external.")
            return f"{name} {_told(part, private)}"
        case "plusTime":
            amount, unit = part.arguments[1:]
            moved = "" if amount == 0 else f" {'+' if amount > 0 else '-'} {abs(amount)} {unit}"
            return f"{_operand(part.operands[0], private)}{moved}"
        case operator:
            told = _told(part, private)
            return f"{operator} {told if told == _HIDDEN else f'({told})'}"


def _told(part: Explanation, private: bool = False) -> str:
    """Return what a part evaluated to, as far as it is fit to be told: that a plate is missing is, and so is a yes."""
    hidden = isinstance(part.value, str | datetime) and (private or _is_private(part))
    return _HIDDEN if hidden else _shown(part.value)


def _is_private(part: Explanation) -> bool:
    """Whether anything that was evaluated for this part is private, or holds what is."""
    if part.operator == "var":
        path = str(part.arguments)
        while path.startswith("data."):  # the document, as it is called within a reduce
            path = path.removeprefix("data.")
        return path in PRIVATE_PATHS or path in _HOLDERS or path == "data"
    return any(_is_private(operand) for operand in part.operands)


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
