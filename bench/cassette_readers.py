"""The readers that the tables of `bench.cassette` put side by side, and how their scores become a detection curve."""

from collections.abc import Callable

from bench.cassette_rivals import RIVALS
from checkpoint.ports import Image
from vision.cassette.network import Network
from vision.cassette.window import WindowReading, read_window

Scorer = Callable[[Image], float]
OURS = "ours"


def evidence_of(reading: WindowReading) -> float:
    """Return the score before it is squeezed into 0 to 1, so that no two differ by less than a float can hold."""
    return reading.features.get("test_log_odds", -99.0)


def scorers(network: Network | None = None) -> dict[str, Scorer]:
    """Return the readers by name; ours with the weights that ship unless others are given."""
    ours: dict[str, Scorer] = {OURS: lambda crop: evidence_of(read_window(crop, network=network))}
    return ours | {name: (lambda crop, rival=rival: rival(crop).score) for name, rival in RIVALS.items()}
