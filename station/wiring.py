"""Config -> Station: the only place where adapters are chosen."""

import logging
import os
import secrets
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from checkpoint.assay import ReadWindow
from checkpoint.bench import Bench, BenchSettings
from checkpoint.credentials import TrustPolicy
from checkpoint.credentials.receipt import headquarters
from checkpoint.errors import SyncError
from checkpoint.events import Kind, PhotoRef
from checkpoint.gate import Gate, GateSettings
from checkpoint.journal import Journal, LogQuery, Seal
from checkpoint.journal.recovery import open_or_recover
from checkpoint.kits import Kits, KitsSettings
from checkpoint.policy import PackShelf, shipped_packs
from checkpoint.policy.signing import key_id
from checkpoint.ports import Camera, CassetteReader, Clock
from checkpoint.shift import Shifts
from checkpoint.sync import Enrolment
from hardware.camera import SceneCamera
from hardware.clock import SystemClock, kernel_says_synchronised
from station import RELEASED, VERSION, checks, restoring
from station.ballast import Ballast
from station.certificates import Authority, own_names
from station.condition import Condition
from station.config import Config, ConfigError
from station.demo.scenes import DemoScenes
from station.demo.wallet import Keys, Wallet
from station.devices import open_cameras, open_lamps, settings_in_use
from station.duty import Duty
from station.faults import Faults
from station.first_run import CODE_FILE, LocalIdentity, SetUpCode
from station.folders import Folders
from station.formats import station_formats, typed_credential
from station.handed_down import HandedDownDocuments, HandedDownTrust
from station.lamps import WatchedLamps
from station.live import BenchLoop, Feed, GateLoop, Live, Loop
from station.reading import SlotReader
from station.receipts import Receipts
from station.running import Station
from station.set_up import StationSetUp
from station.trust_file import TrustFile, tell_found
from station.upkeep import Room, Upkeep
from station.uploads import Uploads, http_client
from station.watchdog import long_work
from vision.cassette.reader import Reader
from vision.cassette.types import known_types, load_type
from vision.hints import hints
from vision.mat.layout import Paper, mat_layout
from vision.mat.reader import MatReader
from vision.qr import LiveScanner
from web.officers import Officers, Role
from web.services import Services, StationIdentity

log = logging.getLogger(__name__)

GENERIC = "generic"  # the cassette type that needs none: its read window is the configured one
DEMO_OFFICERS = (("陈警官 Chen", "1111", Role.OFFICER), ("王班长 Wang", "2222", Role.SHIFT_LEAD))


