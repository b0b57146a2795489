"""The program that runs on the Pi: command line, configuration, and the one place where adapters are chosen."""

from datetime import UTC, datetime

VERSION = "0.1.0"
RELEASED = datetime(2026, 11, 24, tzinfo=UTC)
"""No clock that shows an earlier time than this program's making can be right."""
