"""Seeded pictures of codes as a gate camera sees them: payloads, phones, optics, sequences, clutter."""

from bench.codes.clutter import CLUTTER, clutter_frame
from bench.codes.payloads import payload
from bench.codes.scene import KINDS, Shot, sequence, single

__all__ = ["CLUTTER", "KINDS", "Shot", "clutter_frame", "payload", "sequence", "single"]
