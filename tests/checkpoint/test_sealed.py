"""Personal data opens with its key and with nothing else."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from checkpoint.sealed import (
    PHOTO_PURPOSE,
    SealedPhoto,
    decrypt,
    encrypt,
    open_record,
    seal_key,
    seal_record,
    unseal_key,
)

KEY, OTHER = bytes(range(32)), bytes(32)
WHO = {"holder": {"name": "张伟", "id_number": "330482198403071234"}}


def test_a_record_opens_with_its_key_alone() -> None:
    record = seal_record(WHO, KEY)
    assert open_record(record, KEY) == WHO
    with pytest.raises(ValueError):
        open_record(record, OTHER)


def test_the_same_person_gives_another_commitment_each_time() -> None:
    assert seal_record(WHO, KEY).commitment != seal_record(WHO, KEY).commitment


def test_a_record_is_the_one_its_event_commits_to() -> None:
    record = seal_record(WHO, KEY)
    with pytest.raises(ValueError):
        open_record(replace(record, commitment=seal_record({}, KEY).commitment), KEY)


def test_a_sealed_key_opens_for_its_recipient_alone() -> None:
    recipient, somebody = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    sealed = seal_key(KEY, recipient.public_key())
    assert unseal_key(sealed, recipient) == KEY
    with pytest.raises(ValueError):
        unseal_key(sealed, somebody)


def test_what_was_encrypted_for_one_purpose_does_not_open_for_another() -> None:
    sealed = encrypt(b"picture", KEY, PHOTO_PURPOSE)
    assert decrypt(sealed, KEY, PHOTO_PURPOSE) == b"picture"
    with pytest.raises(ValueError):
        decrypt(sealed, KEY, b"something else")


@given(st.binary(max_size=80))
def test_decrypting_anything_raises_nothing_but_valueerror(data: bytes) -> None:
    with pytest.raises(ValueError):
        decrypt(data, KEY, PHOTO_PURPOSE)


@given(st.binary(max_size=255), st.binary(max_size=255), st.binary(max_size=300))
def test_a_sealed_photo_survives_its_file(station: bytes, hq: bytes, ciphertext: bytes) -> None:
    photo = SealedPhoto(station, hq, ciphertext)
    assert SealedPhoto.from_bytes(photo.to_bytes()) == photo


@given(st.integers(0, 100))
def test_a_photo_cut_short_is_told_or_does_not_open(length: int) -> None:
    data = SealedPhoto(b"s" * 40, b"h" * 40, b"c" * 40).to_bytes()[:length]
    try:
        photo = SealedPhoto.from_bytes(data)
    except ValueError:
        return
    assert len(photo.ciphertext) < 40
