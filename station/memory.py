"""Keeping the station small: pictures go back to the system as soon as they are done with."""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # malloc.h of glibc
PICTURES_FROM_BYTES = 256 * 1024
MOST_ARENAS = 2


def return_pictures_to_the_system() -> bool:
    """Ask glibc to give every block as large as a picture back when it is freed; return whether it was asked.

    By itself glibc learns from the first large blocks to keep later ones, in an arena for each of a dozen threads:
    measured, 337 MB resident after a few scans, against 138 MB with this. Elsewhere than on glibc nothing happens.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    wishes = {M_ARENA_MAX: MOST_ARENAS, M_MMAP_THRESHOLD: PICTURES_FROM_BYTES, M_TRIM_THRESHOLD: PICTURES_FROM_BYTES}
    return all(mallopt(name, value) == 1 for name, value in wishes.items())
