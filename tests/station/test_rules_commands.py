"""`checkpoint rules explain` and `dry-run` as somebody types them, on a journal of real decisions."""

import json
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkpoint.credential import Colour
from checkpoint.crossing import Category, Evidence
from checkpoint.events import Kind
from checkpoint.policy import decide
from checkpoint.policy.evidence import evidence_to_json
from checkpoint.policy.signing import key_id, sign_pack
from checkpoint.sync.enrolment import Enrolment
from tests.checkpoint.policy.test_rule_packs import HQ, pack, with_rule
from tests.checkpoint.policy.travellers import NOW as THEN
from tests.checkpoint.policy.travellers import company, health_code, hours, naat, road, spot, traveller
from tests.station.test_commands import checkpoint
from tests.station.test_keeping_commands import opened

NOBODY_PASSES = with_rule(logic=False, reason="naat-missing")


def decided(evidence: Evidence) -> dict[str, Any]:
    rules = company() if evidence.category is Category.COMPANY else road()
    decision = decide(evidence, rules, THEN)
    return {
        "crossing": "c",
        "decided_at": decision.decided_at.isoformat(),
        "evidence": evidence_to_json(evidence),
        "seat_verdict": str(decision.verdict),
        "seat_reason": str(decision.reason),
    }


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "station.toml"
    path.write_text('data = "data"\n[clock]\nsource = "assume-trusted"\n', "utf-8")
    return path


@pytest.fixture
def past(tmp_path: Path, config: Path) -> Path:
    """A stopped station: one admitted, one held, one of a company, one entry that no release wrote."""
    with opened(tmp_path) as journal:
        for evidence in (
            traveller(Category.RESIDENT, spot_test=spot()),
            traveller(Category.RESIDENT),
            traveller(Category.COMPANY, health_code(Colour.GREEN, naat(hours(40)))),
        ):
            journal.append(Kind.CROSSING_DECIDED, decided(evidence))
        journal.append(Kind.CROSSING_DECIDED, {"crossing": "c"})
    return config


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    path = tmp_path / "stricter.json"
    path.write_text(json.dumps(NOBODY_PASSES), "utf-8")
    return path


def test_a_dry_run_names_each_decision_that_would_change_and_counts_the_rest(past: Path, stricter: Path) -> None:
    ran = checkpoint("rules", "dry-run", stricter, "--since", "2020-01-01", "--config", past)
    assert ran.exit_code == 1, ran.output
    changed, *told = ran.stdout.splitlines()
    assert changed.startswith("#1 ")
    assert "stricter admit" in changed
    assert "-> hold (naat-missing)" in changed
    assert told == [
        "1 of 2 decisions would change",
        "  1 of other categories were left as they are",
        "  1 could not be read",
        "  1 admit -> hold (stricter)",
    ]


def test_a_dry_run_writes_one_json_line_for_each_change(past: Path, stricter: Path) -> None:
    ran = checkpoint("rules", "dry-run", stricter, "--since", "2020-01-01", "--json", "--config", past)
    [line] = ran.stdout.splitlines()
    assert json.loads(line) == {
        "event": 1,
        "decided_at": THEN.isoformat(),
        "category": "resident",
        "was": "admit",
        "was_reason": "rules-met",
        "now": "hold",
        "reason": "naat-missing",
        "loosens": False,
    }
    assert "1 of 2 decisions would change" in ran.stderr


def test_a_dry_run_looks_at_its_span_alone(past: Path, stricter: Path) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    later = checkpoint("rules", "dry-run", stricter, "--since", tomorrow, "--config", past)
    assert (later.exit_code, later.stdout) == (0, "0 of 0 decisions would change\n")
    before = checkpoint(
        "rules", "dry-run", stricter, "--since", "2020-01-01", "--until", "2020-01-02", "--config", past
    )
    assert (before.exit_code, before.stdout) == (0, "0 of 0 decisions would change\n")


