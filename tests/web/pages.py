"""A station's pages on a real gate, bench and journal; only the devices and headquarters are stood in for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from checkpoint.assay import LineReading, Outcome, Readiness, Reading
from checkpoint.bench import Bench, BenchSettings, SlotRead
from checkpoint.credential import Credential, Format, Holder
from checkpoint.credentials.lorry_pass import typed_pass
from checkpoint.errors import CameraError, CredentialError
from checkpoint.events import PhotoRef
from checkpoint.gate import digest
from checkpoint.health import Advice, Check, Finding, State, SyncStatus
from checkpoint.kits import Kits
from checkpoint.ports import LivePicture
from checkpoint.reasons import Reason
from checkpoint.shift import Shifts
from checkpoint.typed import TypedDocument
from tests.checkpoint.station_parts import Parts
from tests.web.set_up import HandRestores, HandSetUp
from web import Services, StationIdentity, create_app
from web.officers import Officers, Role

CHEN, WANG, ADA, LIU = "陈警官", "王警官", "Ada", "刘审计"
PINS = {CHEN: "1357", WANG: "2468", ADA: "9753", LIU: "8642"}
READY_AFTER = timedelta(minutes=16)
TRUST_FIGURES = {
    "keys": "214",
    "as_of": "2022-03-01T00:00:00+00:00",
    "age_days": "19",
    "max_age_days": "30",
    "too_old": "",
    "list DE dsc.pem": "2022-03-01T00:00:00+00:00",
    "list who-did.json": "2022-03-18T06:00:00+00:00",
}
PACK_FIGURES = {"pack pinghu-road-2022-03-20 1": "2022-03-19T16:00:00+00:00"}
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the strength of argon2 is not what is tested

CLEAR = {"score": 0.1, "profile": tuple(np.exp(-(((np.arange(80) - 24) / 4) ** 2)).tolist())}
NEGATIVE = Reading(
    Outcome.NEGATIVE, Reason.CLEAR_LINES, LineReading(0.42, 31.0, 3.1), LineReading(0.004, 0.3, 9.0), **CLEAR
)
POSITIVE = Reading(
    Outcome.POSITIVE, Reason.CLEAR_LINES, LineReading(0.40, 30.0, 3.1), LineReading(0.12, 9.1, 9.0), **CLEAR
)
NO_CONTROL = Reading(
    Outcome.INVALID, Reason.NO_CONTROL_LINE, LineReading(0.002, 0.2, 3.1), LineReading(0.3, 21.0, 9.0), **CLEAR
)
GLARE = Reading(Outcome.RETAKE, Reason.GLARE, LineReading(0, 0), LineReading(0, 0), 0.0)


def picture_of(text: str, colour: tuple[int, int, int] = (60, 70, 60)) -> bytes:
    """Return a JPEG, 1280 x 720, with `text` on it."""
    image = np.full((720, 1280, 3), colour, np.uint8)
    cv2.putText(image, text, (80, 380), cv2.FONT_HERSHEY_SIMPLEX, 2.4, (235, 235, 235), 5)
    return cv2.imencode(".jpg", image)[1].tobytes()


@dataclass(slots=True)
class StillLive:
    """Live pictures that stand still unless they are `moving`; a test sets the fault."""

    number: int = 1
    moving: bool = False
    fault: str = ""
    hints: tuple[str, ...] = ()
    outlines: tuple[tuple[tuple[int, int], ...], ...] = ()

    def latest(self, role: str) -> LivePicture:
        if self.fault:
            return LivePicture(b"", 0, None, fault=self.fault)
        self.number += self.moving
        return LivePicture(
            picture_of(f"{role} camera"), self.number, None, (1280, 720), outlines=self.outlines, hints=self.hints
        )


@dataclass(slots=True)
class HandScenes:
    """A demo camera that only remembers what it was shown."""

    held: dict[str, str] = field(default_factory=lambda: {"gate": "lane-empty", "bench": "bench-empty"})

    def names(self) -> list[tuple[str, str]]:
        codes = ("lane-empty", "naat-negative-5h", "naat-negative-30h", "naat-positive", "forged", "shop-qr")
        cassettes = ("bench-empty", "cassette-negative", "cassette-faint-positive", "cassette-no-control-line")
        return [("codes", c) for c in codes] + [("cassettes", c) for c in cassettes]

    def show(self, role: str, scene: str) -> None:
        self.held[role] = scene

    def show_picture(self, role: str, picture: bytes) -> None:
        if cv2.imdecode(np.frombuffer(picture or b"x", np.uint8), cv2.IMREAD_COLOR) is None:
            raise ValueError("not a picture")
        self.held[role] = "own-picture"

    def shown(self, role: str) -> str:
        return self.held[role]


@dataclass(slots=True)
class Pages:
    """The pages of one station, and what a test turns: clock, codes, cassette, checks, uploads."""

    parts: Parts
    slots: int = 20
    demo: bool = False
    simulated: tuple[str, ...] = ()
    lots: Sequence[str] = ()
    authority: tuple[bytes, str] | None = None
    set_up: bool = False
    nobody: bool = False  # has an officer's name yet
    cassette: Reading = NEGATIVE
    bench_camera_fault: str = ""
    live: StillLive = field(default_factory=StillLive)
    scenes: HandScenes = field(default_factory=HandScenes)
    checks: list[Check] = field(default_factory=list)
    enrolled: bool = True
    sent_asked: int = 0
    time_confirmed_by: list[str] = field(default_factory=list)
    bench: Bench = field(init=False)
    kits: Kits = field(init=False)
    shifts: Shifts = field(init=False)
    officers: Officers = field(init=False)
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        parts = self.parts
        self.kits = Kits(parts.journal, parts.clock)
        self.bench = Bench(
            journal=parts.journal,
            clock=parts.clock,
            gate=parts.gate,
            new_id=lambda: f"t-{next(parts.ids)}",
            settings=BenchSettings(slots=self.slots),
            kits=self.kits,
        )
        self.shifts = Shifts(parts.journal, parts.clock, self.kits, self.bench.board)
        self.officers = Officers(
            parts.folder / "officers.json", now=lambda: parts.clock.now().wall.timestamp(), hasher=QUICK_HASHER
        )
        roles = {CHEN: Role.OFFICER, WANG: Role.SHIFT_LEAD, ADA: Role.ADMIN, LIU: Role.AUDITOR}
        for name, role in {}.items() if self.nobody else roles.items():
            self.officers.add(name, PINS[name], role)
        self.checks = self.checks or [
            Check("camera-gate", State.OK, Finding.WORKS),
            Check("camera-bench", State.OK, Finding.WORKS),
            Check("lamps", State.OK, Finding.WORKS),
            Check("clock", State.OK, Finding.CLOCK_TRUSTED),
            Check("journal", State.OK, Finding.WRITES),
            Check("trust-list", State.OK, Finding.FRESH, None, TRUST_FIGURES),
            Check("rules", State.OK, Finding.IN_FORCE, None, PACK_FIGURES),
            Check("disk", State.OK, Finding.ROOM, None, {"used_percent": "31%", "free_mb": "20480"}),
        ]
        self.app = create_app(
            Services(
                station=StationIdentity(
                    "嘉兴东 1 号口", "平湖", "0.1.0", simulated=self.simulated, timezone="Asia/Shanghai"
                ),
                gate=parts.gate,
                bench=self.bench,
                kits=self.kits,
                shifts=self.shifts,
                journal=parts.journal,
                live=self.live,
                officers=self.officers,
                read_slot=self._read_slot,
                read_ready=self._read_ready,
                typed=self._typed,
                health=lambda: list(self.checks),
                sync=self._sync,
                sync_now=self._send,
                lots=lambda: self.lots,
                confirm_time=self.time_confirmed_by.append,
                receipt=lambda seat: f"RECEIPT1:{seat.number}",
                authority=self.authority,
                set_up=HandSetUp() if self.set_up else None,
                restoring=HandRestores(parts.clock) if self.set_up else None,
                scenes=self.scenes if self.demo else None,
                demo_logins=((CHEN, PINS[CHEN]), (WANG, PINS[WANG])) if self.demo else (),
            ),
            secret_key=b"a key of the tests",
            testing=True,
        )

    def _read_slot(self, slot: int, officer: str) -> SlotRead:
        self.bench.may_read(slot, officer=officer)
        if self.bench_camera_fault:
            raise CameraError(self.bench_camera_fault)
        photos = tuple(self.keep(picture_of(f"slot {slot} {name}", (150, 160, 150))) for name in ("evidence", "frame"))
        return self.bench.read(slot, self.cassette, photos, officer=officer)

    def _read_ready(self, officer: str) -> dict[int, SlotRead]:
        ready = [view.number for view in self.bench.board() if view.readiness is Readiness.READY]
        return {slot: self._read_slot(slot, officer) for slot in ready}

    def keep(self, picture: bytes) -> PhotoRef:
        """Keep a photo in the journal."""
        return self.parts.journal.keep_photo(picture, "image/jpeg")

    def _typed(self, document: TypedDocument) -> Credential:
        if document.format is Format.LORRY_PASS:
            return typed_pass(document)
        if len(document.number) < 6:
            raise CredentialError(Reason.MALFORMED)
        return Credential(
            format=document.format,
            holder=Holder(id_number=document.number),
            facts=(),
            issuer="officer",
            verified=False,
            digest=digest(document.number),
        )

    def _sync(self) -> SyncStatus:
        pending = self.parts.journal.pending()
        return SyncStatus(pending.events, pending.photos, None, enrolled=self.enrolled)

    def _send(self) -> None:
        self.sent_asked += 1

    def client(self, name: str | None = CHEN, *, language: str = "en", secure: bool = False) -> "Tablet":
        """Return a tablet, logged in as `name` unless that is None."""
        tablet = Tablet(self.app.test_client(), language, scheme="https" if secure else "http")
        if name is not None:
            answer = tablet.post("/login", name=name, pin=PINS[name])
            assert answer.status_code == 200, answer.text
        return tablet

    def fault(self, name: str, finding: Finding, advice: Advice | None = None) -> None:
        """Let one check fail."""
        self.checks[:] = [c for c in self.checks if c.name != name] + [Check(name, State.FAULT, finding, advice)]
        self.app.extensions["checks"].forget()


@dataclass(slots=True)
class Tablet:
    """One browser at the station, by its requests."""

    http: FlaskClient
    language: str
    token: str = ""
    scheme: str = "http"

    def __post_init__(self) -> None:
        self.http.set_cookie("language", self.language)

    @property
    def base(self) -> str:
        """Where this tablet's station is."""
        return f"{self.scheme}://localhost"

    def get(self, path: str, **headers: str):  # type: ignore[no-untyped-def]  # werkzeug's TestResponse
        """Ask for a page."""
        return self.http.get(path, headers=headers, base_url=self.base)

    def see(self, path: str) -> str:
        """Return a page's text without its marks, blanks made one."""
        answer = self.http.get(path, base_url=self.base)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
        return words_of(answer.text)

    def post(self, path: str, *, script: bool = True, **fields: object):  # type: ignore[no-untyped-def]
        """Send a form as the page's script does, or as a browser without script."""
        if not self.token:
            page = self.http.get("/login", follow_redirects=True, base_url=self.base)
            found = re.search(
                r'name="csrf-token" content="([^"]+)"',
                page.text,
            )
            assert found is not None
            self.token = found[1]
        headers = {"X-CSRFToken": self.token, "Referer": f"{self.base}/"} | ({"X-Page": "1"} if script else {})
        if path in ("/login", "/logout", "/shift/hand-over", "/set-up"):
            self.token = ""  # a session's end ends its token
        return self.http.post(path, data=fields, headers=headers, base_url=self.base)


def words_of(html: str) -> str:
    """Return what is read on a page: no marks, no scripts, single blanks."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", html, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", body)
    for entity, sign in (("&#39;", "'"), ("&amp;", "&"), ("&quot;", '"'), ("&#34;", '"'), ("&gt;", ">"), ("&lt;", "<")):
        text = text.replace(entity, sign)
    return re.sub(r"\s+", " ", text).strip()


def make_pages(folder: Path, **settings: object) -> Pages:
    """Return the pages of a new station in `folder`."""
    return Pages(Parts(folder), **settings)  # type: ignore[arg-type]
