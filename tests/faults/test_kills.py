"""Whatever the moment a gate is killed at: what it had told is there, and no green was shown without its event."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.data import REPOSITORY

KILLS = 20  # `make soak` does a thousand


def test_a_killed_gate_keeps_every_promise_beside_sync_retention_and_backup(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.faults.kills", "--kills", str(KILLS), "--folder", str(tmp_path), "--json"],
        cwd=REPOSITORY,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    tally = json.loads(ran.stdout.splitlines()[-2])
    assert tally["trouble"] == [], ran.stderr
    assert tally["kills"] == KILLS
    assert tally["events"] > KILLS
    assert tally["greens"] > 0
    assert tally["acked"] > 0
