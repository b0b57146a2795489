"""A morning at several stations, through real journals and the real protocol: something to show on every page."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import httpx
from argon2 import PasswordHasher

from checkpoint.clock import ClockTrust
from checkpoint.credential import Credential, Format, Holder, TestKind, TestReport, TestResult
from checkpoint.crossing import Category, Evidence, Verdict
from checkpoint.events import Json, Kind, Lane
from checkpoint.journal import Journal, Seal
from checkpoint.policy.evidence import evidence_to_json
from checkpoint.reasons import Reason
from checkpoint.sync import SyncClient, enrol, parse_invitation
from hq.figures.tallies import count_on
from hq.kits.moves import Move, write_move
from hq.people.accounts import Accounts, Role
from hq.publishing.documents import publish_rules
from hq.publishing.shipped import shipped_pack_text
from hq.stations.enrolment import invite
from hq.watch import look
from tests.hq.running import Headquarters, Station

PASSWORD = "correct horse battery"
PEOPLE = {
    "li": Role.DUTY, "wang": Role.ADMIN, "zhao": Role.EDITOR, "sun": Role.AUDITOR, "zhou": Role.VIEWER,
}  # fmt: skip
PLACES = (
    ("当湖 1 号卡点", "当湖街道"), ("当湖 2 号卡点", "当湖街道"), ("乍浦高速出口", "乍浦镇"), ("新仓省道", "新仓镇"),
    ("独山港", "独山港镇"),
)  # fmt: skip
LOT = "20220315"


def employ(hq: Headquarters, **people: Role) -> None:
    """Give log-ins; passwords are hashed cheaply, because a test needs no strength."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    for name, role in people.items():
        Accounts(hq.office.store, hq.office.now, cheap).set(name, PASSWORD, role)


def person(number: int) -> Json:
    """Return the personal record of somebody."""
    born = f"19{60 + number % 40}"
    name = "王李张刘陈杨黄赵吴周徐孙马朱胡"[number % 15] + "明芳华强娟"[number % 5]
    holder = {"name": name, "born": born, "id_number": f"330482{born}0307{1000 + number}"}
    return {"holder": holder, "plate": f"浙F{12300 + number}", "trailer": ""}


@dataclass
class Gate:
    """Writes what a station's gate and bench would."""

    hq: Headquarters
    journal: Journal
    number: int = 0

    def decide(
        self, crossing: str, verdict: Verdict, reason: Reason, *, seat: int = 1, report_age_h: float = 10.0,
        who: int | None = None,
    ) -> int:  # fmt: skip
        """Write one decision, with evidence that can be judged again."""
        self.number += 1
        who = self.number if who is None else who
        now = self.hq.clock.wall()
        report = TestReport(TestKind.NAAT, TestResult.NEGATIVE, now - timedelta(hours=report_age_h))
        shown = Credential(Format.HC1, Holder(id_number=f"person {who}"), (report,), issuer="CN", kid="k")
        evidence = Evidence(Category.RESIDENT, credentials=(shown,), clock_trust=ClockTrust.TRUSTED)
        body: Json = {
            "crossing": crossing,
            "seat": seat,
            "people": 1,
            "category": "resident",
            "verdict": str(verdict),
            "reason": str(reason),
            "seat_verdict": str(verdict),
            "seat_reason": str(reason),
            "findings": [],
            "evidence": evidence_to_json(evidence),
            "decided_at": now.isoformat(),
            "officer": "陈警官",
        }
        lane = Lane.NOW if verdict is Verdict.REFUSE else Lane.SOON
        return self.journal.append(
            Kind.CROSSING_DECIDED, body, personal=person(who), lane=lane, rules="pinghu-road-2022-03-20@1"
        ).seq

    def start_test(self, test: str, crossing: str, *, seat: int = 1, slot: int = 1, who: int = 0) -> int:
        """Write that a test began."""
        body = {"test": test, "slot": slot, "lot": LOT, "crossing": crossing, "seat": seat, "officer": "周警官"}
        return self.journal.append(Kind.TEST_STARTED, body, personal=person(who)).seq

    def read_test(self, test: str, crossing: str, outcome: str, *, seat: int = 1, slot: int = 1) -> int:
        """Write that it was read; a positive goes at once, with a photo."""
        lane = Lane.NOW if outcome == "positive" else Lane.SOON
        photo = self.journal.keep_photo(f"\xff\xd8 {test}".encode("latin-1"), "image/jpeg")
        reason = "no-control-line" if outcome == "invalid" else "clear-lines"
        body = {
            "test": test, "slot": slot, "lot": LOT, "crossing": crossing, "seat": seat, "outcome": outcome,
            "reason": reason, "waited_s": 760, "officer": "周警官",
        }  # fmt: skip
        return self.journal.append(Kind.TEST_READ, body, lane=lane, photos=[photo]).seq


