"""Whatever kills the writer, an event whose append returned is there afterwards, and nothing is half there."""

import json
import os
import subprocess
import sys
from pathlib import Path

from checkpoint.journal import Journal, Seal
from tests.checkpoint.journal.conftest import StandingClock
from tests.data import REPOSITORY

KILLS = int(os.environ.get("CHECKPOINT_KILLS", "20"))  # `make soak` asks for many more


def test_a_killed_writer_loses_nothing_it_had_promised(tmp_path: Path, clock: StandingClock) -> None:
    folder = tmp_path / "journal"
    ran = subprocess.run(
        [sys.executable, "-m", "tests.checkpoint.journal.killed_writer", str(folder), str(KILLS), "2022"],
        cwd=REPOSITORY,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    promises = json.loads(ran.stdout)
    assert len(promises) == KILLS
    assert all(promises), "every writer was at work when it was killed"
    with Journal.open(folder, clock=clock, seal=Seal.open(folder)) as journal:
        count = journal.verify()
        for seq, sha256 in (promise for kill in promises for promise in kill):
            assert seq <= count
            assert journal.event(seq).photos[0].sha256 == sha256
            assert len(journal.photo(sha256)) == 2000
            assert journal.personal(seq) == {"name": "A"}
        for event in journal.events(limit=count):
            assert journal.photo(event.photos[0].sha256), "an event never names a photo that is not there"
