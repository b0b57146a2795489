"""Rule packs as files: what is accepted, what is refused, who signed, and which one is in force."""

import contextlib
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkpoint.crossing import Category, Verdict
from checkpoint.errors import RulePackError
from checkpoint.policy import PackShelf, decide, load_pack, open_signed, shipped_packs, sign_pack
from checkpoint.policy.pack_file import MAX_BYTES
from checkpoint.policy.signing import key_id
from checkpoint.reasons import Reason
from tests.checkpoint.policy.travellers import NOW, spot, traveller

Json = dict[str, Any]

HQ = Ed25519PrivateKey.from_private_bytes(b"h" * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
HQ_KEYS = {key_id(HQ.public_key()): HQ.public_key()}


def pack(**changes: Any) -> Json:
    """A sound pack of one rule for residents, with changes."""
    rule = {
        "id": "spot-test",
        "categories": ["resident"],
        "logic": {"===": [{"var": "payload.spot.outcome"}, "negative"]},
        "otherwise": "hold",
        "reason": "antigen-needed",
        "text": {"zh": "抗原阴性", "en": "Antigen test negative"},
    }
    return {
        "format": "checkpoint-rule-pack/1",
        "id": "spring",
        "version": "1",
        "title": {"zh": "春季规则", "en": "Spring rules"},
        "effective_from": "2022-03-20T00:00:00+08:00",
        "effective_until": None,
        "categories": ["resident"],
        "rules": [rule],
    } | changes


def with_rule(**changes: Any) -> Json:
    sound = pack()
    sound["rules"] = [sound["rules"][0] | changes]
    return sound


def without(key: str) -> Json:
    return {name: value for name, value in pack().items() if name != key}


def as_bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


# The file


def test_sound_pack_loads() -> None:
    loaded = load_pack(as_bytes(pack()))
    assert loaded.effective_from == datetime(2022, 3, 19, 16, tzinfo=UTC)
    assert loaded.positive_bars_for == timedelta(days=10)
    assert [rule.reason for rule in loaded.rules_for(Category.RESIDENT)] == [Reason.ANTIGEN_NEEDED]


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (pack(surprise=1), "surprise"),
        (with_rule(surprise=1), "surprise"),
        (without("format"), "format"),
        (without("rules"), "rules"),
        (without("effective_until"), "effective_until"),
        (pack(format="checkpoint-rule-pack/2"), "format"),
        (pack(id="Spring Rules"), "id"),
        (pack(id="../../etc/passwd"), "id"),
        (pack(version="latest"), "version: .*found 'latest'"),
        (pack(version="1.02"), "version"),
        (pack(effective_from="2022-03-20T00:00:00"), "effective_from"),
        (pack(effective_from=1647705600), "effective_from"),
        (pack(effective_from="1647705600"), "effective_from"),
        (pack(effective_until="2022-03-19T16:00:00Z"), "effective_until"),
        (pack(categories=[]), "categories"),
        (pack(categories=["resident", "resident"]), "twice"),
        (pack(categories=["resident", "lorry"]), "no rule for category lorry"),
        (pack(categories=["everybody"]), "categories"),
        (pack(positive_bars_days=0), "positive_bars_days"),
        (pack(positive_bars_days=True), "positive_bars_days"),
        (pack(positive_bars_days="10"), "positive_bars_days"),
        (pack(rules=[]), "rules"),
        (pack(rules=pack()["rules"] * 2), "stands twice"),
        (pack(title={"en": "Spring rules"}), "title.zh"),
        (pack(title={"zh": "", "en": "Spring rules"}), "title.zh"),
        (with_rule(categories=["other"]), "names a category"),
        (with_rule(otherwise="admit"), "cannot admit"),
        (with_rule(otherwise="maybe"), "otherwise"),
        (with_rule(reason="bad-mood"), "reason"),
        (with_rule(reason="rules-met"), "reason: .*lets a traveller pass"),
        (with_rule(reason="overridden"), "reason: .*lets a traveller pass"),
        (with_rule(reason="glare"), "rule spot-test: rules.0.reason: glare is about the reading of a cassette"),
        (with_rule(reason="too-early"), "about the reading of a cassette"),
        (with_rule(reason="rules-missing"), "about the station"),
        (with_rule(reason="naat-stall"), r"rule spot-test: .*did you mean naat-stale\?.*\(found 'naat-stall'\)"),
        (with_rule(reason=7), "no reason code"),
        (with_rule(logic=None), "logic"),
        (with_rule(logic={"or": [True, True]}), "^rule spot-test: rules.0.logic: unrecognised operator"),
        (with_rule(logic={"===": [1]}), "operands"),
        (with_rule(logic={"var": "payload..spot"}), "path"),
        (with_rule(logic=1.5), "non-integer"),
        (with_rule(after=["something-else"]), "not judged before"),
        (with_rule(after=["spot-test"]), "not judged before"),
        ([], "valid"),
        (None, "valid"),
    ],
)
def test_anything_amiss_in_a_pack_is_named(broken: Any, complaint: str) -> None:
    with pytest.raises(RulePackError, match=complaint):
        load_pack(as_bytes(broken))


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        (b'{"format": 1,\n "id": }', "not JSON: Expecting value, line 2, column 8"),
        (b"\x89PNG\r\n", "not JSON: no text in UTF-8, from byte 0 on"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 5000, "too many digits"),
        (b"", "not JSON: .*line 1"),
    ],
)
def test_a_file_that_is_no_json_says_where_it_stops_being(file: bytes, complaint: str) -> None:
    with pytest.raises(RulePackError, match=complaint):
        load_pack(file)


