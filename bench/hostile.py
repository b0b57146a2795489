"""Inputs that mean harm: genuine codes broken at every layer, content that no trusted issuer should have signed."""

import json
import os
import random
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import cbor2

from bench.hostile_values import BOMBS, ODD_TEXTS, ODD_VALUES
from bench.signed_lists import Publisher, SignedList
from bench.wallet import CARD, DCC, NOW, SEAL, Wallet
from checkpoint.credential import Colour, Credential, Format
from checkpoint.credentials import CredentialReader, TrustList, base45, certificate, cose, trust_entries
from checkpoint.credentials.hc1 import HC1, inflate
from checkpoint.credentials.health_code import read_answer
from checkpoint.credentials.health_code_client import Answer
from checkpoint.credentials.health_code_config import AnswerConfig, IssuerConfig
from checkpoint.credentials.lorry_pass import PASS_CLAIM, SignedPass, typed_pass
from checkpoint.credentials.receipt import ReceiptFormat
from checkpoint.credentials.shc import SmartHealthCard, join
from checkpoint.credentials.trust_import import read_trust
from checkpoint.credentials.trust_signature import signer_keys
from checkpoint.credentials.typed_id import typed_id
from checkpoint.credentials.vds_nc import VdsNc
from checkpoint.errors import CredentialError
from checkpoint.typed import TypedDocument

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
DATA = Path(os.environ.get("CHECKPOINT_TEST_DATA") or SHARED) / "certs"

ANSWER: dict[str, Any] = {
    "token": "t",
    "colour": "green",
    "answered_at": "2022-03-20T07:59:00Z",
    "holder": {"name": "张伟", "born": "1988-08-08", "id_number": "330482198808080011"},
    "naat": {"result": "negative", "sampled_at": "2022-03-20 11:00:00", "hours": 24},
}
ISSUER = IssuerConfig(
    name="fuzz",
    pattern=".*",
    url="https://example.org/",
    colours={"green": Colour.GREEN},
    answer=AnswerConfig(naat_hours="naat.hours"),
)


@dataclass
class Subject:
    """One input: what it is made of, how to run it, and what an unbroken seed of it says."""

    kind: str
    text: str
    run: Callable[[], object]
    seed: Credential | None = None


@dataclass
class Seed:
    """A genuine code that may be changed, with the reader and the time at which it is good."""

    text: str
    reader: CredentialReader
    now: datetime
    credential: Credential | None


