"""One picture: every code in it, as it stands."""

import time
from itertools import count

import cv2
import numpy as np
import pytest
import segno
import zxingcpp

from bench.codes import CLUTTER, clutter_frame, sequence, single
from tests.vision.qr.pictures import held, in_ink, other, parts, qr
from vision.qr import LiveScanner, Scanner, zbar, zbar_available
from vision.qr.presence import presence

FORMAT = zxingcpp.BarcodeFormat
PALE_YELLOW = (120, 240, 255)
LOT = "LOT2024A-123"


def test_code_comes_with_text_bytes_format_decoder_and_corners() -> None:
    (code,) = Scanner().scan(held(qr("健康码", scale=6, encoding="utf-8"))).codes
    assert (code.text, code.data) == ("健康码", "健康码".encode())
    assert (code.format, code.decoder) == ("qr-code", "zxing")
    side = 21 * 6
    expected = [(84, 104), (84 + side, 104), (84 + side, 104 + side), (84, 104 + side)]
    assert np.abs(np.array(code.corners) - expected).max() <= 6


def test_corners_begin_at_the_symbols_own_top_left() -> None:
    upside_down = np.rot90(qr("health code"), 2)
    (code,) = Scanner().scan(held(upside_down)).codes
    own_top_left, right_of_it = code.corners[:2]
    assert own_top_left[0] > right_of_it[0]


@pytest.mark.parametrize(
    ("format_", "content", "name"),
    [
        (FORMAT.MicroQRCode, "LOT 24A", "micro-qr-code"),
        (FORMAT.RMQRCode, LOT, "rmqr-code"),
        (FORMAT.DataMatrix, LOT, "data-matrix"),
        (FORMAT.Aztec, LOT, "aztec"),
        (FORMAT.PDF417, LOT, "pdf417"),
        (FORMAT.Code128, LOT, "code-128"),
        (FORMAT.EAN13, "6901234567892", "ean-13"),
        (FORMAT.EAN8, "96385074", "ean-8"),
    ],
)
@pytest.mark.parametrize("quarter_turns", [0, 1])
def test_every_format_is_read_upright_and_turned(
    format_: zxingcpp.BarcodeFormat, content: str, name: str, quarter_turns: int
) -> None:
    frame = np.ascontiguousarray(np.rot90(held(other(format_, content)), quarter_turns))
    assert [(code.text, code.format) for code in Scanner().scan(frame).codes] == [(content, name)]


@pytest.mark.parametrize("format_", [FORMAT.QRCode, FORMAT.MicroQRCode, FORMAT.Aztec, FORMAT.DataMatrix])
@pytest.mark.parametrize("spoilt", ["inverted", "mirrored"])
def test_inverted_and_mirrored_codes_are_read(format_: zxingcpp.BarcodeFormat, spoilt: str) -> None:
    frame = held(other(format_, LOT[:7]))
    frame = 255 - frame if spoilt == "inverted" else np.ascontiguousarray(frame[:, ::-1])
    assert [code.text for code in Scanner().scan(frame).codes] == [LOT[:7]]


def test_noise_is_not_taken_for_a_micro_qr_code() -> None:
    shot = next(sequence("low light", 7))  # was once read as "9330"
    scanner = LiveScanner(budget_ms=500, monotonic_s=time.thread_time)
    assert {code.text for code in scanner.look(shot.image, 0.0).codes} <= {shot.text}
    assert {code.text for code in Scanner().scan(shot.image).codes} <= {shot.text}


def test_two_codes_in_view_are_both_reported() -> None:
    frame = held(qr("first health code"), qr("second health code"))
    assert {code.text for code in Scanner().scan(frame).codes} == {"first health code", "second health code"}


def test_codes_of_different_formats_are_all_reported() -> None:
    frame = held(qr("health code"), other(FORMAT.DataMatrix, LOT), other(FORMAT.Code128, "330482000123"))
    assert {code.format for code in Scanner().scan(frame).codes} == {"qr-code", "data-matrix", "code-128"}


def test_binary_payload_keeps_its_bytes() -> None:
    data = bytes([0, 1, 255, 254, 128]) + b"payload"
    (code,) = Scanner().scan(held(qr(data))).codes
    assert (code.text, code.data) == (None, data)


def test_declared_character_set_is_respected() -> None:
    (code,) = Scanner().scan(held(qr("äöü", encoding="latin-1", eci=True))).codes
    assert code.text == "äöü"