def test_rule_waits_only_for_rules_that_its_own_category_is_judged_by() -> None:
    first, second = pack()["rules"][0], pack()["rules"][0]
    first |= {"id": "first"}
    second |= {"id": "second", "categories": ["other"], "after": ["first"]}
    with pytest.raises(RulePackError, match="not judged before"):
        load_pack(as_bytes(pack(categories=["resident", "other"], rules=[first, second])))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"NaN",
        b'{"positive_bars_days": Infinity}',
        as_bytes(pack())[:-1] + b', "version": "2"}',
        b"[" * 100_000,
        b"1" * 10_000,
        b" " * (MAX_BYTES + 1),
        b'{"format": "\\ud800"}',
    ],
)
def test_what_is_not_plain_json_is_refused(text: bytes) -> None:
    with pytest.raises(RulePackError):
        load_pack(text)


def test_pack_with_half_a_surrogate_pair_is_refused() -> None:
    for place in (b"Spring rules", b"checkpoint-rule-pack/1", b"spring", b"antigen-needed", b"2022-03-20T00"):
        with pytest.raises(RulePackError):
            load_pack(as_bytes(pack()).replace(place, b"\\ud800"))


def test_missing_file_is_a_rule_pack_error(tmp_path: Path) -> None:
    with pytest.raises(RulePackError, match="cannot read"):
        load_pack(tmp_path / "nothing.json")


def test_digest_does_not_depend_on_the_spelling_of_the_file() -> None:
    spaced = json.dumps(dict(reversed(pack().items())), indent=4).encode()
    assert load_pack(spaced).digest == load_pack(as_bytes(pack())).digest
    assert load_pack(as_bytes(pack(version="2"))).digest != load_pack(as_bytes(pack())).digest


# The signature


def test_key_is_named_by_the_beginning_of_its_hash() -> None:
    assert key_id(HQ.public_key()) == hashlib.sha256(HQ.public_key().public_bytes_raw()).hexdigest()[:16]


def test_pack_signed_by_headquarters_opens() -> None:
    assert open_signed(sign_pack(pack(), HQ), HQ_KEYS).id == "spring"


