"""What is wrong with this box, and what to do: the checks behind the health page and `checkpoint doctor`."""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from checkpoint.clock import ClockTrust, Moment
from checkpoint.credentials import TrustList
from checkpoint.crossing import Category, Lamp
from checkpoint.health import Advice, Check, Finding, State, SyncStatus
from checkpoint.journal.recovery import Recovery
from checkpoint.kits import KitAlarm, Stock
from checkpoint.policy import PackShelf
from station.trust_file import by_age, too_old
from station.upkeep import Backups

log = logging.getLogger(__name__)

Look = Callable[[], Iterable[Check]]

CATEGORIES = tuple(Category)
HOT_C = 80.0  # from here a Raspberry Pi slows itself down (Raspberry Pi documentation, "Frequency management")
BACKUP_LATE_AFTER = timedelta(hours=36)  # a night was missed
DISK_WARN_SHARE, DISK_FULL_SHARE = 0.80, 0.95  # of the file system the journal lives on


def all_of(looks: Mapping[str, Look]) -> list[Check]:
    """Return what every look finds, by the name of its part; one that breaks off takes no other with it."""
    return [check for name, look in looks.items() for check in _whatever_happens(name, look)]


def _whatever_happens(name: str, look: Look) -> list[Check]:
    try:
        return list(look())
    except Exception as error:  # the page that would tell must not go down with what it would tell of
        log.exception("the check of %s broke off", name)
        return [Check(name, State.FAULT, Finding.NOT_CHECKED, Advice.SEE_LOG, {"detail": type(error).__name__})]


def camera(role: str, *, fault: str, simulated: bool) -> Check:
    """Return how the camera of `role` is."""
    name = f"camera-{role}"
    if fault:
        return Check(name, State.FAULT, Finding.NO_PICTURE, Advice.CHECK_CABLE, {"detail": fault})
    if simulated:
        return Check(name, State.OK, Finding.SIMULATED)
    return Check(name, State.OK, Finding.WORKS)


def lamps(shown: Lamp, *, simulated: bool, fault: str, burning: frozenset[Lamp] | None) -> Check:
    """Return how the lamps are: what they are told to show, and what their sense inputs tell."""
    if fault:
        return Check("lamps", State.FAULT, Finding.NO_LAMPS, Advice.CHECK_LAMPS, {"detail": fault})
    if simulated:
        return Check("lamps", State.OK, Finding.SIMULATED)
    sensed = "" if burning is None else ", ".join(sorted(burning))
    return Check("lamps", State.OK, Finding.WORKS, None, {"told": shown.value, "burning": sensed})


def services(failures: Path) -> Check:
    """Return which units have failed and not succeeded since; the failure unit leaves a file for each."""
    try:
        noted = sorted(file.name for file in failures.iterdir() if not file.name.startswith("."))
    except OSError:
        noted = []
    if noted:
        return Check("services", State.WARN, Finding.SERVICE_FAILED, Advice.SEE_LOG, {"units": ", ".join(noted)})
    return Check("services", State.OK, Finding.WORKS)


def clock(moment: Moment, *, assumed: bool) -> Check:
    """Return how far the clock is to be trusted."""
    if assumed:
        return Check("clock", State.WARN, Finding.CLOCK_ASSUMED)
    match moment.trust:
        case ClockTrust.TRUSTED:
            return Check("clock", State.OK, Finding.CLOCK_TRUSTED)
        case ClockTrust.CONFIRMED:
            return Check("clock", State.OK, Finding.CLOCK_CONFIRMED)
        case ClockTrust.UNTRUSTED:
            return Check("clock", State.FAULT, Finding.CLOCK_UNTRUSTED, Advice.CONFIRM_TIME)


