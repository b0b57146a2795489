"""The words of every reason code: what is the case, and what the officer does next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

from checkpoint.reasons import Reason

Text = Any
"""A lazily translated text: turns into words of the reader's language when it is rendered."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is the case, and what to do next ("" where nothing needs doing)."""

    word: Text
    do: Text = ""


REASONS: Mapping[Reason, Said] = {
    # A decision that lets the traveller pass
    Reason.RULES_MET: Said(_("all rules met"), _("Compare with the ID document, then let them pass.")),
    Reason.OVERRIDDEN: Said(_("admitted by two officers"), _("Let them pass. Headquarters has been told of it.")),
    # The code
    Reason.UNKNOWN_CODE: Said(_("not a health code"), _("Ask for the health code or the test report.")),
    Reason.SEVERAL_CODES: Said(_("several codes in view"), _("Show one code at a time.")),
    Reason.INCOMPLETE_CODE: Said(_("only part of the code"), _("Show the next part of the code.")),
    Reason.MALFORMED: Said(_("the code is damaged"), _("Open the code again on the phone, or ask for the paper.")),
    Reason.TOO_LARGE: Said(_("the code is far too large"), _("Ask for another proof. Do not accept this code.")),
    Reason.UNKNOWN_ISSUER: Said(_("issuer not in the trust list"), _("Ask for another proof, or test here.")),
    Reason.BAD_SIGNATURE: Said(_("the signature is false"), _("Do not accept this code. Call the shift lead.")),
    Reason.KEY_NOT_ALLOWED: Said(_("signed by a key that must not sign this"), _("Do not accept this code.")),
    Reason.ISSUER_EXPIRED: Said(_("the issuer's key has expired"), _("Ask for a newer code, or test here.")),
    Reason.REVOKED: Said(_("the code was revoked"), _("Do not accept this code. Call the shift lead.")),
    Reason.EXPIRED: Said(_("the code has expired"), _("Ask for a newer code, or test here.")),
    Reason.NOT_YET_VALID: Said(_("the code is not valid yet"), _("Ask for a code that is valid today.")),
    Reason.WRONG_KIND: Said(_("another kind of document"), _("Ask for the health code or the test report.")),
    Reason.UNKNOWN_VALUE: Said(_("an entry nobody can read"), _("Ask for another proof, or test here.")),
    Reason.TRUST_LIST_STALE: Said(_("the trust list is too old"), _("Load the trust list again: see Health.")),
    Reason.NOT_VERIFIED: Said(_("not proven"), _("Check the document by eye, or test here.")),
    # The city health code
    Reason.CANNOT_VERIFY_OFFLINE: Said(
        _("no answer from the issuer: cannot be verified offline"), _("Try again in a minute, or test here.")
    ),
    Reason.ISSUER_ANSWER_STALE: Said(_("the issuer's answer is too old"), _("Show the code once more.")),
    Reason.ISSUER_ANSWER_UNCLEAR: Said(_("the issuer's answer is unclear"), _("Show the code again, or test here.")),
    Reason.HEALTH_CODE_YELLOW: Said(_("health code is yellow"), _("Ask to wait aside and call the shift lead.")),
    Reason.HEALTH_CODE_RED: Said(_("health code is red"), _("Do not let pass. Keep apart and call the shift lead.")),
    Reason.HEALTH_CODE_MISSING: Said(_("health code still needed"), _("Show the health code to the camera.")),
    # The nucleic-acid report
    Reason.TEST_POSITIVE: Said(_("the report is positive"), _("Do not let pass. Keep apart and call the shift lead.")),
    Reason.NAAT_MISSING: Said(_("no NAAT report"), _("Show the NAAT report, or take an antigen test.")),
    Reason.NAAT_STALE: Said(_("the NAAT report is too old"), _("Take an antigen test.")),
    Reason.NAAT_PENDING: Said(_("sampled, no result yet"), _("Take an antigen test, or wait for the result.")),
    Reason.NAAT_WITHOUT_TIME: Said(_("the report has no sampling time"), _("Take an antigen test.")),
    Reason.SAMPLED_IN_FUTURE: Said(_("sampled in the future"), _("Check this station's clock, then the report.")),
    # The antigen test on the spot
    Reason.ANTIGEN_NEEDED: Said(_("antigen test needed"), _("Take an antigen test.")),
    Reason.ANTIGEN_WAITING: Said(_("antigen test is running"), _("Wait aside until the test can be read.")),
    Reason.ANTIGEN_POSITIVE: Said(
        _("antigen test positive"), _("Do not let pass. Lead to the isolation point; touch nothing.")
    ),
    Reason.ANTIGEN_INVALID: Said(_("antigen test without a result"), _("Take a new cassette.")),
    Reason.ANTIGEN_VOID: Said(_("antigen test void"), _("Take a new cassette.")),
    # The lorry pass and the vehicle
    Reason.PASS_MISSING: Said(_("no lorry pass"), _("Show the pass to the camera, or type its number.")),
    Reason.PASS_EXPIRED: Said(_("the pass has expired"), _("Do not let pass. Ask for a valid pass.")),
    Reason.PASS_OTHER_PLATE: Said(_("the pass is for another plate"), _("Check the plate of tractor and trailer.")),
    Reason.PASS_OTHER_ROUTE: Said(_("the pass is for another route"), _("Check the route: point to point only.")),
    Reason.OCCUPANT_NOT_CHECKED: Said(_("somebody is not checked yet"), _("Show the next person's code.")),
    Reason.HOLDER_UNCLEAR: Said(
        _("the codes may be two people's"), _("Compare both codes with the ID document, and tap it.")
    ),
    Reason.HOLDERS_DIFFER: Said(_("the codes name different people"), _("Compare each code with the ID document.")),
    Reason.SAME_CODE_OTHER_PERSON: Said(
        _("code already used by another person"), _("It was here a moment ago. Compare with the ID, and tap it.")
    ),
    # The station itself
    Reason.CLOCK_UNTRUSTED: Said(_("clock not trusted: confirm the time"), _("Confirm the time: see Health.")),
    Reason.RULES_MISSING: Said(_("no rules in force"), _("Load the rules: see Health. Check by hand until then.")),
    Reason.RULES_BROKEN: Said(_("the rules cannot be applied"), _("Call the shift lead. Check by hand until then.")),
    Reason.STATION_FAULT: Said(_("station fault"), _("Check by hand until the fault is gone: see Health.")),
    # Reading a cassette
    Reason.NO_CONTROL_LINE: Said(_("no control line"), _("The test does not count. Take a new cassette.")),
    Reason.UNUSED_CASSETTE: Said(_("the cassette looks unused"), _("Check that the drops are on this cassette.")),
    Reason.NO_CASSETTE: Said(_("no cassette in view"), _("Lay the cassette under the bench camera.")),
    Reason.SEVERAL_CASSETTES: Said(_("several cassettes in view"), _("Leave only this slot's cassette in view.")),
    Reason.UNKNOWN_CASSETTE_TYPE: Said(_("unknown type of cassette"), _("Use a cassette type of this station.")),
    Reason.LAID_WRONG_WAY: Said(_("the cassette lies the wrong way"), _("Turn it: the sample well towards you.")),
    Reason.HALF_OUTSIDE: Said(_("half outside the picture"), _("Move the whole cassette into the picture.")),
    Reason.WINDOW_COVERED: Said(_("the read window is covered"), _("Take away what lies on the window.")),
    Reason.WINDOW_TOO_SMALL: Said(_("the cassette is too small in the picture"), _("Bring the cassette closer.")),
    Reason.TOO_CLOSE: Said(_("too close to the camera"), _("Move the cassette away a little.")),
    Reason.TILTED: Said(_("the cassette is tilted"), _("Lay the cassette flat.")),
    Reason.BLURRED: Said(_("the picture is blurred"), _("Hold still and wipe the lens, then read again.")),
    Reason.MOVED: Said(_("something moved"), _("Hands away, then read again.")),
    Reason.GLARE: Said(_("glare on the window"), _("Turn or shade the cassette, then read again.")),
    Reason.SHADOW: Said(_("a shadow on the window"), _("Move out of the light, then read again.")),
    Reason.TOO_DARK: Said(_("too dark"), _("Switch the bench light on, then read again.")),
    Reason.TOO_BRIGHT: Said(_("too bright"), _("Shade the cassette, then read again.")),
    Reason.STILL_MIGRATING: Said(_("the liquid is still moving"), _("Wait a minute, then read again.")),
    Reason.MEMBRANE_FLOODED: Said(_("too much liquid"), _("Take a new cassette: four drops, no more.")),
    Reason.MEMBRANE_STREAKED: Said(_("streaks on the membrane"), _("Take a new cassette.")),
    Reason.LINES_UNCLEAR: Said(_("the lines are unclear"), _("Read again; if it stays, take a new cassette.")),
    Reason.TOO_EARLY: Said(_("too early to read"), _("Wait for READY: an early look may miss a positive.")),
    Reason.OVERDUE: Said(_("the read window is over"), _("The test does not count any more. Take a new cassette.")),
    Reason.SECOND_READER: Said(_("two readers saw it otherwise"), _("Go by their outcome.")),
    Reason.CLEAR_LINES: Said(_("clear lines"), ""),
    Reason.UNREADABLE_PICTURE: Said(_("the picture cannot be read"), _("Check the bench camera, then read again.")),
}
