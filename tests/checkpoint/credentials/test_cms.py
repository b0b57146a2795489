"""Signed messages (CMS) that the `openssl` program made, whole and broken."""

import random
from contextlib import suppress

import pytest

from checkpoint.credentials import cms
from checkpoint.credentials.cms_signature import is_signed_by, verified_signers
from checkpoint.credentials.der import definite, one
from tests.checkpoint.credentials.cms_signer import MASTER_LIST_TYPE, Signatory, needs_openssl, new_key

pytestmark = needs_openssl

CONTENT = b"\x30\x03\x02\x01\x07"
PSS = ("-keyopt", "rsa_padding_mode:pss")
WITHOUT_ATTRIBUTES = ("-noattr",)
KINDS = [
    ("P-256", ()),
    ("P-256", ("-md", "sha512")),
    ("brainpoolP256r1", ()),
    ("RSA", ()),
    ("RSA", ("-md", "sha384")),
    ("RSA", PSS),
]


def holds(message: bytes, signer: Signatory, content: bytes = CONTENT) -> bool:
    return is_signed_by(cms.parse(message), signer.public, content)


@pytest.mark.parametrize("attributes", [(), WITHOUT_ATTRIBUTES], ids=["attributes", "no attributes"])
@pytest.mark.parametrize(("kind", "options"), KINDS, ids=lambda value: value if isinstance(value, str) else None)
def test_a_signature_holds_for_its_key_and_its_content_alone(
    kind: str, options: tuple[str, ...], attributes: tuple[str, ...]
) -> None:
    signer, stranger = Signatory(key=new_key(kind)), Signatory(key=new_key(kind))
    message = signer.signs(CONTENT, "-md", "sha256", *options, *attributes)
    assert cms.parse(message).content is None
    assert holds(message, signer)
    assert not holds(message, stranger)
    assert not holds(message, signer, CONTENT + b"\x00")
    [found] = verified_signers(cms.parse(message), CONTENT)
    assert found.serial == signer.serial


@pytest.mark.parametrize("options", [("-nodetach",), ("-nodetach", "-stream"), ("-nodetach", "-keyid")])
def test_a_message_may_carry_its_content_in_one_piece_or_several(options: tuple[str, ...]) -> None:
    signer, content = Signatory(), CONTENT * 9_000
    message = signer.signs(content, *options)
    parsed = cms.parse(message)
    assert parsed.content == content
    assert holds(message, signer, content)
    assert not holds(message, signer, CONTENT)  # a message with content is no signature on another
    assert [found.serial for found in verified_signers(parsed, content)] == [signer.serial]


def test_open_lengths_are_closed_without_touching_what_has_one() -> None:
    signer = Signatory()
    streamed, whole = (signer.signs(CONTENT, "-nodetach", *more) for more in (("-stream",), ()))
    assert streamed[1] == 0x80
    assert definite(whole) == whole
    assert signer.der in definite(streamed)
    for cut in range(len(streamed)):
        with pytest.raises(ValueError, match="not a signed message"):
            cms.parse(streamed[:cut])
    with pytest.raises(ValueError, match="open length"):
        cms.parse(b"\x30\x80" * 100)


@pytest.mark.parametrize("kind", ["P-256", "RSA"])
@pytest.mark.parametrize("attributes", [(), WITHOUT_ATTRIBUTES], ids=["attributes", "no attributes"])
def test_nothing_on_sha_1_counts(kind: str, attributes: tuple[str, ...]) -> None:
    signer = Signatory(key=new_key(kind))
    assert not holds(signer.signs(CONTENT, "-md", "sha1", *attributes), signer)


def test_what_the_signed_attributes_state_must_be_so() -> None:
    signer = Signatory()
    message = signer.signs(CONTENT)
    plain, list_type = (bytes.fromhex(text) for text in ("06092a864886f70d010701", "0606678108010102"))
    assert message.count(plain) == 2  # the content's type, and the attribute that states it
    at = message.rindex(plain)
    retyped = message[: at + len(plain) - 1] + b"\x02" + message[at + len(plain) :]
    assert cms.parse(retyped).signers[0].stated != cms.parse(message).signers[0].stated
    assert not holds(retyped, signer)
    listed = signer.signs(CONTENT, "-econtent_type", MASTER_LIST_TYPE)
    assert holds(listed, signer)
    assert listed.count(list_type) == 2
    at = listed.index(list_type)  # the unsigned statement of the type alone
    assert not holds(listed[: at + 7] + b"\x03" + listed[at + 8 :], signer)


