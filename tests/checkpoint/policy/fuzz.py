"""Random hostile input for everything in the policy that reads what others wrote.

    python -m tests.checkpoint.policy.fuzz --inputs 300000 --seed 1

Prints a JSON line for each target: inputs, accepted, refused, the slowest in milliseconds, memory. Exit 1 where
something other than the documented error came out, an input took longer than 100 ms of processor time (the slowest is
run again before it counts), memory grew by more than 64 MB, or somebody was admitted.
"""

import argparse
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkpoint.crossing import Category, Problem, Verdict
from checkpoint.errors import RulePackError
from checkpoint.policy import decide, load_pack, open_signed, sign_pack
from checkpoint.policy.certlogic import MAX_INTEGER, CertLogicError, explain
from checkpoint.policy.certlogic_check import issues
from checkpoint.policy.document import document
from checkpoint.policy.evidence import evidence_from_json, evidence_to_json
from checkpoint.policy.explain import clause, tree
from checkpoint.policy.signing import key_id
from checkpoint.reasons import Reason
from tests.checkpoint.policy.test_rule_packs import pack, with_rule
from tests.checkpoint.policy.travellers import NOW, certificate, hours, lorry_pass, naat, road, spot, traveller

Json = Any
SLOW_MS = 100.0
LARGE_KB = 64 * 1024

OPERATORS = (
    "var", "if", "and", "!", "===", "in", "+", "<", ">", "<=", ">=", "after", "before", "not-after", "not-before",
    "plusTime", "reduce", "extractFromUVCI", "dccDateOfBirth", "or", "map", "",
)  # fmt: skip
PATHS = (
    "", "payload", "payload.naat", "payload.naat.result", "payload.naat.sampledAt", "payload.spot.outcome", "0", "x.",
    "payload.vaccinations", "payload.vaccinations.0", "current", "accumulator", "data", "data.payload", "accumulator.0",
    "external.validationClock", "payload.vehicle.plate", "payload.pass",
)  # fmt: skip
SCALARS = (
    None, True, False, 0, 1, -1, 1.5, 1.0, MAX_INTEGER, MAX_INTEGER + 1, 10**30, -(10**400), float("inf"), 1e308, "",
    "negative", "2022", "2022-02-30", "2022-03-20T00:00:00+08:00", "9999-12-31T23:59:59Z", "0001-01-01", "\ud800", "界",
    "hour", "day", "month", "year", "URN:UVCI:01:NL:1#2", "a" * 3000, "\x00",
)  # fmt: skip


def random_json(rng: random.Random, depth: int) -> Json:
    """Any JSON value, with a taste for things that look like CertLogic."""
    kind = rng.random()
    if depth <= 0 or kind < 0.2:
        return rng.choice(SCALARS)
    if kind < 0.3:
        return {"var": rng.choice(PATHS)}
    if kind < 0.4:
        return [random_json(rng, depth - 1) for _ in range(rng.choice((0, 1, 2, 3, 40)))]
    if kind < 0.45:
        return {rng.choice(OPERATORS): random_json(rng, depth - 1) for _ in range(rng.randrange(3))}
    if kind < 0.5:
        return {"plusTime": [random_json(rng, depth - 1), rng.choice(SCALARS), rng.choice(("hour", "year", "minute"))]}
    return {rng.choice(OPERATORS): [random_json(rng, depth - 1) for _ in range(rng.randrange(1, 4))]}


def tower(rng: random.Random) -> Json:
    """Reductions within reductions, structures that double: what is small to write and large to evaluate."""
    array: Json = [0] * rng.choice((2, 30, 500))
    value: Json = rng.choice(({"var": "accumulator"}, {"var": "current"}, 1, {"var": "data"}))
    for _ in range(rng.randrange(1, 12)):
        match rng.randrange(6):
            case 0:
                value = {"reduce": [array, value, 0]}
            case 1:
                value = [value, value]
            case 2:
                value = {"reduce": [array, [{"var": "accumulator"}, {"var": "accumulator"}], value]}
            case 3:
                value = {"+": [value, value]}
            case 4:
                value = {rng.choice(("===", "in")): [value, [value]]}
            case _:
                value = {"!": [value]}
    return value


def nested(rng: random.Random) -> Json:
    """Deeper than anything honest."""
    value: Json = True
    for _ in range(rng.choice((50, 61, 300))):
        value = rng.choice(({"!": [value]}, [value], {"and": [value, True]}))
    return value


def logic(rng: random.Random) -> Json:
    kind = rng.random()
    if kind < 0.1:
        return tower(rng)
    if kind < 0.11:
        return nested(rng)
    return random_json(rng, rng.randrange(1, 7))


def mutated(rng: random.Random, value: Json, chance: float) -> Json:
    """The value with a few parts replaced, dropped or doubled."""
    if rng.random() < chance:
        return random_json(rng, 2)
    match value:
        case dict():
            kept = {k: mutated(rng, v, chance) for k, v in value.items() if rng.random() > chance / 3}
            return kept | ({"surprise": 1} if rng.random() < chance / 3 else {})
        case list():
            return [mutated(rng, v, chance) for v in value for _ in range(2 if rng.random() < chance / 3 else 1)]
        case _:
            return value


