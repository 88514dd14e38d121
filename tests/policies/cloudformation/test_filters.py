"""The reviewed tables: nothing in them twice, nothing that the sources do not have, nothing of the sources untold."""

import re

import cloudformation_validate
import pytest

from policies.cloudformation.filters import (
    DROPPED,
    DROPPED_AT,
    ENGINE,
    ENGINE_DROPPED,
    FORMATS,
    REQUIRED,
    Need,
    of_rule,
)
from policies.cloudformation.preflight import RuleBase, read_rules
from policies.cloudformation.presence import Library
from policies.rules.rule import Severity


@pytest.fixture(scope="module")
def base() -> RuleBase:
    return read_rules()


def test_every_rule_of_the_engine_is_accepted_or_dropped_with_a_reason() -> None:
    infos = cloudformation_validate.CompositeEngine().list_rules()
    rules = {info.id for info in infos if info.severity.name != "INFO"}
    dropped = {rule for rule in rules if any(re.fullmatch(pattern, rule) for pattern in ENGINE_DROPPED)}

    assert rules - dropped - set(ENGINE) == set()
    assert set(ENGINE) - rules == set()


def test_every_dropped_rule_is_one_of_the_release(base: RuleBase) -> None:
    assert set(DROPPED) - {rule.id for rule in base.rules} == set()


def test_places_and_formats_are_of_accepted_rules() -> None:
    assert {rule for rule, _, _ in DROPPED_AT} <= set(ENGINE)
    assert set(ENGINE) >= FORMATS
    assert REQUIRED not in ENGINE


@pytest.mark.parametrize(
    ("rule", "need", "severity"),
    [
        ("pf-lambda-env-key-start-letter", Need.VALUE, Severity.MANDATORY),
        ("pf-lambda-memory-max", Need.VALUE, Severity.ADVISORY),
        ("pf-apigwv2-websocket-route-selection", Need.WHOLE, Severity.MANDATORY),
        ("pf-lambda-layer-cross-account-needs-permission", Need.VALUE, Severity.ADVISORY),
    ],
)
def test_published_rule_is_taken_by_its_proof_and_by_what_it_needs(
    base: RuleBase, rule: str, need: Need, severity: Severity
) -> None:
    (given,) = [each for each in base.rules if each.id == rule]
    accepted = of_rule(given, Library(base.library))

    assert accepted is not None
    assert (accepted.need, accepted.severity) == (need, severity)


def test_dropped_rule_is_never_taken(base: RuleBase) -> None:
    library = Library(base.library)

    assert {rule.id for rule in base.rules if of_rule(rule, library) is None} == set(DROPPED)
