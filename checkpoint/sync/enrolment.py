"""Who this station is to headquarters: its own signing key and the keys it was given."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from checkpoint.durable import write_durably
from checkpoint.errors import SyncError
from checkpoint.events import Kind
from checkpoint.journal import Journal
from checkpoint.wire import (
    VERSION,
    BadSignature,
    EnrolReply,
    Invitation,
    Purpose,
    check_signature,
    from_base64,
    parse_object,
    sign,
    to_base64,
)

ENROLMENT = "enrolment.json"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A station's place at headquarters. ``hq_key``: headquarters' Ed25519 public key, 32 bytes."""

    device: str
    name: str
    url: str
    hq_key: bytes
    key: Ed25519PrivateKey

    @classmethod
    def load(cls, folder: Path) -> "Enrolment | None":
        """Return the enrolment kept in `folder`, None where the station was never enrolled."""
        file = folder / ENROLMENT
        if not file.exists():
            return None
        try:
            kept = json.loads(file.read_text())
            return cls(
                device=kept["device"],
                name=kept["name"],
                url=kept["url"],
                hq_key=from_base64(kept["hq_key"]),
                key=Ed25519PrivateKey.from_private_bytes(from_base64(kept["key"])),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SyncError(f"{file} cannot be used: {error}") from error

    def moved_to(self, url: str, folder: Path) -> "Enrolment":
        """Return, and keep in `folder`, the same enrolment at another address.

        Nothing is trusted anew: whoever answers there must still sign with headquarters' key.
        """
        moved = replace(self, url=url.rstrip("/"))
        moved.save(folder)
        return moved

    def save(self, folder: Path) -> None:
        """Keep the enrolment in `folder`, readable for the station's user only."""
        kept = {
            "device": self.device,
            "name": self.name,
            "url": self.url,
            "hq_key": to_base64(self.hq_key),
            "key": to_base64(self.key.private_bytes_raw()),
        }
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(folder / ENROLMENT, json.dumps(kept, indent=2).encode(), mode=0o600)


def parse_invitation(text: str) -> Invitation:
    """Return the invitation in a QR code or a file; raise `SyncError` where it is none."""
    try:
        return Invitation.model_validate(parse_object(text))
    except ValueError as error:
        raise SyncError("this is not an invitation of a headquarters") from error


def enrol(
    invitation: Invitation, folder: Path, journal: Journal, http: httpx.Client, *, software: str = ""
) -> Enrolment:
    """Enrol this station: make its key, hand over the public half, keep what headquarters answers.

    The reply must be signed by the very key the invitation showed. Raises `SyncError`.
    """
    key = Ed25519PrivateKey.generate()
    hq_key = from_base64(invitation.hq_key)
    request = {
        "v": VERSION,
        "token": invitation.token,
        "public_key": to_base64(key.public_key().public_bytes_raw()),
        "software": software,
    }
    url = invitation.url.rstrip("/")
    try:
        response = http.post(f"{url}/sync/v1/enrol", json=sign(Purpose.ENROL, request, key))
    except httpx.HTTPError as error:
        raise SyncError(f"headquarters at {url} did not answer: {error}") from error
    if response.status_code != httpx.codes.OK:
        raise SyncError(f"headquarters refused the invitation ({response.status_code}): {_error(response)}")
    try:
        fields = parse_object(response.content)
        check_signature(Purpose.ENROL, fields, hq_key)
        reply = EnrolReply.model_validate(fields)
        seal_key = from_base64(reply.seal_key)
        journal.seal.trust_headquarters(seal_key)
    except (BadSignature, ValidationError, ValueError) as error:
        raise SyncError(f"whoever answered at {url} is not the headquarters of the invitation") from error
    enrolment = Enrolment(device=reply.device, name=reply.name, url=url, hq_key=hq_key, key=key)
    enrolment.save(folder)
    journal.append(Kind.ENROLLED, {"device": reply.device, "url": url, "approved": reply.approved})
    return enrolment


def _error(response: httpx.Response) -> str:
    try:
        return str(parse_object(response.content).get("error", ""))
    except ValueError:
        return response.reason_phrase
