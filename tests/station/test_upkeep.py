"""By night the station gives up what it need not keep and backs up the rest; a full disk makes it give way sooner."""

from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from checkpoint.events import Kind
from checkpoint.journal import Journal, LogQuery, Seal, generations
from station.ballast import Ballast
from station.config import BackupConfig, RetentionConfig
from station.upkeep import BACKUP_FAILED, Room, Upkeep
from tests.checkpoint.station_parts import TurnedClock

GB = 1_000_000_000
WHO = {"holder": {"name": "Zhang Wei"}}
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Night:
    """A station's journal with its upkeep, on a disk and a clock that tests set."""

    def __init__(self, folder: Path) -> None:
        self.clock = TurnedClock()
        self.journal = Journal.open(folder / "journal", clock=self.clock, seal=Seal.open(folder / "keys"))
        self.room = Room(100 * GB, 50 * GB)
        self.to = folder / "stick"
        self.ballast = Ballast(folder / "ballast", size=1 << 20)
        self.upkeep = Upkeep(
            self.journal,
            self.clock,
            SHANGHAI,
            data=folder / "journal",
            to=self.to,
            backup=BackupConfig(at=time(3, 10)),
            retention=RetentionConfig(retention_days=14),
            room=lambda: self.room,
            ballast=self.ballast,
        )

    def decide(self) -> int:
        photo = self.journal.keep_photo(b"%d" % self.journal.head().seq * 1000, "image/jpeg")
        return self.journal.append(Kind.CROSSING_DECIDED, {"crossing": "c"}, personal=WHO, photos=[photo]).seq

    def at(self, hour: int, minute: int = 0) -> None:
        """Turn the clock on to the next time it shows `hour` in Shanghai."""
        now = self.clock.now().wall.astimezone(SHANGHAI)
        then = now.replace(hour=hour, minute=minute, second=0)
        self.clock.turn(seconds=((then if then > now else then + timedelta(days=1)) - now).total_seconds())

    def headquarters_has_all(self) -> None:
        head = self.journal.head()
        self.journal.outbox.acknowledge(head.seq, head.hash, epoch=head.epoch, text="", sig=b"")
        for sha256 in self.journal.outbox.photos_due(100):
            self.journal.outbox.confirm_photo(sha256)

    def told(self, kind: Kind) -> list[dict[str, object]]:
        return [event.body for event in self.journal.search(LogQuery(kind=kind)).entries]


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path)


def test_it_backs_up_once_a_night_at_its_time(night: Night) -> None:
    night.decide()
    night.at(3, 0)
    night.upkeep.look()
    assert generations(night.to) == []
    night.at(3, 10)
    for _ in range(3):
        night.upkeep.look()
    assert len(generations(night.to)) == 1
    night.at(3, 10)
    night.upkeep.look()
    assert len(generations(night.to)) == 2


def test_a_station_that_was_off_by_night_catches_up_by_day(night: Night) -> None:
    night.at(11)
    night.upkeep.look()
    assert len(generations(night.to)) == 1


def test_what_is_past_its_days_is_destroyed_and_what_is_not_stays(night: Night) -> None:
    old = night.decide()
    night.clock.turn(days=13)
    young = night.decide()
    night.clock.turn(days=1, hours=1)
    night.at(4)
    night.upkeep.look()
    assert night.journal.personal(old) is None
    assert night.journal.personal(young) == WHO
    assert [(told["records"], told["photos"]) for told in night.told(Kind.PERSONAL_DESTROYED)] == [(1, 1)]
    night.journal.verify()


def test_a_clock_that_cannot_be_trusted_destroys_nothing(night: Night) -> None:
    seq = night.decide()
    night.clock.turn(days=400)
    night.clock.distrust()
    night.at(4)
    night.upkeep.look()
    assert night.journal.personal(seq) == WHO
    assert len(generations(night.to)) == 1, "a backup needs no calendar"


def test_a_missing_stick_is_remembered_until_it_is_back(night: Night) -> None:
    night.to.write_text("not a folder")
    night.at(4)
    night.upkeep.look()
    assert "stick" in night.journal.outbox.note(BACKUP_FAILED)
    night.to.unlink()
    night.at(4)
    night.upkeep.look()
    assert night.journal.outbox.note(BACKUP_FAILED) == ""


def test_on_a_full_disk_only_photos_that_headquarters_has_give_way(night: Night) -> None:
    sent = [night.decide() for _ in range(3)]
    night.headquarters_has_all()
    unsent = night.decide()
    night.room = Room(100 * GB, 4 * GB)
    night.upkeep.look()
    photos = [night.journal.event(seq).photos[0].sha256 for seq in [*sent, unsent]]
    assert set(night.journal.photos) == {photos[-1]}
    assert night.told(Kind.PERSONAL_DESTROYED)[0]["photos"] == 3
    assert night.journal.personal(sent[0]) == WHO, "who it was stays until its time is over"
    assert night.ballast.held, "and room is kept for the next start"


def test_photos_give_way_oldest_first_and_no_more_than_it_takes(night: Night) -> None:
    seqs = [night.decide() for _ in range(4)]
    night.headquarters_has_all()
    photos = [night.journal.event(seq).photos[0].sha256 for seq in seqs]
    size = night.journal.photos.path(photos[0]).stat().st_size
    total = 100 * size
    night.room = Room(total, round(total * 0.08) - size // 2)
    assert night.room.too_much == 0, "92 % is no reason"
    night.journal.thin_photos(size + 1)
    assert set(night.journal.photos) == set(photos[2:])


@pytest.mark.parametrize(("used", "gives_up"), [(0.80, 0), (0.94, 0), (0.95, 5 * GB), (1.0, 10 * GB)])
def test_room_is_made_from_95_percent_down_to_90(used: float, gives_up: int) -> None:
    assert Room(100 * GB, round(100 * GB * (1 - used))).too_much == gives_up
