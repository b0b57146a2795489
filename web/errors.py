"""The one place where what went wrong becomes words: what is the case, what to do, and nothing personal."""

import logging
import math
from collections.abc import Callable
from typing import cast

from flask import (
    Flask,
    Response,
    current_app,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, NotFound, RequestEntityTooLarge

from checkpoint.errors import (
    BenchError,
    CameraError,
    CheckpointError,
    CredentialError,
    GateError,
    JournalError,
    JournalFull,
    KitsError,
    LampError,
    ShiftError,
    SyncError,
)
from web import words
from web.officers import OfficerError

log = logging.getLogger(__name__)


def wants_json() -> bool:
    """Whether the page's own script asks, rather than the browser itself."""
    return request.headers.get("X-Page") == "1"


def done(back: str, *, go: bool = False) -> Response:
    """Answer an act that succeeded: the script stays (or goes to `back`), a browser without script is sent there."""
    if wants_json():
        return jsonify({"go": back}) if go else make_response("", 204)
    return cast("Response", redirect(back, code=303))


def begins_anew(back: str, restart: Callable[[], None]) -> Response:
    """Answer an act after which the station begins anew: the script waits for that, then goes to `back`.

    `restart` is called when the answer is on its way.
    """
    run = current_app.extensions["pulse"].run
    answer = jsonify({"go": back, "run": run}) if wants_json() else cast("Response", redirect(back, code=303))
    answer.call_on_close(restart)
    return answer


def problem_answer(code: str, status: int, *, wait_s: float = 0.0) -> Response:
    """Answer an act that did not happen, in words."""
    said = words.mistake(code)
    word, do = str(said.word), str(said.do)
    if wait_s:
        do = gettext("Wait %(time)s, then try again.", time=clock_text(wait_s))
    if wants_json():
        answer = jsonify({"code": code, "word": word, "do": do, "wait_s": math.ceil(wait_s)})
        answer.status_code = status
        return answer
    if request.method == "GET":
        return make_response(render_template("problem.html", code=code, word=word, do=do), status)
    flash(f"{word} {do}", "problem")
    return cast("Response", redirect(request.referrer or url_for("gate.page"), code=303))


def clock_text(seconds: float) -> str:
    """Return a span as minutes and seconds.

    >>> clock_text(125)
    '2:05'
    """
    whole = math.ceil(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def init_errors(app: Flask) -> None:
    """Word every error that the use cases raise on purpose; anything else is a fault that is logged and said."""

    @app.errorhandler(CheckpointError)
    def on_purpose(error: CheckpointError) -> Response:
        match error:
            case OfficerError(reason="not-allowed"):
                return problem_answer(error.reason, 403)
            case OfficerError():
                return problem_answer(error.reason, 422, wait_s=error.wait_s)
            case BenchError() | GateError() | KitsError():
                return problem_answer(error.reason, 409, wait_s=float(error.data.get("left_s", 0)))
            case ShiftError():
                return problem_answer(error.reason, 409)
            case CredentialError():
                return problem_answer(error.reason, 422)
            case JournalFull():
                log.error("the journal cannot be written: %s", error)
                return problem_answer("journal-full", 507)
            case JournalError():
                log.error("the journal failed: %s", error)
                return problem_answer("journal-broken", 500)
            case CameraError():
                return problem_answer("camera-fault", 503)
            case LampError():
                return problem_answer("lamp-fault", 503)
            case SyncError():
                return problem_answer("no-upload", 503)
            case _:
                return unexpected(error)

    @app.errorhandler(CSRFError)
    def form_expired(_error: CSRFError) -> Response:
        return problem_answer("form-expired", 400)

    @app.errorhandler(NotFound)
    def not_found(_error: NotFound) -> Response:
        return problem_answer("not-found", 404)

    @app.errorhandler(RequestEntityTooLarge)
    def too_large(_error: RequestEntityTooLarge) -> Response:
        return problem_answer("picture-too-large", 413)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return cast("Response", error.get_response())
        log.error("%s %s failed: %s", request.method, request.url_rule, type(error).__name__, exc_info=error)
        return problem_answer("went-wrong", 500)
