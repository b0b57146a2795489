"""The web application of headquarters: the stations' door and the desk."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, Response, jsonify
from flask_wtf.csrf import CSRFProtect

from hq.config import Config
from hq.desk import init_desk
from hq.door import sync_blueprint
from hq.ingest.batches import Batches
from hq.metrics import metrics_blueprint
from hq.office import Office, open_office, utc_now
from hq.openapi import openapi_blueprint
from hq.store.models import stations


def create_app(config: Config, now: Callable[[], datetime] = utc_now) -> Flask:
    """Return the application on `config`; raise OSError where its folder cannot be used."""
    return build_app(open_office(config, now))


def build_app(office: Office, batches: Batches | None = None) -> Flask:
    """Return the application on a headquarters that is open already; `batches` takes them in, else this process."""
    app = Flask("hq", root_path=str(Path(__file__).parent))
    app.config.update(
        SECRET_KEY=office.keys.session,
        SESSION_COOKIE_NAME="checkpoint-hq",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=office.config.url.startswith("https:"),
        WTF_CSRF_TIME_LIMIT=None,  # a duty officer's page stays open for a shift
    )
    app.extensions["office"] = office
    csrf = CSRFProtect(app)
    door = sync_blueprint(office, batches)
    csrf.exempt(door)
    app.register_blueprint(door)
    app.register_blueprint(metrics_blueprint(office))
    app.register_blueprint(openapi_blueprint())
    init_desk(app)

    @app.get("/healthz")
    def healthz() -> Response:
        try:
            with office.store.reading() as db:
                db.execute(sa.select(sa.func.count()).select_from(stations)).scalar_one()
        except sa.exc.SQLAlchemyError:
            app.logger.exception("the store does not answer")
            response = jsonify({"status": "the store does not answer"})
            response.status_code = 503
            return response
        return jsonify({"status": "ok"})

    return app
