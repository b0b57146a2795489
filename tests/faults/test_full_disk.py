"""A disk that is really full, filled to the last byte: whoever is not written down is not admitted."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkpoint.crossing import Lamp
from checkpoint.errors import JournalFull
from checkpoint.events import Kind
from checkpoint.journal import Journal
from tests.checkpoint.station_parts import Parts

SIZE_MB = 4


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(folder)], check=False, capture_output=True
        ).returncode
    )
    if not mounted:
        pytest.skip("mounting a small file system takes root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all the room that is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return ballast


def test_a_full_disk_shows_a_fault_never_green_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    parts = Parts(small_disk)
    parts.gate.present([parts.codes.naat("Li Na", parts.hours_ago(5))], officer="Chen")
    assert parts.lamps.shown is Lamp.GREEN
    parts.gate.next(officer="Chen")
    before = parts.journal.head().seq
    ballast = fill(small_disk)
    refused = 0
    for number in range(200):  # what the log file has room for already may still be written
        try:
            parts.gate.present([parts.codes.naat(f"Wang {number}", parts.hours_ago(5))], officer="Chen")
            parts.gate.next(officer="Chen")
        except JournalFull:
            refused += 1
            assert parts.lamps.shown is Lamp.FAULT
            assert "journal" in parts.gate.view().fault
    assert refused > 100
    written = parts.journal.head().seq
    assert parts.journal.verify() == written >= before
    ballast.unlink()
    parts.gate.present([parts.codes.naat("Sun Li", parts.hours_ago(5))], officer="Chen")
    assert parts.lamps.shown is Lamp.GREEN
    assert parts.gate.view().fault == ""
    parts.journal.verify()
    parts.journal.close()


def test_a_photo_that_finds_no_room_leaves_nothing_half_written(small_disk: Path) -> None:
    parts = Parts(small_disk)
    ballast = fill(small_disk)
    with pytest.raises(JournalFull):
        parts.journal.keep_photo(os.urandom(100_000), "image/jpeg")
    assert list(parts.journal.photos) == []
    assert not [file for file in small_disk.rglob(".*") if file.is_file()]
    ballast.unlink()
    parts.journal.close()


def test_photos_that_headquarters_has_make_room_on_a_disk_without_any(small_disk: Path) -> None:
    parts = Parts(small_disk)
    journal: Journal = parts.journal
    for number in range(4):
        photo = journal.keep_photo(bytes([number]) * 150_000, "image/jpeg")
        journal.append(Kind.TEST_READ, {"test": f"t-{number}"}, photos=[photo])
    head = journal.head()
    journal.outbox.acknowledge(head.seq, head.hash, epoch=head.epoch, text="", sig=b"")
    for sha256 in journal.outbox.photos_due(10):
        journal.outbox.confirm_photo(sha256)
    fill(small_disk)
    done = journal.thin_photos(200_000)
    assert done.photos == 2
    assert journal.event(head.seq + 1).kind is Kind.PERSONAL_DESTROYED, "and there is room to say so"
    journal.close()
