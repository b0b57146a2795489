"""What goes wrong, in the reader's words and without a stack trace."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

blueprint = Blueprint("errors", __name__)


@blueprint.app_errorhandler(CSRFError)
def form_expired(_: CSRFError) -> ResponseReturnValue:
    """A form from another session, or from elsewhere."""
    return render_template("problem.html", code=400, what="form-expired"), 400


@blueprint.app_errorhandler(HTTPException)
def refused(error: HTTPException) -> ResponseReturnValue:
    """Any other refusal; the stations' door answers in JSON."""
    code = error.code or InternalServerError.code
    if request.path.startswith("/sync/"):
        return {"error": error.name}, code
    return render_template("problem.html", code=code, what=str(code)), code
