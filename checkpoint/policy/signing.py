"""Rule packs in headquarters' envelope: an Ed25519 signature over the pack's canonical JSON."""

import base64
import hashlib
import json
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from checkpoint.errors import RulePackError
from checkpoint.policy.certlogic import Json
from checkpoint.policy.pack_file import canonical, parse_pack, read_json
from checkpoint.policy.rule_pack import RulePack


def key_id(key: Ed25519PublicKey) -> str:
    """Return the name by which an envelope refers to a key: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def sign_pack(pack: Json, key: Ed25519PrivateKey) -> bytes:
    """Return the envelope of a rule pack's JSON value; raise `RulePackError` where it is not a rule pack."""
    parse_pack(pack)
    signature = key.sign(canonical(pack))
    envelope = {
        "pack": pack,
        "key_id": key_id(key.public_key()),
        "signature": base64.b64encode(signature).decode("ascii"),
    }
    return json.dumps(envelope, ensure_ascii=False, indent=1).encode()


def open_signed(envelope: bytes, hq_keys: Mapping[str, Ed25519PublicKey]) -> RulePack:
    """Return the rule pack in an envelope that one of headquarters' keys (by `key_id`) signed; raise `RulePackError`.

    The pack's "format" is part of what is signed, so a signature over anything else cannot pass for one over a pack.
    """
    match read_json(envelope):
        case {"pack": dict() as pack, "key_id": str() as name, "signature": str() as encoded, **rest} if not rest:
            pass
        case _:
            raise RulePackError("not a signed rule pack: an envelope has pack, key_id and signature")
    key = hq_keys.get(name)
    if key is None:
        raise RulePackError("signed by a key that is not headquarters'")
    signed = canonical(pack)
    try:
        key.verify(base64.b64decode(encoded, validate=True), signed)
    except (InvalidSignature, ValueError):  # not base64 is a ValueError
        raise RulePackError("headquarters did not sign this rule pack") from None
    return parse_pack(pack)
