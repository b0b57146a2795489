"""The desk: the pages of headquarters, a blueprint per noun."""

from flask import Flask

from hq.desk import alerts, audit, contacts, errors, kits, live, login, overview, records, rules, stations, users
from hq.desk.access import init_access
from hq.desk.live import init_live
from hq.desk.looks import init_looks
from hq.desk.words import init_words


def init_desk(app: Flask) -> None:
    """Add the pages to `app`, which holds its office already."""
    init_access(app)
    init_words(app)
    init_live(app)
    init_looks(app)
    nouns = (login, overview, alerts, contacts, records, stations, kits, rules, users, audit, live, errors)
    for noun in nouns:
        app.register_blueprint(noun.blueprint)
