"""The program that runs on the Pi: command line, configuration, and the one place where adapters are chosen."""

import os
from datetime import UTC, datetime

VERSION = "0.1.0"
RELEASED = datetime(2026, 11, 24, tzinfo=UTC)
"""No clock that shows an earlier time than this program's making can be right."""

LARGEST_PICTURE_PX = 80_000_000
# OpenCV reads this once, when it is loaded: a file of one megabyte may unfold into gigabytes before its size is seen.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(LARGEST_PICTURE_PX))
