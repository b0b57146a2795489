"""Hostile input for every parser of codes: broken, twisted and wrongly signed ones, and not one may get through.

    python -m bench.fuzz_credentials [--inputs 60000] [--seed 1] [--seconds 60] [--keep FOLDER]

Seeds are genuine codes of every kind (and, where the public test data is at hand, real certificates of many states).
They are broken at every layer: the text, the compressed bytes, the signed message, the claims. Claims that were changed
are signed anew with a key that is trusted, so that what stands behind the signature is fuzzed as hard as what stands in
front of it.

A find is: an exception other than the reader's own, more than 100 ms of processor time for one input (three times in a
row), or a code whose content was changed without the issuer's key and that is believed all the same. Peak memory is
told, too. Finds are kept in FOLDER, one file each. Exit 1 where there was any.
"""

import argparse
import json
import resource
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.hostile import Fuzzer, Subject
from checkpoint.credential import Credential
from checkpoint.errors import CredentialError

LIMIT_MS = 100.0
SHOWN = 20


@dataclass
class Tally:
    """What came of the inputs so far."""

    inputs: int = 0
    worst_ms: float = 0.0
    worst_kind: str = ""
    outcomes: Counter[str] = field(default_factory=Counter)
    finds: list[tuple[str, str, str]] = field(default_factory=list)  # (what, kind, text)


def examine(subject: Subject, tally: Tally) -> None:
    """Run one input and note what came of it."""
    tally.inputs += 1
    started = time.thread_time()
    try:
        outcome = subject.run()
    except CredentialError as error:
        tally.outcomes[str(error.reason)] += 1
        outcome = None
    except Exception as error:  # noqa: BLE001  any other exception is a find
        tally.finds.append((f"{type(error).__name__}: {error}"[:200], subject.kind, subject.text))
        return
    elapsed = (time.thread_time() - started) * 1000
    if elapsed > LIMIT_MS:
        elapsed = min(elapsed, *(_again(subject) for _ in range(2)))
        if elapsed > LIMIT_MS:
            tally.finds.append((f"{elapsed:.0f} ms", subject.kind, subject.text))
    if elapsed > tally.worst_ms:
        tally.worst_ms, tally.worst_kind = elapsed, subject.kind
    if isinstance(outcome, Credential):
        tally.outcomes["believed"] += 1
        if subject.kind in {"text", "layer", "random", "bomb"} and not _says_the_same(outcome, subject.seed):
            tally.finds.append(("believed, and not what was signed", subject.kind, subject.text))


def _again(subject: Subject) -> float:
    started = time.thread_time()
    with suppress(CredentialError):
        subject.run()
    return (time.thread_time() - started) * 1000


def _says_the_same(credential: Credential, seed: Credential | None) -> bool:
    """Return whether a broken code that was believed says what its seed says: then only its wrapping was changed."""
    if seed is None:
        return False
    return (credential.holder, credential.facts, credential.issuer, credential.expires_at) == (
        seed.holder,
        seed.facts,
        seed.issuer,
        seed.expires_at,
    )


def peak_mb() -> float:
    """Return the most memory this process ever had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(inputs: int, seed: int, seconds: float) -> tuple[Tally, float]:
    """Run so many inputs, or for so long; return the tally and by how many MB the peak memory grew."""
    fuzzer, tally = Fuzzer(seed), Tally()
    for known in [*fuzzer.seeds, *fuzzer.published]:  # everything is loaded once before memory is measured
        examine(Subject("seed", known.text, lambda known=known: known.reader.identify(known.text, known.now)), tally)  # type: ignore[misc]
    before, deadline = peak_mb(), time.monotonic() + seconds
    for subject in fuzzer.inputs():
        examine(subject, tally)
        if tally.inputs >= inputs or time.monotonic() > deadline:
            break
    return tally, peak_mb() - before


def main() -> int:
    """Print the figures as one JSON line; exit 1 where there was a find."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=60_000)
    parser.add_argument("--seconds", type=float, default=None, help="stop after this long (60 by default, or --inputs)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for finds")
    asked = parser.parse_args()
    seconds = asked.seconds or (60.0 if asked.inputs <= 60_000 else 24 * 3600.0)
    started = time.monotonic()
    tally, grown_mb = run(asked.inputs, asked.seed, seconds)
    print(
        json.dumps(
            {
                "inputs": tally.inputs,
                "seed": asked.seed,
                "seconds": round(time.monotonic() - started, 1),
                "finds": len(tally.finds),
                "worst_ms": round(tally.worst_ms, 2),
                "worst_kind": tally.worst_kind,
                "memory_grown_mb": round(grown_mb, 1),
                "outcomes": dict(tally.outcomes.most_common()),
            }
        )
    )
    for number, (what, kind, text) in enumerate(tally.finds):
        if number < SHOWN:
            print(f"{kind}: {what}: {text[:120]!r}", file=sys.stderr)
        if asked.keep:
            asked.keep.mkdir(parents=True, exist_ok=True)
            (asked.keep / f"{asked.seed}-{number}.txt").write_text(text, encoding="utf-8", errors="surrogatepass")
    return 1 if tally.finds else 0


if __name__ == "__main__":
    raise SystemExit(main())
