"""Odd values to put where something sound belongs, and texts made to be large, deep or slow to decode."""

import zlib
from datetime import date
from typing import Any

import cbor2

from checkpoint.credentials import base45

ODD_TEXTS = [
    "",
    " ",
    "\x00",
    "é",
    "\u202e",
    "😀",
    "\ufeff",
    "A" * 5_000,
    "9" * 5_000,
    "<script>",
    "../../etc",
    "%s%n",
    "null",
]
ODD_VALUES: list[Any] = [
    None,
    True,
    -1,
    2**31,
    2**53,
    2**63,
    float("nan"),
    float("inf"),
    -1e308,
    1e-320,
    "",
    "😀",
    "2022-03-20T03:00:00Z",
    "9999-12-31T23:59:59.999999+14:00",
    "0001-01-01T00:00:00-14:00",
    "260415000",
    b"\xff\x00",
    [],
    {},
    [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]],
    {"a": {"b": {"c": {}}}},
    ["x"] * 50,
    cbor2.undefined,
    cbor2.CBORSimpleValue(99),
    cbor2.CBORTag(0, "2022-03-20T03:00:00+14:00"),
    cbor2.CBORTag(1, 1e18),
    cbor2.CBORTag(28, [1]),
    cbor2.CBORTag(35, "(a+)+$"),
    cbor2.CBORTag(4, [2**40, 1]),
    2**200,
    cbor2.CBORTag(0, "9999-12-31T23:59:59-14:00"),
    cbor2.CBORTag(0, "0001-01-01T00:00:00+14:00"),
    date(1, 1, 1),
]
BOMBS = [
    "HC1:" + base45.encode(zlib.compress(b"\x00" * 5_000_000, 9)),
    "HC1:" + base45.encode(zlib.compress(b"\x81" * 16_000)),
    "HC1:" + base45.encode(zlib.compress(b"\xa1" * 16_000)),
    "HC1:" + base45.encode(zlib.compress(b"\xd8\x1c" * 8_000)),
    "HC1:" + base45.encode(zlib.compress(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff")),
    "HC1:" + base45.encode(zlib.compress(b"\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01")),
    "HC1:" + "Z" * 4_292,
    "HC1:" + ":" * 4_292,
    "shc:/" + "0" * 7_000,
    "shc:/" + "77" * 3_500,
    "shc:/1/8/" + "00" * 3_000,
    '{"hdr" "sig" "icao.' + "[" * 8_000,
    '{"data":{"hdr":{"t":"icao.x","is":"x"},"msg":{}},"sig":' + '{"a":' * 1_500 + "1" + "}" * 1_500 + "}",
    '{"hdr":1,"sig":2,"icao.":' + "9" * 4_500 + "}",
    '{"hdr":1,"sig":2,"icao.":1e999999999}',
    "x" * 4_000,
    "\ud800" * 4_000,
    "RECEIPT1:" + "0" * 4_000,
    "PASS1:",
    "{" * 4_000,
]
"""Texts made to be large, deep or slow to decode."""
