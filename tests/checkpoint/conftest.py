"""Gate and bench for the use cases' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkpoint.station_parts import Parts


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    """A gate and a bench on a journal of their own."""
    made = Parts(tmp_path)
    yield made
    made.journal.close()
