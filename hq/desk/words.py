"""The words of the codes that the desk shows; the catalogue holds the Chinese. Codes never change; words may."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _
from jinja2 import pass_context
from jinja2.runtime import Context

from checkpoint.assay import Outcome
from checkpoint.clock import ClockTrust
from checkpoint.crossing import Category, Verdict
from checkpoint.events import Kind
from checkpoint.published import DocumentKind
from checkpoint.reasons import Reason
from hq.cases.steps import Entry, Step
from hq.desk.needs import Need
from hq.kits.moves import Move
from hq.people.accounts import Role
from hq.records.contacts import How
from hq.stations.board import Sign

Text = Any
"""A lazily translated text: turns into words of the reader's language when it is rendered."""

VERDICTS: Mapping[str, Text] = {
    Verdict.ADMIT: _("ADMIT"),
    Verdict.HOLD: _("HOLD"),
    Verdict.REFUSE: _("REFUSE"),
}

SHAPES: Mapping[str, str] = {Verdict.ADMIT: "●", Verdict.HOLD: "▲", Verdict.REFUSE: "■"}
"""The second language of colour, the same as on the station's pages."""

OUTCOMES: Mapping[str, Text] = {
    Outcome.NEGATIVE: _("negative"),
    Outcome.POSITIVE: _("POSITIVE"),
    Outcome.INVALID: _("invalid"),
    Outcome.RETAKE: _("retake"),
}

ALERTS: Mapping[str, Text] = {
    "positive": _("antigen test positive"),
    "refused": _("refused at the gate"),
    "override": _("override"),
    "tamper": _("journal was tampered with"),
    "restored": _("journal was damaged and restored"),
    "fork": _("two stations use one key"),
    "rewrite": _("history was changed"),
    "silent": _("station is silent"),
}

NOTES: Mapping[str, Text] = {"heard-again": _("the station was heard again")}
"""What the program itself writes into a case."""

ENTRIES: Mapping[str, Text] = {
    Entry.STEP: _("step"),
    Entry.UNDO: _("step undone"),
    Entry.NOTE: _("note"),
    Entry.REMINDER: _("reminder: the next step is late"),
}

CONTACTS: Mapping[str, Text] = {
    How.SELF: _("the positive person"),
    How.VEHICLE: _("same vehicle"),
    How.BENCH: _("at the bench at the same time"),
}

NEEDS: Mapping[str, Text] = {
    Need.LATE: _("cases are late"),
    Need.NEW_RED: _("urgent cases nobody has taken up"),
    Need.ALARMING: _("stations whose record is not whole"),
    Need.SILENT: _("stations are silent"),
    Need.NEW: _("other new cases"),
    Need.KITS_SHORT: _("towns run out of kits within two days"),
    Need.UNAPPROVED: _("stations wait for approval"),
    Need.RULES_OLD: _("stations lack published rules or trust lists"),
    Need.EXPIRING: _("lots expire within a month"),
}

MOVES: Mapping[str, Text] = {
    Move.RECEIVED: _("received"),
    Move.DRAWN: _("drawn"),
    Move.RETURNED: _("returned"),
    Move.DISCARDED: _("discarded"),
    Move.UNDONE: _("taken back"),
}

DOCUMENTS: Mapping[str, Text] = {
    DocumentKind.RULES: _("rule pack"),
    DocumentKind.TRUST: _("trust list"),
    DocumentKind.REVOCATIONS: _("revocations"),
}

CATEGORIES: Mapping[str, Text] = {
    Category.RESIDENT: _("resident"),
    Category.OTHER: _("other"),
    Category.LORRY: _("lorry"),
    Category.COMPANY: _("company"),
}

CLOCKS: Mapping[str, Text] = {
    ClockTrust.TRUSTED: _("trusted"),
    ClockTrust.CONFIRMED: _("confirmed by an officer"),
    ClockTrust.UNTRUSTED: _("not trusted"),
}

