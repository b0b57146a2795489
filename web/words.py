"""The words of the codes that officers read: verdicts, outcomes, hints, mistakes. The catalogue holds the Chinese.

Codes never change; words may. Each says in a few words what is the case, and in a sentence what to do next.
"""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from checkpoint.assay import Outcome, Readiness
from checkpoint.clock import ClockTrust
from checkpoint.credential import Colour, Format, TestKind, TestResult
from checkpoint.crossing import Category, Lamp, Verdict
from checkpoint.events import Kind
from checkpoint.health import State
from checkpoint.kits import KitAlarm
from checkpoint.reasons import Reason
from checkpoint.sighting import CodeHint
from web.officers import Role
from web.reason_words import REASONS, Said, Text

VERDICTS: Mapping[Verdict, Text] = {
    Verdict.ADMIT: _("ADMIT"),
    Verdict.HOLD: _("HOLD"),
    Verdict.REFUSE: _("REFUSE"),
}

SHAPES: Mapping[str, str] = {"admit": "circle", "hold": "triangle", "refuse": "square", "fault": "stripes"}

LAMPS: Mapping[Lamp, Text] = {
    Lamp.GREEN: _("green light"),
    Lamp.YELLOW: _("yellow light"),
    Lamp.RED: _("red light"),
    Lamp.FAULT: _("fault: red and yellow in turn"),
    Lamp.OFF: _("lamp off"),
}

OUTCOMES: Mapping[Outcome, Text] = {
    Outcome.NEGATIVE: _("NEGATIVE"),
    Outcome.POSITIVE: _("POSITIVE"),
    Outcome.INVALID: _("INVALID"),
    Outcome.RETAKE: _("RETAKE"),
}

READINESS: Mapping[Readiness, Text] = {
    Readiness.TOO_EARLY: _("waiting"),
    Readiness.READY: _("READY"),
    Readiness.OVERDUE: _("OVERDUE"),
    Readiness.VOID: _("VOID"),
}

FORMATS: Mapping[Format, Text] = {
    Format.HC1: _("EU / WHO certificate"),
    Format.SHC: _("SMART Health Card"),
    Format.VDS_NC: _("ICAO visible seal"),
    Format.HEALTH_CODE: _("city health code"),
    Format.LORRY_PASS: _("Lorry pass"),
    Format.RECEIPT: _("receipt of another checkpoint"),
    Format.TYPED_ID: _("typed ID number"),
}

TEST_KINDS: Mapping[TestKind, Text] = {
    TestKind.NAAT: _("NAAT"),
    TestKind.ANTIGEN: _("antigen test"),
    TestKind.OTHER: _("another test"),
}

TEST_RESULTS: Mapping[TestResult, Text] = {
    TestResult.NEGATIVE: _("negative"),
    TestResult.POSITIVE: _("positive"),
    TestResult.PENDING: _("no result yet"),
    TestResult.UNCLEAR: _("unclear"),
}

COLOURS: Mapping[Colour, Text] = {
    Colour.GREEN: _("green"),
    Colour.YELLOW: _("yellow"),
    Colour.RED: _("red"),
    Colour.UNKNOWN: _("unknown"),
}

FOUND: Mapping[str, Text] = {
    "admitted": _("admitted there"),
    "antigen-negative": _("negative antigen test there"),
}
"""What a receipt of another checkpoint says."""

PROBLEM_DATA: Mapping[str, Text] = {
    "issuer": _("issuer"),
    "kid": _("key"),
    "expired_at": _("ended"),
    "valid_from": _("valid from"),
    "answered_at": _("answered"),
    "missing": _("parts missing:"),
}
"""What is told of a code that was not accepted, beside the reason: never its holder."""

CATEGORIES: Mapping[Category, Text] = {
    Category.RESIDENT: _("Resident"),
    Category.OTHER: _("Passing through"),
    Category.LORRY: _("Lorry"),
    Category.COMPANY: _("Company"),
}

ROLES: Mapping[Role, Text] = {
    Role.OFFICER: _("officer"),
    Role.SHIFT_LEAD: _("shift lead"),
    Role.ADMIN: _("administrator"),
    Role.AUDITOR: _("auditor"),
}

STATES: Mapping[State, Text] = {State.OK: _("ok"), State.WARN: _("look"), State.FAULT: _("fault")}

CLOCK_TRUST: Mapping[ClockTrust, Text] = {
    ClockTrust.TRUSTED: _("clock ok"),
    ClockTrust.CONFIRMED: _("time confirmed by an officer"),
    ClockTrust.UNTRUSTED: _("clock not trusted: confirm the time"),
}

