"""Installable and believed: the service worker with its one page, and the station's certificate authority."""

from typing import cast

import segno
from flask import Blueprint, Response, abort, current_app, make_response, render_template, url_for
from markupsafe import Markup

from web.serving import services

blueprint = Blueprint("offline", __name__)


@blueprint.get("/worker.js")
def worker() -> Response:
    """The service worker: it keeps one page that says the station is out of reach, and nothing else.

    It stands at the root, for a worker reaches no further than its own folder.
    """
    kept = [
        url_for("offline.page"),
        *(url_for("static", filename=name) for name in ("css/base.css", "css/back.css", "icon.svg", "js/retry.js")),
    ]
    version = cast("str", current_app.static_url_path).rsplit("/", 1)[-1]
    response = make_response(render_template("worker.js", version=version, kept=kept, shell=kept[0]))
    response.mimetype = "text/javascript"
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/offline")
def page() -> str:
    """What a tablet shows while the station does not answer: nothing to tap that would be lost; it tries again."""
    return render_template("offline.html")


@blueprint.get("/trust")
def trust() -> str:
    """How a tablet comes to trust this station: its authority's certificate, and the fingerprint to compare."""
    authority = services().authority
    if authority is None:
        abort(404)
    pem, fingerprint = authority
    made = segno.make(f"SHA-256 {fingerprint}", error="m", micro=False)
    picture = Markup(made.svg_inline(scale=4, border=4, light="#fff", omitsize=True))  # noqa: S704  segno's own, of hex digits
    return render_template("trust.html", fingerprint=fingerprint, picture=picture, size=len(pem))


@blueprint.get("/authority.crt")
def certificate() -> Response:
    """The authority's certificate, for a tablet to import."""
    authority = services().authority
    if authority is None:
        abort(404)
    response = Response(authority[0], mimetype="application/x-x509-ca-cert")
    response.headers["Content-Disposition"] = 'attachment; filename="checkpoint-authority.crt"'
    return response
