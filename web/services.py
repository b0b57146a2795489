"""What the pages stand on: the station's use cases and devices, handed over by the program that wires them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from checkpoint.bench import Bench, SlotRead
from checkpoint.credential import Credential
from checkpoint.gate import Gate
from checkpoint.health import Check, SyncStatus
from checkpoint.journal import Journal
from checkpoint.kits import Kits
from checkpoint.ports import LiveView, Scenes
from checkpoint.shift import Shifts
from checkpoint.typed import TypedDocument
from checkpoint.vehicle import Seat
from web.officers import Officers


@dataclass(slots=True)
class StationIdentity:
    """Which station this is.

    ``simulated`` names the devices behind which nothing real stands ("camera", "lamps", ...): every page says so.
    ``timezone`` is an IANA name, e.g. "Asia/Shanghai"; pages show local time, the journal keeps UTC.
    ``name``, ``town`` and ``language`` (of tablets that chose none) change when an administrator says so.
    """

    name: str
    town: str
    version: str
    simulated: tuple[str, ...] = ()
    timezone: str = "Asia/Shanghai"
    language: str = ""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the pages call.

    ``read_slot(slot, officer)`` photographs the bench, reads the slot's cassette and records it; raises `BenchError`,
    `CameraError`. ``read_ready(officer)`` does so for every slot whose time has come, from one photograph of the whole
    mat; None where the bench has no mat. ``typed(document)`` turns what an officer typed off an ID card or a lorry
    pass into evidence marked unverified; raises `CredentialError`. ``lots`` may be empty: then the lot
    is typed.
    ``scan_picture(picture, officer)`` lets a still picture take the camera's way through the gate; raises ValueError
    where it is no picture. ``confirm_time(officer)`` records that an officer compared the clock with a watch.
    ``authority``: the certificate (PEM) of the station's own authority and its fingerprint, where it serves HTTPS.
    ``set_up`` does what the first run and the settings ask for (`web.set_up.SetUp`); ``restoring`` knows of
    backups (`web.restoring.Restores`).
    ``cassette_types`` are the known ones by name, "generic" for the bench's own read window.
    ``scenes`` and ``demo_logins`` (name, PIN) exist only in the demo.
    """

    station: StationIdentity
    gate: Gate
    bench: Bench
    kits: Kits
    shifts: Shifts
    journal: Journal
    live: LiveView
    officers: Officers
    read_slot: Callable[[int, str], SlotRead]
    typed: Callable[[TypedDocument], Credential]
    health: Callable[[], Sequence[Check]]
    sync: Callable[[], SyncStatus]
    sync_now: Callable[[], None]
    lots: Callable[[], Sequence[str]]
    read_ready: Callable[[str], Mapping[int, SlotRead]] | None = None
    scan_picture: Callable[[bytes, str], None] | None = None
    confirm_time: Callable[[str], None] | None = None
    receipt: Callable[[Seat], str] | None = None
    scenes: Scenes | None = None
    authority: tuple[bytes, str] | None = None
    set_up: object | None = None
    restoring: object | None = None
    cassette_types: tuple[str, ...] = ("generic",)
    demo_logins: tuple[tuple[str, str], ...] = ()
