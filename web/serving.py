"""The running application's services."""

from flask import current_app

from web.services import Services


def services() -> Services:
    """Return what the running application was created with."""
    given: Services = current_app.extensions["services"]
    return given
