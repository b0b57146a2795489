"""How the station is: the line in every page's head, the health page, and the answer for monitoring."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, render_template, url_for
from flask_babel import gettext

from checkpoint.errors import JournalError
from checkpoint.health import Check, Finding, State, SyncStatus
from web.access import deciding, officer, reading
from web.errors import done
from web.findings import figures, short, worded
from web.language import span
from web.officers import Role
from web.serving import services
from web.words import CHECKS

blueprint = Blueprint("health", __name__)

log = logging.getLogger(__name__)

FRESH_S = 2.0  # several tablets ask at once; the checks run once


class Checks:
    """The newest checks, run again when they are older than a moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = float("-inf")
        self._checks: tuple[Check, ...] = ()

    def now(self) -> tuple[Check, ...]:
        """Return how everything is."""
        with self._lock:
            if time.monotonic() - self._at > FRESH_S:
                self._checks = tuple(services().health())
                self._at = time.monotonic()
            return self._checks

    def forget(self) -> None:
        """Let the next question run the checks again."""
        with self._lock:
            self._at = float("-inf")


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of the head's status line: in full, and in a word where the line is short.

    ``worst``: the one that keeps its words longest; the others are a shape and a word, or the shape alone.
    """

    name: str
    state: State
    text: Any
    brief: Any
    worst: bool = False


HEAD = (("clock",), ("sync",), ("rules", "trust-list"), ("camera", "camera-gate", "camera-bench"), ("lamps",))
"""The parts of the status line, and the checks each stands for."""


def status_line() -> tuple[Chip, ...]:
    """Return the truth in one line: clock, uploads, rules, trust list, cameras, lamps, and whatever else is wrong."""
    checks = _checks().now()
    sync = _uploads()
    chips = [
        _chip(names, found, sync)
        for names in HEAD
        if (found := [c for c in checks if c.name in names]) or "sync" in names
    ]
    told = {name for names in HEAD for name in names}
    chips += [_bad(c) for c in checks if c.name not in told and c.state is not State.OK]
    # The first of those that are as bad; uploads keep their words in any case.
    worst = max(chips, key=lambda chip: (list(State).index(chip.state), chip.name != "sync"))
    return tuple(replace(chip, worst=chip is worst and chip.state is not State.OK) for chip in chips)


def _uploads() -> SyncStatus | None:
    """Return where the uploads stand; ``None`` where the journal cannot tell: the head is in the page that says so."""
    try:
        return services().sync()
    except JournalError as error:
        log.error("where the uploads stand cannot be read: %s", error)
        return None


def _chip(names: Sequence[str], found: Sequence[Check], sync: SyncStatus | None) -> Chip:
    if "sync" in names:
        if sync is None:
            return _bad(Check("sync", State.FAULT, Finding.NOT_CHECKED))
        text = sync_text(sync)
        return Chip("sync", _worst(found) if found else _sync_state(sync), text, text)
    bad = max(found, key=lambda c: list(State).index(c.state))
    if bad.state is not State.OK:
        return _bad(bad)
    text, brief = _well(names[0])
    return Chip(names[0], State.OK, _with_age(text, found), brief)


def _with_age(text: str, found: Sequence[Check]) -> str:
    """Return what a part says with the age of the trust list, where that is one of its checks."""
    days = next((check.data.get("age_days") for check in found if check.name == "trust-list"), "")
    if not days:
        return text
    age = gettext("trust list: %(n)s days old", n=days)
    return f"{text} · {age}"


def _bad(check: Check) -> Chip:
    return Chip(check.name, check.state, short(check), CHECKS.get(check.name, check.name))


def _well(name: str) -> tuple[str, str]:
    """Return what a part that works says, in full and in a word."""
    said: dict[str, tuple[str, str]] = {
        "clock": (gettext("clock ok"), gettext("clock")),
        "rules": (gettext("rules ok"), gettext("rules")),
        "camera": (gettext("cameras ok"), gettext("cameras")),
        "lamps": (gettext("lamps ok"), gettext("lamps")),
    }
    return said[name]


def _worst(checks: Sequence[Check]) -> State:
    return max((c.state for c in checks), key=list(State).index, default=State.OK)


def _sync_state(sync: SyncStatus) -> State:
    return State.OK if sync.all_sent else State.WARN


def sync_text(sync: SyncStatus) -> str:
    """Say where the uploads stand: "all sent" only when that is true."""
    if not sync.enrolled:
        return str(gettext("no headquarters"))
    if sync.all_sent:
        return str(gettext("all sent"))
    waiting = sync.pending_events + sync.pending_photos
    return str(gettext("%(n)s to send", n=waiting))


def checks_now() -> tuple[Check, ...]:
    """Return the newest checks, at most a moment old."""
    return _checks().now()


def _checks() -> Checks:
    checks: Checks = current_app.extensions["checks"]
    return checks


@blueprint.get("/status")
@reading
def status() -> str:
    """The head's status line alone."""
    return render_template("status.html", chips=status_line())


@blueprint.get("/health")
@reading
def page() -> str:
    """Every check with its advice, and where the uploads stand."""
    return render_template("health.html", **_all())


@blueprint.get("/health/checks")
@reading
def part() -> str:
    """The part that changes."""
    return render_template("health_checks.html", **_all())


def _all() -> dict[str, object]:
    station = services()
    sync = station.sync()
    checks = sorted(_checks().now(), key=lambda c: -list(State).index(c.state))
    since = (station.gate.clock.now().wall - sync.last_success).total_seconds() if sync.last_success else None
    return {
        "checks": [(check, worded(check), figures(check)) for check in checks],
        "worst": _worst(checks),
        "sync": sync,
        "sync_text": sync_text(sync),
        "sync_age": span(max(0.0, since)) if since is not None else "",
        "head": station.journal.head(),
        "now": station.gate.clock.now(),
        "may_lead": officer().role in {Role.SHIFT_LEAD, Role.ADMIN},
        "can_confirm_time": station.confirm_time is not None,
    }


@blueprint.post("/health/send")
@deciding
def send() -> Response:
    """Send to headquarters now."""
    try:
        services().sync_now()
    finally:
        _checks().forget()
        current_app.extensions["pulse"].bump("health")
    return done(url_for("health.page"))


@blueprint.post("/health/time")
@deciding
def confirm_time() -> Response:
    """The officer compared the station's clock with a watch."""
    confirm = services().confirm_time
    if confirm is None:
        abort(404)
    confirm(officer().name)
    _checks().forget()
    current_app.extensions["pulse"].bump("health")
    return done(url_for("health.page"))


@blueprint.get("/healthz")
def healthz() -> Response:
    """For monitoring, without log-in: 200 while the station can decide, 503 with the names of what is at fault."""
    checks = _checks().now()
    faults = [c.name for c in checks if c.state is State.FAULT]
    answer = jsonify(
        {
            "ok": not faults,
            "version": services().station.version,
            "faults": faults,
            "warnings": [c.name for c in checks if c.state is State.WARN],
        }
    )
    answer.status_code = 503 if faults else 200
    return answer
