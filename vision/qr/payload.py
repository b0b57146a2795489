"""From the bytes of a symbol to text: declared character sets first, then UTF-8, then GB18030 or Shift JIS."""

import itertools
import re
from collections.abc import Iterator

_ECI_CHARSETS = {
    2: "cp437", 3: "latin-1", 4: "iso8859-2", 5: "iso8859-3", 6: "iso8859-4", 7: "iso8859-5", 8: "iso8859-6",
    9: "iso8859-7", 10: "iso8859-8", 11: "iso8859-9", 12: "iso8859-10", 13: "iso8859-11", 15: "iso8859-13",
    16: "iso8859-14", 17: "iso8859-15", 18: "iso8859-16", 20: "shift_jis", 21: "cp1250", 22: "cp1251", 23: "cp1252",
    24: "cp1256", 25: "utf-16-be", 26: "utf-8", 27: "ascii", 28: "big5", 29: "gb18030", 30: "euc_kr", 32: "gb18030",
    33: "utf-16-le", 34: "utf-32-be", 35: "utf-32-le", 170: "ascii",
}  # fmt: skip  # AIM ITS/04-023, Extended Channel Interpretations; GB 2312 (29) is read by its superset
_ECI_BINARY = 899
_ECI_MARK = re.compile(rb"\\(\d{6})|\\\\")

_TEXT_CONTROLS = frozenset(b"\t\n\r\x1c\x1d\x1e\x1f\x04")
"""Control characters that stand in texts: white space, the GS1 and ISO 15434 separators."""
_MOST_CONTROLS = 0.25
"""A payload with a larger share of other control characters is binary."""


def text_of(data: bytes) -> str | None:
    """Return the text of a payload without a declared character set, None where it is binary.

    Line ends come as ``\\n``; the payload's own bytes stay in `Code.data`.

    >>> text_of("健康码".encode("utf-8")), text_of("健康码".encode("gb18030")), text_of(bytes([0, 255, 254, 128]))
    ('健康码', '健康码', None)
    """
    if _looks_binary(data):
        return None
    for charset in ("utf-8", "shift_jis" if _reads_as_japanese(data) else "gb18030"):
        try:
            return _plain_line_ends(data.decode(charset))
        except UnicodeDecodeError:
            continue
    return None


def text_with_eci(message: bytes) -> str | None:
    """Return the text of an ECI message: ``\\NNNNNN`` switches the character set, ``\\\\`` is a backslash.

    None where a part is declared binary, its character set is unknown, or its bytes do not fit the declaration.
    """
    parts: list[str] = []
    for eci, data in _eci_parts(message):
        if eci is None:
            text = text_of(data)
            if text is None:
                return None
        else:
            charset = _ECI_CHARSETS.get(eci)
            if charset is None:
                return None
            try:
                text = data.decode(charset)
            except UnicodeDecodeError:
                return None
        parts.append(text)
    return _plain_line_ends("".join(parts))


def _eci_parts(message: bytes) -> Iterator[tuple[int | None, bytes]]:
    eci: int | None = None
    data = bytearray()
    at = 0
    for mark in _ECI_MARK.finditer(message):
        data += message[at : mark.start()]
        at = mark.end()
        if mark[1] is None:
            data += b"\\"
            continue
        if data:
            yield eci, bytes(data)
            data.clear()
        eci = int(mark[1])
    data += message[at:]
    if data:
        yield eci, bytes(data)


def _plain_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _looks_binary(data: bytes) -> bool:
    if b"\0" in data:
        return True
    controls = sum(byte < 0x20 and byte not in _TEXT_CONTROLS for byte in data)
    return controls > _MOST_CONTROLS * len(data)


_KANA_RUN = re.compile(rb"[\xa6-\xdf]+")
_FULL_KANA = re.compile(r"[ぁ-んァ-ヶー]")
_VOICED = frozenset(range(0xB6, 0xC5)) | frozenset(range(0xCA, 0xCF)) | {0xB3}
"""Half-width kana that a voiced sound mark (0xDE) may follow in Shift JIS; 0xDF follows `_HALF_VOICED` alone."""
_HALF_VOICED = frozenset(range(0xCA, 0xCF))
_NEVER_FIRST = frozenset(range(0xA6, 0xB1)) | {0xDD, 0xDE, 0xDF}
"""Small kana, the long mark, n and the sound marks begin no word."""
_SMALL_Y = frozenset({0xAC, 0xAD, 0xAE})
_BEFORE_SMALL_Y = frozenset({0xB7, 0xBC, 0xC1, 0xC3, 0xC6, 0xCB, 0xCC, 0xD0, 0xD8, 0xDE, 0xDF})
"""Small ya, yu and yo follow the i row (and te, fu in foreign words), voiced or not."""
_COMMON_HANZI = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行"
    "学法所民得经三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些"
    "然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无"
    "系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见"
    "计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济"
    "阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名"
    "确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难"
    "近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼"
    "王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严龙飞健康码核检测阴阳疫苗接种姓李刘陈杨赵黄吴"
    "城村街镇牌司机驾姓样采集编药医毒病期限有效绿黄红苏浙沪湖嘉兴苏州上海"
)
"""Frequent characters of Chinese texts: one of them in the GB18030 reading decides for Chinese."""


def _reads_as_japanese(data: bytes) -> bool:
    """Return whether bytes that are not UTF-8 are Japanese rather than Chinese.

    Chinese is assumed. Japanese needs a clean Shift JIS reading with kana in it, and a GB18030 reading in which no
    frequent Chinese character occurs: full-width kana fall on GB18030's rare extension characters, half-width kana on
    any, so those must also obey the rules of spelling.

    >>> _reads_as_japanese("デザイン".encode("shift_jis")), _reads_as_japanese("棉花".encode("gb18030"))
    (True, False)
    """
    try:
        japanese = data.decode("shift_jis")
    except UnicodeDecodeError:
        return False
    try:
        chinese = data.decode("gb18030")
    except UnicodeDecodeError:
        return True
    if any(character in _COMMON_HANZI for character in chinese):
        return False
    if _FULL_KANA.search(japanese):
        return True
    if max(data) > 0xDF:  # the rare second level of kanji
        return False
    return any(_is_half_width_word(run[0]) for run in _KANA_RUN.finditer(data))


def _is_half_width_word(run: bytes) -> bool:
    if run[0] in _NEVER_FIRST:
        return False
    marks = 0
    for before, byte in itertools.pairwise(run):
        if byte in (0xDE, 0xDF):
            if before not in (_VOICED if byte == 0xDE else _HALF_VOICED):
                return False
            marks += 1
        if byte in _SMALL_Y and before not in _BEFORE_SMALL_Y:
            return False
    return marks > 0