def writable(folder: Path) -> Check:
    """Return whether the journal's folder takes a durable write, tried on a file that is removed again."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as probe:
            probe.write(b"x")
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        detail = {"detail": error.strerror or str(error)}
        return Check("journal", State.FAULT, Finding.CANNOT_WRITE, Advice.FREE_DISK, detail)
    return Check("journal", State.OK, Finding.WRITES)


def chain(recovery: Recovery | None) -> Check:
    """Return whether the journal was whole when the station started."""
    if recovery is None:
        return Check("chain", State.OK, Finding.WORKS)
    data = {"restored": str(recovery.restored), "salvaged": str(recovery.salvaged), "kept": recovery.kept_aside.name}
    return Check("chain", State.FAULT, Finding.RECOVERED, Advice.CALL_SUPPORT, data)


def disk(folder: Path) -> Check:
    """Return how full the disk is."""
    usage = shutil.disk_usage(folder)
    used = 1 - usage.free / usage.total
    data = {"used_percent": f"{used:.0%}", "free_mb": f"{usage.free / 1e6:.0f}"}
    if used >= DISK_FULL_SHARE:
        return Check("disk", State.FAULT, Finding.FULL, Advice.FREE_DISK, data)
    if used >= DISK_WARN_SHARE:
        return Check("disk", State.WARN, Finding.LOW, Advice.FREE_DISK, data)
    return Check("disk", State.OK, Finding.ROOM, None, data)


def temperature(degrees: float | None) -> Check:
    """Return how warm the processor is; a machine that does not tell is no fault, and is not called cool either."""
    if degrees is None:
        return Check("temperature", State.OK, Finding.UNKNOWN)
    data = {"degrees_c": f"{degrees:.0f}"}
    if degrees >= HOT_C:
        return Check("temperature", State.WARN, Finding.HOT, Advice.COOL_DOWN, data)
    return Check("temperature", State.OK, Finding.COOL, None, data)


def backup(backups: Backups, now: datetime) -> Check:
    """Return how old the newest backup is, and whether the last one failed."""
    age = max(now - backups.made_at, timedelta()) if backups.made_at else None
    data = {"age_h": "" if age is None else f"{age.total_seconds() / 3600:.0f}", "detail": backups.failed}
    if backups.failed:
        return Check("backup", State.WARN, Finding.BACKUP_FAILED, Advice.CHECK_BACKUP, data)
    if age is not None and age <= BACKUP_LATE_AFTER:
        return Check("backup", State.OK, Finding.BACKED_UP, None, data)
    if age is None and (backups.since is None or now - backups.since <= BACKUP_LATE_AFTER):
        return Check("backup", State.OK, Finding.NO_BACKUP_YET)
    return Check("backup", State.WARN, Finding.BACKUP_LATE, Advice.CHECK_BACKUP, data)


def trust_list(trust: TrustList, now: datetime, max_age: timedelta) -> Check:
    """Return how old the knowledge of issuers' keys is: as a whole, each list that went into it, and what is allowed.

    Times are ISO 8601; one list is named as ``list NAME``.
    """
    if not trust.keys:
        return Check("trust-list", State.FAULT, Finding.NONE, Advice.IMPORT_TRUST)
    age = trust.age(now)
    data = {
        "keys": str(len(trust.keys)),
        "as_of": "" if trust.as_of is None else trust.as_of.isoformat(),
        "age_days": "" if age is None or age < timedelta() else str(age.days),
        "max_age_days": f"{max_age / timedelta(days=1):g}",
        "too_old": ", ".join(too_old(trust, now, max_age)),
        **{f"list {name}": "" if moment is None else moment.isoformat() for name, moment in by_age(trust)},
    }
    if not trust.is_stale(now, max_age):
        return Check("trust-list", State.OK, Finding.FRESH, None, data)
    finding = Finding.STALE if age is not None and age > max_age else Finding.UNDATED
    return Check("trust-list", State.FAULT, finding, Advice.IMPORT_TRUST, data)


def rules(shelf: PackShelf, now: datetime, categories: Iterable[Category] = CATEGORIES) -> Check:
    """Return whether a rule pack is in force for each category of traveller, and since when each is (ISO 8601)."""
    without = [str(category) for category in categories if shelf.in_force(category, now) is None]
    if without:
        return Check("rules", State.FAULT, Finding.NONE, Advice.IMPORT_RULES, {"categories": ", ".join(without)})
    if shelf.spoiled:
        files = ", ".join(spoiled.file for spoiled in shelf.spoiled)
        return Check("rules", State.WARN, Finding.SPOILED, Advice.IMPORT_RULES, {"files": files})
    in_force = {pack.id: pack for pack in (shelf.in_force(category, now) for category in categories) if pack}
    data = {f"pack {pack.id} {pack.version}": pack.effective_from.isoformat() for _, pack in sorted(in_force.items())}
    return Check("rules", State.OK, Finding.IN_FORCE, None, data)


def sync(status: SyncStatus) -> Check:
    """Return where the uploads stand; waiting is no fault of the station's as long as nothing is lost."""
    data = {
        "events": str(status.pending_events),
        "photos": str(status.pending_photos),
        "detail": status.error,
    }
    if not status.enrolled:
        return Check("sync", State.WARN, Finding.NOT_ENROLLED, Advice.ENROL, data)
    if status.all_sent:
        return Check("sync", State.OK, Finding.ALL_SENT, None, data)
    if status.error:
        return Check("sync", State.WARN, Finding.PENDING, Advice.CHECK_NETWORK, data)
    return Check("sync", State.OK, Finding.PENDING, None, data)


KIT_FINDINGS = {
    KitAlarm.LOW: Finding.KITS_LOW,
    KitAlarm.EXPIRED: Finding.KITS_EXPIRED,
    KitAlarm.EXPIRING: Finding.KITS_EXPIRING,
    KitAlarm.OVERDRAWN: Finding.KITS_UNCOUNTED,
    KitAlarm.NOT_RECEIVED: Finding.KITS_UNCOUNTED,
}


def kits(stock: Stock) -> list[Check]:
    """Return how the kits stand; nothing where none were ever entered."""
    if not stock.lots:
        return []
    data = {"usable": str(stock.usable), "lots": ", ".join(sorted({lot for _, lot in stock.alarms if lot}))}
    if not stock.alarms:
        return [Check("kits", State.OK, Finding.KITS_ENOUGH, None, data)]
    worst = min((alarm for alarm, _ in stock.alarms), key=list(KIT_FINDINGS).index)
    return [Check("kits", State.WARN, KIT_FINDINGS[worst], Advice.SEE_KITS, data)]


def zbar(*, available: bool) -> Check:
    """Return whether the second code reader is there: it reads about one code in a hundred that the first cannot."""
    if available:
        return Check("zbar", State.OK, Finding.WORKS)
    return Check("zbar", State.WARN, Finding.MISSING, Advice.INSTALL_ZBAR, {"package": "libzbar0"})


def officers_file(kept_aside: Path | None) -> list[Check]:
    """Return that the file of officers was damaged and its copy stands in for it; nothing where all is well."""
    if kept_aside is None:
        return []
    return [Check("officers", State.WARN, Finding.SPOILED, Advice.SEE_LOG, {"files": kept_aside.name})]


def officers(names: Iterable[str]) -> Check:
    """Return whether anybody can log in."""
    if tuple(names):
        return Check("officers", State.OK, Finding.WORKS)
    return Check("officers", State.FAULT, Finding.NO_OFFICERS, Advice.ADD_OFFICER)
