"""The rules over the program that is shipped: it passes, and would not with the failures of old in it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from policies.check import Registration, evaluate
from policies.rules.lambda_function.function import FUNCTION
from sandbox.paths import REPOSITORY
from sandbox.program import record

pytestmark = pytest.mark.sandbox
REGION = "us-east-1"


@pytest.fixture(scope="module")
def recorded() -> list[Registration]:
    return [registration(resource) for resource in record(REPOSITORY, "local")]


def registration(resource: Mapping[str, Any]) -> Registration:
    return {
        "type": resource["type"],
        "name": resource["name"],
        "urn": resource["urn"],
        "parent": resource["parent"],
        "properties": resource["properties"],
        "dependencies": resource["dependencies"],
    }


def spoiled(resources: list[Registration], name: str, **properties: object) -> list[Registration]:
    assert [resource["name"] for resource in resources].count(name) == 1
    return [
        {**resource, "properties": {**resource["properties"], **properties}} if resource["name"] == name else resource
        for resource in resources
    ]


def rules_broken(resources: list[Registration]) -> set[str]:
    return {violation.rule for violation in evaluate(resources, REGION)}


def test_shipped_program_breaks_no_rule(recorded: list[Registration]) -> None:
    functions = [resource["name"] for resource in recorded if resource["type"] == FUNCTION]

    assert sorted(functions) == [
        *("background-event-door", "background-invoker", "background-workflow-closer"),
        *("streaming-closer", "streaming-gateway", "streaming-worker"),
    ]
    assert evaluate(recorded, REGION) == []


def test_worker_that_is_given_a_minute_is_refused(recorded: list[Registration]) -> None:
    assert rules_broken(spoiled(recorded, "streaming-worker", timeout=60)) == {"lambda-function-timeout"}


def test_reserved_variable_is_refused(recorded: list[Registration]) -> None:
    environment = {"variables": {"AWS_REGION": REGION}}

    broken = rules_broken(spoiled(recorded, "streaming-gateway", environment=environment))

    assert broken == {"lambda-function-environment-names"}


def test_gateway_that_may_take_as_long_as_the_worker_is_refused(recorded: list[Registration]) -> None:
    assert rules_broken(spoiled(recorded, "streaming-gateway", timeout=900)) == {"stack-api-never-waits-for-agent"}


def test_runtime_with_a_name_that_pulumi_made_is_refused(recorded: list[Registration]) -> None:
    broken = rules_broken(spoiled(recorded, "analysts-runtime", agentRuntimeName="analysts-runtime-1a2b3c4"))

    assert broken == {"agentcore-runtime-names"}


def test_machine_whose_task_could_hang_is_refused(recorded: list[Registration]) -> None:
    (machine,) = [resource for resource in recorded if resource["name"] == "background-machine"]
    definition = json.loads(str(machine["properties"]["definition"]))
    del definition["States"]["Poll"]["TimeoutSeconds"]

    broken = rules_broken(spoiled(recorded, "background-machine", definition=json.dumps(definition)))

    assert broken == {"state-machine-definition"}


def test_stack_that_is_deployed_to_another_region_than_its_model_is_refused(recorded: list[Registration]) -> None:
    found = evaluate(recorded, "eu-west-1")

    assert {violation.rule for violation in found} == {"stack-region-alignment"}
    assert any("LONGRUN_MODEL_ID is us.anthropic" in violation.message for violation in found)
