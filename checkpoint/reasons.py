"""Reason codes: why a traveller is admitted, held or refused, and why a cassette has no result.

A code is kebab-case and never renamed: it stands in journals and at headquarters for years. The words
for it, Chinese and English, are the page's business; ``docs/reasons.md`` explains each code.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why something was decided as it was."""

    # A decision that lets the traveller pass
    RULES_MET = "rules-met"
    OVERRIDDEN = "overridden"

    # The code: which format, and what is wrong with it
    UNKNOWN_CODE = "unknown-code"
    SEVERAL_CODES = "several-codes"
    INCOMPLETE_CODE = "incomplete-code"
    MALFORMED = "malformed"
    TOO_LARGE = "too-large"
    UNKNOWN_ISSUER = "unknown-issuer"
    BAD_SIGNATURE = "bad-signature"
    KEY_NOT_ALLOWED = "key-not-allowed"
    ISSUER_EXPIRED = "issuer-expired"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    WRONG_KIND = "wrong-kind"
    UNKNOWN_VALUE = "unknown-value"
    TRUST_LIST_STALE = "trust-list-stale"
    NOT_VERIFIED = "not-verified"

    # The city health code, answered by its issuer
    CANNOT_VERIFY_OFFLINE = "cannot-verify-offline"
    ISSUER_ANSWER_STALE = "issuer-answer-stale"
    ISSUER_ANSWER_UNCLEAR = "issuer-answer-unclear"
    HEALTH_CODE_YELLOW = "health-code-yellow"
    HEALTH_CODE_RED = "health-code-red"
    HEALTH_CODE_MISSING = "health-code-missing"

    # The nucleic-acid report
    TEST_POSITIVE = "test-positive"
    NAAT_MISSING = "naat-missing"
    NAAT_STALE = "naat-stale"
    NAAT_PENDING = "naat-pending"
    NAAT_WITHOUT_TIME = "naat-without-time"
    SAMPLED_IN_FUTURE = "sampled-in-future"

    # The antigen test on the spot
    ANTIGEN_NEEDED = "antigen-needed"
    ANTIGEN_WAITING = "antigen-waiting"
    ANTIGEN_POSITIVE = "antigen-positive"
    ANTIGEN_INVALID = "antigen-invalid"
    ANTIGEN_VOID = "antigen-void"

    # The lorry pass and the vehicle
    PASS_MISSING = "pass-missing"  # noqa: S105  a reason code, not a password
    PASS_EXPIRED = "pass-expired"  # noqa: S105  likewise
    PASS_OTHER_PLATE = "pass-other-plate"  # noqa: S105  likewise
    PASS_OTHER_ROUTE = "pass-other-route"  # noqa: S105  likewise
    OCCUPANT_NOT_CHECKED = "occupant-not-checked"
    SAME_CODE_OTHER_PERSON = "same-code-other-person"
    HOLDER_UNCLEAR = "holder-unclear"  # one of a traveller's codes names nobody, or only part of a name
    HOLDERS_DIFFER = "holders-differ"  # one traveller shows codes that name different people

    # The station itself
    CLOCK_UNTRUSTED = "clock-untrusted"
    RULES_MISSING = "rules-missing"
    RULES_BROKEN = "rules-broken"
    STATION_FAULT = "station-fault"

    # Reading a cassette: why there is no result, or a result that needs another cassette
    NO_CONTROL_LINE = "no-control-line"
    UNUSED_CASSETTE = "unused-cassette"
    NO_CASSETTE = "no-cassette"
    SEVERAL_CASSETTES = "several-cassettes"
    UNKNOWN_CASSETTE_TYPE = "unknown-cassette-type"
    LAID_WRONG_WAY = "laid-wrong-way"
    HALF_OUTSIDE = "half-outside"
    WINDOW_COVERED = "window-covered"
    WINDOW_TOO_SMALL = "window-too-small"
    TOO_CLOSE = "too-close"
    TILTED = "tilted"
    BLURRED = "blurred"
    MOVED = "moved"
    GLARE = "glare"
    SHADOW = "shadow"
    TOO_DARK = "too-dark"
    TOO_BRIGHT = "too-bright"
    STILL_MIGRATING = "still-migrating"
    MEMBRANE_FLOODED = "membrane-flooded"
    MEMBRANE_STREAKED = "membrane-streaked"
    LINES_UNCLEAR = "lines-unclear"
    TOO_EARLY = "too-early"
    OVERDUE = "overdue"
    SECOND_READER = "second-reader"
    CLEAR_LINES = "clear-lines"
    UNREADABLE_PICTURE = "unreadable-picture"


_IN_ORDER = tuple(Reason)
_FIRST_OF_STATION, _FIRST_OF_CASSETTE = map(_IN_ORDER.index, (Reason.CLOCK_UNTRUSTED, Reason.NO_CONTROL_LINE))

ABOUT_STATION = frozenset(_IN_ORDER[_FIRST_OF_STATION:_FIRST_OF_CASSETTE])
"""Reasons that are the station's own state: no rule can find them in a traveller."""

ABOUT_CASSETTE = frozenset(_IN_ORDER[_FIRST_OF_CASSETTE:])
"""Reasons of a cassette's reading: what a traveller shows is the test's outcome, never why a picture was bad."""
