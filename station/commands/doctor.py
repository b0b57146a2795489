"""`checkpoint doctor`: what is wrong with this box, and what to do."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from checkpoint.errors import JournalError, JournalFull, SyncError
from checkpoint.health import Advice, Check, Finding, State, SyncStatus
from checkpoint.journal import Journal
from checkpoint.sync import Enrolment
from hardware.clock import SystemClock, kernel_says_synchronised
from hardware.temperature import ThermalZones
from station import RELEASED, checks, device_checks
from station.commands.options import config_option, loaded
from station.commands.output import ANSWER_IS_NO, DONE, as_read, leave, print_json
from station.config import Config
from station.folders import Folders
from station.upkeep import Backups
from station.wiring import open_seal, pack_shelf, station_trust
from vision.qr import zbar_available
from web.officers import Officers

WORDS: dict[Advice, str] = {
    Advice.CHECK_CABLE: "check the cable, then the configuration",
    Advice.CHECK_LAMPS: "check the lamps' supply, relays and wiring: checkpoint-lamps state, and docs/hardware.md",
    Advice.INSTALL_RPICAM: "apt install rpicam-apps-lite (Raspberry Pi OS), or set source to v4l2 for a USB camera",
    Advice.CALIBRATE: "calibrate it on its mat: checkpoint camera calibrate --help",
    Advice.SEE_LOG: "see the log: journalctl -b -u the unit's name",
    Advice.CONFIRM_TIME: "let an officer confirm the time on the health page, or give the box a network or a clock",
    Advice.FREE_DISK: 'free space or replace the card: docs/install.md, "A full disk"',
    Advice.CALL_SUPPORT: "keep the folder as it is and call support",
    Advice.IMPORT_TRUST: "import a trust list: checkpoint trust import --help",
    Advice.IMPORT_RULES: "check [rules] packs, and the packs headquarters sent",
    Advice.CHECK_NETWORK: "check the network; nothing is lost meanwhile",
    Advice.ENROL: "enrol at headquarters: checkpoint enrol --help",
    Advice.INSTALL_ZBAR: "apt install libzbar0 (libzbar0t64 on Debian 13): reads a few codes more",
    Advice.ADD_OFFICER: "add an officer: checkpoint officer add --help",
    Advice.COOL_DOWN: "give the box shade and air, or a heat sink with a fan",
    Advice.CHECK_BACKUP: "look at the stick: is it in, writable, and has it room? then: checkpoint backup",
}
MARKS = {State.OK: "ok   ", State.WARN: "warn ", State.FAULT: "FAULT"}


@click.command(epilog="Example: checkpoint doctor --config /etc/checkpoint/station.toml")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and check.")
def doctor(config_path: Path, as_json: bool) -> None:
    """Check this box, and say what to do about what is wrong.

    Safe beside a running station: cameras are looked for and not opened, lamps are asked of the lamp-holder. What the
    cameras see now is on the station's health page.

    Exit code 0: nothing is wrong, or only warnings; 1: a fault; 2: the configuration cannot be read.
    """
    config = loaded(config_path)
    found, zone = examine(config), ZoneInfo(config.timezone)
    for check in found:
        if as_json:
            print_json(
                {
                    "name": check.name,
                    "state": check.state,
                    "finding": check.finding,
                    "advice": check.advice,
                    "data": check.data,
                }
            )
            continue
        data = ", ".join(f"{name}={as_read(value, zone)}" for name, value in check.data.items() if value)
        advice = f" -> {WORDS[check.advice]}" if check.advice else ""
        click.echo(f"{MARKS[check.state]} {check.name:<12} {check.finding} {data}{advice}".rstrip())
    leave(ANSWER_IS_NO if any(check.state is State.FAULT for check in found) else DONE)


def examine(config: Config) -> list[Check]:
    """Return the checks that need no running station."""
    folders = Folders(config.data)
    clock = SystemClock(floor=RELEASED, synchronised=kernel_says_synchronised)
    now = datetime.now(UTC)
    found = [checks.clock(clock.now(), assumed=config.clock.source == "assume-trusted")]
    if folders.journal.is_dir():
        found += [checks.writable(folders.journal), checks.disk(folders.journal)]
        found += _journal_checks(folders, clock)
    else:
        found.append(Check("journal", State.WARN, Finding.NONE, None, {"folder": str(folders.journal)}))
    looks: dict[str, checks.Look] = {
        "trust-list": lambda: [
            checks.trust_list(station_trust(config)(), now, timedelta(days=config.trust.max_age_days))
        ],
        "rules": lambda: [checks.rules(pack_shelf(config), now)],
        "officers": lambda: [checks.officers(Officers(folders.officers).names())],
        "temperature": lambda: [checks.temperature(ThermalZones().read_c())],
        "zbar": lambda: [checks.zbar(available=zbar_available())],
        "camera": lambda: device_checks.cameras(config, folders.calibrations),
        "lamps": lambda: [device_checks.lamps(config.lamps)],
        "services": lambda: [device_checks.services(folders.failures)],
    }
    return found + checks.all_of(looks)


def _journal_checks(folders: Folders, clock: SystemClock) -> list[Check]:
    try:
        with Journal.open(folders.journal, clock=clock, seal=open_seal(folders)) as journal:
            count = journal.verify()
            pending = journal.pending()
            chain = Check("chain", State.OK, Finding.WORKS, None, {"events": str(count)})
            backup = checks.backup(Backups.of(journal), clock.now().wall)
            enrolled = Enrolment.load(folders.keys) is not None
    except JournalFull as error:
        return [Check("chain", State.WARN, Finding.CANNOT_WRITE, Advice.FREE_DISK, {"detail": str(error)})]
    except JournalError as error:
        detail = {"detail": str(error)}
        return [Check("chain", State.FAULT, Finding.CHAIN_BROKEN, Advice.CALL_SUPPORT, detail)]
    except SyncError as error:
        return [Check("sync", State.FAULT, Finding.NOT_ENROLLED, Advice.ENROL, {"detail": str(error)})]
    return [chain, checks.sync(SyncStatus(pending.events, pending.photos, None, enrolled=enrolled)), backup]