DEVICES: Mapping[str, Text] = {
    "camera": _("camera"),
    "camera-gate": _("gate camera"),
    "camera-bench": _("bench camera"),
    "lamps": _("lamps"),
    "clock": _("clock"),
    "buzzer": _("buzzer"),
    "issuer": _("health-code issuer"),
}

HINTS: Mapping[str, Text] = {
    CodeHint.CLOSER: _("Bring the code closer"),
    CodeHint.STEADIER: _("Hold steadier"),
    CodeHint.LESS_GLARE: _("Turn the screen: glare"),
    CodeHint.MORE_LIGHT: _("More light, or a brighter screen"),
    CodeHint.LESS_TILT: _("Hold the code straight"),
    "nobody-on-duty": _("Nobody is on duty: log in, then show the code"),
    "starting": _("The camera is starting"),
    "asking": _("Asking the issuer of this code"),
}

NOTICES: Mapping[str, Text] = {
    "already-seen": _("This code was seen already; nothing changed."),
    "already-seen-others-left": _("This code was seen already. Each of the others shows their own."),
    "light-for-bench": _("The light is for a vehicle that comes from the bench."),
    "red-for-bench": _("The lamp is red for a positive at the bench, not for this vehicle."),
    "answer-after-next": _("The issuer answered after NEXT; it counts for nobody. Show the code again."),
    "just-checked": _("This code was checked a moment ago. Take it away before the next one."),
    "unknown-code-ignored": _("Another code in view was not a health code; nothing changed."),
}