AUDITED: Mapping[str, Text] = {
    "logged-in": _("logged in"),
    "logged-out": _("logged out"),
    "login-failed": _("log-in failed"),
    "record-viewed": _("record opened"),
    "records-searched": _("records searched"),
    "records-exported": _("records exported"),
    "personal-viewed": _("personal data opened"),
    "photo-viewed": _("photo opened"),
    "contacts-viewed": _("contacts listed"),
    "contacts-exported": _("contacts exported with names"),
    "audit-exported": _("audit exported"),
    "case-rule-changed": _("rule of urgency changed"),
    "station-invited": _("station invited"),
    "station-approved": _("station approved"),
    "station-revoked": _("station revoked"),
    "rules-dry-run": _("rule pack tried on past decisions"),
    "published": _("published"),
    "kits-received": _("kits received"),
    "kits-drawn": _("kits drawn"),
    "kits-returned": _("kits returned"),
    "kits-discarded": _("kits discarded"),
    "kits-undone": _("kits entry taken back"),
    "user-added": _("user added"),
    "user-role": _("role changed"),
    "user-password": _("password given anew"),
    "user-disable": _("user disabled"),
    "user-enable": _("user enabled"),
    "own-password": _("own password changed"),
    "retention": _("personal data destroyed after its time"),
}

URGENCIES: Mapping[str, Text] = {"red": _("at once"), "yellow": _("soon"), "green": _("today")}

STEPS: Mapping[str, Text] = {
    Step.NEW: _("new"),
    Step.ACCEPTED: _("accepted"),
    Step.HANDED: _("handed over"),
    Step.ACTED: _("acted on"),
    Step.ANSWERED: _("answered"),
    Step.CLOSED: _("closed"),
}

SIGN_SHAPES: Mapping[str, str] = {
    Sign.FORK: "⑂",
    Sign.REWRITE: "✎",
    Sign.REVOKED: "⊘",
    Sign.SILENT: "∅",
    Sign.GAP: "⋯",
    Sign.BEHIND: "↶",
    Sign.CLOCK_OFF: "◷",
    Sign.QUARANTINE: "⚠",
    Sign.PENDING: "↑",
    Sign.UNAPPROVED: "?",
}
"""Each sign has a shape of its own, so that it is told without colour."""

SIGNS: Mapping[str, Text] = {
    Sign.FORK: _("two stations use one key"),
    Sign.REWRITE: _("history was changed"),
    Sign.REVOKED: _("revoked"),
    Sign.SILENT: _("silent"),
    Sign.GAP: _("events are missing"),
    Sign.BEHIND: _("older than what is held"),
    Sign.CLOCK_OFF: _("clock is off"),
    Sign.QUARANTINE: _("events in quarantine"),
    Sign.PENDING: _("pending"),
    Sign.UNAPPROVED: _("waits for approval"),
}

ROLES: Mapping[str, Text] = {
    Role.VIEWER: _("viewer"),
    Role.DUTY: _("duty officer"),
    Role.EDITOR: _("rules editor"),
    Role.ADMIN: _("administrator"),
    Role.AUDITOR: _("auditor"),
}

FINDINGS: Mapping[str, Text] = {
    "trust-not-json": _("It is not JSON."),
    "trust-not-a-list": _("It is not the file that “checkpoint trust import” writes; its format would be"),
    "trust-key-unreadable": _("Stations cannot read this key:"),
    "trust-no-issuer": _("A key without its issuer:"),
    "trust-no-use": _("A key that may sign nothing:"),
    "trust-never-valid": _("A key that ends before it begins:"),
    "trust-time-unreadable": _("A time that cannot be read:"),
    "trust-age-to-come": _("It is dated later than now: stations would hold every signed code by it until then."),
    "trust-kid-malformed": _("A key id that no code could name:"),
    "trust-kid-of-another-key": _("A key id that is not this key's:"),
    "trust-key-twice": _("A key that stands here twice:"),
    "trust-revocations-unreadable": _("Stations cannot read the revocations:"),
    "trust-none-valid": _("No key is valid now: stations would accept no certificate by this list."),
    "trust-keys-expired": _("Keys whose time is over:"),
    "trust-keys-to-come": _("Keys whose time has yet to come:"),
    "trust-age-unknown": _("The list does not say how old it is: stations that ask for a fresh one will hold by it."),
    "trust-shared-ids": _("Key ids that several keys share; each is tried:"),
}

