"""The rules over the program that is shipped: it passes, and changing what a rule guards violates that
rule and no other."""

from collections.abc import Callable
from typing import Any

import pytest

from policies.catalogue import HAND_WRITTEN, RULES
from policies.check import Registration, evaluate, judge, prepared_types
from policies.cloudformation.mapping import resource_map
from policies.configuration import read_configuration
from policies.local_stack import EXCEPTIONS_FILE
from policies.rules.ecs.task import TASK
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import ResourceRule, Rule
from tests.policies.conftest import registrations
from tests.policies.harness import CASES, mutated

pytestmark = pytest.mark.sandbox
Recorded = Callable[[str], list[Registration]]
MUTATIONS = [(rule, mutation) for rule, cases in CASES.items() for mutation in cases.get("mutations", ())]


def title(rule: str, mutation: dict[str, Any]) -> str:
    place = "removed" if mutation.get("remove") else mutation["path"]
    return f"{rule}: {mutation.get('name', mutation['type'])} {place}"


def test_shipped_program_breaks_no_rule(recorded: Recorded, region: str) -> None:
    functions = {resource["name"] for resource in recorded("dev") if resource["type"] == FUNCTION}
    tasks = {resource["name"] for resource in recorded("dev") if resource["type"] == TASK}

    assert {"streaming-gateway", "streaming-worker", "react-invoke-llm", "react-data-query"} <= functions
    assert tasks == {"eda-task", "causal-task"}
    assert evaluate(recorded("dev"), region) == []


def test_program_without_a_tool_image_breaks_no_rule(region: str) -> None:
    assert evaluate(registrations("dev", {}), region) == []


def test_sandbox_breaks_no_rule_but_those_that_it_is_excepted_from(recorded: Recorded, region: str) -> None:
    report = judge(recorded("local"), region, read_configuration(EXCEPTIONS_FILE, RULES))

    assert report.violations == []
    assert report.suppressed
    assert report.unused == []


@pytest.mark.parametrize(("rule", "mutation"), MUTATIONS, ids=[title(*each) for each in MUTATIONS])
def test_changing_what_a_rule_guards_violates_that_rule_alone(
    recorded: Recorded, region: str, rule: str, mutation: dict[str, Any]
) -> None:
    found = evaluate(mutated(recorded("dev"), mutation), region, HAND_WRITTEN)

    assert {violation.rule for violation in found} == {rule, *mutation.get("also", ())}


@pytest.mark.parametrize("rule", HAND_WRITTEN, ids=lambda rule: rule.name)
def test_every_rule_that_guards_something_in_the_program_is_tried_out_on_it(recorded: Recorded, rule: Rule) -> None:
    cases = CASES[rule.name]
    present = {resource["type"] for resource in recorded("dev")}
    guards = not isinstance(rule, ResourceRule) or bool(rule.types & present)

    assert bool(cases.get("mutations")) != bool(cases.get("no_mutation")) or not guards
    assert not cases.get("mutations") or guards


def test_the_engine_is_prepared_for_the_types_of_the_program(recorded: Recorded) -> None:
    mapped = {resource["type"] for resource in recorded("dev")} & resource_map().types.keys()

    assert mapped <= prepared_types(), "name the type in policies.check.UNGUARDED"


def test_stack_that_is_deployed_to_another_region_than_its_model_is_rejected(recorded: Recorded) -> None:
    found = evaluate(recorded("dev"), "eu-west-1", HAND_WRITTEN)

    assert {violation.rule for violation in found} == {"stack-region-alignment"}
    assert any("LONGRUN_MODEL_ID is us.anthropic" in violation.message for violation in found)