def test_each_part_of_a_structured_append_gives_its_own_text() -> None:
    first, second = parts("A" * 80 + "B" * 60, version=4)
    texts = [code.text for part in (first, second) for code in Scanner().scan(held(part)).codes]
    assert "".join(text or "" for text in texts) == "A" * 80 + "B" * 60


@pytest.mark.parametrize(
    "ink", [(0, 255, 255), (40, 40, 220), (60, 160, 30), PALE_YELLOW], ids=["yellow", "red", "green", "pale yellow"]
)
def test_health_code_is_read_in_each_of_its_colours(ink: tuple[int, int, int]) -> None:
    frame = in_ink(held(qr("health code")), ink)
    assert [code.text for code in Scanner().scan(frame).codes] == ["health code"]


def test_grey_pictures_and_slices_are_read_like_colour_ones() -> None:
    frame = held(qr("health code"))
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    for picture in (grey, frame[20:, 10:], grey[20:, 10:]):
        assert [code.text for code in Scanner().scan(np.asarray(picture, np.uint8)).codes] == ["health code"]


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 900), (3, 3, 3), (40, 20)])
def test_a_picture_too_small_for_any_code_is_an_empty_sighting(shape: tuple[int, ...]) -> None:
    assert Scanner().scan(np.full(shape, 128, np.uint8)).codes == ()


@pytest.mark.parametrize("kind", CLUTTER)
def test_clutter_is_never_read_as_a_code(kind: str) -> None:
    for seed in range(900, 902):
        assert Scanner().scan(clutter_frame(kind, seed)).codes == ()


@pytest.mark.parametrize("kind", ["perspective", "glare", "low light", "moire"])
def test_a_spoilt_dense_code_is_read_exactly(kind: str) -> None:
    shots = [single(kind, seed) for seed in range(4)]
    texts = [[code.text for code in Scanner().scan(shot.image).codes] for shot in shots]
    assert all(read in ([], [shot.text]) for read, shot in zip(texts, shots, strict=True))
    assert sum(bool(read) for read in texts) >= 3


def test_no_stage_begins_once_the_time_is_up() -> None:
    seconds = count()  # each look at the clock is a second later
    frame = in_ink(held(qr("health code")), PALE_YELLOW)
    assert Scanner(budget_ms=1500, monotonic_s=lambda: float(next(seconds))).scan(frame).codes == ()
    assert Scanner().scan(frame).codes != ()


def test_scanner_works_without_the_system_library_of_zbar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zbar, "_library", lambda: None)
    assert not zbar_available()
    assert Scanner().scan(np.full((200, 300), 255, np.uint8)).codes == ()
    assert [code.text for code in Scanner().scan(held(qr("health code"))).codes] == ["health code"]


def needs_zbar() -> None:
    if not zbar_available():
        pytest.skip("the system library libzbar0 is not installed")


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_zbar_gives_the_bytes_as_they_stand(charset: str) -> None:
    needs_zbar()
    data = "健康码：绿码，核酸检测阴性".encode(charset)
    (code,) = zbar.read(qr(data), origin=(100, 50)).codes
    assert (code.data, code.decoder) == (data, "zbar")
    assert min(x for x, _ in code.corners) >= 100


def test_zbar_does_not_fall_over_a_lone_part_of_a_structured_append() -> None:
    needs_zbar()
    sequence = segno.make_sequence("A" * 100, symbol_count=2)
    matrix = np.array([list(row) for row in sequence[0].matrix_iter(border=4)], np.uint8)
    zbar.read(np.kron(255 * (1 - matrix), np.ones((6, 6), np.uint8)).astype(np.uint8))


def test_an_empty_lane_has_nothing_code_like() -> None:
    lane = cv2.resize(np.random.default_rng(1).uniform(60, 180, (9, 16)), (1280, 720), interpolation=cv2.INTER_CUBIC)
    view = presence(lane.astype(np.uint8), lane.astype(np.uint8))
    assert (view.matrix, view.linear) == ((), ())


@pytest.mark.parametrize("kind", ["clean", "defocus", "low light", "mixed"])
def test_the_region_of_a_code_is_found_before_it_is_read(kind: str) -> None:
    for seed in range(3):
        shot = single(kind, seed)
        code = Scanner().scan(shot.image).codes
        grey = np.asarray(cv2.cvtColor(shot.image, cv2.COLOR_BGR2GRAY), np.uint8)
        assert not code or any(region.holds_centre_of(code[0].corners) for region in presence(grey, shot.image).matrix)
