"""Gate and bench for the station's tests."""

from tests.checkpoint.conftest import parts

__all__ = ["parts"]
