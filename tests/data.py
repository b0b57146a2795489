"""Where the public test data lies: CHECKPOINT_TEST_DATA, else ../shared/data beside the repository."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """Return the folder of public test data, whether or not it exists."""
    return Path(os.environ.get("CHECKPOINT_TEST_DATA") or REPOSITORY.parent / "shared" / "data")


def test_data(*parts: str) -> Path:
    """Return a file or folder of the public test data; skip the calling test, with the reason, where it is absent."""
    path = data_folder().joinpath(*parts)
    if not path.exists():
        pytest.skip(f"public test data absent: {'/'.join(parts)} (set CHECKPOINT_TEST_DATA to its folder)")
    return path


test_data.__test__ = False  # type: ignore[attr-defined]  # named for its callers, not a test itself
