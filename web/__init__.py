"""The officers' pages: thin Flask views over the station's use cases."""

import hashlib
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from web import (
    bench,
    demo,
    export,
    gate,
    health,
    kits,
    log,
    login,
    offline,
    people,
    pulse,
    receipt,
    restoring,
    set_up,
    shift,
    support,
    words,
)
from web.access import init_access
from web.errors import init_errors
from web.language import init_language
from web.plates import written
from web.security import init_security
from web.services import Services, StationIdentity

STATIC = Path(__file__).parent / "static"

__all__ = ["Services", "StationIdentity", "create_app"]


def create_app(services: Services, *, secret_key: bytes, testing: bool = False) -> Flask:
    """Return the WSGI application of one station.

    It needs one process with several threads: `pulse.MOST_STREAMS` of them may be held by open pages, and the
    others must be enough for everything else.
    """
    # Scripts import each other by relative address, so a fingerprint in the path changes all of them at once:
    # a tablet keeps them for good, and never mixes an old script with a new page.
    app = Flask(__name__, static_url_path=f"/static/{fingerprint(STATIC)}")
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = timedelta(days=365)
    app.config.update(SECRET_KEY=secret_key, TESTING=testing)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["services"] = services
    app.extensions["retakes"] = bench.Retakes()
    app.extensions["checks"] = health.Checks()
    beat = app.extensions["pulse"] = pulse.Pulse()
    services.gate.changed.append(lambda: beat.bump("gate"))
    services.bench.changed.append(lambda: beat.bump("bench"))
    services.kits.changed.append(lambda: beat.bump("kits"))
    services.shifts.changed.append(lambda: beat.bump("shift"))

    CSRFProtect(app)
    init_security(app, https=services.authority is not None)
    init_language(app, services.station.timezone)
    init_errors(app)
    init_access(app, services.officers)
    for part in (
        login,
        gate,
        bench,
        log,
        export,
        kits,
        shift,
        health,
        people,
        pulse,
        set_up,
        restoring,
        offline,
        support,
    ):
        app.register_blueprint(part.blueprint)
    if services.receipt is not None:
        app.register_blueprint(receipt.blueprint)
    if services.scenes is not None or services.scan_picture is not None:
        app.register_blueprint(demo.blueprint)

    app.jinja_env.filters["plate"] = written
    app.jinja_env.globals.update(
        station=services.station,
        words=words,
        has_demo=services.scenes is not None,
        has_set_up=services.set_up is not None,
        has_authority=services.authority is not None,
        can_give_receipt=services.receipt is not None,
        can_scan_picture=services.scan_picture is not None,
        scene_groups=demo.scene_groups,
        status_line=health.status_line,
        station_now=lambda: services.gate.clock.now().wall,
    )
    return app


def fingerprint(folder: Path) -> str:
    """Return a name for what a folder's files hold now."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
