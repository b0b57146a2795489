"""Rule packs as JSON: the edge where an untrusted file becomes a `RulePack` or a `RulePackError`."""

import difflib
import hashlib
import json
import re
from datetime import UTC, timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import rfc8785
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from checkpoint.crossing import Category, Verdict
from checkpoint.errors import RulePackError
from checkpoint.policy.certlogic import Json
from checkpoint.policy.certlogic_check import issues
from checkpoint.policy.guards import GOOD_NEWS
from checkpoint.policy.rule_pack import Rule, RulePack, Text
from checkpoint.reasons import ABOUT_CASSETTE, ABOUT_STATION, Reason

MAX_BYTES = 256 * 1024  # the shipped packs have some 8 kB


def _logic(expression: Json) -> Json:
    found = issues(expression)
    if found:
        raise ValueError(found[0].message)
    return expression


def _not_admit(verdict: Verdict) -> Verdict:
    if verdict is Verdict.ADMIT:
        raise ValueError("a rule that is not met cannot admit")
    return verdict


def _reason(value: object) -> Reason:
    """Return the code; a pack's author is told which is near, not all of them."""
    try:
        return Reason(str(value))
    except ValueError:
        near = difflib.get_close_matches(str(value), list(Reason), n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ValueError(f"no reason code; {hint}docs/reasons.md has them all") from None


def _of_a_traveller(reason: Reason) -> Reason:
    if reason in GOOD_NEWS:
        raise ValueError(f"a rule that is not met cannot say {reason}, which lets a traveller pass")
    if reason in ABOUT_CASSETTE:
        raise ValueError(f"{reason} is about the reading of a cassette, which is no traveller's reason")
    if reason in ABOUT_STATION:
        raise ValueError(f"{reason} is about the station, which is no traveller's reason")
    return reason


def _each_once(categories: tuple[Category, ...]) -> tuple[Category, ...]:
    if len(set(categories)) != len(categories):
        raise ValueError("a category stands twice")
    return categories


def _written_out(value: object) -> object:
    """Refuse the numbers that pydantic would take for seconds since 1970."""
    if not (isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}T", value)):
        raise ValueError("a time is written as 2022-03-20T00:00:00+08:00")
    return value


_Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
_Words = Annotated[str, Field(min_length=1, max_length=400)]
_Time = Annotated[AwareDatetime, BeforeValidator(_written_out)]
_Categories = Annotated[tuple[Category, ...], Field(min_length=1), AfterValidator(_each_once)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Text(_Model):
    zh: _Words
    en: _Words


class _Rule(_Model):
    id: _Id
    categories: _Categories
    logic: Annotated[Any, AfterValidator(_logic)]
    otherwise: Annotated[Verdict, AfterValidator(_not_admit)]
    reason: Annotated[Reason, BeforeValidator(_reason), AfterValidator(_of_a_traveller)]
    text: _Text
    after: tuple[_Id, ...] = ()


class _Pack(_Model):
    format: Literal["checkpoint-rule-pack/1"]
    id: _Id
    version: Annotated[str, Field(pattern=r"^(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){0,3}$")]
    title: _Text
    effective_from: _Time
    effective_until: _Time | None
    categories: _Categories
    positive_bars_days: Annotated[int, Field(ge=1, le=90, strict=True)] = 10
    rules: Annotated[tuple[_Rule, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _hangs_together(self) -> "_Pack":
        if self.effective_until is not None and self.effective_until <= self.effective_from:
            raise ValueError("effective_until must come after effective_from")
        earlier: dict[str, _Rule] = {}
        for rule in self.rules:
            if rule.id in earlier:
                raise ValueError(f"rule {rule.id} stands twice")
            if not set(rule.categories) <= set(self.categories):
                raise ValueError(f"rule {rule.id} names a category that the pack does not")
            for other in rule.after:
                # A rule may wait only for one that is certain to have been judged before it.
                if other not in earlier or not set(rule.categories) <= set(earlier[other].categories):
                    raise ValueError(f"rule {rule.id} comes after {other}, which is not judged before it")
            earlier[rule.id] = rule
        for category in self.categories:
            if not any(category in rule.categories for rule in self.rules):
                raise ValueError(f"no rule for category {category}")
        return self


def load_pack(source: bytes | str | Path) -> RulePack:
    """Return the rule pack in a file, or in its JSON text (bytes); raise `RulePackError` for anything that is not one.

    Nothing is said here about who wrote it: see `checkpoint.policy.signing`.
    """
    if isinstance(source, bytes):
        return parse_pack(read_json(source))
    try:
        return parse_pack(read_json(Path(source).read_bytes()))
    except OSError as error:
        raise RulePackError(f"cannot read the rule pack: {error.strerror}") from error


def shipped_packs() -> tuple[RulePack, ...]:
    """Return the rule packs that come with the program, in order of their names."""
    folder = resources.files("checkpoint.policy").joinpath("packs")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".json")), key=lambda entry: entry.name)
    return tuple(load_pack(entry.read_bytes()) for entry in files)


def parse_pack(value: Json) -> RulePack:
    """Return the rule pack that a JSON value describes; raise `RulePackError`."""
    digest = hashlib.sha256(canonical(value)).hexdigest()  # first: what has no canonical spelling gets no farther
    try:
        pack = _Pack.model_validate(value)
    except ValidationError as error:
        raise RulePackError(_first_fault(error, value)) from None
    return RulePack(
        id=pack.id,
        version=pack.version,
        title=Text(pack.title.zh, pack.title.en),
        effective_from=pack.effective_from.astimezone(UTC),
        effective_until=None if pack.effective_until is None else pack.effective_until.astimezone(UTC),
        categories=frozenset(pack.categories),
        rules=tuple(
            Rule(
                id=rule.id,
                categories=frozenset(rule.categories),
                logic=rule.logic,
                otherwise=rule.otherwise,
                reason=rule.reason,
                text=Text(rule.text.zh, rule.text.en),
                after=rule.after,
            )
            for rule in pack.rules
        ),
        positive_bars_for=timedelta(days=pack.positive_bars_days),
        digest=digest,
    )


def canonical(value: Json) -> bytes:
    """Return the one canonical spelling (RFC 8785) of a JSON value; raise `RulePackError` where it has none."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise RulePackError(f"no canonical JSON: {type(error).__name__}") from None


def read_json(text: bytes) -> Json:
    """Return the JSON value in `text`, which must be small, UTF-8 and without duplicate keys; raise `RulePackError`."""
    if len(text) > MAX_BYTES:
        raise RulePackError(f"larger than {MAX_BYTES} bytes")
    try:
        return json.loads(text.decode(), object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except RulePackError:
        raise
    except UnicodeDecodeError as error:
        raise RulePackError(f"not JSON: no text in UTF-8, from byte {error.start} on") from None
    except json.JSONDecodeError as error:
        raise RulePackError(f"not JSON: {error.msg}, line {error.lineno}, column {error.colno}") from None
    except ValueError:
        raise RulePackError("not JSON this reads: a number of too many digits") from None
    except RecursionError:
        raise RulePackError("not JSON this reads: nested too deeply") from None


def _without_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RulePackError("a key stands twice")
    return found


def _no_constant(name: str) -> Json:
    raise RulePackError(f"{name} is not JSON")


def _first_fault(error: ValidationError, value: Json) -> str:
    """Return the first fault: which rule by its id, what was found there, and what is wrong with it."""
    fault = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    found = fault["input"]
    shown = f" (found {str(found)[:60]!r})" if place and isinstance(found, str | int | float) else ""
    said = fault["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    match fault["loc"], value:
        case ("rules", int(number), *_), {"rules": [*rules]}:
            rule = rules[number]
            name = rule.get("id") if isinstance(rule, dict) else None
            place = f"rule {name}: {place}" if isinstance(name, str) else place
    return f"{place}: {said}{shown}" if place else said
