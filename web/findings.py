"""The words of what the station's checks find: each finding with what to do about it."""

import re
from collections.abc import Mapping
from datetime import datetime

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from checkpoint.health import Advice, Check, Finding
from web.language import dated
from web.reason_words import Said, Text
from web.words import CHECKS

LIST, PACK = "list ", "pack "
"""How the figures begin that are named after a trust list or a rule pack."""
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T")

FINDINGS: Mapping[Finding, Text] = {
    Finding.WORKS: _("works"),
    Finding.SIMULATED: _("simulated: no real device"),
    Finding.NO_PICTURE: _("gives no picture"),
    Finding.NO_LAMPS: _("cannot be set, or burn otherwise than told"),
    Finding.NOT_CALIBRATED: _("works, but was not calibrated on its mat"),
    Finding.SERVICE_FAILED: _("failed, and has not succeeded since"),
    Finding.CLOCK_TRUSTED: _("set by the network or a battery clock"),
    Finding.CLOCK_CONFIRMED: _("confirmed by an officer"),
    Finding.CLOCK_UNTRUSTED: _("clock not trusted: confirm the time"),
    Finding.CLOCK_ASSUMED: _("not checked, for demonstrations only"),
    Finding.WRITES: _("is written safely"),
    Finding.CANNOT_WRITE: _("cannot be written"),
    Finding.CHAIN_BROKEN: _("was changed from outside: the chain is broken"),
    Finding.RECOVERED: _("was damaged at the start and restored as far as it proves itself"),
    Finding.FRESH: _("up to date"),
    Finding.STALE: _("too old"),
    Finding.UNDATED: _("nobody knows how old it is"),
    Finding.IN_FORCE: _("in force for everybody"),
    Finding.NONE: _("none in force"),
    Finding.SPOILED: _("a file cannot be used; the last good one stays"),
    Finding.ALL_SENT: _("all sent"),
    Finding.PENDING: _("waiting to be sent"),
    Finding.NOT_ENROLLED: _("no headquarters is set up"),
    Finding.LOW: _("little space left"),
    Finding.FULL: _("full"),
    Finding.ROOM: _("enough space"),
    Finding.MISSING: _("not installed"),
    Finding.NO_OFFICERS: _("nobody can log in"),
    Finding.COOL: _("cool enough"),
    Finding.HOT: _("so hot that the processor slows down"),
    Finding.UNKNOWN: _("not known: this machine does not tell"),
    Finding.NOT_CHECKED: _("could not be checked"),
    Finding.BACKED_UP: _("made, and read back whole"),
    Finding.NO_BACKUP_YET: _("none yet: the first is made tonight"),
    Finding.BACKUP_LATE: _("none for a night and more"),
    Finding.BACKUP_FAILED: _("the last one failed; older ones are as they were"),
    Finding.KITS_ENOUGH: _("enough kits"),
    Finding.KITS_LOW: _("few kits left"),
    Finding.KITS_EXPIRING: _("kits expire soon"),
    Finding.KITS_EXPIRED: _("expired kits lie here"),
    Finding.KITS_UNCOUNTED: _("kits were used whose delivery was not entered"),
}

ADVICE: Mapping[Advice, Text] = {
    Advice.CHECK_CABLE: _("Check its cable and power."),
    Advice.CHECK_LAMPS: _("Direct by hand. Check the lamps' supply, relays and wiring."),
    Advice.INSTALL_RPICAM: _("Let the IT install rpicam-apps-lite, or name a USB camera."),
    Advice.CALIBRATE: _("Let the IT calibrate it on the mat: see the manual."),
    Advice.SEE_LOG: _("Let the IT look into the system's log."),
    Advice.CONFIRM_TIME: _("Compare the clock with a watch and confirm the time below."),
    Advice.FREE_DISK: _("Delete what is not needed, or put in a larger card."),
    Advice.CALL_SUPPORT: _("Call the IT. Check by hand until then."),
    Advice.IMPORT_TRUST: _("Load a newer trust list, or connect to headquarters."),
    Advice.IMPORT_RULES: _("Load a rule pack, or connect to headquarters."),
    Advice.CHECK_NETWORK: _("Check the network; everything is kept and sent later by itself."),
    Advice.ENROL: _("Enrol this station at headquarters: see the manual."),
    Advice.INSTALL_ZBAR: _("Optional: install libzbar0 for a second opinion on hard codes."),
    Advice.ADD_OFFICER: _("On the station, add an officer: see the manual."),
    Advice.SEE_KITS: _("See the Kits page."),
    Advice.COOL_DOWN: _("Give the box shade and air."),
    Advice.CHECK_BACKUP: _(
        "Is the stick in, and has it room? It is tried again by night; the IT can do it now: checkpoint backup."
    ),
}

DATA: Mapping[str, Text] = {
    "detail": _("detail"),
    "used_percent": _("used"),
    "free_mb": _("free, MB"),
    "keys": _("keys"),
    "age_h": _("age, hours"),
    "as_of": _("as of"),
    "age_days": _("age, days"),
    "max_age_days": _("limit, days"),
    "too_old": _("too old"),
    "categories": _("categories"),
    "files": _("files"),
    "packs": _("packs"),
    "events": _("events"),
    "photos": _("photos"),
    "package": _("package"),
    "usable": _("usable kits"),
    "lots": _("lots"),
    "told": _("told to show"),
    "burning": _("burning"),
    "units": _("services"),
    "device": _("device"),
    "degrees_c": _("°C"),
}


def worded(check: Check) -> Said:
    """Return a check's finding and advice in words."""
    return Said(FINDINGS[check.finding], ADVICE[check.advice] if check.advice else "")


def short(check: Check) -> str:
    """Return what is wrong with a part as the head of every page says it."""
    said = str(FINDINGS[check.finding])
    if check.finding is Finding.CLOCK_UNTRUSTED:
        return said
    if check.finding is Finding.CLOCK_ASSUMED:
        return str(gettext("demo clock"))
    return str(gettext("%(part)s: %(finding)s", part=CHECKS.get(check.name, check.name), finding=said))


def figures(check: Check) -> list[tuple[Text, str]]:
    """Return a check's figures with their names; empty ones are left out, but for the unknown age of a list.

    Times are in the station's zone and have their year: what a list or a pack is of can be years ago.
    """
    return [
        (_figure_name(name), _in_words(value) if value else gettext("of unknown age"))
        for name, value in check.data.items()
        if value or name.startswith(LIST)
    ]


def _figure_name(name: str) -> Text:
    if name.startswith(LIST):
        return gettext("list %(name)s", name=name.removeprefix(LIST))
    if name.startswith(PACK):
        return gettext("pack %(name)s, since", name=name.removeprefix(PACK))
    return DATA.get(name, name)


def _in_words(value: str) -> str:
    return dated(datetime.fromisoformat(value)) if _TIME.match(value) else value
