"""The commands as somebody types them: on real photos and certificates where they are at hand, with exit codes."""

import base64
import json
import struct
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from station.cli import main
from station.config import load_config
from station.demo import cassettes, screens
from station.demo.wallet import Keys, Wallet
from station.wiring import open_new_journal
from tests.data import test_data
from vision.cassette.types import Lines, load_type, write_type
from vision.render import CassetteGeometry, CassetteSpec, render_scene

NOW = datetime.now(UTC)


def checkpoint(*arguments: object, text: str | None = None) -> Result:
    """Run `checkpoint` with `arguments`."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=text)


def records(result: Result) -> list[dict[str, object]]:
    """Return the JSON lines a command printed."""
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    """A demo issuer's codes."""
    return Wallet(Keys.open(tmp_path / "keys"), now=lambda: NOW)


@pytest.fixture
def trust(tmp_path: Path, wallet: Wallet) -> Path:
    """The trust list that names the demo issuer."""
    path = tmp_path / "trust.json"
    wallet.keys.trust_list(NOW).save(path)
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A station's configuration with everything at its default."""
    path = tmp_path / "station.toml"
    path.write_text('data = "data"\n', "utf-8")
    return path


# -- scan


def test_scan_prints_one_json_line_a_file(tmp_path: Path) -> None:
    phone = tmp_path / "phone.png"
    cv2.imwrite(str(phone), screens.phone_with_code("健康码 42", title="CODE", colour_bgr=(80, 80, 80)))
    result = checkpoint("scan", "--json", phone)
    record = records(result)[0]
    assert result.exit_code == 0
    assert record["file"] == str(phone)
    payload = record["payloads"][0]  # type: ignore[index]
    assert (payload["text"], payload["format"], payload["decoder"]) == ("健康码 42", "qr-code", "zxing")
    assert isinstance(record["ms"], float)


def test_scan_without_a_code_says_no(tmp_path: Path) -> None:
    lane = tmp_path / "lane.png"
    cv2.imwrite(str(lane), screens.empty_lane())
    result = checkpoint("scan", "--json", lane)
    assert (result.exit_code, records(result)[0]["payloads"]) == (1, [])


def test_scan_takes_a_folder_and_standard_input(tmp_path: Path) -> None:
    picture = screens.phone_with_code("health code", title="CODE", colour_bgr=(80, 80, 80))
    (tmp_path / "lane" / "one").mkdir(parents=True)
    (tmp_path / "lane" / "notes.txt").write_text("no picture")
    cv2.imwrite(str(tmp_path / "lane" / "one" / "phone.JPG"), picture)
    folder = checkpoint("scan", "--json", tmp_path / "lane")
    assert [Path(str(record["file"])).name for record in records(folder)] == ["phone.JPG"]
    encoded = cv2.imencode(".png", picture)[1].tobytes()
    piped = CliRunner().invoke(main, ["scan", "--json", "-"], input=encoded)
    assert piped.exit_code == 0
    assert records(piped)[0]["payloads"][0]["text"] == "health code"  # type: ignore[index]


