"""The support bundle: enough to help from afar, and nothing about anybody."""

import io
import logging
import re
import zipfile

from checkpoint.credential import Holder
from checkpoint.crossing import Category
from checkpoint.health import Advice, Finding
from checkpoint.vehicle import Vehicle
from tests.web.pages import ADA, CHEN, LIU, NEGATIVE, WANG, Pages

NAME, NUMBER, PLATE = "欧阳娜娜", "330482198405121234", "浙F12345"
TIME_OF_DAY = re.compile(r"\d\d:\d\d:\d\d(\.\d+)?")


def unpacked(pages: Pages) -> dict[str, str]:
    answer = pages.client(WANG).get("/health/support.zip")
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def a_day(pages: Pages) -> None:
    """Let a named person with a plate come, be tested and be refused a reading, and let things go wrong."""
    parts = pages.parts
    parts.gate.describe_vehicle(Vehicle(Category.LORRY, 2, PLATE, "", "平湖—上海"), officer=CHEN)
    parts.gate.present([parts.codes.naat(NAME, parts.hours_ago(30))], officer=CHEN)
    walk_in = parts.gate.walk_in(Holder(name=NAME, id_number=NUMBER), Vehicle(category=Category.RESIDENT, plate=PLATE))
    pages.bench.start(1, walk_in, lot="A1", officer=CHEN)
    parts.clock.turn(minutes=16)
    pages.cassette = NEGATIVE
    pages._read_slot(1, CHEN)
    pages.bench.start(2, parts.gate.walk_in(Holder(name=NAME), Vehicle(Category.RESIDENT)), lot="A1", officer=CHEN)
    logging.getLogger("station").warning("cannot read the code of %s", NAME)
    logging.getLogger("station").warning(f"formatted too early: {NUMBER}")
    try:
        raise ValueError(NAME)
    except ValueError:
        logging.getLogger("station").exception("reading slot %d failed", 1)


def test_nothing_personal_is_in_it(pages: Pages) -> None:
    pages.client(CHEN)
    a_day(pages)
    for name, text in unpacked(pages).items():
        told = TIME_OF_DAY.sub("", text)  # a microsecond's digits may be anybody's
        for personal in (NAME, NUMBER, PLATE, "12345", "1984", CHEN, WANG, ADA, LIU):
            assert personal not in told, f"{personal} in {name}"


def test_it_tells_what_is_wrong(pages: Pages) -> None:
    a_day(pages)
    pages.fault("disk", Finding.FULL, Advice.FREE_DISK)
    files = unpacked(pages)
    assert '"finding": "full"' in files["checks.json"]
    assert '"test-read": 1' in files["journal.json"]
    assert "cannot read the code of %s" in files["warnings.json"]
    assert '"exception": "ValueError"' in files["warnings.json"]
    assert pages.parts.journal.head().hash.hex() in files["journal.json"]


def test_only_who_leads_takes_it(pages: Pages) -> None:
    assert pages.client(CHEN).get("/health/support.zip").status_code == 403
    assert "Support bundle" in pages.client(WANG).see("/health")
    assert "Support bundle" not in pages.client(CHEN).see("/health")
