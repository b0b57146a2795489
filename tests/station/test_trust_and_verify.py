"""`checkpoint verify` and `checkpoint trust` as people read them: pictures, cards in parts, keys, ages."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding

from checkpoint.credential import Fact, Format, HealthStatus, LorryPass, Recovery, TestReport, Vaccination
from checkpoint.credentials import TrustedKey, TrustList
from checkpoint.credentials.master_list import as_ldif
from checkpoint.credentials.revocation import Revocations
from checkpoint.credentials.trust import Use
from checkpoint.errors import JournalFull
from checkpoint.journal import Journal
from station.commands.vaccines import product_name
from station.commands.verify_words import said
from station.config import load_config
from station.demo import screens
from station.demo.wallet import Wallet
from station.trust_file import tell_found
from station.wiring import open_new_journal
from tests.checkpoint.credentials.cms_signer import Signatory, needs_openssl
from tests.checkpoint.credentials.test_trust import signer_certificate
from tests.data import test_data
from tests.station.test_commands import checkpoint, config, records, trust, wallet

__all__ = ["config", "trust", "wallet"]

ISSUER = "https://spec.smarthealth.cards/examples/issuer"


def photo_of(text: str, path: Path) -> Path:
    cv2.imwrite(str(path), screens.phone_with_code(text, title="CODE", colour_bgr=(80, 80, 80)))
    return path


def test_a_photo_of_a_code_is_judged_like_its_text(wallet: Wallet, trust: Path, tmp_path: Path) -> None:
    picture = photo_of(wallet.text("naat-negative-5h"), tmp_path / "phone.png")
    told = checkpoint("verify", "--trust", trust, "--picture", picture)
    assert told.exit_code == 0
    assert told.stdout.startswith("hc1: verified\n")
    assert "test: naat, negative, sampled 20" in told.stdout
    assert "by the trust list of 20" in told.stdout


def test_each_code_is_judged_and_one_bad_one_is_enough_to_say_no(wallet: Wallet, trust: Path, tmp_path: Path) -> None:
    good, forged = wallet.text("naat-negative-5h"), wallet.text("forged")
    told = checkpoint(
        "verify", "--json", "--trust", trust, good, good, "--picture", photo_of(forged, tmp_path / "f.png")
    )
    assert [record["status"] for record in records(told)] == ["verified", "refused"]
    assert told.exit_code == 1


def test_a_picture_without_a_code_is_answered_with_no_and_takes_no_other_with_it(
    wallet: Wallet, trust: Path, tmp_path: Path
) -> None:
    lane, phone = tmp_path / "lane.png", photo_of(wallet.text("naat-negative-5h"), tmp_path / "phone.png")
    cv2.imwrite(str(lane), screens.empty_lane())
    told = checkpoint("verify", "--picture", lane)
    assert (told.exit_code, told.stdout) == (1, f"{lane}: no code\n")
    assert checkpoint("scan", lane).exit_code == 1, "as `scan` says"
    both = checkpoint("verify", "--trust", trust, "--picture", lane, "--picture", phone)
    assert both.exit_code == 1
    assert both.stdout.startswith(f"[1] {phone}\nhc1: verified\n")
    assert f"{lane}: no code" in both.stdout
    verified, empty = records(checkpoint("verify", "--json", "--trust", trust, "--picture", lane, "--picture", phone))
    assert (verified["status"], empty["status"]) == ("verified", "no-code")


def test_what_is_no_picture_and_nothing_at_all_are_errors(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    for arguments in (["--picture", tmp_path / "text.png"], []):
        assert checkpoint("verify", *arguments).exit_code == 2


def test_two_codes_in_one_picture_are_told_apart_by_where_they_are(wallet: Wallet, trust: Path, tmp_path: Path) -> None:
    good, strange = (
        cv2.imread(str(photo_of(text, tmp_path / "one.png")))
        for text in (wallet.text("naat-negative-5h"), "https://a.b")
    )
    cv2.imwrite(str(tmp_path / "two.png"), np.hstack([good, strange]))
    told = checkpoint("verify", "--trust", trust, "--picture", tmp_path / "two.png")
    first, second = (line for line in told.stdout.splitlines() if line.startswith("["))
    assert first.startswith(f"[1] {tmp_path / 'two.png'}, at ")
    x = [int(line.split(" at ")[1].split(",")[0]) for line in (first, second)]
    assert x[0] < good.shape[1] < x[1]
    assert told.stdout.index("hc1: verified") < told.stdout.index("[2]") < told.stdout.index("unknown-code")


def test_a_code_that_nobody_knows_is_answered_with_what_is_not_judged_here(wallet: Wallet, config: Path) -> None:
    for text in ("https://hc.example.cn/q?t=0123456789abcdef", '{"no": "seal"}'):
        told = checkpoint("verify", text).stdout
        assert told.startswith("not accepted: unknown-code (no format knows it)\n"), "it names no format and denies it"
        assert "city health codes are not judged here" in told
    pattern = r"https://hc\.example\.cn/q\?t=(?P<token>[0-9a-f]{16})"
    issuer = (
        f"[[issuers]]\nname = 'Pinghu'\npattern = '{pattern}'\nurl = 'https://a.example'\ncolours = {{1 = 'green'}}\n"
    )
    config.write_text(config.read_text() + issuer)
    told = checkpoint("verify", "--config", config, "https://hc.example.cn/q?t=0123456789abcdef").stdout
    assert "a health code of Pinghu: a gate asks its issuer" in told


def test_a_code_verified_by_a_list_too_old_for_a_gate_says_that_a_gate_would_hold_it(
    wallet: Wallet, trust: Path, config: Path
) -> None:
    text, known = wallet.text("naat-negative-5h"), TrustList.load(trust)
    old = datetime.now(UTC) - timedelta(days=98)
    TrustList(known.keys, old, sources={"old.json": old}).save(trust)
    told = checkpoint("verify", "--trust", trust, text)
    assert (told.exit_code, told.stdout.startswith("hc1: verified\n")) == (0, True), "it keeps its verdict"
    assert "too old (old.json): a list may be 30 days old" in told.stdout
    assert "a gate holds every signed code" in told.stdout
    [record] = records(checkpoint("verify", "--json", "--trust", trust, text))
    assert (record["status"], record["trust_too_old"]) == ("verified", True)
    config.write_text(config.read_text() + "[trust]\nmax_age_days = 100\n")
    assert "too old" not in checkpoint("verify", "--trust", trust, "--config", config, text).stdout
    then = (old - timedelta(days=1)).isoformat()
    assert "too old" not in checkpoint("verify", "--trust", trust, "--at", then, text).stdout


def test_a_stations_own_list_and_zone_are_taken_from_its_configuration(
    wallet: Wallet, config: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    wallet.keys.trust_list(datetime.now(UTC)).save(tmp_path / "data" / "trust.json")
    told = checkpoint("verify", "--config", config, wallet.text("naat-negative-5h"))
    assert told.exit_code == 0
    assert all("+08:00" in line for line in told.stdout.splitlines() if "sampled" in line or "issued" in line)


def test_revocations_alone_are_no_list_of_unknown_age(wallet: Wallet, tmp_path: Path) -> None:
    TrustList(revocations=Revocations(hashes=frozenset({b"a" * 16}))).save(tmp_path / "trust.json")
    told = checkpoint("verify", "--trust", tmp_path / "trust.json", wallet.text("naat-negative-5h")).stdout
    assert told.endswith("the trust list has no keys, 1 certificate revoked: every issuer is unknown\n")


@pytest.fixture
def shc_trust(tmp_path: Path) -> Path:
    keys = test_data("certs", "shc-spec-examples", "examples", "issuer", ".well-known", "jwks.json")
    assert checkpoint("trust", "import", "--trust", tmp_path / "shc.json", "--issuer", ISSUER, keys).exit_code == 0
    return tmp_path / "shc.json"


@pytest.mark.data
def test_the_parts_of_a_card_are_put_together_however_they_come(shc_trust: Path) -> None:
    folder = test_data("certs", "shc-spec-examples", "examples")
    parts = [path.read_text().strip() for path in sorted(folder.glob("example-02-f-qr-code-numeric-value-*.txt"))]
    assert len(parts) == 3
    apart = checkpoint("verify", "--trust", shc_trust, parts[2], parts[0], parts[1])
    glued = checkpoint("verify", "--trust", shc_trust, "-", text="".join(parts))
    assert (apart.exit_code, glued.exit_code) == (0, 0), apart.output + glued.output
    assert apart.stdout == glued.stdout
    one = checkpoint("verify", "--trust", shc_trust, parts[1])
    assert one.exit_code == 1
    assert "incomplete-code" in one.stdout
    assert "missing: 1,3" in one.stdout


def test_a_refusal_says_until_when_the_code_was_good(wallet: Wallet, trust: Path) -> None:
    told = checkpoint("verify", "--trust", trust, wallet.text("naat-expired"))
    assert told.stdout.startswith("hc1: not accepted: expired (past its end)\n")
    assert re.search(r"^  expired at: 20\d\d-\d\d-\d\d \d\d:\d\d UTC$", told.stdout, re.MULTILINE)


def test_without_a_trust_list_it_is_said_that_everybody_is_unknown(wallet: Wallet) -> None:
    told = checkpoint("verify", wallet.text("naat-negative-5h"))
    assert (told.exit_code, "every issuer is unknown" in told.stdout) == (1, True)


NOON = datetime(2022, 3, 20, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (TestReport("antigen", "positive", NOON), "test: antigen, positive, sampled 2022-03-20 04:00 UTC"),
        (TestReport("naat", "unclear", None), "test: naat, unclear, at no stated time"),
        (
            Vaccination("EU/1/20/1528", 1, 2, NOON.date()),
            "vaccination: Comirnaty (EU/1/20/1528), dose 1 of 2, on 2022-03-20",
        ),
        (Vaccination("", 0, 0, None), "vaccination: of no stated product, dose ?, on no stated day"),
        (
            Recovery(NOON.date(), NOON.date(), None),
            "recovery: first positive on 2022-03-20, valid 2022-03-20 to ?",
        ),
        (HealthStatus("green", NOON), "health code: green, answered 2022-03-20 04:00 UTC"),
        (
            LorryPass("330482000123", "浙F12345", "平湖-上海", "浙F777挂"),
            "lorry pass: 330482000123, plate 浙F12345, trailer 浙F777挂, route 平湖-上海",
        ),
    ],
)
def test_every_fact_has_its_words(fact: Fact, words: str) -> None:
    assert said(fact) == words


@pytest.mark.data
def test_every_vaccine_that_the_eu_names_by_a_number_has_its_name() -> None:
    listed = json.loads(test_data("certs", "eu-dcc-valuesets", "vaccine-medicinal-product.json").read_text("utf-8"))
    numbered = {code: value["display"] for code, value in listed["valueSetValues"].items() if code.startswith("EU/")}
    named = {code: product_name(code).removesuffix(f" ({code})").casefold() for code in numbered}
    assert named == {code: display.casefold() for code, display in numbered.items()}


# -- trust


def test_the_list_says_how_many_keys_of_whom_and_how_old_it_is(trust: Path) -> None:
    week_ago = datetime.now(UTC) - timedelta(days=7, minutes=1)
    known = TrustList.load(trust)
    TrustList(known.keys, week_ago, sources={"demo.json": week_ago}).save(trust)
    *issuers, source, whole = checkpoint("trust", "list", "--trust", trust).stdout.splitlines()
    assert len(issuers) == len({key.issuer for key in known.keys})
    assert source.startswith("list demo.json: of 20")
    assert (len(known.keys), whole.partition(", ")[0]) == (1, "1 key of 1 issuer")
    assert whole.endswith("7 days old")
    lines = records(checkpoint("trust", "list", "--json", "--trust", trust))
    assert {line["as_of"] for line in lines} == {week_ago.isoformat()}


def test_an_issuers_keys_are_shown_for_people_and_for_programs(trust: Path) -> None:
    key = next(key for key in TrustList.load(trust).keys if Format.HC1 in key.formats)
    told = checkpoint("trust", "show", "--trust", trust, key.issuer.lower()).stdout
    assert told.startswith(f"{key.kid}  hc1, lorry-pass: recovery, test, vaccination  validity not stated")
    shown = records(checkpoint("trust", "show", "--json", "--trust", trust, key.issuer))
    assert key.as_json() in shown


def test_an_issuer_that_nobody_knows_is_answered_with_those_that_are_known(trust: Path) -> None:
    told = checkpoint("trust", "show", "--trust", trust, "ATLANTIS")
    assert told.exit_code == 1
    assert "the list knows" in told.stderr


def test_an_import_of_revocations_says_how_many_and_invents_no_age(tmp_path: Path) -> None:
    batch, known = tmp_path / "batch.json", tmp_path / "trust.json"
    batch.write_text(json.dumps({"hashType": "UCI", "entries": [{"hash": "00" * 16}, {"hash": "11" * 16}]}), "utf-8")
    told = checkpoint("trust", "import", "--trust", known, batch)
    assert told.stdout.splitlines() == [f"{batch}: 0 keys, 0 left out, 2 revoked", f"{known}: 0 keys"]
    listed = checkpoint("trust", "list", "--trust", known)
    assert listed.stdout.splitlines() == ["revoked: 2 certificates", "0 keys of 0 issuers"]
    assert (listed.exit_code, "no issuer is believed" in listed.stderr) == (1, True)


def test_the_list_says_what_keys_are_for_in_one_column_however_long_an_issuers_name_is(tmp_path: Path) -> None:
    public = generate_private_key(SECP256R1()).public_key()
    keys = tuple(
        TrustedKey(str(n), public, issuer, frozenset({made}), frozenset({Use.TEST}), source="a.json")
        for n, (issuer, made) in enumerate([("DE", Format.HC1), (ISSUER, Format.SHC), ("", Format.VDS_NC)])
    )
    TrustList(keys, NOON, sources={"a.json": NOON}).save(tmp_path / "trust.json")
    lines = checkpoint("trust", "list", "--trust", tmp_path / "trust.json").stdout.splitlines()[:3]
    assert [line.split("  ")[-1] for line in lines] == ["vds-nc", "hc1: test", "shc: test"]
    assert len({line.index("1 key") for line in lines}) == 1


def test_a_list_too_old_for_a_gate_is_named_with_the_limit_and_ends_with_1(trust: Path, config: Path) -> None:
    keys, now = TrustList.load(trust).keys, datetime.now(UTC)
    sources = {"new.json": now - timedelta(days=1), "old.json": now - timedelta(days=98)}
    TrustList(keys, min(sources.values()), sources=sources).save(trust)
    told = checkpoint("trust", "list", "--trust", trust)
    assert told.exit_code == 1
    assert [line.endswith("TOO OLD") for line in told.stdout.splitlines() if line.startswith("list ")] == [True, False]
    assert "too old (old.json): a list may be 30 days old ([trust] max_age_days)" in told.stderr
    [line, *_] = records(checkpoint("trust", "list", "--json", "--trust", trust))
    assert (line["too_old"], line["max_age_days"]) == (True, 30)
    config.write_text(config.read_text() + "[trust]\nmax_age_days = 100\n")
    told = checkpoint("trust", "list", "--trust", trust, "--config", config)
    assert (told.exit_code, "TOO OLD" in told.stdout, told.stderr) == (0, False, "")
    assert "+08:00" in told.stdout, "in the station's own zone"


# -- a station's own list


@pytest.fixture
def station(config: Path) -> Path:
    """A station that was started before: it has a journal."""
    open_new_journal(load_config(config)).close()
    return config


def full(*_: object, **__: object) -> None:
    raise JournalFull("no space left")


def told_by_journal(config: Path) -> list[dict[str, Any]]:
    told = checkpoint("log", "--kind", "trust-changed", "--json", "--config", config)
    return [body for line in reversed(records(told)) if isinstance(body := line["body"], dict)]


def test_each_import_of_a_stations_list_and_each_removal_is_an_entry_of_its_journal(
    tmp_path: Path, station: Path
) -> None:
    german, french = (signer_pem(tmp_path / f"{country}.pem", country) for country in ("DE", "FR"))
    batch = tmp_path / "batch.json"
    batch.write_text(json.dumps({"hashType": "UCI", "entries": [{"hash": "00" * 16}]}), "utf-8")
    stated = ("--as-of", "2022-03-01T00:00:00Z")
    assert checkpoint("trust", "import", "--config", station, *stated, german, french, batch).exit_code == 0
    assert checkpoint("trust", "remove", "--config", station, "DE DE.pem").exit_code == 0
    *imports, removal = told_by_journal(station)
    assert [(e["file"], e["list"], e["keys"], e["left_out"], e["revoked"]) for e in imports] == [
        ("DE.pem", "DE DE.pem", 1, 0, 0),
        ("FR.pem", "FR FR.pem", 1, 0, 0),
        ("batch.json", "", 0, 0, 1),
    ]
    assert {e["as_of"] for e in imports[:2]} == {"2022-03-01T00:00:00.000000Z"}
    assert (removal["list"], removal["removed"]) == ("DE DE.pem", 1)
    assert all(e["by"] == "command line" and e["account"] for e in (*imports, removal))
    listed = checkpoint("log", "--kind", "trust-changed", "--config", station).stdout
    assert re.search(r"^#\d+ +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d \+08:00 trust-changed .*DE DE.pem", listed, re.MULTILINE)


def test_a_list_that_is_named_by_its_path_is_the_stations_all_the_same(tmp_path: Path, station: Path) -> None:
    pem = signer_pem(tmp_path / "dsc.pem", "DE")
    (tmp_path / "link").symlink_to(tmp_path / "data")
    checkpoint("trust", "import", "--config", station, "--trust", tmp_path / "link" / "trust.json", pem)
    checkpoint("trust", "import", "--config", station, "--trust", tmp_path / "other.json", pem)
    assert len(told_by_journal(station)) == 1


def test_nothing_is_believed_that_the_journal_could_not_be_told(
    tmp_path: Path, station: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Journal, "append", full)
    told = checkpoint("trust", "import", "--config", station, signer_pem(tmp_path / "dsc.pem", "DE"))
    assert (told.exit_code, "no space left" in told.stderr) == (2, True)
    assert not (tmp_path / "data" / "trust.json").exists()


def test_what_was_imported_before_the_first_start_is_written_down_by_it_once(tmp_path: Path, config: Path) -> None:
    told = checkpoint("trust", "import", "--config", config, signer_pem(tmp_path / "dsc.pem", "DE"))
    assert (told.exit_code, "no journal yet" in told.stderr) == (0, True)
    for _ in range(2):
        with open_new_journal(load_config(config)) as journal:
            tell_found(tmp_path / "data" / "trust.json", journal)
    [found] = told_by_journal(config)
    assert (found["by"], found["lists"], found["keys"]) == ("found at the start", ["DE dsc.pem"], 1)


def test_a_start_tells_of_no_list_where_there_is_none_that_can_be_used(tmp_path: Path, config: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    with open_new_journal(load_config(config)) as journal:
        tell_found(tmp_path / "none.json", journal)
        tell_found(tmp_path / "broken.json", journal)
    assert told_by_journal(config) == []


def test_a_start_with_a_full_disk_goes_on_and_the_next_one_tells(
    trust: Path, station: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_new_journal(load_config(station)) as journal:
        with monkeypatch.context() as patched:
            patched.setattr(Journal, "append", full)
            tell_found(trust, journal)
        tell_found(trust, journal)
    assert len(told_by_journal(station)) == 1


def test_a_configuration_that_is_named_must_be_there(tmp_path: Path, trust: Path) -> None:
    told = checkpoint("trust", "list", "--trust", trust, "--config", tmp_path / "none.toml")
    assert (told.exit_code, "no such file" in told.stderr) == (2, True)


@needs_openssl
def test_a_list_is_taken_only_where_the_key_given_signed_it(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    validity = {"begins": now - timedelta(days=1), "ends": now + timedelta(days=1)}
    germany, france = (Signatory(country, **validity) for country in ("DE", "FR"))
    signers = [Signatory(country, by=Signatory(country), **validity) for country in ("DE", "FR")]
    listed, key = tmp_path / "gateway.json", tmp_path / "upload.pem"
    listed.write_text(json.dumps([germany.signs_entry(signers[0]), france.signs_entry(signers[1])]))
    key.write_bytes(germany.pem)
    asked = ("trust", "import", "--trust", tmp_path / "trust.json", "--signed-by", key, listed)
    refused = checkpoint(*asked)
    assert refused.exit_code == 2
    assert f"{listed}: entry 2, kid kid-FR: it is not signed by the key given" in refused.stderr
    assert not (tmp_path / "trust.json").exists()
    key.write_bytes(germany.pem + france.pem)
    assert checkpoint(*asked).stdout.startswith(f"{listed}: 2 keys, 0 left out\n")
    master = tmp_path / "master.ml"
    master.write_bytes(france.signs_master_list(germany, france))
    asked = (*asked[:-1], master)
    assert checkpoint(*asked).stdout.startswith(f"{master}: 2 keys, 0 left out\n")
    key.write_bytes(germany.pem)
    assert "not signed by the key given, but by FR authority" in checkpoint(*asked).stderr
    exported = tmp_path / "pkd.ldif"
    exported.write_bytes(as_ldif([master.read_bytes(), germany.signs_master_list(germany)]))
    told = checkpoint(*asked[:-1], exported)
    assert told.stdout.startswith(f"{exported}: 1 key, 1 left out\n")
    assert "left out: master list 1 of 2: it is not signed by the key given" in told.stderr


# -- lists beside one another


def signer_pem(path: Path, country: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    certificate = signer_certificate(generate_private_key(SECP256R1()), country=country)
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


def test_two_files_of_one_name_stand_beside_each_other_and_an_edition_tells_what_it_drops(tmp_path: Path) -> None:
    known = tmp_path / "trust.json"
    german, french = (signer_pem(tmp_path / country / "dsc.pem", country) for country in ("DE", "FR"))
    assert "2 keys from 2 lists" in checkpoint("trust", "import", "--trust", known, german, french).stdout
    renewed = checkpoint("trust", "import", "--trust", known, signer_pem(german, "DE"))
    assert "1 key of its older edition no longer believed" in renewed.stderr
    assert "no key in common" in renewed.stderr
    again = checkpoint("trust", "import", "--trust", known, german)
    assert "the same keys as before" in again.stderr
    listed = checkpoint("trust", "list", "--trust", known).stdout
    assert ("list DE dsc.pem: of" in listed, "list FR dsc.pem: of" in listed) == (True, True)


def test_two_lists_that_would_stand_under_one_name_are_not_taken_at_once(tmp_path: Path) -> None:
    one, two = (signer_pem(tmp_path / folder / "dsc.pem", "DE") for folder in ("a", "b"))
    told = checkpoint("trust", "import", "--trust", tmp_path / "trust.json", one, two)
    assert (told.exit_code, (tmp_path / "trust.json").exists()) == (2, False)
    assert f"{two} would replace {one}" in told.stderr
    for file, name in ((one, "north"), (two, "south")):
        assert checkpoint("trust", "import", "--trust", tmp_path / "trust.json", "--name", name, file).exit_code == 0
    assert len(TrustList.load(tmp_path / "trust.json").keys) == 2


def test_a_dated_edition_is_told_to_overlap_and_the_older_can_be_removed(tmp_path: Path) -> None:
    known, old = tmp_path / "trust.json", signer_pem(tmp_path / "list-1.pem", "DE")
    new = tmp_path / "list-2.pem"
    new.write_bytes(old.read_bytes())
    checkpoint("trust", "import", "--trust", known, old)
    told = checkpoint("trust", "import", "--trust", known, new)
    assert "checkpoint trust remove 'DE list-1.pem'" in told.stderr
    removed = checkpoint("trust", "remove", "--trust", known, "DE list-1.pem")
    assert removed.stdout.startswith("DE list-1.pem: 1 key removed; 1 key left, of 20")
    again = checkpoint("trust", "remove", "--trust", known, "DE list-1.pem")
    assert (again.exit_code, "known: 'DE list-2.pem'" in again.stderr) == (1, True)


def test_a_list_fetched_anew_without_a_change_is_dated_by_whoever_fetched_it(tmp_path: Path) -> None:
    known, file = tmp_path / "trust.json", signer_pem(tmp_path / "dsc.pem", "DE")
    for day in ("2022-03-01", "2022-03-20"):
        assert checkpoint("trust", "import", "--trust", known, "--as-of", day, file).exit_code == 0
    assert TrustList.load(known).as_of == datetime(2022, 3, 20, tzinfo=UTC)
    for bad in ("2999-01-01", "soon"):
        assert checkpoint("trust", "import", "--trust", known, "--as-of", bad, file).exit_code == 2


def test_a_list_dated_later_than_now_says_so(trust: Path) -> None:
    TrustList(TrustList.load(trust).keys, datetime(2999, 1, 1, tzinfo=UTC)).save(trust)
    assert "dated 2999-01-01 00:00 UTC, which is yet to come" in checkpoint("trust", "list", "--trust", trust).stdout


def test_a_file_that_is_no_list_at_all_says_which_kinds_are_known(tmp_path: Path) -> None:
    (tmp_path / "passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")
    told = checkpoint("trust", "import", "--trust", tmp_path / "trust.json", tmp_path / "passwd")
    assert (told.exit_code, "neither JSON, PEM, DER nor signed" in told.stderr) == (2, True)