def test_a_small_file_that_unfolds_into_gigabytes_is_refused_before_it_does(tmp_path: Path) -> None:
    header = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(bytes(30_001))
    parts = (
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
        for part in (header, pixels, b"IEND")
    )
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    # In a program of its own, for OpenCV takes the limit when it is loaded.
    command = [sys.executable, "-m", "station.cli", "scan", "--json", str(tmp_path / "bomb.png")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert "larger than this reads" in result.stderr


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\xff\xd8\xff\xe0 half a picture"])
@pytest.mark.parametrize("command", ["scan", "read"])
def test_a_file_that_is_no_picture_is_said_and_the_others_go_on(tmp_path: Path, command: str, content: bytes) -> None:
    broken, good = tmp_path / "broken.jpg", tmp_path / "good.png"
    broken.write_bytes(content)
    cv2.imwrite(str(good), np.full((90, 160, 3), 120, np.uint8))
    result = checkpoint(command, "--json", broken, good)
    assert result.exit_code == 2
    assert "broken.jpg" in result.stderr
    assert [record["file"] for record in records(result)] == [str(good)]


@pytest.mark.data
def test_scan_reads_real_photos() -> None:
    photos = sorted(test_data("qr", "zxing-1").glob("*"))[:12]
    result = checkpoint("scan", "--json", *photos)
    read = [record for record in records(result) if record["payloads"]]
    assert len(records(result)) == len(photos)
    assert len(read) >= 9


# -- verify


def test_verify_says_what_a_genuine_code_states(wallet: Wallet, trust: Path) -> None:
    result = checkpoint("verify", "--json", "--trust", trust, wallet.text("naat-negative-5h"))
    record = records(result)[0]
    assert result.exit_code == 0
    assert (record["format"], record["status"], record["reason"]) == ("hc1", "verified", None)
    assert record["facts"][0]["result"] == "negative"  # type: ignore[index]


def test_verify_takes_a_code_from_standard_input(wallet: Wallet, trust: Path) -> None:
    result = checkpoint("verify", "--json", "--trust", trust, "-", text=wallet.text("naat-negative-5h") + "\n")
    assert records(result)[0]["status"] == "verified"


@pytest.mark.parametrize(
    ("scene", "reason"),
    [("forged", "bad-signature"), ("unknown-issuer", "unknown-issuer"), ("naat-expired", "expired")],
)
def test_verify_refuses_with_its_reason_and_names_nobody(wallet: Wallet, trust: Path, scene: str, reason: str) -> None:
    result = checkpoint("verify", "--json", "--trust", trust, wallet.text(scene))
    record = records(result)[0]
    assert (result.exit_code, record["status"], record["reason"]) == (1, "refused", reason)
    assert "holder" not in record
    assert record["facts"] == []


def test_verify_tells_an_unknown_text_from_a_broken_code(trust: Path) -> None:
    unknown = records(checkpoint("verify", "--json", "--trust", trust, "https://shop.example"))[0]
    broken = records(checkpoint("verify", "--json", "--trust", trust, "HC1:NONSENSE"))[0]
    assert (unknown["status"], unknown["reason"]) == ("unknown", "unknown-code")
    assert (broken["status"], broken["format"], broken["reason"]) == ("refused", "hc1", "malformed")


def test_verify_judges_as_of_the_time_that_is_asked(wallet: Wallet, trust: Path) -> None:
    later = records(
        checkpoint(
            "verify", "--json", "--trust", trust, "--at", "2031-01-01T00:00:00Z", wallet.text("naat-negative-5h")
        )
    )
    assert later[0]["reason"] == "expired"


@pytest.mark.parametrize("arguments", [["--at", "yesterday"], ["--trust", "/none/trust.json"]])
def test_verify_with_options_that_cannot_be_used_is_a_usage_error(arguments: list[str]) -> None:
    assert checkpoint("verify", *arguments, "HC1:X").exit_code == 2


@pytest.mark.data
def test_verify_accepts_real_certificates_of_many_issuers(tmp_path: Path) -> None:
    verified, refused = [], []
    for folder in sorted(test_data("certs", "dgc-testdata").iterdir()):
        case = next(filter(None, map(_plain_case, sorted(folder.rglob("*.json")))), None)
        if case is None:
            continue
        signer, trust = tmp_path / f"{folder.name}.pem", tmp_path / f"{folder.name}.json"
        der = base64.b64decode(case["TESTCTX"]["CERTIFICATE"])
        signer.write_text(f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n")
        assert checkpoint("trust", "import", "--trust", trust, "--issuer", folder.name, signer).exit_code == 0
        clock = case["TESTCTX"]["VALIDATIONCLOCK"]
        told = records(checkpoint("verify", "--json", "--trust", trust, "--at", clock, case["PREFIX"]))[0]
        (verified if told["status"] == "verified" else refused).append((folder.name, told["reason"]))
    assert len(verified) >= 12
    assert refused == []


def _plain_case(path: Path) -> dict[str, Any] | None:
    """Return a case that must be accepted whole, None for any other file."""
    told: dict[str, Any] = json.loads(path.read_text("utf-8"))
    expected = told.get("EXPECTEDRESULTS", {})
    wanted = ("EXPECTEDVERIFY", "EXPECTEDUNPREFIX", "EXPECTEDEXPIRATIONCHECK")
    return told if all(expected.get(name) is True for name in wanted) and "PREFIX" in told else None


# -- read


@pytest.mark.parametrize(
    ("scene", "outcome"),
    [
        ("cassette-negative", "negative"),
        ("cassette-strong-positive", "positive"),
        ("cassette-no-control-line", "invalid"),
        ("bench-empty", "retake"),
    ],
)
def test_read_tells_what_a_cassette_shows(tmp_path: Path, scene: str, outcome: str) -> None:
    photo = tmp_path / f"{scene}.png"
    cv2.imwrite(str(photo), cassettes.bench(scene, seed=2))
    result = checkpoint("read", "--json", "--save", tmp_path / "evidence", photo)
    record = records(result)[0]
    assert record["outcome"] == outcome
    assert set(record) >= {"file", "outcome", "reason", "control", "test", "score", "ms"}
    assert set(record["control"]) >= {"contrast", "snr"}  # type: ignore[call-overload]
    assert result.exit_code == (1 if outcome == "retake" else 0)
    assert cv2.imread(str(tmp_path / "evidence" / photo.name)) is not None


def test_read_takes_the_pictures_of_a_folder(tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        cv2.imwrite(str(tmp_path / name), cassettes.bench("bench-empty", seed=2))
    (tmp_path / "notes.txt").write_text("no picture", "utf-8")
    assert [Path(str(record["file"])).name for record in records(checkpoint("read", "--json", tmp_path))] == [
        "one.png",
        "two.png",
    ]


@pytest.mark.parametrize("command", ["read", "scan"])
def test_a_folder_without_a_picture_is_said(tmp_path: Path, command: str) -> None:
    result = checkpoint(command, tmp_path)
    assert result.exit_code == 2
    assert "no picture in this folder" in result.stderr


def test_evidence_of_two_files_of_one_name_is_kept_of_both(tmp_path: Path) -> None:
    photos = [tmp_path / folder / "bench.png" for folder in ("monday", "tuesday")]
    for photo in photos:
        photo.parent.mkdir()
        cv2.imwrite(str(photo), cassettes.bench("bench-empty", seed=2))
    checkpoint("read", "--save", tmp_path / "evidence", *photos)
    assert sorted(file.name for file in (tmp_path / "evidence").iterdir()) == ["bench.png", "bench_2.png"]


def test_a_retake_says_what_to_change_before_the_next_shot(tmp_path: Path) -> None:
    photo = tmp_path / "dark.png"
    cv2.imwrite(str(photo), (cassettes.bench("cassette-negative", seed=2) * 0.1).astype(np.uint8))
    result = checkpoint("read", "--json", photo)
    assert records(result)[0]["hints"] == ["too-dark"]
    assert "before the next shot: too-dark" in checkpoint("read", photo).stdout


def test_read_holds_lines_against_the_places_of_a_type(tmp_path: Path) -> None:
    """A type as `cassette-type new` writes it; lines that it prints elsewhere are another type's."""
    shape = CassetteGeometry()
    spec = CassetteSpec(geometry=shape, control_contrast=0.5, test_contrast=0.4)
    cv2.imwrite(
        str(photo := tmp_path / "photo.png"), render_scene([spec], np.random.default_rng(4), px_per_mm=10.0).image
    )
    usual = load_type("generic")
    for name, test_mm in (("ours", shape.test_mm), ("other", shape.control_mm + 2.0)):
        kind = usual.model_copy(
            update={"name": name, "lines": Lines(control_mm=shape.control_mm, test_mm=test_mm, tolerance_mm=0.9)}
        )
        (tmp_path / f"{name}.toml").write_text(write_type(kind), "utf-8")

    answers = {
        name: records(checkpoint("read", "--json", "--type", tmp_path / f"{name}.toml", photo))[0]
        for name in ("ours", "other")
    }
    off_the_mat = checkpoint("read", "--json", "--mat-slots", 6, "--type", tmp_path / "other.toml", photo)

    assert (answers["ours"]["outcome"], answers["ours"]["cassette_type"]) == ("positive", "ours")
    assert (answers["other"]["outcome"], answers["other"]["reason"]) == ("retake", "unknown-cassette-type")
    assert records(off_the_mat)[0]["reason"] == "unknown-cassette-type"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"", "Field required"),
        (b"\xff\xfe", "not a cassette type"),
        (b"name = 1\n" * 100_000, "cassette type acme"),
    ],
    ids=["missing", "empty", "no text", "huge"],
)
def test_read_says_why_a_type_cannot_be_used(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "acme.toml"
    if content is not None:
        file.write_bytes(content)

    result = checkpoint("read", "--type", file, tmp_path / "photo.png")

    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


def test_read_names_the_types_there_are(tmp_path: Path) -> None:
    unknown = checkpoint("read", "--type", "acme", tmp_path / "photo.png")

    assert unknown.exit_code == 2
    assert "known are" in unknown.stderr


def test_read_draws_each_step_for_who_wants_to_know_why(tmp_path: Path) -> None:
    photo = tmp_path / "bench.png"
    cv2.imwrite(str(photo), cassettes.bench("cassette-negative", seed=2))
    result = checkpoint("read", "--debug", tmp_path / "steps", photo)
    assert result.exit_code == 0
    drawn = sorted(path.name for path in (tmp_path / "steps").iterdir())
    names = ("1-locate", "2-rectify", "3-membrane", "4-lines", "5-judge")
    assert drawn == [f"bench-{name}.png" for name in names]


@pytest.mark.data
def test_read_answers_every_real_photo_and_window() -> None:
    photos = sorted(test_data("cassettes", "photos").iterdir())[:6]
    windows = sorted(test_data("cassettes", "windows").iterdir())[:10]
    answers = records(checkpoint("read", "--json", *photos))
    answers += records(checkpoint("read", "--json", "--view", "window", *windows))
    assert len(answers) == 16
    assert {answer["outcome"] for answer in answers} <= {"negative", "positive", "invalid", "retake"}


# -- the station's own


def test_doctor_names_each_fault_with_what_to_do(config: Path) -> None:
    result = checkpoint("doctor", "--config", config)
    assert result.exit_code == 1
    assert "trust-list" in result.stdout
    assert "checkpoint trust import" in result.stdout
    assert "checkpoint officer add" in result.stdout


def test_doctor_tells_how_warm_it_is_and_that_a_backup_failed(config: Path, tmp_path: Path) -> None:
    open_new_journal(load_config(config)).close()
    stick = tmp_path / "stick"
    stick.write_text("a file where a folder is wanted")
    assert checkpoint("backup", "--to", stick / "backups", "--config", config).exit_code == 1
    told = {line.split()[1]: line for line in checkpoint("doctor", "--config", config).stdout.splitlines()}
    assert told["temperature"].split()[2] in ("cool", "hot", "unknown")
    assert told["backup"].startswith("warn  backup       backup-failed")
    assert "-> look at the stick" in told["backup"]


def test_a_configuration_with_a_mistake_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text("[gate]\nverdikt_s = 3\n", "utf-8")
    result = checkpoint("serve", "--config", path)
    assert result.exit_code == 2
    assert "gate.verdikt_s" in result.stderr
    assert "Traceback" not in result.stderr


def test_officers_are_added_listed_and_removed(config: Path) -> None:
    assert (
        checkpoint("officer", "add", "Chen", "--role", "shift-lead", "--pin", "4711", "--config", config).exit_code == 0
    )
    assert "Chen\tshift-lead" in checkpoint("officer", "list", "--config", config).stdout
    assert checkpoint("officer", "remove", "Chen", "--config", config).exit_code == 0
    assert checkpoint("officer", "list", "--config", config).exit_code == 1


def test_a_pin_of_two_digits_is_refused(config: Path) -> None:
    result = checkpoint("officer", "add", "Chen", "--pin", "12", "--config", config)
    assert (result.exit_code, "pin" in result.stderr) == (2, True)


def test_sync_of_a_station_that_is_not_enrolled_says_what_to_do(config: Path) -> None:
    (config.parent / "data" / "journal").mkdir(parents=True)
    result = checkpoint("sync", "--config", config)
    assert result.exit_code == 2
    assert "checkpoint enrol" in result.stderr


def test_log_without_a_journal_says_what_to_do(config: Path) -> None:
    result = checkpoint("log", "--config", config)
    assert (result.exit_code, "checkpoint serve" in result.stderr) == (2, True)


def test_rules_in_force_are_listed_for_every_category(config: Path) -> None:
    result = checkpoint("rules", "list", "--json", "--config", config)
    served = {category for record in records(result) for category in record["in_force_for"]}  # type: ignore[attr-defined]
    assert result.exit_code == 0
    assert served == {"resident", "other", "lorry", "company"}


def test_a_broken_pack_is_refused_with_the_reason(tmp_path: Path) -> None:
    pack = tmp_path / "pack.json"
    pack.write_text('{"format": "checkpoint-rule-pack/1", "id": "x"}', "utf-8")
    result = checkpoint("rules", "check", pack)
    assert result.exit_code == 1
    assert "version" in result.stdout
