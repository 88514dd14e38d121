"""The variables that rules know by name are those that the runtime reads."""

import json

import pytest

from policies.rules.agentcore.runtime import RUNTIME
from policies.rules.ecs.task import TASK
from policies.rules.index import Index
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource, Stack
from policies.rules.stack.references import variables
from policies.rules.values import UNKNOWN, UNKNOWN_SENTINELS
from runtime import environment

SHARED = (
    *("TABLE", "PAYLOAD_BUCKET", "CALLBACK_URL", "WORKER_FUNCTION"),
    *("RUN_TIMEOUT", "DEADLINE_MARGIN", "RETENTION_DAYS"),
)


def host(**properties: object) -> variables.Host:
    stack = Stack((Resource(FUNCTION, "worker", "urn", properties),))
    (found,) = variables.hosts(Index.of(stack))
    return found


def test_names_are_the_runtimes() -> None:
    assert {name: getattr(variables, name) for name in SHARED} == {name: getattr(environment, name) for name in SHARED}


def test_a_value_that_is_not_known_may_be_anything() -> None:
    found = host(environment={"variables": {"LONGRUN_TABLE": UNKNOWN, "LONGRUN_AGENTS": "explorer"}})

    assert found.variables == {"LONGRUN_AGENTS": "explorer"}
    assert found.may_have("LONGRUN_TABLE")
    assert not found.may_have("LONGRUN_PAYLOAD_BUCKET")


def test_an_environment_that_is_not_known_may_hold_any_variable() -> None:
    assert host(environment=UNKNOWN).may_have("LONGRUN_TABLE")
    assert not host().may_have("LONGRUN_TABLE")


def test_agentcore_has_its_variables_elsewhere() -> None:
    runtime = Resource(RUNTIME, "analysts", "urn", {"environmentVariables": {"LONGRUN_TABLE": "journal"}})
    (found,) = variables.hosts(Index.of(Stack((runtime,))))

    assert found.path("LONGRUN_TABLE") == "environmentVariables.LONGRUN_TABLE"
    assert found.role_property == "roleArn"


def tasks(definitions: object) -> list[variables.Host]:
    task = Resource(TASK, "tool", "urn", {"containerDefinitions": definitions})
    return list(variables.hosts(Index.of(Stack((task,)))))


def test_every_container_of_a_task_has_variables_of_its_own() -> None:
    given = {"name": "LONGRUN_TABLE", "value": "journal"}
    first, second = tasks(json.dumps([{"name": "tool", "environment": [given]}, {"name": "proxy"}]))

    assert first.variables == {"LONGRUN_TABLE": "journal"}
    assert first.path("LONGRUN_TABLE") == "containerDefinitions[0].environment[0].value"
    assert first.role_property == "taskRoleArn"
    assert not second.may_have("LONGRUN_TABLE")


@pytest.mark.parametrize(
    "definitions",
    [
        UNKNOWN,
        json.dumps([{"name": "tool", "environment": min(UNKNOWN_SENTINELS)}]),
        json.dumps([{"name": "tool", "environment": [min(UNKNOWN_SENTINELS)]}]),
        json.dumps([{"name": "proxy"}, min(UNKNOWN_SENTINELS)]),
    ],
    ids=["definitions", "environment", "variable", "container"],
)
def test_a_container_that_is_not_known_may_have_any_variable(definitions: object) -> None:
    assert any(found.may_have("LONGRUN_TABLE") for found in tasks(definitions))


def test_seconds_are_numbers_in_text() -> None:
    found = host(environment={"variables": {"LONGRUN_RUN_TIMEOUT": "1800", "LONGRUN_DEADLINE_MARGIN": "soon"}})

    assert found.seconds("LONGRUN_RUN_TIMEOUT") == 1800
    assert found.seconds("LONGRUN_DEADLINE_MARGIN") is None
    assert found.seconds("LONGRUN_RETENTION_DAYS") is None
