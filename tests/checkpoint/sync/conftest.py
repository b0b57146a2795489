"""The running headquarters of tests/hq, seen from the station's side."""

from tests.hq.conftest import clock, gate, hq

__all__ = ["clock", "gate", "hq"]