def build(config: Config, *, restart: Callable[[], None] = lambda: None) -> Station:
    """Return the station that `config` describes; raise a `CheckpointError` where a part cannot be had.

    `restart` is called where a step of the set-up needs the station to begin anew.
    """
    folders = Folders(config.data)
    clock = _clock(config)
    seal = open_seal(folders)
    ballast = Ballast(folders.ballast)
    ballast.lend()
    nameless = config.name == Config.model_fields["name"].default
    restoring.perform(
        folders.data,
        folders.journal,
        clock=clock,
        seal=seal,
        take_name=nameless,
        meanwhile=lambda: long_work("restoring a backup"),
    )
    local = LocalIdentity.load(folders.data)
    config = local.over(config)
    officers = Officers(folders.officers)
    backups = list(dict.fromkeys([folders.backups, backup_folder(config)]))
    # A box that nobody has set up takes no stick's journal by itself: its first page asks.
    own = backups if officers.names() else [folders.backups]
    journal, recovery = open_or_recover(folders.journal, clock=clock, seal=seal, backups=own)
    clock.raise_floor(_newest_entry(journal))
    cameras = open_cameras(config, folders.calibrations)
    lamps = WatchedLamps(open_lamps(config.lamps))
    hq_key = _headquarters_key(folders)
    shelf = pack_shelf(config)
    handed_down = handed_down_documents(config, shelf, journal, clock)
    if not config.demo:  # a demonstration makes its list anew at every start
        tell_found(folders.trust, journal)
    trust = TrustFile(
        folders.trust,
        always=[headquarters(hq_key)] if hq_key else [],
        published=handed_down.trust if handed_down else lambda: None,
    )
    policy = TrustPolicy(max_age=timedelta(days=config.trust.max_age_days))
    http = http_client()
    reader = station_formats(trust, policy, config.issuers, http)
    gate = Gate(
        journal=journal,
        lamps=lamps,
        clock=clock,
        credentials=reader,
        rules=shelf.in_force,
        new_id=new_id,
        settings=GateSettings(category=config.gate.category, verdict_s=config.gate.verdict_s),
    )
    zone = ZoneInfo(config.timezone)
    kits = Kits(journal, clock, KitsSettings(config.kits.low_below, config.kits.expiring_days, zone))
    bench = Bench(journal=journal, clock=clock, gate=gate, new_id=new_id, settings=_bench_settings(config), kits=kits)
    uploads = Uploads(
        folders.keys,
        journal,
        clock,
        every_s=config.sync.interval_s,
        local_now=lambda: clock.now().wall.astimezone(zone),
        rules=lambda: _packs_in_force(shelf, clock),
        handed_down=handed_down,
        kits=lambda: {lot.lot: lot.left for lot in kits.stock().lots},
    )
    upkeep = Upkeep(
        journal,
        clock,
        zone,
        data=folders.data,
        to=backup_folder(config),
        backup=config.backup,
        retention=config.retention,
        room=lambda: Room.of(folders.journal),
        ballast=ballast,
    )
    duty = Duty(journal)
    faults = Faults(journal, gate)
    lamps.tell(lambda why: faults.began("lamps", why, at_gate=True), lambda: faults.ended("lamps"))
    feeds = {role: watched_feed(role, camera, faults) for role, camera in cameras.items()}
    keep_photo = _photo_keeper(journal)
    loops: list[Loop] = [
        GateLoop(
            feeds["gate"],
            scanner=LiveScanner(),
            gate=gate,
            on_duty=lambda: duty.officer,
            keep_photo=keep_photo,
            again_s=config.gate.again_s,
        ),
        BenchLoop(feeds["bench"], hints=hints),
    ]
    simulated = [f"camera-{role}" for role, camera in cameras.items() if camera.simulated]
    scenes = _demo(config, cameras, officers, folders) if config.demo else None

    slot_reader = SlotReader(
        bench, _cassette_reader(config), feeds["bench"].photograph, keep_photo, config.bench.burst_frames
    )

    identity = StationIdentity(
        name=config.name,
        town=config.town,
        version=VERSION,
        simulated=(*simulated, *(["lamps"] if lamps.simulated else [])),
        timezone=config.timezone,
        language=local.language,
    )
    live = Live(feeds)
    authority = own_authority(config, clock) if config.web.https else None
    code = SetUpCode(config.data / CODE_FILE)
    services = Services(
        station=identity,
        gate=gate,
        bench=bench,
        kits=kits,
        shifts=Shifts(journal, clock, kits, bench.board),
        journal=journal,
        live=live,
        officers=officers,
        read_slot=slot_reader,
        read_ready=None if config.bench.mat == "none" else slot_reader.read_ready,
        typed=lambda document: typed_credential(document, clock.now().wall, ZoneInfo(config.timezone)),
        health=Condition(
            feeds=feeds,
            lamps=lamps,
            clock=clock,
            clock_assumed=config.clock.source == "assume-trusted",
            recovery=recovery,
            trust=trust,
            trust_max_age=timedelta(days=config.trust.max_age_days),
            shelf=shelf,
            uploads=uploads,
            journal=journal,
            kits=kits,
            officers=officers,
            folders=folders,
        ),
        sync=uploads.status,
        sync_now=uploads.nudge,
        lots=lambda: tuple(lot.lot for lot in kits.stock().in_use),
        confirm_time=lambda officer: _confirm_time(clock, journal, officer),
        receipt=Receipts(folders.keys, journal, clock),
        authority=(authority.pem, authority.fingerprint) if authority else None,
        set_up=StationSetUp(config.data, folders.keys, identity, journal, gate, lamps, live, code, restart),
        restoring=restoring.Restoring(folders.data, backups, journal, folders.journal),
        cassette_types=(GENERIC, *(name for name in known_types() if name != GENERIC)),
        scenes=scenes,
        demo_logins=tuple((name, pin) for name, pin, _ in DEMO_OFFICERS) if config.demo else (),
    )
    if not officers.names():
        code.show()
    in_use = settings_in_use(config, folders.calibrations)
    return Station(services, journal, cameras, lamps, loops, uploads, upkeep, ballast, in_use)


def open_new_journal(config: Config) -> Journal:
    """Return the journal of `config`'s station, made where there is none yet."""
    folders = Folders(config.data)
    return Journal.open(folders.journal, clock=_clock(config), seal=open_seal(folders))


def open_seal(folders: Folders) -> Seal:
    """Return the station's keys: a credential of systemd's where the service was given one, else a file."""
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    return Seal.open(folders.keys, credentials=Path(given) if given else None)


def backup_folder(config: Config) -> Path:
    """Return where backups of `config`'s station go."""
    return config.backup.folder or Folders(config.data).backups


def own_authority(config: Config, clock: Clock) -> Authority:
    """Return the station's certificate authority, made on first use."""
    return Authority.open(Folders(config.data).tls, config.name, max(clock.now().wall, RELEASED))


def tls_of(config: Config, clock: Clock) -> ssl.SSLContext | None:
    """Return what the pages need to speak HTTPS, None where they do not."""
    if not config.web.https:
        return None
    names = own_names(config.web.host, config.web.names)
    return own_authority(config, clock).server_context(names, max(clock.now().wall, RELEASED))


