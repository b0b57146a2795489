"""How warm the processor is, as Linux tells it under /sys/class/thermal."""

from pathlib import Path

ZONES = Path("/sys/class/thermal")
OF_THE_PROCESSOR = ("cpu", "soc", "x86_pkg_temp")  # how such a zone's type begins: cpu-thermal on every Raspberry Pi


class ThermalZones:
    """The thermal zones of the kernel; a machine may have none, or none of its processor."""

    def __init__(self, zones: Path = ZONES) -> None:
        self._zones = zones

    def read_c(self) -> float | None:
        """Return the processor's warmest zone in degrees Celsius, None where none can be read."""
        known = [_degrees(zone) for zone in sorted(self._zones.glob("thermal_zone*")) if _is_of_processor(zone)]
        return max((degrees for degrees in known if degrees is not None), default=None)


def _is_of_processor(zone: Path) -> bool:
    try:
        return (zone / "type").read_text("utf-8").strip().startswith(OF_THE_PROCESSOR)
    except (OSError, UnicodeError):
        return False


def _degrees(zone: Path) -> float | None:
    """Return a zone's degrees; a sensor that is powered down gives an error, or no number."""
    try:
        degrees = int((zone / "temp").read_text("ascii")) / 1000
    except (OSError, ValueError):
        return None
    return degrees if -40 < degrees < 150 else None
