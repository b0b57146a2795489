"""SM2 request signing, on the example of the standard and against tampering."""

import pytest

from checkpoint.credentials import sm2
from checkpoint.credentials.request_signing import STANDARD_SCHEMES

# GB/T 32918.5-2017, A.2: the example on the recommended curve.
PRIVATE = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
PUBLIC = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
MESSAGE = b"message digest"
SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)


def test_the_standards_own_example_verifies() -> None:
    assert STANDARD_SCHEMES["sm2-raw"].verify(PUBLIC, SIGNATURE, MESSAGE)


@pytest.mark.parametrize("name", ["sm2", "sm2-raw"])
def test_what_was_signed_verifies_and_nothing_else_does(name: str) -> None:
    scheme = STANDARD_SCHEMES[name]
    signature = scheme.sign(PRIVATE, "健康码".encode())
    assert scheme.verify(PUBLIC, signature, "健康码".encode())
    assert not scheme.verify(PUBLIC, signature, b"another question")
    assert not scheme.verify(PUBLIC, signature[:-1] + bytes([signature[-1] ^ 1]), "健康码".encode())
    assert not scheme.verify(PUBLIC, b"", "健康码".encode())


def test_raw_signatures_are_two_numbers_of_32_bytes() -> None:
    scheme = STANDARD_SCHEMES["sm2-raw"]
    assert {len(scheme.sign(PRIVATE, MESSAGE)) for _ in range(20)} == {64}


def test_signature_under_another_name_does_not_verify() -> None:
    signature = sm2.Sm2Scheme(signer_id=b"somebody@else").sign(PRIVATE, MESSAGE)
    assert not sm2.Sm2Scheme().verify(PUBLIC, signature, MESSAGE)


@pytest.mark.parametrize("key", [b"", PRIVATE[:-1], bytes(32), b"\xff" * 32])
def test_what_is_no_private_key_signs_nothing(key: bytes) -> None:
    with pytest.raises(ValueError, match="SM2"):
        sm2.Sm2Scheme().sign(key, MESSAGE)


@pytest.mark.parametrize("key", [b"", PUBLIC[:-1], PUBLIC[:-1] + b"\0", b"\x02" + PUBLIC[1:]])
def test_what_is_no_point_of_the_curve_verifies_nothing(key: bytes) -> None:
    with pytest.raises(ValueError, match="SM2"):
        sm2.Sm2Scheme().verify(key, SIGNATURE, MESSAGE)


def test_a_system_without_openssl_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    sm2._libcrypto.cache_clear()
    monkeypatch.setattr(sm2.ctypes.util, "find_library", lambda name: "libnothing.so.9")
    with pytest.raises(ValueError, match="OpenSSL"):
        sm2.Sm2Scheme().sign(PRIVATE, MESSAGE)
    sm2._libcrypto.cache_clear()
