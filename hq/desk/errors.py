"""What goes wrong, in the reader's words and without a stack trace."""

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from hq.store import STORE_IS_DOWN

ASK_AGAIN_S = 10

blueprint = Blueprint("errors", __name__)


@blueprint.app_errorhandler(CSRFError)
def form_expired(_: CSRFError) -> ResponseReturnValue:
    """A form from another session, or from elsewhere."""
    return _problem(400, "form-expired")


@blueprint.app_errorhandler(HTTPException)
def refused(error: HTTPException) -> ResponseReturnValue:
    """Any other refusal; the stations' door answers in JSON."""
    code = error.code or InternalServerError.code
    if request.path.startswith("/sync/"):
        return {"error": error.name}, code
    return _problem(code, str(code))


def store_is_down(error: Exception) -> ResponseReturnValue:
    """The store does not answer: a page of its own, since who is logged in stands in the store as well."""
    current_app.logger.error("the store does not answer: %s", error)
    asked = request.method == "GET"
    # Not by render_template: what that puts into every page is asked of the store.
    page = current_app.jinja_env.get_template("store_down.html").render(
        again_s=ASK_AGAIN_S if asked else 0, again=request.full_path if asked else url_for("overview.page")
    )
    return page, 503, {"Retry-After": str(ASK_AGAIN_S)}


for kind in STORE_IS_DOWN:
    blueprint.app_errorhandler(kind)(store_is_down)


def _problem(code: int, what: str) -> ResponseReturnValue:
    try:
        return render_template("problem.html", code=code, what=what), code
    except STORE_IS_DOWN as error:
        return store_is_down(error)
