"""Kill a working gate at a random moment, look at what it left, and start it again; many times.

python -m tests.faults.kills --kills 1000 [--seed 2022] [--folder DIR]

Ends with 1 where anything that was promised is not there.
"""

import argparse
import json
import os
import random
import select
import signal
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from checkpoint.events import Kind
from checkpoint.journal import Journal, Seal
from tests.checkpoint.station_parts import TurnedClock
from tests.faults import killed_gate

AT_WORK_WITHIN_S = 60.0


@dataclass(slots=True)
class Tally:
    """What many kills came to."""

    kills: int = 0
    events: int = 0
    greens: int = 0
    acked: int = 0
    trouble: list[str] = field(default_factory=list)


def kill_often(folder: Path, kills: int, seed: int, say: bool = False) -> Tally:
    """Kill a gate `kills` times and check after each; stop at the first promise that was not kept."""
    chance, tally = random.Random(seed), Tally()
    for number in range(1, kills + 1):
        promised = _run_and_kill(folder, chance, sync=number % 2 == 0)
        tally.kills = number
        tally.trouble += [line for line in promised if line.startswith("trouble")]
        _check(folder, promised, tally, whole=number % 20 == 0 or number == kills)
        if tally.trouble:
            break
        if say and number % 50 == 0:
            print(f"{number} kills: {tally.events} events promised, {tally.greens} greens, all there", flush=True)
    return tally


def _run_and_kill(folder: Path, chance: random.Random, *, sync: bool) -> list[str]:
    """Return what a gate had told by the moment it was killed, whole lines only."""
    read_end, write_end = os.pipe()
    child = os.fork()  # everything is imported already: a kill costs what the gate does, not what Python does
    if child == 0:
        os.dup2(write_end, 1)
        os.close(read_end)
        try:
            killed_gate.main(folder, sync)
        finally:
            os._exit(70)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        at_work = bool(select.select([pipe], [], [], AT_WORK_WITHIN_S)[0])
        time.sleep(chance.uniform(0, 0.3))
        os.kill(child, signal.SIGKILL)
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    said = [line.decode().strip() for line in told.splitlines(keepends=True) if line.endswith(b"\n")]
    if not at_work or not os.WIFSIGNALED(status):
        said.append("trouble: the gate was not at work, or ended by itself")
    return said


def _check(folder: Path, promised: list[str], tally: Tally, *, whole: bool) -> None:
    """Look for everything that was promised; note in `tally` what is missing."""
    with Journal.open(folder / "journal", clock=TurnedClock(), seal=Seal.open(folder / "keys")) as journal:
        head = journal.head()
        for what, seq in (line.split() for line in promised if not line.startswith("trouble")):
            if int(seq) > head.seq:
                tally.trouble.append(f"{what} {seq} was promised, the journal ends at {head.seq}")
                continue
            event = journal.event(int(seq))
            match what:
                case "event":
                    tally.events += 1
                case "green":
                    tally.greens += 1
                    _check_green(journal, int(seq), tally)
                case "acked":
                    tally.acked += 1
                    if journal.outbox.cursor() < int(seq):
                        tally.trouble.append(f"the receipt up to {event.seq} is gone")
        if whole:
            journal.verify()


def _check_green(journal: Journal, seq: int, tally: Tally) -> None:
    """A green needs a decision that admits; the upkeep may have written a line of its own behind it."""
    near = journal.events(after=max(0, seq - 8), limit=8)
    if not any(event.kind is Kind.CROSSING_DECIDED and event.body["verdict"] == "admit" for event in near):
        tally.trouble.append(f"green at event {seq} without a decision that admits")


def main() -> int:
    """Kill, check and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000, help="how often")
    parser.add_argument("--seed", type=int, default=2022, help="of the moments")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    parser.add_argument("--folder", type=Path, help="a folder on the disk to try (default: a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        tally = kill_often(Path(folder), options.kills, options.seed, say=True)
    if options.json:
        print(json.dumps(asdict(tally)))
    print(
        f"{tally.kills} kills: {tally.events} events promised, {tally.greens} greens, {tally.acked} receipts; "
        + (f"LOST: {'; '.join(tally.trouble)}" if tally.trouble else "every one is there")
    )
    return 1 if tally.trouble else 0


if __name__ == "__main__":
    raise SystemExit(main())
