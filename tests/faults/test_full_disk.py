"""A disk that is really full, filled to the last byte: whoever is not written down is not admitted."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from checkpoint.crossing import Lamp
from checkpoint.errors import JournalFull
from checkpoint.events import Kind
from checkpoint.health import Advice, Finding, State
from checkpoint.journal import Journal, LogQuery
from station.ballast import STEP_BYTES, Ballast
from station.commands.doctor import examine
from station.config import Config
from station.running import Station
from station.wiring import build
from tests.checkpoint.station_parts import Parts
from web.officers import Officers, Role

SIZE_MB = 4


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A file system of a few megabytes, or of as many as the test's parameter says."""
    size_mb = getattr(request, "param", SIZE_MB)
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(folder)], check=False, capture_output=True
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


def config_on(disk: Path, *, demo: bool = False) -> Config:
    """Return the configuration of a station whose data lie on `disk`."""
    if demo:
        return Config.model_validate({"data": disk / "data", "demo": True, "clock": {"source": "assume-trusted"}})
    lane = disk.parent / "lane"
    if not lane.exists():
        lane.mkdir()
        Officers(disk / "data" / "officers.json").add("Chen", "1111", Role.OFFICER)
        cv2.imwrite(str(lane / "a.png"), np.full((240, 320, 3), 90, np.uint8))
    tables = {"gate_camera": {"source": "folder", "path": lane}, "bench_camera": {"source": "gate"}}
    return Config.model_validate({"data": disk / "data", "clock": {"source": "assume-trusted"}, **tables})


def station_on(disk: Path, *, demo: bool = False) -> Station:
    """Return the whole station, not started yet."""
    return build(config_on(disk, demo=demo))


def write_until_full(journal: Journal) -> None:
    """Write events: what the file has room for already is still written down."""
    for _ in range(10_000):
        journal.append(Kind.LOGGED_IN, {"officer": "Chen", "role": "officer"})


@pytest.mark.parametrize("demo", [False, True], ids=["station", "demonstration"])
def test_a_station_starts_on_a_full_disk_and_holds_with_the_reason(small_disk: Path, demo: bool) -> None:
    station = station_on(small_disk, demo=demo)
    station.start()
    station.close()
    full = fill(small_disk)
    for _ in range(3):  # as often as the box is switched off and on
        station = station_on(small_disk, demo=demo)
        try:
            station.start()
            disk = next(check for check in station.services.health() if check.name == "disk")
            assert disk.finding is Finding.FULL
            with pytest.raises(JournalFull):
                write_until_full(station.journal)
            assert station.lamps.shown is not Lamp.GREEN
            station.journal.verify()
        finally:
            station.close()
    full.unlink()
    station = station_on(small_disk, demo=demo)
    try:
        station.start()
        newest = station.journal.search(LogQuery(kind=Kind.STATION_STARTED)).entries[0]
        assert newest.seq == station.journal.head().seq
    finally:
        station.close()


def test_without_the_room_that_was_kept_the_start_says_what_is_wrong(small_disk: Path) -> None:
    station_on(small_disk).close()
    fill(small_disk)
    with pytest.raises(JournalFull, match="nothing more can be written"):
        station_on(small_disk)
    told = {check.name: check.advice for check in examine(config_on(small_disk)) if check.state is not State.OK}
    assert told["disk"] is told["journal"] is told["chain"] is Advice.FREE_DISK, "nobody is sent to support for it"


def test_the_room_kept_for_a_start_is_what_can_be_had_and_grows_again(small_disk: Path) -> None:
    ballast = Ballast(small_disk / "kept", size=1 << 20)
    ballast.keep()
    assert ballast.held == 1 << 20
    ballast.lend()
    assert ballast.held == 1 << 20, "there is room enough"
    full = fill(small_disk)
    ballast.lend()
    assert ballast.held == 0
    (small_disk / "taken").write_bytes(bytes(300_000))
    ballast.keep()
    assert (1 << 20) - 300_000 - 2 * STEP_BYTES < ballast.held <= (1 << 20) - 300_000
    full.unlink()
    ballast.keep()
    assert ballast.held == 1 << 20
