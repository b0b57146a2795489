"""How commands speak: exit codes, JSON lines, and errors in one clear line."""

import enum
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np

from checkpoint.errors import CheckpointError
from checkpoint.ports import Image
from station import LARGEST_PICTURE_PX

DONE = 0
ANSWER_IS_NO = 1
USAGE = 2

_PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
LARGEST_PICTURE_BYTES = 64 * 1024 * 1024


class InputError(click.ClickException):
    """What was given cannot be used: one line to standard error, exit code 2."""

    exit_code = USAGE


class PlainGroup(click.Group):
    """A command group in which every error raised on purpose ends as one line and exit code 2."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; word what it raised."""
        try:
            return super().invoke(ctx)
        except CheckpointError as error:
            raise InputError(str(error)) from error


def print_json(record: dict[str, Any]) -> None:
    """Print one record as a line of JSON, Chinese as it is."""
    click.echo(json.dumps(record, ensure_ascii=False, default=_plain))


def complain(path: Path, error: Exception) -> None:
    """Say on standard error what is wrong with one of several files; the others go on."""
    click.echo(f"{path}: {error}", err=True)


def load_picture(path: Path) -> Image:
    """Return the picture in a file, shape (H, W, 3), uint8, BGR, turned upright as its camera noted.

    ``-`` is standard input. Raise `InputError` for what is not a picture, is empty, or is too large to be one taken at
    a checkpoint.
    """
    if str(path) == "-":
        data = sys.stdin.buffer.read(LARGEST_PICTURE_BYTES + 1)
        if len(data) > LARGEST_PICTURE_BYTES:
            raise InputError("more than 64 MB on standard input: no picture this reads")
        return decode_picture(data)
    if path.is_dir():
        raise InputError("no picture in this folder")
    try:
        size = path.stat().st_size
        if size > LARGEST_PICTURE_BYTES:
            raise InputError(f"{size / 1e6:.0f} MB is larger than any picture this reads (64 MB)")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(error.strerror or str(error)) from error
    return decode_picture(data)


def pictures_among(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files, and for a folder the pictures in it and below, by name; itself where it has none."""
    for path in paths:
        within = sorted(found for found in path.rglob("*") if found.suffix.lower() in _PICTURE_SUFFIXES)
        yield from within or [path]


def decode_picture(data: bytes) -> Image:
    """Return an encoded picture's pixels; raise `InputError` where it is none."""
    if not data:
        raise InputError("the file is empty")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        if "MAX_IMAGE_PIXELS" in error.err or "pixels" in error.err:
            raise InputError(f"larger than this reads ({LARGEST_PICTURE_PX // 1_000_000} megapixels)") from error
        raise InputError(f"not a picture that can be read: {error.err}") from error
    if image is None:
        raise InputError("not a picture that can be read (JPEG, PNG, WebP, BMP, TIFF)")
    if image.shape[0] * image.shape[1] > LARGEST_PICTURE_PX:
        raise InputError(f"{image.shape[1]}x{image.shape[0]} pixels is larger than this reads (80 megapixels)")
    return np.asarray(image, np.uint8)


def leave(code: int) -> None:
    """End the command with an exit code of its own."""
    sys.stdout.flush()
    raise click.exceptions.Exit(code)


def _plain(value: object) -> object:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def dated(moment: datetime, zone: tzinfo = UTC, *, seconds: bool = False) -> str:
    """Return a time as people read it: in the station's zone where one is at hand, else UTC.

    >>> dated(datetime.fromisoformat("2022-03-20T16:00:00+08:00"))
    '2022-03-20 08:00 UTC'
    >>> from zoneinfo import ZoneInfo
    >>> dated(datetime.fromisoformat("2022-03-20T08:00:00+00:00"), ZoneInfo("Asia/Shanghai"))
    '2022-03-20 16:00 +08:00'
    """
    local = moment.astimezone(zone)
    text = local.isoformat(" ", timespec="seconds" if seconds else "minutes")
    return text[:-6] + (f" {text[-6:]}" if local.utcoffset() else " UTC")


def as_read(value: object, zone: tzinfo) -> str:
    """Return a value of some record as people read it: a time like every other time.

    >>> as_read("2021-11-02T18:00:00+00:00", UTC), as_read("1,3", UTC)
    ('2021-11-02 18:00 UTC', '1,3')
    """
    try:
        moment = datetime.fromisoformat(str(value)) if "T" in str(value) else None
    except ValueError:
        moment = None
    return dated(moment, zone) if moment and moment.tzinfo else str(value)


def age_of(moment: datetime | None, now: datetime, zone: tzinfo = UTC) -> str:
    """Return how old something of that time is, in words."""
    if moment is None:
        return "of unknown age"
    days = (now - moment).days
    if moment > now + timedelta(minutes=1):
        return f"dated {dated(moment, zone)}, which is yet to come"
    return f"of {dated(moment, zone)}, {days} {'day' if days == 1 else 'days'} old"
