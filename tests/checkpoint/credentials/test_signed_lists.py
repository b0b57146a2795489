"""Lists that the `openssl` program signed in CMS: ICAO's master lists and the EU gateway's, by whom and over what."""

import json
import random
from base64 import b64decode, b64encode
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from checkpoint.credential import Format
from checkpoint.credentials import TrustList, master_list
from checkpoint.credentials.trust_import import read_trust
from checkpoint.credentials.trust_signature import check_signed, signer_keys
from tests.checkpoint.credentials.cms_signer import LIST_SIGNER, Signatory, master_list_content, needs_openssl, new_key
from tests.checkpoint.credentials.issuer import NOW

pytestmark = needs_openssl

YESTERDAY = NOW - timedelta(days=1)
AUTHORITY = Signatory("UT")
OTHERS = (Signatory("AU"), Signatory("JP"))
LISTER = Signatory("UT", by=AUTHORITY, usage=LIST_SIGNER)


def imported(data: bytes, *signers: Signatory) -> TrustList:
    """Return what `trust import --signed-by` takes from a file, the signers given in one PEM file."""
    keys = signer_keys(b"".join(signer.pem for signer in signers), NOW)
    return read_trust(check_signed(data, keys, NOW).data, name="list", now=NOW).trust


def issuers(trust: TrustList) -> list[tuple[str, frozenset[Format]]]:
    return [(key.issuer, key.formats) for key in trust.keys]


AUTHORITIES = [(country, frozenset({Format.VDS_NC})) for country in ("AU", "JP")]


# ICAO's master lists


@pytest.mark.parametrize("kind", ["P-256", "brainpoolP256r1", "RSA"])
def test_a_master_list_counts_by_the_authority_that_vouches_for_its_signer(kind: str) -> None:
    authority = Signatory("UT", key=new_key(kind))
    lister = Signatory("UT", by=authority, key=new_key(kind), usage=LIST_SIGNER)
    listed = lister.signs_master_list(*OTHERS)
    assert issuers(imported(listed, AUTHORITY, authority)) == AUTHORITIES
    assert issuers(imported(listed, lister)) == AUTHORITIES
    with pytest.raises(ValueError, match="not signed by the key given, but by UT signer"):
        imported(listed, AUTHORITY)


@pytest.mark.parametrize(
    "options",
    [("-stream",), ("-md", "sha512"), ("-keyid",), ("-keyopt", "rsa_padding_mode:pss")],
    ids=["open lengths", "sha-512", "named by key id", "pss"],
)
def test_a_master_list_counts_however_it_is_written(options: tuple[str, ...]) -> None:
    lister = Signatory("UT", by=AUTHORITY, key=new_key("RSA"), usage=LIST_SIGNER)
    assert issuers(imported(lister.signs_master_list(*OTHERS, options=options), AUTHORITY)) == AUTHORITIES


def test_an_authority_may_sign_its_list_itself() -> None:
    assert issuers(imported(AUTHORITY.signs_master_list(*OTHERS), AUTHORITY)) == AUTHORITIES


def test_whoever_signs_passports_signs_no_master_list() -> None:
    for usage in ("", "2.23.136.1.1.14.2"):
        passports = Signatory("UT", by=AUTHORITY, usage=usage)
        with pytest.raises(ValueError, match="not signed by the key given"):
            imported(passports.signs_master_list(*OTHERS), AUTHORITY)


def test_a_signer_who_only_claims_to_be_of_the_authority_is_refused() -> None:
    impostor = Signatory("UT", by=Signatory("UT"), usage=LIST_SIGNER)
    with pytest.raises(ValueError, match="not signed by the key given"):
        imported(impostor.signs_master_list(*OTHERS), AUTHORITY)


def test_bringing_the_authoritys_certificate_along_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "authority.pem").write_bytes(AUTHORITY.pem)
    impostor = Signatory("UT", by=Signatory("UT"), usage=LIST_SIGNER, serial=AUTHORITY.serial)
    listed = impostor.signs_master_list(*OTHERS, options=("-certfile", str(tmp_path / "authority.pem")))
    assert AUTHORITY.der in listed
    with pytest.raises(ValueError, match="not signed by the key given"):
        imported(listed, AUTHORITY)


@pytest.mark.parametrize("validity", [{"ends": YESTERDAY}, {"begins": NOW + timedelta(days=1)}], ids=["ended", "later"])
def test_a_signer_out_of_validity_signs_nothing(validity: dict[str, Any]) -> None:
    lister = Signatory("UT", by=AUTHORITY, usage=LIST_SIGNER, **validity)
    listed = lister.signs_master_list(*OTHERS)
    with pytest.raises(ValueError, match=r"certificate of its signer is not valid now"):
        imported(listed, AUTHORITY)
    with pytest.raises(ValueError, match=r"no certificate in it is valid now: UT signer"):
        imported(listed, lister)