def tampered(change: Callable[[Json], None]) -> bytes:
    envelope = json.loads(sign_pack(pack(), HQ))
    change(envelope)
    return as_bytes(envelope)


@pytest.mark.parametrize(
    ("envelope", "complaint"),
    [
        (sign_pack(pack(), STRANGER), "not headquarters"),
        (as_bytes(pack()), "envelope"),
        (as_bytes({"pack": pack()}), "envelope"),
        (tampered(lambda e: e["pack"].update(version="2")), "did not sign"),
        (tampered(lambda e: e["pack"]["rules"][0].update(logic=True)), "did not sign"),
        (tampered(lambda e: e.update(signature="")), "did not sign"),
        (tampered(lambda e: e.update(signature="\u4e00")), "did not sign"),
        (tampered(lambda e: e.update(signature=e["signature"][:-4])), "did not sign"),
        (tampered(lambda e: e.update(key_id="0" * 16)), "not headquarters"),
        (tampered(lambda e: e.update(extra=1)), "envelope"),
        (b"not json", "not JSON"),
    ],
)
def test_pack_that_headquarters_did_not_sign_is_refused(envelope: bytes, complaint: str) -> None:
    with pytest.raises(RulePackError, match=complaint):
        open_signed(envelope, HQ_KEYS)


def test_strangers_signature_under_headquarters_name_is_refused() -> None:
    envelope = json.loads(sign_pack(pack(), STRANGER))
    envelope["key_id"] = key_id(HQ.public_key())
    with pytest.raises(RulePackError, match="did not sign"):
        open_signed(as_bytes(envelope), HQ_KEYS)


def test_headquarters_cannot_sign_what_stations_would_refuse() -> None:
    with pytest.raises(RulePackError):
        sign_pack(with_rule(logic={"or": [True, True]}), HQ)


# The shelf


@pytest.fixture
def shelf(tmp_path: Path) -> PackShelf:
    return PackShelf(tmp_path / "rules", HQ_KEYS)


def in_force(shelf: PackShelf, now: datetime = NOW) -> str | None:
    found = shelf.in_force(Category.RESIDENT, now)
    return None if found is None else f"{found.id} {found.version}"


def test_empty_shelf_has_nothing_in_force(shelf: PackShelf) -> None:
    assert in_force(shelf) is None


def test_signed_pack_is_in_force_from_its_hour_on(shelf: PackShelf) -> None:
    shelf.put(sign_pack(pack(effective_until="2022-04-01T00:00:00+08:00"), HQ), NOW)
    start, end = datetime(2022, 3, 19, 16, tzinfo=UTC), datetime(2022, 3, 31, 16, tzinfo=UTC)
    assert in_force(shelf, start) == "spring 1"
    assert in_force(shelf, start - timedelta(seconds=1)) is None
    assert in_force(shelf, end - timedelta(seconds=1)) == "spring 1"
    assert in_force(shelf, end) is None


def test_rules_of_tomorrow_wait_on_the_shelf_while_todays_stay(shelf: PackShelf) -> None:
    shelf.put(sign_pack(pack(), HQ), NOW)
    shelf.put(sign_pack(pack(version="2", effective_from="2022-03-22T00:00:00Z"), HQ), NOW)
    assert in_force(shelf) == "spring 1"
    assert in_force(shelf, NOW + timedelta(days=1)) == "spring 2"


def test_later_rules_under_another_name_replace_the_earlier(shelf: PackShelf) -> None:
    shelf.put(sign_pack(pack(id="summer", effective_from="2022-03-21T00:00:00Z"), HQ), NOW)
    shelf.put(sign_pack(pack(version="9"), HQ), NOW)
    assert in_force(shelf) == "summer 1"


def test_tenth_version_comes_after_the_ninth(shelf: PackShelf) -> None:
    for version in ("1.9", "1.10"):
        shelf.put(sign_pack(pack(version=version), HQ), NOW)
    assert in_force(shelf) == "spring 1.10"


