"""Every code has words, in both languages, and the catalogue says what the pages ask for."""

import ast
import io
import re
from collections.abc import Iterator
from enum import Enum

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask_babel import force_locale

from checkpoint.assay import Outcome, Readiness
from checkpoint.clock import ClockTrust
from checkpoint.credential import Colour, Format, TestKind, TestResult
from checkpoint.crossing import Category, Lamp, Verdict
from checkpoint.events import Kind
from checkpoint.health import Advice, Finding, State
from checkpoint.reasons import Reason
from checkpoint.sighting import CodeHint
from tests.web.catalogue import CATALOGUE, WEB, texts_of_pages
from tests.web.pages import Pages
from web import findings, words
from web.language import LOCALES
from web.officers import Role
from web.reason_words import REASONS, Said

CHECKPOINT = WEB.parent / "checkpoint"

WORDED: dict[type[Enum], dict[object, object]] = {
    Reason: dict(REASONS),
    Verdict: dict(words.VERDICTS),
    Outcome: dict(words.OUTCOMES),
    Readiness: dict(words.READINESS),
    Lamp: dict(words.LAMPS),
    Category: dict(words.CATEGORIES),
    Role: dict(words.ROLES),
    State: dict(words.STATES),
    Kind: dict(words.KINDS),
    ClockTrust: dict(words.CLOCK_TRUST),
    Format: dict(words.FORMATS),
    TestKind: dict(words.TEST_KINDS),
    TestResult: dict(words.TEST_RESULTS),
    Colour: dict(words.COLOURS),
    Finding: dict(findings.FINDINGS),
    Advice: dict(findings.ADVICE),
    CodeHint: dict(words.HINTS),
}


@pytest.mark.parametrize("codes", WORDED, ids=lambda codes: codes.__name__)
def test_every_code_has_words_in_both_languages(codes: type[Enum], pages: Pages) -> None:
    known = WORDED[codes]
    for code in codes:
        assert code in known, f"{codes.__name__}.{code.name} has no words"
        said = known[code]
        english, chinese = _in_both(pages, said.word if isinstance(said, Said) else said)
        assert english, code
        assert re.search(r"[\u4e00-\u9fff]", chinese), f"{code}: no Chinese, but {chinese!r}"


def test_every_reason_that_does_not_admit_says_what_to_do() -> None:
    silent = [r for r, said in REASONS.items() if not said.do and r is not Reason.CLEAR_LINES]
    assert silent == []


@pytest.mark.parametrize("error", ["GateError", "BenchError", "OfficerError"])
def test_every_mistake_the_use_cases_name_has_words_and_advice(error: str) -> None:
    named = set(_reasons_raised(error))
    assert named, f"no {error} is raised anywhere"
    for code in named:
        assert code in words.MISTAKES or code in set(Reason), f"{error}({code!r}) has no words"


def test_chinese_catalogue_has_every_text_and_nothing_stale() -> None:
    used = set(texts_of_pages())
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file)
    translated = {m.id: m.string for m in catalogue if m.id}
    assert used - set(translated) == set(), "not translated; run: python -m tests.web.catalogue"
    assert set(translated) - used == set(), "no page uses these any more"
    assert [i for i, text in translated.items() if not text] == []
    assert not any(m.fuzzy for m in catalogue if m.id)


def test_chinese_texts_fill_in_the_same_values_as_the_english_ones() -> None:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file)
    for message in catalogue:
        if message.id:
            assert _places(message.id) == _places(str(message.string)), message.id


def test_compiled_catalogue_is_the_one_of_the_texts() -> None:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    assert CATALOGUE.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run: python -m tests.web.catalogue"


@pytest.mark.parametrize("path", ["/gate", "/bench", "/log", "/health"])
def test_a_chinese_page_holds_no_english_text(path: str, pages: Pages) -> None:
    english = {t for t in texts_of_pages() if re.search(r"[A-Za-z]{4}", t) and "%" not in t and "{" not in t}
    seen = pages.client(language="zh").see(path)
    left = [t for t in english if re.search(rf"(?<![A-Za-z]){re.escape(t)}(?![A-Za-z])", seen)]
    assert left == ["English"] or left == [], left


def _in_both(pages: Pages, text: object) -> tuple[str, str]:
    with pages.app.test_request_context():
        with force_locale(LOCALES["en"]):
            english = str(text)
        with force_locale(LOCALES["zh"]):
            return english, str(text)


def _places(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s|\{(\w+)\}", text))  # type: ignore[arg-type]


def _reasons_raised(error: str) -> Iterator[str]:
    for path in [*CHECKPOINT.glob("*.py"), *WEB.glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == error and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield str(first.value)
