"""Texts of the length that health codes and certificates have."""

import string

import numpy as np

SHORTEST, LONGEST = 350, 650
_BASE45 = string.digits + string.ascii_uppercase + " $%*+-./:"
_HANZI = (
    "健康码核酸检测阴性阳性采样时间地点机构姓名身份证号手机车牌司机随行人员行程路线来源地目的有效期限疫苗接种剂次街道社区"
    "平湖嘉兴上海浙江江苏高速公路卡口查验放行劝返登记绿码黄码红码二十四小时四十八小时抗原自测结果报告医院疾控中心"
)


def payload(rng: np.random.Generator) -> str:
    """Return a text of 350 to 650 characters: base45 as in a certificate, a signed URL, or Chinese with fields."""
    length = int(rng.integers(SHORTEST, LONGEST + 1))
    match int(rng.integers(4)):
        case 0 | 1:
            return "HC1:" + _drawn(rng, _BASE45, length - 4).strip().ljust(length - 4, "0")
        case 2:
            return "https://hc.example.cn/v?d=" + _drawn(rng, string.ascii_letters + string.digits + "-_", length - 26)
        case _:
            # A Chinese character takes three bytes: a third of the length is as dense as the others.
            return chinese_text(rng, length // 3)


def chinese_text(rng: np.random.Generator, length: int) -> str:
    """Return `length` characters of Chinese fields and values."""
    fields: list[str] = []
    while sum(map(len, fields)) < length:
        fields.append(f"{_drawn(rng, _HANZI, 4)}：{_drawn(rng, _HANZI + string.digits, int(rng.integers(3, 12)))}；")
    return "".join(fields)[:length]


def _drawn(rng: np.random.Generator, alphabet: str, length: int) -> str:
    return "".join(alphabet[i] for i in rng.integers(0, len(alphabet), length))