# Which of several counts

MAY = "2022-05-01T00:00:00+08:00"
NOW_TEXT = NOW.isoformat()


def test_urgent_edition_is_taken_while_a_higher_one_waits(shelf: PackShelf) -> None:
    shelf.put(sign_pack(pack(), HQ), NOW)
    shelf.put(sign_pack(pack(version="2", effective_from=MAY), HQ), NOW)
    shelf.put(sign_pack(pack(version="1.1", effective_from=NOW_TEXT), HQ), NOW)
    assert in_force(shelf) == "spring 1.1"
    assert in_force(shelf, NOW - timedelta(seconds=1)) == "spring 1"
    assert in_force(shelf, NOW + timedelta(days=60)) == "spring 2"


def test_order_of_arrival_does_not_matter(tmp_path: Path) -> None:
    packs = [pack(), pack(version="1.1", effective_from=NOW_TEXT), pack(version="2", effective_from=MAY)]
    for number, order in enumerate(permutations(packs)):
        shelf = PackShelf(tmp_path / str(number), HQ_KEYS)
        for value in order:
            with contextlib.suppress(RulePackError):
                shelf.put(sign_pack(value, HQ), NOW)
        assert [in_force(shelf, NOW), in_force(shelf, NOW + timedelta(days=60))] == ["spring 1.1", "spring 2"]


@pytest.mark.parametrize(
    ("held", "late"),
    [
        (pack(version="2"), pack(version="1.1", effective_from=NOW_TEXT)),
        (pack(version="2", effective_from=NOW_TEXT), pack(version="1.1")),
        (pack(version="2", effective_until="2022-03-20T12:00:00Z"), pack(version="1.1", effective_from=NOW_TEXT)),
        (pack(version="2", effective_from=MAY), pack(version="1.1", effective_from=MAY)),
        (pack(version="2", effective_from=MAY), pack(version="1.1", effective_from="2022-06-01T00:00:00Z")),
    ],
)
def test_edition_that_comes_too_late_is_refused(shelf: PackShelf, held: Json, late: Json) -> None:
    shelf.put(sign_pack(held, HQ), NOW)
    with pytest.raises(RulePackError, match="older than 2"):
        shelf.put(sign_pack(late, HQ), NOW)
    assert len(shelf.list()) == 1


def test_versions_of_different_packs_say_nothing_about_each_other(shelf: PackShelf) -> None:
    shelf.put(sign_pack(pack(id="strict", version="9"), HQ), NOW)
    with pytest.raises(RulePackError, match="together with strict 9"):
        shelf.put(sign_pack(pack(id="lax", version="10"), HQ), NOW)
    assert in_force(shelf) == "strict 9"
    shelf.put(sign_pack(pack(id="lax", version="10", effective_from="2022-03-20T00:00:01+08:00"), HQ), NOW)
    assert in_force(shelf) == "lax 10"


def test_of_two_packs_that_tie_neither_counts(shelf: PackShelf, tmp_path: Path) -> None:
    """However they came to lie there, whatever their numbers."""
    folder = tmp_path / "rules"
    folder.mkdir()
    for id_, version in (("strict", "9"), ("lax", "10")):
        (folder / f"{id_}.json").write_bytes(sign_pack(pack(id=id_, version=version), HQ))
    shelf.reload()
    assert in_force(shelf) is None
    assert {found.id for found in shelf.claimants(Category.RESIDENT, NOW)} == {"strict", "lax"}
    shelf.put(sign_pack(pack(id="strict", version="9.1", effective_from=NOW_TEXT), HQ), NOW)
    assert in_force(shelf) == "strict 9.1"


