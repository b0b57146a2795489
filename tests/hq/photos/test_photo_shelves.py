"""Photos in a folder and in an object store (a real SeaweedFS): one contract, and the same uploads through both."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from checkpoint.events import Kind
from hq.photos.s3_shelf import PhotoStoreError, S3Config, S3Shelf
from hq.photos.sealed import read_photo
from hq.photos.shelf import FolderShelf, PhotoShelf
from tests.hq.running import TestClock, headquarters, station
from tests.hq.seaweed import seaweed
from tests.hq.sending import held

NAME = "ab" * 32
PICTURE = b"\xff\xd8" + bytes(range(256)) * 3000


@pytest.fixture(scope="module")
def store() -> Iterator[S3Config]:
    with seaweed() as config:
        S3Shelf(config).make_bucket()
        yield config


@pytest.fixture(params=["folder", "s3"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> PhotoShelf:
    if request.param == "folder":
        return FolderShelf(tmp_path)
    config: S3Config = request.getfixturevalue("store")
    return S3Shelf(replace(config, prefix=f"{tmp_path.name}/"))


def test_a_photo_is_here_whole_or_not_at_all(shelf: PhotoShelf) -> None:
    assert not shelf.has("gate-1", NAME)
    with pytest.raises(KeyError):
        shelf.read("gate-1", NAME)
    shelf.keep("gate-1", NAME, PICTURE)
    assert shelf.has("gate-1", NAME)
    assert shelf.read("gate-1", NAME) == PICTURE
    assert not shelf.has("gate-2", NAME)
    assert not shelf.has("gate-1", NAME[:40])


def test_pieces_add_up_and_can_be_forgotten(shelf: PhotoShelf) -> None:
    assert shelf.arrived("gate-1", NAME) == 0
    shelf.add("gate-1", NAME, 0, b"abc")
    shelf.add("gate-1", NAME, 3, b"def")
    assert (shelf.arrived("gate-1", NAME), shelf.joined("gate-1", NAME)) == (6, b"abcdef")
    shelf.add("gate-1", NAME, 3, b"xyz")  # the reply was lost: the same piece once more
    assert shelf.joined("gate-1", NAME) == b"abcxyz"
    assert not shelf.has("gate-1", NAME)
    shelf.drop("gate-1", NAME)
    shelf.drop("gate-1", NAME)
    assert shelf.arrived("gate-1", NAME) == 0


def test_a_destroyed_photo_is_gone(shelf: PhotoShelf) -> None:
    shelf.keep("gate-1", NAME, PICTURE)
    shelf.add("gate-1", NAME, 0, b"abc")
    shelf.destroy("gate-1", NAME)
    shelf.destroy("gate-1", NAME)
    assert not shelf.has("gate-1", NAME)
    assert shelf.arrived("gate-1", NAME) == 0


def test_photos_of_a_station_arrive_in_an_object_store(store: S3Config, tmp_path: Path, clock: TestClock) -> None:
    with headquarters(tmp_path / "hq", clock, photos=store) as hq, station(hq, tmp_path / "gate") as gate:
        ref = gate.journal.keep_photo(PICTURE, "image/jpeg")
        gate.journal.append(Kind.TEST_READ, {"outcome": "invalid"}, photos=[ref])
        report = gate.client.run_once()
        assert (report.error, report.photos_sent, report.all_sent) == ("", 1, True)
        assert read_photo(hq.office.shelf, gate.enrolment.device, ref.sha256, hq.office.keys) == PICTURE
        assert hq.office.shelf.arrived(gate.enrolment.device, ref.sha256) == 0
        assert PICTURE[:64] not in hq.office.shelf.read(gate.enrolment.device, ref.sha256)
    assert not (tmp_path / "hq" / "photos").exists()


def test_with_the_object_store_down_events_still_land(tmp_path: Path, clock: TestClock) -> None:
    nobody = S3Config(
        "photos", endpoint="http://127.0.0.1:9", key="k", secret="s"
    )  # the port "discard": nobody listens
    with headquarters(tmp_path / "hq", clock, photos=nobody) as hq, station(hq, tmp_path / "gate") as gate:
        ref = gate.journal.keep_photo(b"\xff\xd8 a picture", "image/jpeg")
        gate.journal.append(Kind.TEST_READ, {"outcome": "invalid"}, photos=[ref])
        report = gate.client.run_once()
        assert "503" in report.error
        assert report.retry_after_s
        assert held(hq) == [1, 2]
        assert (report.pending.events, report.pending.photos) == (0, 1)


def test_a_wrong_key_is_one_clear_error(store: S3Config) -> None:
    with pytest.raises(PhotoStoreError, match="photo store"):
        S3Shelf(replace(store, secret="wrong")).keep("gate-1", NAME, PICTURE)


def test_a_place_for_photos_is_a_bucket_and_a_prefix() -> None:
    assert S3Config.from_url("s3://photos") == S3Config("photos")
    assert S3Config.from_url("s3://photos/a/b/").prefix == "a/b/"
    for wrong in ("photos", "http://photos/a", "s3:///a"):
        with pytest.raises(ValueError, match="s3://BUCKET"):
            S3Config.from_url(wrong)
    assert "secret" not in repr(S3Config("photos", secret="secret"))