def new_id() -> str:
    """Return an id for a crossing or a test: short enough to read aloud, long enough not to come twice."""
    return secrets.token_hex(6)


def pack_shelf(config: Config) -> PackShelf:
    """Return the rule packs of `config`'s station: the shipped ones it names, and what headquarters signed."""
    folders = Folders(config.data)
    hq_key = _headquarters_key(folders)
    signers = {key_id(hq_key): hq_key} if hq_key else {}
    return PackShelf(folders.packs, signers, [pack for pack in shipped_packs() if pack.id in config.rules.packs])


def station_trust(config: Config) -> TrustFile:
    """Return what `config`'s station believes, for a command beside it; `build` gives the station its own."""
    folders = Folders(config.data)
    hq_key = _headquarters_key(folders)
    if hq_key is None:
        return TrustFile(folders.trust)
    handed_down = HandedDownTrust.in_folder(folders.published, hq_key.public_bytes_raw(), lambda: datetime.now(UTC))
    return TrustFile(folders.trust, always=[headquarters(hq_key)], published=handed_down)


def handed_down_documents(
    config: Config, shelf: PackShelf, journal: Journal, clock: Clock
) -> HandedDownDocuments | None:
    """Return where documents of headquarters go, None for a station that was never enrolled."""
    folders = Folders(config.data)
    hq_key = _headquarters_key(folders)
    if hq_key is None:
        return None
    return HandedDownDocuments(folders.published, hq_key.public_bytes_raw(), shelf, journal, lambda: clock.now().wall)


def _headquarters_key(folders: Folders) -> Ed25519PublicKey | None:
    """Return the key headquarters signs with, None for a station that was never enrolled."""
    try:
        enrolment = Enrolment.load(folders.keys)
    except SyncError as error:
        log.error("%s", error)
        return None
    return Ed25519PublicKey.from_public_bytes(enrolment.hq_key) if enrolment else None


def _clock(config: Config) -> SystemClock:
    match config.clock.source:
        case "system":
            return SystemClock(floor=RELEASED, synchronised=kernel_says_synchronised)
        case "assume-trusted":
            return SystemClock(floor=RELEASED, synchronised=lambda: True)


def _newest_entry(journal: Journal) -> datetime:
    page = journal.search(LogQuery(limit=1))
    return page.entries[0].moment.wall if page.entries else RELEASED


def _bench_settings(config: Config) -> BenchSettings:
    window = ReadWindow(config.bench.read_from_min, config.bench.read_until_min)
    windows = {name: load_type(name).read_window for name in known_types() if name != GENERIC}
    return BenchSettings(slots=config.bench.slots, window=window, windows=windows)


def _cassette_reader(config: Config) -> CassetteReader:
    """Return the reader of what lies under the bench camera: by slot numbers where a mat lies there."""
    if config.bench.mat == "none":
        return Reader()
    try:
        layout = mat_layout(config.bench.slots, Paper(config.bench.mat))
    except ValueError as error:
        raise ConfigError(f"[bench] slots on this mat: {error}") from error
    return MatReader(layout, otherwise=Reader())


def watched_feed(role: str, camera: Camera, faults: Faults) -> Feed:
    """Return a camera's feed whose faults are journaled; without the gate's camera the gate shows a fault."""
    device = f"camera-{role}"
    return Feed(
        role=role,
        camera=camera,
        on_fault=lambda _role, detail: faults.began(device, detail, at_gate=role == "gate"),
        on_recovery=lambda _role: faults.ended(device),
    )


def _photo_keeper(journal: Journal) -> Callable[[bytes], PhotoRef]:
    def keep(data: bytes) -> PhotoRef:
        return journal.keep_photo(data, "image/jpeg")

    return keep


def _packs_in_force(shelf: PackShelf, clock: SystemClock) -> list[str]:
    now = clock.now().wall
    packs = (shelf.in_force(category, now) for category in checks.CATEGORIES)
    return sorted({f"{pack.id}@{pack.version}" for pack in packs if pack})


def _confirm_time(clock: SystemClock, journal: Journal, officer: str) -> None:
    moment = clock.confirm()
    journal.append(Kind.CLOCK_CONFIRMED, {"officer": officer, "clock": moment.trust})


def _demo(config: Config, cameras: dict[str, Camera], officers: Officers, folders: Folders) -> DemoScenes:
    """Give a new demonstration its officers and its trust list, and put its scenes before the cameras."""
    for name, pin, role in DEMO_OFFICERS:
        if name not in officers.names():
            officers.add(name, pin, role)
    keys = Keys.open(config.data / "demo")
    keys.trust_list(datetime.now(UTC)).save(folders.trust)
    shown = {role: camera for role, camera in cameras.items() if isinstance(camera, SceneCamera)}
    return DemoScenes(cameras=shown, wallet=Wallet(keys, now=lambda: datetime.now(UTC)))
