"""Who may do what: every route of the desk, for every role."""

import pytest
from flask import Flask

from hq.app import build_app
from hq.people.accounts import Right, Role
from tests.hq.at_desk import Desk
from tests.hq.running import Headquarters

EVERYBODY = frozenset(Role)
OPEN = {"login.page", "login.log_in", "choose_language", "healthz", "static", "metrics.metrics"}
"""For people who are not logged in, and for machines."""

MAY: dict[str, frozenset[Role]] = {
    "overview.page": EVERYBODY,
    "overview.live": EVERYBODY,
    "live.alarm": EVERYBODY,
    "live.events": EVERYBODY,
    "alerts.page": EVERYBODY,
    "alerts.live": EVERYBODY,
    "alerts.one": EVERYBODY,
    "alerts.brief": EVERYBODY,
    "alerts.rules": EVERYBODY,
    "alerts.step": frozenset({Role.DUTY, Role.ADMIN}),
    "alerts.change_rules": frozenset({Role.ADMIN}),
    "contacts.page": EVERYBODY,
    "contacts.unseal": frozenset({Role.DUTY}),
    "contacts.download": frozenset({Role.DUTY}),
    "records.page": EVERYBODY,
    "records.one": EVERYBODY,
    "records.download": EVERYBODY,
    "records.unseal": frozenset({Role.DUTY}),
    "records.photo": frozenset({Role.DUTY}),
    "stations.page": EVERYBODY,
    "stations.live": EVERYBODY,
    "stations.one": EVERYBODY,
    "stations.verify": EVERYBODY,
    "stations.decide": frozenset({Role.ADMIN}),
    "stations.invite_one": frozenset({Role.ADMIN}),
    "kits.page": EVERYBODY,
    "kits.write": frozenset({Role.DUTY, Role.ADMIN}),
    "kits.undo": frozenset({Role.DUTY, Role.ADMIN}),
    "rules.page": EVERYBODY,
    "rules.one": EVERYBODY,
    "rules.download": EVERYBODY,
    "rules.draft": frozenset({Role.EDITOR}),
    "rules.change": frozenset({Role.EDITOR}),
    "rules.try_on": frozenset({Role.EDITOR}),
    "rules.publish": frozenset({Role.EDITOR}),
    "rules.drop": frozenset({Role.EDITOR}),
    "users.page": frozenset({Role.ADMIN}),
    "users.add": frozenset({Role.ADMIN}),
    "users.change": frozenset({Role.ADMIN}),
    "users.own": EVERYBODY,
    "users.change_own": EVERYBODY,
    "audit.page": frozenset({Role.AUDITOR}),
    "audit.download": frozenset({Role.AUDITOR}),
    "login.log_out": EVERYBODY,
}

VALUES = {
    "station": "nowhere", "case": "positive-1-1", "epoch": 1, "seq": 1, "sha256": "0" * 64, "state": "approved",
    "move": "drawn", "id_": "none", "name": "nobody", "what": "disable",
}  # fmt: skip


@pytest.fixture
def app(hq: Headquarters) -> Flask:
    return build_app(hq.office)


def guarded(app: Flask) -> dict[str, Right]:
    return {
        endpoint: view.needs  # type: ignore[attr-defined]  # put there by `needs`
        for endpoint, view in app.view_functions.items()
        if hasattr(view, "needs")
    }


def test_every_route_of_the_desk_says_what_it_needs(app: Flask) -> None:
    desk_routes = {
        endpoint
        for endpoint in app.view_functions
        if endpoint not in OPEN and not endpoint.startswith(("sync.", "openapi"))
    }
    assert desk_routes - set(guarded(app)) == set(), "a page that anybody may see"
    assert set(guarded(app)) == set(MAY), "a route without its line in this table"


@pytest.mark.parametrize("role", list(Role))
def test_each_role_reaches_what_it_may_and_nothing_else(desk: Desk, app: Flask, role: Role) -> None:
    desk.log_in(role)
    token = desk.token()
    wrong = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in MAY or rule.endpoint in ("live.events", "login.log_out"):
            continue
        arguments = {name: VALUES[name] for name in rule.arguments}
        path = app.url_map.bind("localhost").build(rule.endpoint, arguments)
        if "POST" in (rule.methods or ()):
            answer = desk.http.post(path, data={"csrf_token": token}, headers={"Referer": desk.hq.url})
        else:
            answer = desk.http.get(path)
        allowed = role in MAY[rule.endpoint]
        if (answer.status_code != 403) is not allowed and rule.endpoint != "users.change_own":
            wrong.append((rule.endpoint, answer.status_code))
        assert answer.status_code < 500, rule.endpoint
    assert wrong == []