@pytest.mark.parametrize(
    "beside",
    [
        pack(id="lax", effective_from=MAY),
        pack(id="lax", effective_until="2022-03-20T12:00:00Z"),
        pack(id="lax", categories=["company"], rules=with_rule(categories=["company"])["rules"]),
    ],
)
def test_packs_that_never_meet_do_not_tie(shelf: PackShelf, beside: Json) -> None:
    shelf.put(sign_pack(pack(id="strict"), HQ), NOW)
    shelf.put(sign_pack(beside, HQ), NOW)
    assert len(shelf.list()) == 2


def test_pack_whose_rival_was_replaced_since_is_taken(shelf: PackShelf) -> None:
    shelf.put(sign_pack(pack(id="strict"), HQ), NOW)
    shelf.put(sign_pack(pack(id="strict", version="2", effective_from=NOW_TEXT), HQ), NOW)
    shelf.put(sign_pack(pack(id="lax"), HQ), NOW)
    assert in_force(shelf) == "strict 2"


def test_tie_that_comes_only_when_a_third_pack_ends_is_refused_too(shelf: PackShelf) -> None:
    shelf.put(sign_pack(pack(id="strict"), HQ), NOW)
    shelf.put(sign_pack(pack(id="short", effective_from="2022-03-21T00:00:00Z", effective_until=MAY), HQ), NOW)
    with pytest.raises(RulePackError, match="together with strict 1"):
        shelf.put(sign_pack(pack(id="lax"), HQ), NOW)


@pytest.mark.parametrize(
    "refused",
    [
        sign_pack(pack(version="3"), STRANGER),
        as_bytes(pack(version="3")),
        b"{}",
        sign_pack(pack(version="1"), HQ),
        sign_pack(pack(version="2", title={"zh": "别的", "en": "Something else"}), HQ),
    ],
)
def test_pack_that_must_not_be_used_leaves_the_last_good_one(shelf: PackShelf, refused: bytes) -> None:
    shelf.put(sign_pack(pack(version="2"), HQ), NOW)
    with pytest.raises(RulePackError):
        shelf.put(refused, NOW)
    assert in_force(shelf) == "spring 2"


def test_same_pack_again_is_taken_quietly(shelf: PackShelf) -> None:
    for _ in range(2):
        shelf.put(sign_pack(pack(), HQ), NOW)
    assert len(shelf.list()) == 1
    shelf.put(sign_pack(pack(version="2"), HQ), NOW)
    shelf.put(sign_pack(pack(), HQ), NOW)
    assert in_force(shelf) == "spring 2"


def test_shelf_remembers_after_a_restart(shelf: PackShelf, tmp_path: Path) -> None:
    shelf.put(sign_pack(pack(), HQ), NOW)
    assert in_force(PackShelf(tmp_path / "rules", HQ_KEYS)) == "spring 1"


def test_file_changed_on_the_card_is_not_used_and_told(shelf: PackShelf, tmp_path: Path) -> None:
    shelf.put(sign_pack(pack(), HQ), NOW)
    shelf.put(sign_pack(pack(version="2"), HQ), NOW)
    newest = tmp_path / "rules" / "spring.2.json"
    newest.write_bytes(newest.read_bytes().replace(b"negative", b"positive"))
    reopened = PackShelf(tmp_path / "rules", HQ_KEYS)
    assert in_force(reopened) == "spring 1"
    assert [spoiled.file for spoiled in reopened.spoiled] == ["spring.2.json"]


def test_pack_that_lies_there_twice_is_no_matter(shelf: PackShelf, tmp_path: Path) -> None:
    shelf.put(sign_pack(pack(), HQ), NOW)
    (tmp_path / "rules" / "copy.json").write_bytes((tmp_path / "rules" / "spring.1.json").read_bytes())
    assert in_force(PackShelf(tmp_path / "rules", HQ_KEYS)) == "spring 1"


def test_half_written_file_is_not_looked_at(shelf: PackShelf, tmp_path: Path) -> None:
    shelf.put(sign_pack(pack(), HQ), NOW)
    (tmp_path / "rules" / ".spring.2.json.1a2b3c4d").write_bytes(b"{")
    assert PackShelf(tmp_path / "rules", HQ_KEYS).spoiled == ()