def garbled(rng: random.Random, text: bytes) -> bytes:
    """The text with a few bytes changed, cut or repeated."""
    data = bytearray(text)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(4):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del data[at : at + rng.randrange(1, 40)]
            case 2:
                data[at:at] = data[at : at + 60]
            case _:
                data[at:at] = rng.choice((b"[" * 5000, b"{", b'"', b"\\ud800", b"\xff", b"NaN", b"9" * 5000))
    return bytes(data)


def as_bytes(value: Json) -> bytes:
    return json.dumps(value).encode()


# A traveller whom every sound rule would admit, but for a problem that no rule may lift.
ALL_BUT_ONE = traveller(
    Category.RESIDENT,
    certificate(naat(hours(1))),
    lorry_pass(),
    spot_test=spot(),
    problems=(Problem(Reason.EXPIRED),),
    plate="浙F12345",
)
SEEN = document(ALL_BUT_ONE, NOW)
RECORD = evidence_to_json(ALL_BUT_ONE)
HQ = Ed25519PrivateKey.from_private_bytes(b"h" * 32)
HQ_KEYS = {key_id(HQ.public_key()): HQ.public_key()}
ENVELOPE = sign_pack(pack(), HQ)


class AdmittedError(AssertionError):
    """Somebody was admitted who must not be."""


def evaluate_expression(rng: random.Random) -> Callable[[], bool]:
    expression = logic(rng)

    def run() -> bool:
        well_formed = not issues(expression)
        try:
            explanation = explain(expression, SEEN)
        except CertLogicError:
            return False
        line = clause(explanation)
        if len(line) > 400 or "\n" in line:
            raise AssertionError("a clause is one short line")
        tree(explanation)
        return well_formed

    return run


def load_rules(rng: random.Random) -> Callable[[], bool]:
    if rng.random() < 0.5:
        text = as_bytes(with_rule(logic=logic(rng)))
    elif rng.random() < 0.5:
        text = as_bytes(mutated(rng, pack(), 0.05))
    else:
        text = garbled(rng, as_bytes(pack()))

    def run() -> bool:
        try:
            rules = load_pack(text)
        except RulePackError:
            return False
        if decide(ALL_BUT_ONE, rules, NOW).verdict is Verdict.ADMIT:
            raise AdmittedError
        return True

    return run


def open_envelope(rng: random.Random) -> Callable[[], bool]:
    text = garbled(rng, ENVELOPE) if rng.random() < 0.5 else as_bytes(mutated(rng, json.loads(ENVELOPE), 0.03))

    def run() -> bool:
        try:
            opened = open_signed(text, HQ_KEYS)
        except RulePackError:
            return False
        if opened.digest != load_pack(as_bytes(pack())).digest:
            raise AdmittedError("a pack that headquarters did not sign")
        return True

    return run


def read_record(rng: random.Random) -> Callable[[], bool]:
    record = mutated(rng, RECORD, 0.03)

    def run() -> bool:
        try:
            evidence = evidence_from_json(record)
        except ValueError:
            return False
        decision = decide(evidence, road(), NOW)
        if decision.verdict is Verdict.ADMIT and (evidence.problems or not evidence.clock_trust.may_admit):
            raise AdmittedError
        return True

    return run


TARGETS: dict[str, Callable[[random.Random], Callable[[], bool]]] = {
    "certlogic": evaluate_expression,
    "rule-pack": load_rules,
    "envelope": open_envelope,
    "evidence-record": read_record,
}


@dataclass(slots=True)
class Report:
    target: str
    inputs: int = 0
    accepted: int = 0
    slowest_ms: float = 0.0
    faults: list[str] = field(default_factory=list)


def fuzz(target: str, inputs: int, seed: int) -> Report:
    """Run one target; a fault names the seed of its input, which `TARGETS[target](random.Random(seed))` makes again."""
    report = Report(target)
    for number in range(inputs):
        own_seed = seed * 1_000_003 + number
        run = TARGETS[target](random.Random(own_seed))
        started = time.process_time()
        try:
            report.accepted += run()
        except Exception as error:  # noqa: BLE001  anything at all is what is looked for
            report.faults.append(f"{own_seed}: {type(error).__name__} {error}")
        took_ms = (time.process_time() - started) * 1000
        if took_ms > SLOW_MS:
            took_ms = min(took_ms, *_again(target, own_seed))
            if took_ms > SLOW_MS:
                report.faults.append(f"{own_seed}: {took_ms:.0f} ms")
        report.slowest_ms = max(report.slowest_ms, took_ms)
        report.inputs += 1
    return report


def _again(target: str, seed: int) -> Iterator[float]:
    for _ in range(2):
        run = TARGETS[target](random.Random(seed))
        started = time.process_time()
        run()
        yield (time.process_time() - started) * 1000


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.checkpoint.policy.fuzz")
    parser.add_argument("--inputs", type=int, default=100_000, help="in all, shared among the targets")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    faulty = False
    for target in TARGETS:
        before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        report = fuzz(target, asked.inputs // len(TARGETS), asked.seed)
        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
        faulty = faulty or bool(report.faults) or grown_kb > LARGE_KB
        line = {
            "target": target,
            "inputs": report.inputs,
            "accepted": report.accepted,
            "refused": report.inputs - report.accepted,
            "slowest_ms": round(report.slowest_ms, 1),
            "grown_mb": round(grown_kb / 1024, 1),
            "faults": report.faults[:20],
        }
        sys.stdout.write(json.dumps(line) + "\n")
    return 1 if faulty else 0


if __name__ == "__main__":
    raise SystemExit(main())
