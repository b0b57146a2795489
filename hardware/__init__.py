"""Camera, lamps and clock: real and simulated adapters of the ports in `checkpoint.ports`."""