def test_shelf_without_headquarters_key_uses_nothing_signed(shelf: PackShelf, tmp_path: Path) -> None:
    shelf.put(sign_pack(pack(), HQ), NOW)
    assert in_force(PackShelf(tmp_path / "rules", {})) is None


def test_shipped_packs_serve_until_headquarters_speaks(tmp_path: Path) -> None:
    shelf = PackShelf(tmp_path, HQ_KEYS, shipped_packs())
    assert in_force(shelf) == "pinghu-road-2022-03-20 1"
    shelf.put(sign_pack(pack(id="pinghu-road-2022-03-20"), HQ), NOW)
    signed = shelf.in_force(Category.RESIDENT, NOW)
    assert signed is not None
    assert signed.title.en == "Spring rules", "headquarters' own version comes before the shipped one"


def test_headquarters_can_end_a_shipped_pack(tmp_path: Path) -> None:
    shelf = PackShelf(tmp_path, HQ_KEYS, shipped_packs())
    shelf.put(
        sign_pack(pack(id="pinghu-road-2022-03-20", version="2", effective_until="2022-03-21T00:00:00Z"), HQ), NOW
    )
    assert in_force(shelf) is None


def test_categories_have_packs_of_their_own(tmp_path: Path) -> None:
    shelf = PackShelf(tmp_path, HQ_KEYS, shipped_packs())
    found = {category: shelf.in_force(category, NOW) for category in Category}
    ids = {category: pack.id for category, pack in found.items() if pack is not None}
    assert ids == {
        Category.RESIDENT: "pinghu-road-2022-03-20",
        Category.OTHER: "pinghu-road-2022-03-20",
        Category.LORRY: "pinghu-road-2022-03-20",
        Category.COMPANY: "company-gate-48h",
    }


# A rule that breaks


@pytest.mark.parametrize(
    "logic",
    [
        {"before": [{"plusTime": [{"var": "payload.naat.sampledAt"}, 0, "hour"]}, {"plusTime": ["2030", 0, "hour"]}]},
        {"<": [{"var": "payload.spot"}, 1]},
        "yes",
        1,
        {"plusTime": ["2022", 0, "day"]},
    ],
)
def test_rule_that_breaks_or_does_not_say_true_or_false_is_a_hold(logic: Any) -> None:
    broken = load_pack(as_bytes(with_rule(logic=logic, otherwise="refuse")))
    decision = decide(traveller(Category.RESIDENT, spot_test=spot()), broken, NOW)
    assert (decision.verdict, decision.reason) == (Verdict.HOLD, Reason.RULES_BROKEN)


def test_many_slow_rules_share_one_measure_of_patience() -> None:
    slow = {"===": [{"reduce": [[0] * 1000, {"+": [{"var": "accumulator"}, 1]}, 0]}, 1000]}
    rules = [with_rule(logic=slow)["rules"][0] | {"id": f"slow-{number}"} for number in range(50)]
    decision = decide(traveller(Category.RESIDENT, spot_test=spot()), load_pack(as_bytes(pack(rules=rules))), NOW)
    assert decision.findings[0].verdict is Verdict.ADMIT
    assert (decision.verdict, decision.reason) == (Verdict.HOLD, Reason.RULES_BROKEN)


@pytest.mark.parametrize("logic", [False, 0, "", [], {"var": "payload.naat"}])
def test_rule_that_is_falsy_is_not_met(logic: Any) -> None:
    unmet = load_pack(as_bytes(with_rule(logic=logic, otherwise="refuse")))
    decision = decide(traveller(Category.RESIDENT, spot_test=spot()), unmet, NOW)
    assert (decision.verdict, decision.reason) == (Verdict.REFUSE, Reason.ANTIGEN_NEEDED)