def test_a_master_list_needs_its_signers_certificate() -> None:
    with pytest.raises(ValueError, match="signature does not hold"):
        imported(LISTER.signs_master_list(*OTHERS, options=("-nocerts",)), LISTER)


@pytest.mark.parametrize("options", [("-noattr",), ("-md", "sha1")], ids=["no signed attributes", "sha-1"])
def test_a_master_list_signed_in_a_way_that_does_not_count_is_refused(options: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="signature does not hold"):
        imported(LISTER.signs_master_list(*OTHERS, options=options), AUTHORITY)


def test_a_master_list_that_was_changed_is_refused() -> None:
    listed, stranger = LISTER.signs_master_list(*OTHERS), Signatory("XX")
    at, last = listed.index(OTHERS[0].der), listed.index(OTHERS[1].der) + len(OTHERS[1].der) - 1
    for changed in (
        listed[:at] + stranger.der[:300] + listed[at + 300 :],
        listed[:last] + bytes([listed[last] ^ 1]) + listed[last + 1 :],
        listed[:-1] + bytes([listed[-1] ^ 1]),
    ):
        with pytest.raises(ValueError, match="signature does not hold"):
            imported(changed, AUTHORITY)


def test_another_message_of_the_same_signer_is_no_master_list() -> None:
    with pytest.raises(ValueError, match="no master list"):
        imported(LISTER.signs(master_list_content(*OTHERS), "-nodetach"), AUTHORITY)
    with pytest.raises(ValueError, match="no signature that can be checked"):
        imported(OTHERS[0].der, AUTHORITY)


def export(*lists: bytes) -> bytes:
    """Return master lists as the PKD exports them: base64 in folded lines."""
    text = ""
    for number, listed in enumerate(lists):
        body = b64encode(listed).decode()
        folded = "\n ".join(body[at : at + 76] for at in range(0, len(body), 76))
        text += f"dn: cn={number},dc=data\r\npkdVersion: 70\r\npkdMasterListContent:: {folded}\r\n\r\n"
    return text.encode()


def test_of_an_export_those_lists_are_taken_that_the_keys_given_stand_for() -> None:
    elsewhere = Signatory("FR")
    first, second = LISTER.signs_master_list(OTHERS[0]), elsewhere.signs_master_list(OTHERS[1])
    assert issuers(imported(export(first, second), AUTHORITY, elsewhere)) == AUTHORITIES
    assert issuers(imported(export(first, second), AUTHORITY)) == AUTHORITIES[:1]
    checked = check_signed(export(first[:-9], second, first), [AUTHORITY.public], NOW)
    assert list(master_list.in_ldif(checked.data.decode())) == [first]
    assert [reason.partition(": ")[::2] for reason in checked.left_out] == [
        ("master list 1 of 3", "not a signed message (CMS): cut short"),
        ("master list 2 of 3", "it is not signed by the key given, but by FR authority"),
    ]
    with pytest.raises(ValueError, match="master list 1 of 2: it is not signed by the key given, but by UT signer; "):
        imported(export(first, second), Signatory("UT"))


def test_what_else_an_export_holds_is_not_read() -> None:
    stranger = Signatory("XX")
    smuggled = export(LISTER.signs_master_list(*OTHERS)) + stranger.pem
    assert issuers(imported(smuggled, AUTHORITY)) == AUTHORITIES


# The EU gateway's list

UPLOAD = Signatory("DE")
SIGNERS = (Signatory("DE", by=Signatory("DE")), Signatory("AT", by=Signatory("AT")))


def gateway(*entries: dict[str, object]) -> bytes:
    return json.dumps(list(entries)).encode()


@pytest.mark.parametrize(
    "options",
    [(), ("-noattr",), ("-nodetach",), ("-nodetach", "-stream"), ("-nocerts",)],
    ids=["detached", "no attributes", "content inside", "open lengths", "no certificate"],
)
@pytest.mark.parametrize("kind", ["P-256", "brainpoolP256r1", "RSA"])
def test_an_entry_of_the_gateway_counts_by_its_countrys_upload_certificate(kind: str, options: tuple[str, ...]) -> None:
    upload = Signatory("DE", key=new_key(kind))
    taken = imported(gateway(upload.signs_entry(SIGNERS[0], *options)), AUTHORITY, upload)
    assert issuers(taken) == [("DE", frozenset({Format.HC1}))]
    with pytest.raises(ValueError, match="entry 1, kid kid-DE: it is not signed by the key given"):
        imported(gateway(upload.signs_entry(SIGNERS[0], *options)), AUTHORITY)


def test_rsa_pss_signs_an_entry_as_well() -> None:
    upload = Signatory("DE", key=new_key("RSA"))
    entry = upload.signs_entry(SIGNERS[0], "-keyopt", "rsa_padding_mode:pss", "-md", "sha512")
    assert len(imported(gateway(entry), upload).keys) == 1


