"""`python -m tests.conformance SUITE DIR`: a JSON line an expectation; exit 0 all held, 1 some failed, 2 usage."""

import argparse
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

from tests.conformance.expectation import ExpectationResult, as_json_line, tally

Suite = Callable[[Path], Iterable[ExpectationResult]]

SUITES = ("dgc", "certlogic", "rules", "shc", "vdsnc")
"""Each names a module of this package with `run(folder) -> Iterable[ExpectationResult]`."""


def load(name: str) -> Suite:
    """Return the suite's `run`; a suite is imported only when it is asked for."""
    run: Suite = import_module(f"tests.conformance.{name}").run
    return run


def main(arguments: list[str] | None = None) -> int:
    """Run one suite over one folder and print its tallies."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--details", action="store_true", help="say why each failed case failed")
    asked = parser.parse_args(arguments)
    if not asked.folder.is_dir():
        parser.error(f"no such folder: {asked.folder}")
    tallies = tally(load(asked.suite)(asked.folder))
    if not tallies:
        sys.stderr.write(f"no case of the {asked.suite} suite in {asked.folder}\n")
        return 2
    for expectation, counted in tallies.items():
        sys.stdout.write(as_json_line(asked.suite, expectation, counted, details=asked.details) + "\n")
    return 1 if any(counted.failed for counted in tallies.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