PROBLEMS: Mapping[str, Text] = {
    "wrong": _("Name or password is wrong."),
    "too-many": _("Too many wrong passwords: wait five minutes."),
    "moved-on": _("Somebody moved this case on meanwhile; nothing was changed."),
    "no-such-case": _("There is no such case."),
    "team-needed": _("Say to which town or team it is handed."),
    "call-back-needed": _("Close it after a call-back: write in the note who was called and what they said."),
    "why-needed": _("Write in the note why the step was wrong."),
    "note-needed": _("The note is empty."),
    "nothing-to-undo": _("There is nothing to undo."),
    "bad-rule": _("Each step is due no earlier than the one before it, in minutes from 1 to 43200."),
    "lot-needed": _("Say which lot."),
    "quantity-needed": _("Say how many, as a whole number."),
    "expiry-needed": _("Say when the lot expires: it stands on the box."),
    "town-needed": _("Say which town."),
    "not-enough": _("There are not so many kits of this lot at headquarters."),
    "lot-expired": _("This lot has expired and is not handed out."),
    "no-such-move": _("This cannot be done with kits."),
    "empty": _("Choose a file or paste the text."),
    "too-large": _("This is too large."),
    "not-text": _("This file is not UTF-8 text."),
    "no-such-draft": _("There is no such draft any more."),
    "name-taken": _("Somebody has this name already."),
    "no-such-user": _("There is no such user."),
    "last-admin": _("One administrator must remain who can log in."),
    "bad-account": _("A name has 1 to 64 characters, a password at least 10."),
    "wrong-password": _("The old password is wrong."),
    "form-expired": _("This page was open for too long. Load it again and repeat; nothing was changed."),
    "400": _("This request cannot be understood."),
    "403": _("Your role may not do this."),
    "404": _("There is no such page or entry."),
    "405": _("This cannot be done here."),
    "409": _("Somebody changed this meanwhile; nothing was changed."),
    "413": _("This is too large."),
    "500": _("Something went wrong; it is in the log."),
}

KINDS: Mapping[str, Text] = {
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
    "unreadable": _("cannot be read"),
}

