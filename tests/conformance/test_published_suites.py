"""The published suites, as `python -m tests.conformance` runs them: what must hold, and what is known to be wrong."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conformance import dgc, shc, vdsnc
from tests.conformance.__main__ import main
from tests.conformance.expectation import Tally, tally
from tests.data import test_data

STEPS = ["UNPREFIX", "B45DECODE", "COMPRESSION", "VERIFY", "EXPIRATIONCHECK", "KEYUSAGE"]


@pytest.fixture(scope="module")
def dgc_tallies() -> Mapping[str, Tally]:
    return tally(dgc.run(test_data("certs", "dgc-testdata")))


@pytest.mark.data
@pytest.mark.parametrize(
    "step",
    [*STEPS, *(f"{step} rejected" for step in STEPS), "DECODE rejected", "PICTUREDECODE", "PICTUREDECODE rejected"],
)
def test_every_step_of_the_eus_certificates_holds(dgc_tallies: Mapping[str, Tally], step: str) -> None:
    assert dgc_tallies[step].failures == []
    assert dgc_tallies[step].passed > 0


@pytest.mark.data
def test_cases_that_are_themselves_wrong_are_the_documented_ones(dgc_tallies: Mapping[str, Tally]) -> None:
    documented = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text(encoding="utf-8")
    for counted in dgc_tallies.values():
        for case, why in counted.failures:
            assert f"`{case}`" in documented, why


@pytest.mark.data
def test_hardly_a_good_certificate_is_refused_and_hardly_a_bad_one_accepted(dgc_tallies: Mapping[str, Tally]) -> None:
    good, bad = dgc_tallies["CHAIN accepted"], dgc_tallies["CHAIN rejected"]
    assert good.failed <= 0.02 * (good.passed + good.failed)
    assert bad.failed <= 0.25 * (bad.passed + bad.failed)


@pytest.mark.data
def test_the_examples_of_smart_health_cards_hold() -> None:
    tallies = tally(shc.run(test_data("certs", "shc-spec-examples")))
    assert {name: counted.failures for name, counted in tallies.items() if counted.failed} == {}
    assert set(tallies) == {"QR", "VERIFY", "PAYLOAD", "CHAIN", "REVOKED", "INCOMPLETE", "TAMPERED refused"}


@pytest.mark.data
@pytest.mark.parametrize("folder", ["vds-nc-au", "icao-vds-nc-samples"])
def test_the_samples_of_icao_seals_hold(folder: str) -> None:
    tallies = tally(vdsnc.run(test_data("certs", folder)))
    assert {name: counted.failures for name, counted in tallies.items() if counted.failed} == {}
    assert tallies["SIGNATURE"].passed > 0
    assert tallies["TAMPERED refused"].passed > 0


def test_a_folder_without_cases_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dgc", str(tmp_path)]) == 2
    assert "no case" in capsys.readouterr().err


def test_a_failed_expectation_is_named_and_sets_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = {"EXPECTEDRESULTS": {"EXPECTEDUNPREFIX": True}, "PREFIX": "HC2:X", "TESTCTX": {}}
    (tmp_path / "wrong.json").write_text(json.dumps(case))
    assert main(["dgc", str(tmp_path), "--details"]) == 1
    line = json.loads(capsys.readouterr().out)
    assert (line["expectation"], line["passed"], line["failed"]) == ("UNPREFIX", 0, 1)
    assert line["failures"] == ["wrong.json"]
    assert line["details"] == {"wrong.json": "does not match"}


@pytest.mark.parametrize(
    "text",
    [
        "2021-05-03T18:00:00Z",
        "2021-05-03T20:00:00+02:00",
        "2021-05-03T20:00:00+0200",
        "2021-05-03T18:00:00.123456789z",
        "2021-05-03 18:00:00",
        "2021-05-03T18:00",
        "2021-5-3 18:00:00,5 Z",
        "2021-05-03T20:00:00+02:00[Europe/Vienna]",
    ],
)
def test_the_clock_of_a_case_is_understood_in_every_spelling(text: str) -> None:
    assert dgc.clock(text).replace(microsecond=0).isoformat() == "2021-05-03T18:00:00+00:00"


def test_a_file_that_is_broken_is_named_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text(json.dumps({"EXPECTEDRESULTS": {"EXPECTEDVERIFY": True}, "TESTCTX": {}}))
    (tmp_path / "c.json").write_text(
        json.dumps({"EXPECTEDRESULTS": {"EXPECTEDUNPREFIX": False}, "PREFIX": "X", "TESTCTX": {}})
    )
    tallies = tally(dgc.run(tmp_path))
    assert {case for case, _ in tallies["FILE"].failures} == {"a.json", "b.json", "c.json"}
    assert tallies["UNPREFIX rejected"].passed == 1