MISTAKES: Mapping[str, Said] = {
    # at the bench
    "slot-taken": Said(_("This slot holds another person's test."), _("Choose a free slot.")),
    "test-running": Said(_("This person has a test running already."), _("Look for it on the board.")),
    "unknown-slot": Said(_("The bench has no such slot."), _("Choose a slot on the board.")),
    "slot-free": Said(_("No test runs in this slot."), _("Start one, or choose another slot.")),
    "nothing-to-repeat": Said(_("The last test in this slot needs no repetition."), _("Start a new test instead.")),
    "test-changed": Said(_("Another test is in this slot now."), _("Look again; nothing was changed.")),
    "nothing-to-confirm": Said(
        _("There is nothing to confirm here any more."), _("Another tablet was quicker; look at the slot again.")
    ),
    "not-disputable": Said(
        _("Two readers cannot say that."), _("In doubt: no result, and a new cassette for the same person.")
    ),
    "positive-stands": Said(
        _("A positive does not end without a result."), _("Confirm it, or dispute it with a second reader.")
    ),
    "nothing-ready": Said(_("No test is ready to be read."), _("Wait for READY on the board.")),
    "one-by-one": Said(_("This bench has no mat."), _("Choose a slot and read its cassette alone.")),
    "no-mat": Said(_("The mat is not in view."), _("Move everything off its corner marks, or read slot by slot.")),
    "lot-needed": Said(_("The kit's lot is missing."), _("Choose or type the lot that is printed on the kit.")),
    "person-needed": Said(_("Nobody is chosen."), _("Choose a person, or type a name or an ID number.")),
    "person-left": Said(_("This person is not at the checkpoint any more."), _("Choose a person from the list.")),
    # the kits
    "lot-expired": Said(_("This lot has expired: it must not be used."), _("Take another lot; discard this one.")),
    "lot-unknown": Said(_("No kit of this lot was ever received or used here."), _("Check the lot on the box.")),
    "lot-unreadable": Said(_("That lot cannot be."), _("Type it as printed, up to 40 characters.")),
    "kit-code-unreadable": Said(_("This kit code cannot be read."), _("Scan it again, or type the lot.")),
    "kit-code-without-lot": Said(_("This code names no lot."), _("Type the lot that is printed on the kit.")),
    "expiry-needed": Said(_("The expiry date is missing."), _("Scan the box, or type the date printed on it.")),
    "expiry-differs": Said(
        _("This lot has another expiry date than the one entered."), _("Look at the box again; nothing was recorded.")
    ),
    "quantity-unlikely": Said(_("That number of kits cannot be."), _("Enter a whole number up to 100000.")),
    "more-than-left": Said(_("That many are not there."), _("Count the kits and enter the count.")),
    # the shift
    "shift-running": Said(_("A shift is running already."), _("Hand it over instead.")),
    "no-shift": Said(_("No shift is running."), _("Begin one.")),
    "sheet-changed": Said(
        _("A test was started since you looked at the sheet."), _("Load the page, look again, then sign.")
    ),
    "slots-open": Said(_("Tests are open at the bench."), _("Read or end them, or let somebody take over.")),
    # at the gate
    "receipt-not-admitted": Said(_("A receipt is for who was admitted."), _("Decide first.")),
    "receipt-no-name": Said(_("The code names nobody, so a receipt would serve everybody."), _("No receipt here.")),
    "receipt-no-voucher": Said(
        _("Headquarters has not vouched for this station's key lately."), _("Connect to headquarters: see Health.")
    ),
    "no-vehicle": Said(_("No vehicle is open at the gate."), _("Show a code first.")),
    "gate-taken": Said(_("Another vehicle stands at the barrier."), _("Tap NEXT first, then bring this one back.")),
    "not-aside": Said(_("This vehicle does not wait aside any more."), _("Show the codes again.")),
    "vehicle-changed": Said(_("Another vehicle is at the gate now."), _("Look again; nothing was changed.")),
    "id-impossible": Said(
        _("This number cannot be right."),
        _("An ID card has 18 characters, and the last one checks the others. Look again."),
    ),
    "pass-impossible": Said(_("This number cannot be right."), _("A lorry pass has 12 digits. Look again.")),
    "nothing-typed": Said(_("Nothing was typed."), _("Type the number, or show a code.")),
    "unknown-seat": Said(_("Nobody sits there any more."), _("Choose a person of this vehicle.")),
    "people-out-of-range": Said(_("That many people cannot be."), _("Enter 1 to 60 people.")),
    "second-person-needed": Said(_("A second person must confirm."), _("Choose somebody other than yourself.")),
    "reason-needed": Said(_("A reason is missing."), _("Choose or type why.")),
    "nothing-to-override": Said(_("This person is admitted already."), _("Nothing needs to be changed.")),
    "not-correctable": Said(_("This entry is nothing that can be taken back."), _("Nothing was changed.")),
    "corrected-already": Said(_("This entry was corrected already."), _("Look at the correction.")),
    "plate-unreadable": Said(_("This plate cannot be."), _("Enter 4 to 10 letters and digits.")),
    # log-in
    "wrong-pin": Said(_("Wrong PIN."), _("Try again.")),
    "locked-out": Said(_("Too many wrong PINs."), _("Wait, then try again.")),
    "unknown-officer": Said(_("Nobody of that name works here."), _("Tap a name.")),
    "wrong-code": Said(_("That is not the set-up code."), _("Look at the station's console or its service log.")),
    "pins-differ": Said(_("The two PINs differ."), _("Type the same PIN twice.")),
    "enrolment-failed": Said(
        _("Headquarters did not enrol this station."), _("Check the network, ask for a new invitation, try again.")
    ),
    "vehicle-open": Said(_("A vehicle is at the gate."), _("Let it leave first; nothing was changed.")),
    "name-needed": Said(_("A name is missing."), _("Type a name of up to 40 characters.")),
    "name-taken": Said(_("That name exists already."), _("Choose another name.")),
    "pin-of-digits": Said(_("That PIN cannot be."), _("Use 4 to 12 digits.")),
    "not-oneself": Said(_("Nobody changes this for themselves."), _("Ask another shift lead.")),
    "not-allowed": Said(_("Your role may not do this."), _("Ask the shift lead.")),
    "session-ended": Said(_("Your session has ended."), _("Log in again; nothing was changed.")),
    "form-expired": Said(_("This page was open for too long."), _("Load it again and repeat; nothing was changed.")),
    # restoring
    "restore-gone": Said(_("There is no backup."), _("Put in the stick with it, and look again.")),
    "restore-damaged": Said(_("This backup is not whole."), _("Nothing was changed. Choose another, or an older one.")),
    "restore-itself": Said(_("This is the station's own journal."), _("Choose a backup of it.")),
    "restore-look-first": Said(
        _("Nobody looked at this backup since the start."), _("Look at it again, then restore.")
    ),
    "restore-replaces-work": Said(
        _("This station has work that the backup does not know."), _("Tick that it may be replaced, or leave it.")
    ),
    "restore-other-key": Said(
        _("Its records were sealed by another station's key."), _("Tick that you know it, or bring that key first.")
    ),
    "restore-full": Said(_("The card has no room for the backup."), _("Free space, or put in a larger card.")),
    "restore-in-use": Said(_("Another program has the journal open."), _("Wait until it is done, then restore again.")),
    "restore-given-up": Said(_("Two tries were cut short."), _("Look into the station's log, and call the IT.")),
    # the station
    "journal-full": Said(_("The journal cannot be written: nothing was recorded."), _("Free space on the card.")),
    "journal-broken": Said(_("The journal failed: nothing was recorded."), _("Check by hand and call the IT.")),
    "camera-fault": Said(_("The camera gives no picture: nothing was read."), _("Check its cable, then try again.")),
    "lamp-fault": Said(_("The lamp could not be set."), _("Signal by hand and check the lamp's cable.")),
    "no-upload": Said(_("Headquarters did not take the upload."), _("It is kept and tried again by itself.")),
    "not-a-picture": Said(_("This file is no picture."), _("Choose a JPEG or PNG file.")),
    "picture-too-large": Said(_("This file is too large."), _("Choose a picture below 16 MB.")),
    "not-found": Said(_("There is no such page or entry."), _("Go back to the gate.")),
    "went-wrong": Said(_("Something went wrong."), _("Look at the log whether it was recorded.")),
}