REASONS: Mapping[str, Text] = {
    Reason.RULES_MET: _("all rules met"),
    Reason.OVERRIDDEN: _("admitted by two officers"),
    Reason.UNKNOWN_CODE: _("not a health code"),
    Reason.SEVERAL_CODES: _("several codes in view"),
    Reason.INCOMPLETE_CODE: _("only part of the code"),
    Reason.MALFORMED: _("the code is damaged"),
    Reason.TOO_LARGE: _("the code is far too large"),
    Reason.UNKNOWN_ISSUER: _("issuer not in the trust list"),
    Reason.BAD_SIGNATURE: _("the signature is false"),
    Reason.KEY_NOT_ALLOWED: _("signed by a key that must not sign this"),
    Reason.ISSUER_EXPIRED: _("the issuer's key has expired"),
    Reason.REVOKED: _("the code was revoked"),
    Reason.EXPIRED: _("the code has expired"),
    Reason.NOT_YET_VALID: _("the code is not valid yet"),
    Reason.WRONG_KIND: _("another kind of document"),
    Reason.UNKNOWN_VALUE: _("an entry nobody can read"),
    Reason.TRUST_LIST_STALE: _("the trust list is too old"),
    Reason.NOT_VERIFIED: _("not proven"),
    Reason.CANNOT_VERIFY_OFFLINE: _("no answer from the issuer: cannot be verified offline"),
    Reason.ISSUER_ANSWER_STALE: _("the issuer's answer is too old"),
    Reason.ISSUER_ANSWER_UNCLEAR: _("the issuer's answer is unclear"),
    Reason.HEALTH_CODE_YELLOW: _("health code is yellow"),
    Reason.HEALTH_CODE_RED: _("health code is red"),
    Reason.HEALTH_CODE_MISSING: _("health code still needed"),
    Reason.TEST_POSITIVE: _("the report is positive"),
    Reason.NAAT_MISSING: _("no NAAT report"),
    Reason.NAAT_STALE: _("the NAAT report is too old"),
    Reason.NAAT_PENDING: _("sampled, no result yet"),
    Reason.NAAT_WITHOUT_TIME: _("the report has no sampling time"),
    Reason.SAMPLED_IN_FUTURE: _("sampled in the future"),
    Reason.ANTIGEN_NEEDED: _("antigen test needed"),
    Reason.ANTIGEN_WAITING: _("antigen test is running"),
    Reason.ANTIGEN_POSITIVE: _("antigen test positive"),
    Reason.ANTIGEN_INVALID: _("antigen test without a result"),
    Reason.ANTIGEN_VOID: _("antigen test void"),
    Reason.PASS_MISSING: _("no lorry pass"),
    Reason.PASS_EXPIRED: _("the pass has expired"),
    Reason.PASS_OTHER_PLATE: _("the pass is for another plate"),
    Reason.PASS_OTHER_ROUTE: _("the pass is for another route"),
    Reason.OCCUPANT_NOT_CHECKED: _("somebody is not checked yet"),
    Reason.HOLDERS_DIFFER: _("the codes name different people"),
    Reason.HOLDER_UNCLEAR: _("the codes may be two people's"),
    Reason.SAME_CODE_OTHER_PERSON: _("code already used by another person"),
    Reason.CLOCK_UNTRUSTED: _("clock not trusted: confirm the time"),
    Reason.RULES_MISSING: _("no rules in force"),
    Reason.RULES_BROKEN: _("the rules cannot be applied"),
    Reason.STATION_FAULT: _("station fault"),
    Reason.NO_CONTROL_LINE: _("no control line"),
    Reason.UNUSED_CASSETTE: _("the cassette looks unused"),
    Reason.NO_CASSETTE: _("no cassette in view"),
    Reason.SEVERAL_CASSETTES: _("several cassettes in view"),
    Reason.UNKNOWN_CASSETTE_TYPE: _("unknown type of cassette"),
    Reason.LAID_WRONG_WAY: _("the cassette lies the wrong way"),
    Reason.HALF_OUTSIDE: _("half outside the picture"),
    Reason.WINDOW_COVERED: _("the read window is covered"),
    Reason.WINDOW_TOO_SMALL: _("the cassette is too small in the picture"),
    Reason.TOO_CLOSE: _("too close to the camera"),
    Reason.TILTED: _("the cassette is tilted"),
    Reason.BLURRED: _("the picture is blurred"),
    Reason.MOVED: _("something moved"),
    Reason.GLARE: _("glare on the window"),
    Reason.SHADOW: _("a shadow on the window"),
    Reason.TOO_DARK: _("too dark"),
    Reason.TOO_BRIGHT: _("too bright"),
    Reason.STILL_MIGRATING: _("the liquid is still moving"),
    Reason.MEMBRANE_FLOODED: _("too much liquid"),
    Reason.MEMBRANE_STREAKED: _("streaks on the membrane"),
    Reason.LINES_UNCLEAR: _("the lines are unclear"),
    Reason.TOO_EARLY: _("too early to read"),
    Reason.OVERDUE: _("the read window is over"),
    Reason.SECOND_READER: _("two readers saw it otherwise"),
    Reason.CLEAR_LINES: _("clear lines"),
    Reason.UNREADABLE_PICTURE: _("the picture cannot be read"),
}


def init_words(app: Flask) -> None:
    """Give templates a filter for each group of codes; a code of a newer version is shown as it stands."""
    for name, words in (
        ("verdict", VERDICTS),
        ("shape", SHAPES),
        ("outcome", OUTCOMES),
        ("alert", ALERTS),
        ("urgency", URGENCIES),
        ("step", STEPS),
        ("sign", SIGNS),
        ("sign_shape", SIGN_SHAPES),
        ("role", ROLES),
        ("problem", PROBLEMS),
        ("finding", FINDINGS),
        ("kind", KINDS),
        ("reason", REASONS),
        ("note", {**REASONS, **NOTES}),
        ("entry", ENTRIES),
        ("contact", CONTACTS),
        ("need", NEEDS),
        ("move", MOVES),
        ("document", DOCUMENTS),
        ("category", CATEGORIES),
        ("clock", CLOCKS),
        ("audited", AUDITED),
    ):
        app.jinja_env.filters[name] = _in_words(words)


def _in_words(words: Mapping[str, Text]) -> Any:
    @pass_context  # else Jinja works out a code that stands in a template once, in whatever language comes first
    def in_words(_: Context, code: str) -> Text:
        return words.get(code, code)

    return in_words
