"""Signal lamps and buzzer: simulated, on GPIO lines, and behind the lamp-holder."""

from hardware.lamps.simulated import SimulatedLamps

__all__ = ["SimulatedLamps"]