def test_one_entry_that_nobody_known_signed_costs_the_list_and_is_named() -> None:
    austria = Signatory("AT")
    entries = [UPLOAD.signs_entry(SIGNERS[0]), austria.signs_entry(SIGNERS[1])]
    assert [key.issuer for key in imported(gateway(*entries), UPLOAD, austria).keys] == ["DE", "AT"]
    in_object = json.dumps({"certificates": entries}).encode()
    for data in (gateway(*entries), in_object):
        with pytest.raises(ValueError, match="entry 2, kid kid-AT: it is not signed by the key given"):
            imported(data, UPLOAD)


@pytest.mark.parametrize(
    "changes",
    [
        {"rawData": b64encode(SIGNERS[1].der).decode()},
        {"rawData": b64encode(SIGNERS[0].der + b"\x00").decode()},
        {"rawData": 7},
        {"signature": None},
        {"signature": "AAAA"},
        {"signature": "!"},
    ],
)
@pytest.mark.parametrize("options", [(), ("-nodetach",), ("-noattr",)])
def test_an_entry_that_was_changed_is_refused(changes: dict[str, object], options: tuple[str, ...]) -> None:
    entries = [UPLOAD.signs_entry(SIGNERS[0]), UPLOAD.signs_entry(SIGNERS[0], *options, **changes)]
    with pytest.raises(ValueError, match="entry 2, kid kid-DE: "):
        imported(gateway(*entries), UPLOAD)


def test_an_entry_cannot_bring_its_own_signer_nor_be_signed_by_one_below() -> None:
    stranger = Signatory("DE")
    assert UPLOAD.certificate.subject == stranger.certificate.subject
    with pytest.raises(ValueError, match="not signed by the key given"):
        imported(gateway(stranger.signs_entry(SIGNERS[0])), UPLOAD)
    below = Signatory("DE", by=UPLOAD, usage=LIST_SIGNER)  # else every signer of tests would make signers
    with pytest.raises(ValueError, match="not signed by the key given"):
        imported(gateway(below.signs_entry(SIGNERS[0])), UPLOAD)


def test_an_upload_certificate_out_of_validity_signs_nothing() -> None:
    ended = Signatory("DE", ends=YESTERDAY)
    with pytest.raises(ValueError, match="not signed by the key given"):
        imported(gateway(ended.signs_entry(SIGNERS[0])), UPLOAD, ended)
    with pytest.raises(ValueError, match="no certificate in it is valid now: DE authority, 2022-02-18 to 2022-03-19"):
        imported(gateway(ended.signs_entry(SIGNERS[0])), ended)


def test_what_an_entry_says_of_its_certificate_is_not_believed() -> None:
    [plain] = imported(gateway(UPLOAD.signs_entry(SIGNERS[0])), UPLOAD).keys
    relabelled = UPLOAD.signs_entry(SIGNERS[0], kid="AAAAAAAAAAA=", country="FR")
    [key] = imported(gateway(relabelled), UPLOAD).keys
    assert (key.kid, key.issuer) == (plain.kid, "DE")


def test_entries_of_another_use_are_passed_over() -> None:
    csca = {"certificateType": "CSCA", "rawData": b64encode(AUTHORITY.der).decode(), "signature": "AAAA"}
    assert len(imported(gateway(csca, UPLOAD.signs_entry(SIGNERS[0])), UPLOAD).keys) == 1
    with pytest.raises(ValueError, match="nothing of use"):
        imported(gateway(csca), UPLOAD)
    unsigned = {"kid": "x", "rawData": b64encode(SIGNERS[0].der).decode()}
    with pytest.raises(ValueError, match="no signature that can be checked"):
        imported(gateway(unsigned), UPLOAD)


# Broken ones


def test_two_thousand_broken_lists_bring_nobody_new() -> None:
    chance = random.Random(11)
    listed = LISTER.signs_master_list(*OTHERS)
    entry = UPLOAD.signs_entry(SIGNERS[0], "-nodetach")
    genuine = {one.der for one in (*OTHERS, *SIGNERS)}
    keys = [AUTHORITY.public, UPLOAD.public]
    refused = 0
    for number in range(2_000):
        source = listed if number % 2 else b64decode(str(entry["signature"]))
        changed = bytearray(source)
        for _ in range(chance.choice((1, 1, 3))):
            at = chance.randrange(len(changed))
            changed[at : at + chance.choice((0, 1, 1, 20))] = chance.randbytes(chance.choice((0, 1, 1, 20)))
        altered = {**entry, "signature": b64encode(changed).decode()}
        data = bytes(changed) if number % 2 else gateway(altered)
        refused += 1
        with suppress(ValueError):
            taken = check_signed(data, keys, NOW).data
            refused -= 1
            held = master_list.certificates(taken) if number % 2 else [b64decode(json.loads(taken)[0]["rawData"])]
            assert genuine.issuperset(held)
    assert 1_000 < refused < 2_000