def test_only_plain_bytes_may_be_signed_without_attributes() -> None:
    signer = Signatory()
    assert not holds(signer.signs(CONTENT, "-noattr", "-econtent_type", MASTER_LIST_TYPE), signer)


def test_the_attributes_of_one_message_are_no_content_of_another() -> None:
    signer = Signatory()
    attributes = cms.parse(signer.signs(CONTENT)).signers[0].attributes
    assert attributes is not None
    assert not holds(signer.signs(attributes, "-noattr"), signer, attributes)


def test_a_digest_that_is_missing_or_stands_twice_is_refused() -> None:
    message = Signatory().signs(CONTENT)
    digest_type, content_type = (bytes.fromhex(f"06092a864886f70d01090{number}") for number in (4, 3))
    assert message.count(digest_type) == message.count(content_type) == 1
    for broken in (
        message.replace(digest_type, content_type),
        message.replace(digest_type, digest_type[:-1] + b"\x09"),
        message.replace(content_type, digest_type),
    ):
        with pytest.raises(ValueError, match=r"twice|no digest"):
            cms.parse(broken)


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x00", b"\x30\x02\x06\x00", Signatory().der, b"\x04\x01\x00"])
def test_what_is_no_signed_message_is_told_from_one(data: bytes) -> None:
    assert not cms.is_signed_data(data)
    with pytest.raises(ValueError, match="not a signed message"):
        cms.parse(data)


def test_nothing_may_stand_behind_a_message() -> None:
    message = Signatory().signs(CONTENT)
    for more in (b"\x00", message):
        with pytest.raises(ValueError, match="not a signed message"):
            cms.parse(message + more)


def test_a_message_of_more_signatures_than_anybody_needs_is_refused() -> None:
    message = Signatory().signs(CONTENT)
    kind, wrapped = one(message).children()
    *parts, signers = one(wrapped.body).children()
    for count in (1, 2, 17):
        listed = b"\x31\x80" + signers.body * count + b"\x00\x00"
        opened = b"".join(part.whole for part in parts) + listed
        again = b"\x30\x80" + kind.whole + b"\xa0\x80\x30\x80" + opened + b"\x00\x00" * 3
        if count < 17:
            assert len(cms.parse(again).signers) == count
        else:
            with pytest.raises(ValueError, match="signers"):
                cms.parse(again)


@pytest.mark.parametrize("options", [(), WITHOUT_ATTRIBUTES, ("-nodetach", "-stream")])
def test_four_thousand_broken_messages_sign_nothing_else(options: tuple[str, ...]) -> None:
    signer, chance = Signatory(), random.Random(7)
    message, other = signer.signs(CONTENT, *options), CONTENT[:-1] + b"\x08"
    held = 0
    for _ in range(1_400):
        changed = bytearray(message)
        for _ in range(chance.choice((1, 1, 2, 5))):
            at = chance.randrange(len(changed))
            match chance.randrange(4):
                case 0:
                    changed[at] ^= 1 << chance.randrange(8)
                case 1:
                    del changed[at : at + chance.choice((1, 2, 30))]
                case 2:
                    changed[at:at] = chance.randbytes(chance.choice((1, 4)))
                case _:
                    changed[at:at] = changed[at : at + 40]
        with suppress(ValueError):
            parsed = cms.parse(bytes(changed))
            assert not is_signed_by(parsed, signer.public, other)
            assert not any(verified_signers(parsed, other))
            if is_signed_by(parsed, signer.public, CONTENT):
                held += 1
                assert parsed.content in (None, CONTENT)
    assert 0 < held < 1_400  # what nobody signed may be broken: the certificate that goes with it, the version