OVERRIDE_WHY: Mapping[str, Text] = {
    "medical-emergency": _("medical emergency"),
    "rescue-or-police": _("rescue, fire or police on duty"),
    "child-or-frail": _("small child or frail person"),
    "paper-checked": _("paper report checked by eye"),
    "ordered": _("ordered by headquarters"),
}

CORRECT_WHY: Mapping[str, Text] = {
    "wrong-person": _("somebody else's code"),
    "wrong-vehicle": _("belongs to another vehicle"),
    "shown-by-mistake": _("shown by mistake"),
}

DISPUTE: Mapping[Outcome, Text] = {
    Outcome.POSITIVE: _("we both see a test line: POSITIVE"),
    Outcome.INVALID: _("we cannot tell: no result, new cassette"),
}

VOID_WHY: Mapping[str, Text] = {
    "spilt": _("spilt or dropped"),
    "person-left": _("the person left"),
    "wrong-slot": _("started in the wrong slot"),
    "wrong-drops": _("wrong number of drops"),
    "cassette-seen-before": _("another person's cassette lay there"),
}

VOID_BY_ITSELF: Mapping[str, Text] = {
    "record-unreadable": _("whose test it is cannot be read any more"),
}
"""Why the station itself ended a test; no officer chooses these."""

DISCARD_WHY: Mapping[str, Text] = {
    "damaged": _("damaged or wet"),
    "expired": _("expired"),
    "recalled": _("recalled"),
    "training": _("used for training"),
}

KIT_ALARMS: Mapping[KitAlarm, Text] = {
    KitAlarm.LOW: _("Few kits left: ask for more."),
    KitAlarm.EXPIRED: _("Expired: none of these may be used. Discard them."),
    KitAlarm.EXPIRING: _("Expires soon: use this lot first."),
    KitAlarm.OVERDRAWN: _("More were used than ever came: enter the missing delivery, or count."),
    KitAlarm.NOT_RECEIVED: _("Used, but no delivery was entered: enter it."),
}

STEPS: Mapping[str, Text] = {
    "restore": _("Backup"),
    "station": _("Station"),
    "cameras": _("Cameras"),
    "lamps": _("Lamps"),
    "headquarters": _("Headquarters"),
}
"""The steps of the set-up, which are the pages of the settings."""

