"""The desk: the pages of headquarters, a blueprint per noun."""

from flask import Flask

from hq.desk import alerts, errors, login, overview, records, stations
from hq.desk.access import init_access
from hq.desk.words import init_words


def init_desk(app: Flask) -> None:
    """Add the pages to `app`, which holds its office already."""
    init_access(app)
    init_words(app)
    for noun in (login, overview, alerts, records, stations, errors):
        app.register_blueprint(noun.blueprint)