class Fuzzer:
    """Makes inputs, runs them, and notes what must not happen. Everything follows from `seed`."""

    def __init__(self, seed: int, data: Path = DATA) -> None:
        self.random = random.Random(seed)
        self.wallet = Wallet()
        self.reader = self.wallet.reader()
        self.seeds = [self._seed(text, self.reader, NOW) for text in self.wallet.codes().values()]
        self.published = list(self._published(data)) if data.is_dir() else []
        self.publisher = Publisher()
        self.certificates = [b64decode(key["x5c"][0]) for key in self._did_keys(data)][:40]

    def inputs(self) -> Iterator[Subject]:
        """Yield inputs without end."""
        for bomb in BOMBS:
            yield self._identify("bomb", bomb, None)
        makers = [
            self._broken_text,
            self._broken_text,
            self._broken_layer,
            self._unsigned_claims,
            self._answer,
            self._resigned_claims,
            self._resigned_card,
            self._resigned_seal,
            self._typed,
            self._trust_file,
            self._signed_list,
            self._signer_file,
            self._random_text,
        ]
        while True:
            yield self.random.choice(makers)()

    # Inputs nobody signed anew: what they say must be what the seed says, or nothing

    def _broken_text(self) -> Subject:
        seed = self._any_seed()
        text = seed.text
        for _ in range(self.random.choice((1, 1, 1, 2, 5))):
            text = self._mutated_text(text)
        # A splice can be another genuine code, whole.
        pasted = next((other for other in self.seeds if other.text == text), seed)
        return self._identify("text", text, pasted)

    def _broken_layer(self) -> Subject:
        seed = self._any_seed()
        prefix, _, rest = seed.text.partition(":")
        if prefix not in {"HC1", "RECEIPT1", "PASS1"}:
            return self._broken_text()
        compressed = base45.decode(rest)
        if self.random.random() < 0.3:
            changed = self._mutated_bytes(compressed)
        else:
            changed = zlib.compress(self._mutated_bytes(inflate(compressed)))
        return self._identify("layer", f"{prefix}:{base45.encode(changed)}", seed)

    def _unsigned_claims(self) -> Subject:
        """Change what a certificate says and leave its signature as it is: the forger's way."""
        seed = self._any_seed()
        prefix, _, rest = seed.text.partition(":")
        if prefix not in {"HC1", "RECEIPT1", "PASS1"}:
            return self._broken_text()
        message = cose.parse(inflate(base45.decode(rest)))
        try:
            payload = cbor2.dumps(self._twisted(_thawed(cbor2.loads(message.payload))))
        except (cbor2.CBOREncodeError, ValueError, OverflowError):
            payload = self._mutated_bytes(message.payload)
        forged = zlib.compress(cbor2.dumps([message.protected, {4: message.kid}, payload, message.signature]))
        return self._identify("layer", f"{prefix}:{base45.encode(forged)}", seed)

    def _random_text(self) -> Subject:
        alphabet = self.random.choice(
            (base45.ALPHABET, "0123456789", 'abc{}[]":,icao.hdrsig', "\ud800\udfff张😀\x00\n ")
        )
        length = self.random.choice((0, 1, 2, 5, 50, 500, 4_000))
        body = "".join(self.random.choices(alphabet, k=length))
        return self._identify(
            "random", self.random.choice(("HC1:", "shc:/", "{", "RECEIPT1:", "PASS1:", "")) + body, None
        )

    # Inputs signed by a key that is trusted, with whatever content

    def _resigned_claims(self) -> Subject:
        content = {1: "AT", 4: NOW.timestamp() + 9_000, 6: NOW.timestamp() - 9_000, -260: {1: DCC}}
        prefix = "HC1:"
        if self.random.random() < 0.2:
            prefix, content = "PASS1:", {**content, PASS_CLAIM: {"number": "330482000123", "plate": "x", "route": "y"}}
        for _ in range(self.random.choice((1, 1, 2, 4))):
            content = self._twisted(content)
        try:
            claims = cbor2.dumps(content)
        except (cbor2.CBOREncodeError, ValueError, OverflowError):
            claims = b"\xf6"
        if self.random.random() < 0.3:
            claims = self._mutated_bytes(claims)
        return self._identify("claims", self.wallet.cwt(claims, prefix), None)

    def _resigned_card(self) -> Subject:
        payload = json.dumps(self._twisted(CARD), default=str).encode()
        if self.random.random() < 0.3:
            payload = self._mutated_bytes(payload)
        return self._identify("card", self.wallet.card(payload), None)

    def _resigned_seal(self) -> Subject:
        try:
            text = self.wallet.seal(json.loads(json.dumps(self._twisted(SEAL), default=str)))
        except (ValueError, TypeError, AttributeError):
            return self._broken_text()
        return self._identify("seal", text, None)

    # The other parsers

    def _typed(self) -> Subject:
        text = self._mutated_text(self.random.choice(("11010519491231002X", "330482 000123", "E12345678", "浙F·12345")))
        paper = TypedDocument(Format.LORRY_PASS, text, plate=text, trailer=text, route=text, valid_until=self._day())
        parser = self.random.choice((lambda: typed_id(text, NOW), lambda: typed_pass(paper), lambda: join([text])))
        return Subject("typed", text, parser)

    def _day(self) -> date | None:
        return self.random.choice((None, date.min, date.max, date(2022, 3, 20)))

    def _trust_file(self) -> Subject:
        if self.certificates and self.random.random() < 0.7:
            der = self._mutated_bytes(self.random.choice(self.certificates))
            parse = self.random.choice((certificate.parse, trust_entries.from_certificate, self._import))
            return Subject("certificate", der.hex(), lambda: _allowing_value_error(parse, der))
        own = json.dumps(self._twisted(self.wallet.trust().as_json()), default=str).encode()
        return Subject("trust file", own.decode(), lambda: _allowing_value_error(self._import, own))

    def _signed_list(self) -> Subject:
        """Change a signed list: what then passes, and brings anything that was not signed, is a find."""
        seed = self.random.choice(self.publisher.lists)
        match self.random.randrange(4):
            case 0:
                changed = self._smuggled(seed)
            case 1:
                changed = self._broken_signature(seed)
            case 2:
                changed = self._mutated_bytes(seed.data) + self.random.choice(
                    (b"", self.random.choice(self.publisher.lists).data)
                )
            case _:
                changed = self._mutated_bytes(seed.data)
        return Subject(
            "signed list", changed.decode("latin-1"), lambda: _allowing_value_error(self.publisher.check, changed)
        )

    def _smuggled(self, seed: SignedList) -> bytes:
        """Return a list with something beside what was signed, or in its place."""
        extra = self.publisher.smuggled()
        if seed.data[:1] not in b"[{":
            more = json.dumps(extra).encode() + str(extra["note"]).encode()
            return self.random.choice((seed.data + b"\n" + more, more + b"\n" + seed.data))
        document = json.loads(seed.data)
        if isinstance(document, dict):
            document = self.random.choice(({**document, **extra}, {**extra, **document}))
        else:
            entry = {**self.random.choice(document), **self.random.choice(extra["certificates"])}
            document.insert(self.random.randrange(3), entry)
        return json.dumps(self._twisted(document) if self.random.random() < 0.5 else document, default=str).encode()

    def _broken_signature(self, seed: SignedList) -> bytes:
        """Return a list in which the message below the base64 is broken, or stands beside another certificate."""
        if seed.kind != "gateway":
            return self._mutated_bytes(seed.data)
        entries = json.loads(seed.data)
        one, other = self.random.sample(entries, 2)
        if self.random.random() < 0.2:
            one["rawData"] = other["rawData"]
        part = self.random.choice(("signature", "signature", "rawData"))
        one[part] = b64encode(self._mutated_bytes(b64decode(one[part]))).decode()
        return json.dumps(entries).encode()

    def _signer_file(self) -> Subject:
        data = self._mutated_bytes(self.random.choice(self.publisher.signer_files()))
        return Subject("signers", data.decode("latin-1"), lambda: _allowing_value_error(_signers_of, data))

    def _answer(self) -> Subject:
        content = self._twisted(self._twisted(ANSWER))
        answer = Answer(content if isinstance(content, dict) else {}, nonce="n")
        return Subject("answer", repr(content), lambda: read_answer(ISSUER, answer, "t", NOW))

    @staticmethod
    def _import(data: bytes) -> object:
        return read_trust(data, name="fuzz", now=NOW)

    # Mutations

    def _mutated_text(self, text: str) -> str:
        at = self.random.randrange(len(text) + 1)
        end = min(len(text), at + self.random.choice((1, 1, 2, 8, 64)))
        match self.random.randrange(7):
            case 0:
                return text[:at] + text[end:]
            case 1:
                return text[:at] + self.random.choice(ODD_TEXTS) + text[at:]
            case 2:
                return text[:at] + text[at:end] * self.random.choice((2, 3, 200)) + text[end:]
            case 3:
                return text[:at]
            case 4:
                other = self._any_seed().text
                return text[:at] + other[self.random.randrange(len(other)) :]
            case 5:
                return (
                    text[:at] + chr(self.random.choice((0x30, 0x5A, 0x20, 0x7F, 0x660, 0xD800, 0x1F600))) + text[end:]
                )
            case _:
                return text[:at] + self.random.choice(base45.ALPHABET) + text[at + 1 :]

    def _mutated_bytes(self, data: bytes) -> bytes:
        changed = bytearray(data)
        for _ in range(self.random.choice((1, 1, 2, 6))):
            at = self.random.randrange(len(changed) or 1)
            match self.random.randrange(6):
                case 0:
                    changed[at : at + 1] = bytes([self.random.randrange(256)])
                case 1:
                    changed[at : at + 1] = bytes([(changed[at] if changed else 0) ^ 1 << self.random.randrange(8)])
                case 2:
                    del changed[at : at + self.random.choice((1, 2, 9))]
                case 3:
                    changed[at:at] = self.random.randbytes(self.random.choice((1, 2, 9)))
                case 4:
                    changed[at:at] = changed[at : at + self.random.choice((4, 40))] * self.random.choice((1, 2, 30))
                case _:
                    changed[at : at + 1] = bytes(
                        [self.random.choice((0x00, 0x7F, 0x80, 0x9F, 0xBF, 0xC0, 0xD8, 0xF9, 0xFF))]
                    )
        return bytes(changed)

    def _twisted(self, value: Any) -> Any:
        """Return a copy of a structure in which one place holds something odd, is gone, or stands twice."""
        if isinstance(value, dict) and value:
            key = self.random.choice(list(value))
            if self.random.random() < 0.15:
                return {other: below for other, below in value.items() if other != key}
            return {**value, key: self._twisted(value[key])}
        if isinstance(value, list) and value:
            at = self.random.randrange(len(value))
            if self.random.random() < 0.2:
                return [*value, value[at]]
            return [*value[:at], self._twisted(value[at]), *value[at + 1 :]]
        return self.random.choice(ODD_VALUES)

    # Seeds

    def _any_seed(self) -> Seed:
        return self.random.choice(self.published if self.published and self.random.random() < 0.5 else self.seeds)

    @staticmethod
    def _seed(text: str, reader: CredentialReader, now: datetime) -> Seed:
        try:
            return Seed(text, reader, now, reader.identify(text, now))
        except CredentialError:
            return Seed(text, reader, now, None)

    def _published(self, data: Path) -> Iterator[Seed]:
        """Yield real certificates of the public test data, each with its own trust list."""
        paths = sorted((data / "dgc-testdata").rglob("*.json"))
        for path in self.random.sample(paths, min(len(paths), 80)):
            case = json.loads(path.read_text(encoding="utf-8-sig"))
            try:
                key = trust_entries.from_certificate(b64decode(case["TESTCTX"]["CERTIFICATE"]))
                message = cose.parse(inflate(base45.decode(case["PREFIX"].removeprefix("HC1:"))))
                issued = datetime.fromtimestamp(cbor2.loads(message.payload)[6], NOW.tzinfo)
            except (CredentialError, ValueError, KeyError, TypeError, cbor2.CBORError):
                continue
            yield self._seed(case["PREFIX"], _reader_of(TrustList((key,))), issued + timedelta(minutes=1))

    @staticmethod
    def _did_keys(data: Path) -> list[dict[str, Any]]:
        path = data / "who-gdhcn-trust-list" / "did.json"
        if not path.exists():
            return []
        return [method["publicKeyJwk"] for method in json.loads(path.read_text())["verificationMethod"]]

    def _identify(self, kind: str, text: str, seed: Seed | None) -> Subject:
        reader, now = (seed.reader, seed.now) if seed else (self.reader, NOW)
        return Subject(kind, text, lambda: reader.identify(text, now), seed.credential if seed else None)


def _thawed(value: Any) -> Any:
    """Return what cbor2 decoded in plain lists and dictionaries, which can be changed."""
    if isinstance(value, Mapping):
        return {key: _thawed(below) for key, below in value.items()}
    return [_thawed(below) for below in value] if isinstance(value, list | tuple) else value


def _reader_of(trust: TrustList) -> CredentialReader:
    return CredentialReader([make(lambda: trust) for make in (HC1, SmartHealthCard, VdsNc, ReceiptFormat, SignedPass)])


def _signers_of(data: bytes) -> object:
    return signer_keys(data, NOW)


def _allowing_value_error(call: Callable[[bytes], object], data: bytes) -> None:
    """Run a reader of files that an operator hands it: ValueError is its way to refuse."""
    with suppress(ValueError):
        call(data)
