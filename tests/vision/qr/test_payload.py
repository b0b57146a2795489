"""What a payload's bytes say."""

import pytest

from vision.qr.payload import text_of, text_with_eci


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_chinese_is_read_in_both_of_its_encodings(charset: str) -> None:
    text = "平湖市健康码：张三，核酸检测阴性，采样时间 2022-03-20 08:15"
    assert text_of(text.encode(charset)) == text


@pytest.mark.parametrize(
    "text", ["Google モバイル", "*デザインQR*", "*ﾃﾞｻﾞｲﾝQR*", "今度のバージョンでは文章の暗号化ができます。"]
)
def test_japanese_without_a_declared_character_set_is_not_taken_for_chinese(text: str) -> None:
    assert text_of(text.encode("shift_jis")) == text


@pytest.mark.parametrize("text", ["张三", "李小龙", "王芳 浙F12345", "阴性", "晦涩"])
def test_short_chinese_is_not_taken_for_japanese(text: str) -> None:
    assert text_of(text.encode("gb18030")) == text


def test_line_ends_are_plain_in_the_text() -> None:
    assert text_of(b"BEGIN\r\nEND\r") == "BEGIN\nEND\n"


@pytest.mark.parametrize(
    "data", [b"\x00\x01\x02", b"\x89PNG\r\n\x1a\n\x00\x00", bytes(range(0x80, 0x100)), b"\x01\x02\x03\x05ab"]
)
def test_binary_payload_has_no_text(data: bytes) -> None:
    assert text_of(data) is None


def test_separators_of_structured_data_are_text() -> None:
    assert text_of(b"[)>\x1e06\x1d17V123\x1e\x04") == "[)>\x1e06\x1d17V123\x1e\x04"


def test_declared_character_set_wins_over_guessing() -> None:
    assert text_with_eci(b"\\000003" + "äöü".encode("latin-1")) == "äöü"
    assert text_with_eci(b"\\000020" + "阿".encode("shift_jis")) == "阿"


def test_a_message_may_change_its_character_set() -> None:
    message = b"a\\\\b\\000026" + "码".encode() + b"\\000029" + "码".encode("gb18030")
    assert text_with_eci(message) == "a\\b码码"


@pytest.mark.parametrize("message", [b"\\000899\x01\x02", b"\\000777abc", b"\\000026\xff\xfe"])
def test_binary_unknown_or_false_declarations_give_no_text(message: bytes) -> None:
    assert text_with_eci(message) is None
