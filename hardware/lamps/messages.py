"""What a station and the lamp-holder say to each other: one JSON object a packet over a Unix socket (SOCK_SEQPACKET).

    station  {"do": "show", "lamp": "green", "sound": true}     shows it; the sender drives the lamps from now on
             {"do": "beat"}                                     "I am alive": at least every `heartbeat_s`
             {"do": "state"}                                    anybody may ask; it makes nobody a driver
    holder   {"told": "green", "burning": ["green"], "wrong": [], "error": ""}

Each packet is answered by one packet. `error` is empty where it was done.
"""

import json
from dataclasses import dataclass
from typing import Literal

from checkpoint.crossing import Lamp, LampState
from checkpoint.errors import LampError

LARGEST_BYTES = 1024
Do = Literal["show", "beat", "state"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a station asks."""

    do: Do
    lamp: Lamp | None = None
    sound: bool = False

    def encode(self) -> bytes:
        """Return the packet."""
        message: dict[str, object] = {"do": self.do}
        if self.lamp is not None:
            message |= {"lamp": self.lamp.value, "sound": self.sound}
        return json.dumps(message).encode()


def decode_request(packet: bytes) -> Request:
    """Return what a packet asks; raise `LampError` for anything that is no request."""
    try:
        message = json.loads(packet)
        do = message["do"]
        if do in ("beat", "state"):
            return Request(do)
        if do == "show":
            return Request("show", Lamp(message["lamp"]), message.get("sound", False) is True)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LampError(f"not a request: {error}") from error
    raise LampError(f"not a request: {str(do)[:40]}")


def encode_answer(state: LampState, error: str = "") -> bytes:
    """Return the packet that answers a request."""
    burning = None if state.burning is None else sorted(state.burning)
    return json.dumps(
        {"told": state.told, "burning": burning, "wrong": list(state.wrong), "error": error[:200]}
    ).encode()


def decode_answer(packet: bytes) -> LampState:
    """Return what the holder says; raise `LampError` with its error, or where it is no answer."""
    try:
        message = json.loads(packet)
        error = str(message["error"])
        burning = message["burning"]
        state = LampState(
            told=Lamp(message["told"]),
            burning=None if burning is None else frozenset(Lamp(colour) for colour in burning),
            wrong=tuple(Lamp(colour) for colour in message["wrong"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as cause:
        raise LampError(f"the lamp-holder's answer is none: {cause}") from cause
    if error:
        raise LampError(f"lamp-holder: {error}")
    return state
