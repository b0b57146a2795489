"""How the figures are printed: one JSON object a line."""

import json
import os
from collections.abc import Callable

Say = Callable[..., None]


def say(**told: object) -> None:
    """Print one figure, with how busy the machine is."""
    print(json.dumps({**told, "load": round(os.getloadavg()[0], 1)}, ensure_ascii=False), flush=True)