def test_a_dry_run_reads_a_journal_of_many_pages(
    past: Path, stricter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("station.commands.rules.PAGE", 2)
    with opened(tmp_path) as journal:
        for _ in range(5):
            journal.append(Kind.CROSSING_DECIDED, decided(traveller(Category.RESIDENT, spot_test=spot())))
    ran = checkpoint("rules", "dry-run", stricter, "--since", "2020-01-01", "--config", past)
    assert "6 of 7 decisions would change" in ran.stdout


@pytest.mark.parametrize("option", ["--since", "--until"])
def test_a_date_that_is_none_is_said(past: Path, stricter: Path, option: str) -> None:
    ran = checkpoint("rules", "dry-run", stricter, "--since", "2020-01-01", option, "yesterday", "--config", past)
    assert (ran.exit_code, f"{option}: 'yesterday' is no time; write 2022-03-20" in ran.stderr) == (2, True)


def test_explain_shows_clause_by_clause_why_a_decision_would_be_another(past: Path, stricter: Path) -> None:
    told = checkpoint("rules", "explain", stricter, "--event", "1", "--config", past)
    assert told.exit_code == 1
    assert told.stdout.splitlines()[-1] == "-> hold (naat-missing); was admit (rules-met)"


@pytest.mark.parametrize(("seq", "why"), [("99", "no entry #99"), ("4", "no decision that can be made again")])
def test_an_entry_that_cannot_be_explained_is_said(past: Path, stricter: Path, seq: str, why: str) -> None:
    told = checkpoint("rules", "explain", stricter, "--event", seq, "--config", past)
    assert (told.exit_code, why in told.stderr) == (2, True), told.output


def test_a_pack_that_is_not_in_force_yet_can_be_tried(past: Path, tmp_path: Path) -> None:
    path = tmp_path / "next-year.json"
    path.write_text(json.dumps(pack(effective_from="2099-01-01T00:00:00Z")), "utf-8")
    ran = checkpoint("rules", "dry-run", path, "--since", "2020-01-01", "--config", past)
    assert ran.exit_code in (0, 1), ran.output
    assert "of 2 decisions would change" in ran.stdout


def test_list_says_which_packs_tie_and_that_nobody_of_their_category_passes(tmp_path: Path, config: Path) -> None:
    station_key = Ed25519PrivateKey.generate()
    Enrolment("lane-1", "Lane 1", "https://hq.example", HQ.public_key().public_bytes_raw(), station_key).save(
        tmp_path / "data" / "keys"
    )
    packs = tmp_path / "data" / "packs"
    packs.mkdir()
    for id_, version in (("strict", "9"), ("lax", "10")):
        (packs / f"{id_}.json").write_bytes(sign_pack(pack(id=id_, version=version), HQ))
    result = checkpoint("rules", "list", "--config", config)
    assert result.exit_code == 1
    assert "no rules in force for resident" in result.stderr
    assert "(lax 10 and strict 9 came into force at the same moment, so neither counts)" in result.stderr


# -- check


def test_a_check_says_from_when_a_pack_is_in_force_and_that_nobody_signed_it(tmp_path: Path, config: Path) -> None:
    path = tmp_path / "next-year.json"
    path.write_text(json.dumps(pack(effective_from="2099-01-01T00:00:00+08:00")), "utf-8")
    told = checkpoint("rules", "check", path, "--config", config)
    assert told.exit_code == 0
    _, force, signature = told.stdout.splitlines()
    assert force == "from 2099-01-01 00:00 +08:00 until it is replaced: not in force until then"
    assert signature.startswith("not signed: a station takes it only once headquarters has signed")
    assert "from 2098-12-31 16:00 UTC" in checkpoint("rules", "check", path).stdout, "no station at hand"


def test_a_signed_pack_is_checked_in_its_envelope_and_names_the_key(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    path = tmp_path / "signed.json"
    path.write_bytes(sign_pack(pack(), key))
    told = checkpoint("rules", "check", path)
    assert (told.exit_code, f"by the key {key_id(key.public_key())}" in told.stdout) == (0, True)


def test_a_check_is_one_json_object_sound_or_not(tmp_path: Path, stricter: Path) -> None:
    told = checkpoint("rules", "check", "--json", stricter)
    record = json.loads(told.stdout)
    assert (record["sound"], record["due"], record["key_id"]) == (True, True, None)
    assert record["effective_from"] == "2022-03-19T16:00:00+00:00"
    stricter.write_text(json.dumps(with_rule(reason="glare")), "utf-8")
    told = checkpoint("rules", "check", "--json", stricter)
    record = json.loads(told.stdout)
    assert (told.exit_code, record["sound"]) == (1, False)
    assert "rule spot-test" in record["fault"]


def test_a_pack_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    told = checkpoint("rules", "check", tmp_path / "none.json")
    assert (told.exit_code, "No such file" in told.stderr) == (2, True)


def test_explain_is_one_json_object_too_and_both_say_whether_the_pack_is_in_force(past: Path, tmp_path: Path) -> None:
    path = tmp_path / "next-year.json"
    path.write_text(json.dumps(NOBODY_PASSES | {"effective_from": "2099-01-01T00:00:00Z"}), "utf-8")
    told = checkpoint("rules", "explain", path, "--event", "1", "--json", "--config", past)
    record = json.loads(told.stdout)
    assert (record["event"], record["was"], record["now"], record["due"]) == (1, "admit", "hold", False)
    [rule] = record["rules"]
    assert (rule["met"], rule["steps"]) == (False, ["false"])
    tried = checkpoint("rules", "dry-run", path, "--since", "2020-01-01", "--config", past)
    explained = checkpoint("rules", "explain", path, "--event", "1", "--config", past)
    for said in (tried, explained):
        assert "not in force until then" in said.stderr
        assert "not signed" in said.stderr
    assert f"#1 {THEN.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M} +08:00 stricter" in tried.stdout


def test_a_rule_that_breaks_says_so_in_an_explanation(past: Path, tmp_path: Path) -> None:
    path = tmp_path / "breaks.json"
    path.write_text(json.dumps(with_rule(logic={"plusTime": ["soon", 1, "day"]})), "utf-8")
    told = checkpoint("rules", "explain", path, "--event", "1", "--config", past)
    assert "    broken: " in told.stdout
    record = json.loads(checkpoint("rules", "explain", path, "--event", "1", "--json", "--config", past).stdout)
    assert (record["rules"][0]["met"], bool(record["rules"][0]["broken"])) == (False, True)


def test_packs_are_listed_with_times_in_the_stations_zone(config: Path) -> None:
    told = checkpoint("rules", "list", "--config", config)
    assert "from 2022-03-20 00:00 +08:00" in told.stdout


def test_a_pack_that_comes_with_the_program_needs_no_signature() -> None:
    file = Path(str(resources.files("checkpoint.policy"))) / "packs" / "company-gate-48h.json"
    assert "comes with the program" in checkpoint("rules", "check", file).stdout
