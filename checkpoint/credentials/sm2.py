"""SM2 signatures with SM3 (GB/T 32918.2, GM/T 0009), by the system's own OpenSSL.

No package with wheels for every station signs with SM2, and the cryptography package's OpenSSL does not offer it;
the libcrypto that every Debian-like system has does, since 1.1.1. It is loaded when an issuer's configuration first
asks for it, and only its documented functions are called: decode a key, name the signer, sign, verify.
"""

import ctypes
import ctypes.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

SIGNER_ID = b"1234567812345678"
"""The signer's name where the parties agreed on none (GM/T 0009-2012, 10)."""

_COORDINATE = 32  # bytes
_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123  # of the curve (GB/T 32918.5)
# DER around the raw numbers, for the curve sm2p256v1 (1.2.156.10197.1.301): PKCS #8 and SubjectPublicKeyInfo.
_ALGORITHM = bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d")
_PRIVATE = bytes.fromhex("3041020100") + _ALGORITHM + bytes.fromhex("042730250201010420")
_PUBLIC = bytes.fromhex("3059") + _ALGORITHM + bytes.fromhex("034200")


@dataclass(frozen=True, slots=True)
class Sm2Scheme:
    """A key pair: the 32 raw bytes of the private number sign, the 65 of the public point (04, x, y) verify.

    Signatures are DER (GM/T 0009), or with ``raw`` the numbers r and s of 32 bytes each, as some gateways want them.
    """

    raw: bool = False
    signer_id: bytes = SIGNER_ID

    def sign(self, key: bytes, data: bytes) -> bytes:
        """Return the signature over `data`; raise ValueError where the key is none or the system has no SM2."""
        if len(key) != _COORDINATE or not 0 < int.from_bytes(key, "big") < _ORDER - 1:
            raise ValueError("an SM2 private key has 32 bytes, a number below the curve's order")
        crypto = _libcrypto()
        with _key(crypto.d2i_AutoPrivateKey, _PRIVATE + key) as private, self._digest(private) as context:
            _must(crypto.EVP_DigestSignInit(context, None, crypto.EVP_sm3(), None, private))
            length = ctypes.c_size_t()
            _must(crypto.EVP_DigestSign(context, None, ctypes.byref(length), data, len(data)))
            made = ctypes.create_string_buffer(length.value)
            _must(crypto.EVP_DigestSign(context, made, ctypes.byref(length), data, len(data)))
        signature = made.raw[: length.value]
        if not self.raw:
            return signature
        return b"".join(number.to_bytes(_COORDINATE, "big") for number in decode_dss_signature(signature))

    def verify(self, key: bytes, signature: bytes, data: bytes) -> bool:
        """Return whether `signature` is right; raise ValueError where the key is none or the system has no SM2."""
        if len(key) != 2 * _COORDINATE + 1 or key[0] != 4:
            raise ValueError("an SM2 public key has 65 bytes and begins with 04")
        if self.raw:
            if len(signature) != 2 * _COORDINATE:
                return False
            r, s = (int.from_bytes(half, "big") for half in (signature[:_COORDINATE], signature[_COORDINATE:]))
            signature = encode_dss_signature(r, s)
        crypto = _libcrypto()
        with _key(crypto.d2i_PUBKEY, _PUBLIC + key, public=True) as public, self._digest(public) as context:
            _must(crypto.EVP_DigestVerifyInit(context, None, crypto.EVP_sm3(), None, public))
            right: int = crypto.EVP_DigestVerify(context, signature, len(signature), data, len(data))
            crypto.ERR_clear_error()  # a wrong signature leaves a note that would confuse this thread's next caller
        return right == 1

    @contextmanager
    def _digest(self, key: int) -> Iterator[int]:
        """A digest context that knows the signer's name, which is hashed before the message."""
        crypto = _libcrypto()
        context, named = crypto.EVP_MD_CTX_new(), crypto.EVP_PKEY_CTX_new(key, None)
        try:
            if not context or not named:
                raise MemoryError
            _must(crypto.EVP_PKEY_CTX_set1_id(named, self.signer_id, len(self.signer_id)))
            crypto.EVP_MD_CTX_set_pkey_ctx(context, named)
            yield context
        finally:
            crypto.EVP_MD_CTX_free(context)
            crypto.EVP_PKEY_CTX_free(named)


@contextmanager
def _key(decode: Callable[..., int | None], der: bytes, *, public: bool = False) -> Iterator[int]:
    """The key that `der` describes; ValueError where it is no point of the curve."""
    at = ctypes.c_char_p(der)
    arguments = (None, ctypes.byref(at), ctypes.c_long(len(der)))
    key = decode(*arguments)
    if not key:
        _libcrypto().ERR_clear_error()
        raise ValueError(f"no SM2 {'public' if public else 'private'} key")
    try:
        yield key
    finally:
        _libcrypto().EVP_PKEY_free(key)


def _must(done: int) -> None:
    if done != 1:
        _libcrypto().ERR_clear_error()
        raise ValueError("the system's OpenSSL does not sign with SM2")


@lru_cache(maxsize=1)
def _libcrypto() -> ctypes.CDLL:
    """Return the system's libcrypto with its functions' types; ValueError where there is none that knows SM2."""
    name = ctypes.util.find_library("crypto")
    try:
        crypto = ctypes.CDLL(name or "libcrypto.so.3")
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        sized = (pointer, ctypes.c_char_p, size)
        for function, returns, takes in (
            ("d2i_AutoPrivateKey", pointer, (pointer, pointer, ctypes.c_long)),
            ("d2i_PUBKEY", pointer, (pointer, pointer, ctypes.c_long)),
            ("EVP_PKEY_free", None, (pointer,)),
            ("EVP_MD_CTX_new", pointer, ()),
            ("EVP_MD_CTX_free", None, (pointer,)),
            ("EVP_PKEY_CTX_new", pointer, (pointer, pointer)),
            ("EVP_PKEY_CTX_free", None, (pointer,)),
            ("EVP_PKEY_CTX_set1_id", ctypes.c_int, (pointer, ctypes.c_char_p, ctypes.c_int)),
            ("EVP_MD_CTX_set_pkey_ctx", None, (pointer, pointer)),
            ("EVP_sm3", pointer, ()),
            ("EVP_DigestSignInit", ctypes.c_int, (pointer,) * 5),
            ("EVP_DigestSign", ctypes.c_int, (pointer, pointer, pointer, ctypes.c_char_p, size)),
            ("EVP_DigestVerifyInit", ctypes.c_int, (pointer,) * 5),
            ("EVP_DigestVerify", ctypes.c_int, (*sized, ctypes.c_char_p, size)),
            ("ERR_clear_error", None, ()),
        ):
            symbol = getattr(crypto, function)
            symbol.restype, symbol.argtypes = returns, takes
    except (OSError, AttributeError) as error:
        raise ValueError(f"SM2 needs the system's OpenSSL 3 (libssl3): {error}") from None
    return crypto
