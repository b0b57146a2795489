"""The words of the codes that the desk shows; the catalogue holds the Chinese. Codes never change; words may."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _

from checkpoint.assay import Outcome
from checkpoint.crossing import Verdict
from checkpoint.events import Kind
from checkpoint.reasons import Reason
from hq.accounts import Role
from hq.board import Sign
from hq.cases import Step

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

PROBLEMS: Mapping[str, Text] = {
    "wrong": _("Name or password is wrong."),
    "too-many": _("Too many wrong passwords: wait five minutes."),
    "moved-on": _("Somebody moved this case on meanwhile; nothing was changed."),
    "form-expired": _("This page was open for too long. Load it again and repeat; nothing was changed."),
    "400": _("This request cannot be understood."),
    "403": _("Your role may not do this."),
    "404": _("There is no such page or entry."),
    "405": _("This cannot be done here."),
    "500": _("Something went wrong; it is in the log."),
}

KINDS: Mapping[str, Text] = {
    Kind.STATION_STARTED: _("station started"),
    Kind.STATION_STOPPED: _("station stopped"),
    Kind.EPOCH_OPENED: _("new epoch of the journal"),
    Kind.CROSSING_DECIDED: _("crossing decided"),
    Kind.CROSSING_CLOSED: _("vehicle left"),
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
    Reason.NOT_VERIFIED: _("typed, not proven"),
    Reason.CANNOT_VERIFY_OFFLINE: _("cannot be verified offline"),
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
        ("role", ROLES),
        ("problem", PROBLEMS),
        ("kind", KINDS),
        ("reason", REASONS),
    ):
        app.jinja_env.filters[name] = _in_words(words)


def _in_words(words: Mapping[str, Text]) -> Any:
    return lambda code: words.get(code, code)