@contextmanager
def open_station(hq: Headquarters, folder: Path, name: str, town: str) -> Iterator[Station]:
    """Invite, enrol and approve a station of a town."""
    offer = invite(hq.office.store, hq.office.keys, url=hq.url, name=name, town=town, approve=True, now=hq.clock.wall())
    with (
        httpx.Client(timeout=20) as http,
        Journal.open(folder / "journal", clock=hq.clock, seal=Seal.open(folder / "keys")) as journal,
    ):
        enrolment = enrol(parse_invitation(offer.text), folder / "keys", journal, http)
        yield Station(journal, SyncClient(journal, enrolment, http, hq.clock.now), enrolment, folder, http)


@contextmanager
def busy_day(hq: Headquarters, folder: Path, *, hours: int = 3, crossings: int = 2) -> Iterator[list[Station]]:
    """Give people log-ins and let five stations work from yesterday evening to this morning."""
    employ(hq, **PEOPLE)
    store, keys = hq.office.store, hq.office.keys
    hq.clock.move(hours=-hours)
    now = hq.clock.wall()
    write_move(
        store, Move.RECEIVED, lot=LOT, quantity=20_000, by="li", now=now, expires_on=date(2023, 3, 14),
        cassette_type="generic",
    )  # fmt: skip
    write_move(store, Move.RECEIVED, lot="20210401", quantity=600, by="li", now=now, expires_on=date(2022, 4, 1))
    with ExitStack() as open_ones:
        stations = [
            open_ones.enter_context(open_station(hq, folder / f"station-{number}", name, town))
            for number, (name, town) in enumerate(PLACES)
        ]
        gates = [Gate(hq, one.journal, number * 100) for number, one in enumerate(stations)]
        for number, (one, (_, town)) in enumerate(zip(stations, PLACES, strict=True)):
            quantity = 500 if number else 60
            write_move(
                store, Move.DRAWN, lot=LOT, quantity=500, by="li", now=now, town=town, station=one.enrolment.device
            )
            body = {"lot": LOT, "quantity": quantity, "expires": "2023-03-14", "brand": "", "cassette_type": "generic"}
            one.journal.append(Kind.KITS_RECEIVED, {**body, "gtin": "", "officer": "周警官"})
        for hour in range(hours):
            for number, gate in enumerate(gates):
                _an_hour(gate, hour, max(1, crossings - number if hour % 3 else crossings + number))
            hq.clock.move(hours=1)
            if hour == hours - 2:
                stations[3].client.run_once()
                stations[3].client.heartbeat()
        _a_positive(hq, gates[0])
        gates[1].journal.append(
            Kind.OVERRIDDEN,
            {"crossing": "o", "seat": 1, "verdict": "admit", "seat_verdict": "admit", "reason": "overridden",
             "why": "急救车辆", "officer": "陈警官", "second": "吴警官"},
            lane=Lane.NOW,
        )  # fmt: skip
        for number, one in enumerate(stations):
            if number == 3:
                continue
            one.client.run_once()
            if number == 4:
                one.journal.append(Kind.ID_COMPARED, {"crossing": "later"})
            one.client.heartbeat()
        text = shipped_pack_text("pinghu-road-2022-03-20")
        assert text is not None
        publish_rules(store, keys, json.loads(text), by="zhao", now=hq.clock.wall())
        look(store, hq.office.config, hq.clock.wall())
        count_on(store)
        yield stations


def _an_hour(gate: Gate, hour: int, crossings: int) -> None:
    for number in range(crossings):
        crossing = f"c{hour:02d}{number:02d}{gate.number:04d}"
        if number % 5 == 3:
            gate.decide(crossing, Verdict.HOLD, Reason.NAAT_STALE, report_age_h=30)
            if number % 2:
                test = f"t{crossing}"
                gate.start_test(test, crossing, slot=number % 20 + 1, who=gate.number)
                gate.read_test(test, crossing, "invalid" if hour == 5 else "negative", slot=number % 20 + 1)
                gate.decide(crossing, Verdict.ADMIT, Reason.RULES_MET, who=gate.number)
        elif number == 7 and hour % 6 == 2:
            gate.decide(crossing, Verdict.REFUSE, Reason.HEALTH_CODE_RED)
        else:
            gate.decide(crossing, Verdict.ADMIT, Reason.RULES_MET)


def _a_positive(hq: Headquarters, gate: Gate) -> None:
    """Two people of one vehicle are tested beside somebody of another; one of them is positive."""
    gate.decide("family", Verdict.HOLD, Reason.NAAT_MISSING, seat=1, who=901)
    gate.decide("family", Verdict.HOLD, Reason.NAAT_MISSING, seat=2, who=902)
    gate.decide("other-car", Verdict.HOLD, Reason.NAAT_STALE, seat=1, who=903)
    gate.start_test("test-1", "family", seat=1, slot=4, who=901)
    hq.clock.move(minutes=3)
    gate.start_test("test-2", "other-car", seat=1, slot=5, who=903)
    hq.clock.move(minutes=10)
    gate.read_test("test-1", "family", "positive", seat=1, slot=4)
    hq.clock.move(minutes=4)
    gate.read_test("test-2", "other-car", "negative", slot=5)
    gate.decide("other-car", Verdict.ADMIT, Reason.RULES_MET, who=903)
    gate.decide("family", Verdict.REFUSE, Reason.ANTIGEN_POSITIVE, seat=1, who=901)