KINDS: Mapping[Kind, Text] = {
    Kind.STATION_STARTED: _("station started"),
    Kind.STATION_STOPPED: _("station stopped"),
    Kind.EPOCH_OPENED: _("new epoch of the journal"),
    Kind.CROSSING_DECIDED: _("crossing decided"),
    Kind.CROSSING_CLOSED: _("vehicle left"),
    Kind.CROSSING_RECALLED: _("vehicle back at the barrier"),
    Kind.ID_COMPARED: _("ID document compared"),
    Kind.RECEIPT_ISSUED: _("receipt given"),
    Kind.OVERRIDDEN: _("override"),
    Kind.CORRECTED: _("correction"),
    Kind.TEST_STARTED: _("antigen test started"),
    Kind.TEST_REFUSED: _("reading refused: too early"),
    Kind.TEST_READ: _("antigen test read"),
    Kind.TEST_CONFIRMED: _("antigen test confirmed"),
    Kind.TEST_VOIDED: _("antigen test void"),
    Kind.KITS_RECEIVED: _("kits received"),
    Kind.KITS_DRAWN: _("kits drawn"),
    Kind.KITS_DISCARDED: _("kits discarded"),
    Kind.KITS_COUNTED: _("kits counted"),
    Kind.SHIFT_STARTED: _("shift started"),
    Kind.SHIFT_HANDED_OVER: _("shift handed over"),
    Kind.LOGGED_IN: _("logged in"),
    Kind.LOGIN_FAILED: _("log-in failed"),
    Kind.LOGGED_OUT: _("logged out"),
    Kind.PERSONAL_VIEWED: _("personal data viewed"),
    Kind.PERSONAL_DESTROYED: _("personal data destroyed"),
    Kind.OFFICER_CHANGED: _("officers changed"),
    Kind.SETTINGS_CHANGED: _("settings changed"),
    Kind.RULES_CHANGED: _("rules changed"),
    Kind.TRUST_CHANGED: _("trust list changed"),
    Kind.ENROLLED: _("enrolled at headquarters"),
    Kind.DEVICE_FAULT: _("device fault"),
    Kind.DEVICE_RECOVERED: _("device works again"),
    Kind.CLOCK_CONFIRMED: _("time confirmed"),
    Kind.TAMPER_SEEN: _("journal was tampered with"),
    Kind.JOURNAL_RESTORED: _("journal restored"),
    Kind.BACKUP_MADE: _("backup made"),
}

CHECKS: Mapping[str, Text] = {
    "camera-gate": _("Gate camera"),
    "camera-bench": _("Bench camera"),
    "camera": _("Camera"),
    "lamps": _("Lamps"),
    "clock": _("Clock"),
    "journal": _("Journal"),
    "chain": _("Journal's chain"),
    "trust-list": _("Trust list"),
    "rules": _("Rules"),
    "sync": _("Uploads"),
    "disk": _("Disk"),
    "zbar": _("Second code reader"),
    "issuer": _("Health-code issuer"),
    "temperature": _("Temperature"),
    "backup": _("Backup"),
    "memory": _("Memory"),
    "officers": _("Officers"),
    "kits": _("Kits"),
    "services": _("Services"),
}


SCENES: Mapping[str, Text] = {
    "lane-empty": _("nothing before the camera"),
    "naat-negative-5h": _("negative, 5 h old"),
    "naat-negative-30h": _("negative, 30 h old"),
    "naat-positive": _("positive report"),
    "naat-expired": _("expired code"),
    "unknown-issuer": _("issuer not trusted"),
    "forged": _("forged code"),
    "health-code-green": _("health code, green"),
    "health-code-yellow": _("health code, yellow"),
    "health-code-red": _("health code, red"),
    "lorry-pass": _("lorry pass for 浙F·12345"),
    "shop-qr": _("a shop's QR code"),
    "bench-empty": _("empty bench"),
    "cassette-negative": _("negative"),
    "cassette-strong-positive": _("strong positive"),
    "cassette-faint-positive": _("faint positive"),
    "cassette-no-control-line": _("no control line"),
    "cassette-glare": _("glare"),
    "own-picture": _("own photo"),
}


def reason(code: str) -> Said:
    """Return the words of a reason code; a code of a newer version is shown as it stands rather than hidden."""
    try:
        return REASONS[Reason(code)]
    except (ValueError, KeyError):
        return Said(code)


def hint(code: str) -> Text:
    """Return the words of a live hint: a code hint, or a reason why a cassette could not be read now."""
    return HINTS.get(code) or reason(code).word


def mistake(code: str) -> Said:
    """Return the words of something that cannot be done: a mistake's own, else those of a reason."""
    return MISTAKES.get(code) or reason(code)


def why(code: str) -> Text:
    """Return the words of a listed reason for an override, a correction or a void test; free text as it stands."""
    every = (OVERRIDE_WHY, CORRECT_WHY, VOID_WHY, VOID_BY_ITSELF, DISCARD_WHY)
    return next((words[code] for words in every if code in words), code)


OTHER_LANGUAGE: Mapping[str, Mapping[str, str]] = {
    "en": {"admit": "放行", "hold": "等候处理", "refuse": "不予放行"},
    "zh": {"admit": "admit", "hold": "hold", "refuse": "refuse"},
}
"""The verdict once more, small, in the language the page is not in: not everybody there reads the first."""


def scene(name: str) -> Text:
    """Return a demo scene's name in words."""
    return SCENES.get(name, name.replace("-", " "))
