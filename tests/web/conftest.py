"""Pages for the tests of the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.pages import Pages, make_pages


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    """The pages of a station with nothing simulated said."""
    made = make_pages(tmp_path)
    yield made
    made.parts.journal.close()
