"""Every code the desk shows has words, in both languages, and the catalogue says what the pages ask for."""

import io
from collections.abc import Iterator

from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from checkpoint.events import Kind
from checkpoint.reasons import Reason
from hq.cases.steps import Step
from hq.desk import words
from hq.stations.board import Sign
from tests.data import REPOSITORY

FOLDER = REPOSITORY / "hq"
CATALOGUE = FOLDER / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"


def _texts() -> Iterator[str | tuple[str, ...]]:
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    keywords = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
    for _, _, text, _, _ in extract_from_dir(FOLDER, methods, keywords=keywords):
        yield text


def test_every_code_has_words() -> None:
    for codes, known in ((Kind, words.KINDS), (Reason, words.REASONS), (Sign, words.SIGNS), (Step, words.STEPS)):
        assert set(codes) - set(known) == set()


def test_the_chinese_catalogue_has_every_text_and_nothing_stale() -> None:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file)
    translated = {message.id: message.string for message in catalogue if message.id}
    assert set(_texts()) == set(translated)
    assert [text for text, chinese in translated.items() if not chinese or chinese == ("",)] == []


def test_the_compiled_catalogue_is_the_one_of_the_texts() -> None:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    assert CATALOGUE.with_suffix(".mo").read_bytes() == compiled.getvalue(), "pybabel compile -d hq/translations"
