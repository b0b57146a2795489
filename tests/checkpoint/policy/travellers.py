"""Travellers to decide about: small builders that the policy tests share."""

from datetime import UTC, datetime, timedelta

from checkpoint.assay import Outcome
from checkpoint.clock import ClockTrust
from checkpoint.credential import (
    Colour,
    Credential,
    Fact,
    Format,
    HealthStatus,
    Holder,
    LorryPass,
    TestKind,
    TestReport,
    TestResult,
)
from checkpoint.crossing import Category, Evidence, Problem, SpotTest
from checkpoint.policy import RulePack, shipped_packs

NOW = datetime(2022, 3, 21, 9, 0, tzinfo=UTC)
ANNA = Holder(name="Anna Meier", born="1990-05-01")
BERT = Holder(name="Bert Huber", born="1985-11-30")


def road() -> RulePack:
    return next(pack for pack in shipped_packs() if pack.id == "pinghu-road-2022-03-20")


def company() -> RulePack:
    return next(pack for pack in shipped_packs() if pack.id == "company-gate-48h")


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def certificate(*facts: Fact, holder: Holder = ANNA, **changes: object) -> Credential:
    fields: dict[str, object] = {"format": Format.HC1, "holder": holder, "facts": facts, "issuer": "DE"}
    return Credential(**(fields | changes))  # type: ignore[arg-type]  # a builder: any field may be changed


def naat(age: timedelta | None, result: TestResult = TestResult.NEGATIVE) -> TestReport:
    return TestReport(TestKind.NAAT, result, None if age is None else NOW - age)


def antigen(age: timedelta, result: TestResult = TestResult.NEGATIVE) -> TestReport:
    return TestReport(TestKind.ANTIGEN, result, NOW - age)


def health_code(colour: Colour, *facts: Fact, issuer: str = "hangzhou", age: timedelta = timedelta()) -> Credential:
    return certificate(
        HealthStatus(colour, NOW - age),
        *facts,
        format=Format.HEALTH_CODE,
        holder=Holder(name="Anna Meier"),
        issuer=issuer,
    )


def lorry_pass(
    plate: str = "浙F12345",
    route: str = "平湖-上海",
    trailer: str = "",
    expires_in: timedelta = timedelta(hours=24),
    **changes: object,
) -> Credential:
    fact = LorryPass("330482000001", plate, route, trailer)
    changes = {"format": Format.LORRY_PASS, "holder": Holder(), "expires_at": NOW + expires_in} | changes
    return certificate(fact, **changes)  # type: ignore[arg-type]  # likewise


def spot(outcome: Outcome | None = Outcome.NEGATIVE, age: timedelta | None = timedelta(minutes=5)) -> SpotTest:
    return SpotTest("test-1", outcome, None if age is None else NOW - age)


def traveller(
    category: Category,
    *credentials: Credential,
    spot_test: SpotTest | None = None,
    problems: tuple[Problem, ...] = (),
    clock: ClockTrust = ClockTrust.TRUSTED,
    plate: str = "",
    trailer: str = "",
    route: str = "",
) -> Evidence:
    return Evidence(category, credentials, problems, spot_test, clock, plate, trailer, route)
