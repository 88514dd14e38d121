"""A workflow that was deployed and could not run: something was missing, lay in another region, or did no work. Each is
rejected before a deployment, by name."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from policies.catalogue import HAND_WRITTEN
from policies.check import Registration, evaluate
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.step_functions.states.machine import MACHINE

pytestmark = pytest.mark.sandbox
Recorded = Callable[[str], list[Registration]]
TABLE: Final = "aws:dynamodb/table:Table"
PREFIX: Final = "longrun-local"
STACK: Final = "local"
"""The stack that has the workflow."""


def messages(resources: list[Registration], region: str, rule: str) -> list[str]:
    """Of that rule's violations."""
    return [found.message for found in evaluate(resources, region, HAND_WRITTEN) if found.rule == rule]


def without(resources: list[Registration], name: str) -> list[Registration]:
    kept = [one for one in resources if (one["type"], one["name"]) not in {(FUNCTION, name), (TABLE, name)}]
    assert len(kept) == len(resources) - 1
    return kept


def changed(resources: list[Registration], name: str, **properties: Any) -> list[Registration]:  # noqa: ANN401  JSON
    return [{**one, "properties": {**one["properties"], **properties}} if _is(one, name) else one for one in resources]


def properties_of(resources: list[Registration], name: str) -> Mapping[str, Any]:
    (found,) = [one["properties"] for one in resources if _is(one, name)]
    return found


def only_calls(function: str) -> str:
    """A definition with one state."""
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True, "TimeoutSeconds": 60}
    state = {**task, "Parameters": {"FunctionName": function, "Payload": {}}}
    return json.dumps({"StartAt": "Work", "States": {"Work": state}})


def _is(resource: Registration, name: str) -> bool:
    return resource["type"] in {FUNCTION, MACHINE, TABLE} and resource["name"] == name


@pytest.mark.parametrize("role", ["data-query", "handle-error", "handle-timeout"])
def test_a_function_that_the_state_machine_calls_and_nobody_creates_is_named(
    recorded: Recorded, region: str, role: str
) -> None:
    found = messages(without(recorded(STACK), f"react-{role}"), region, "stack-policy-resources-exist")

    assert any(f"{PREFIX}-{role}" in message for message in found)


def test_a_table_that_functions_refer_to_and_nobody_creates_is_named(recorded: Recorded, region: str) -> None:
    stack = recorded(STACK)
    table = properties_of(stack, "react-send-prompt")["environment"]["variables"]["LONGRUN_TABLE"]

    found = messages(without(stack, "journal-table"), region, "stack-variable-resources-exist")

    assert any("LONGRUN_TABLE" in message and table in message for message in found)


def test_functions_in_another_region_than_the_state_machine_that_calls_them_are_rejected(
    recorded: Recorded, region: str
) -> None:
    elsewhere = only_calls(f"arn:aws:lambda:eu-central-1:000000000000:function:{PREFIX}-parse-initial-query")
    stack = changed(recorded(STACK), "react-machine", definition=elsewhere)

    found = messages(stack, region, "stack-region-alignment")
    assert any("eu-central-1" in message and f"allowed: {region}" in message for message in found)


def test_an_endpoint_in_another_region_than_the_functions_is_rejected(recorded: Recorded, region: str) -> None:
    environment = properties_of(recorded(STACK), "react-send-prompt")["environment"]
    address = "https://abc.execute-api.eu-central-1.amazonaws.com/live"
    moved = {"variables": {**environment["variables"], "LONGRUN_CALLBACK_URL": address}}

    stack = changed(recorded(STACK), "react-send-prompt", environment=moved)

    found = messages(stack, region, "stack-region-alignment")
    assert any("LONGRUN_CALLBACK_URL" in message and "eu-central-1" in message for message in found)


def test_a_workflow_that_only_calls_the_websocket_handler_is_rejected(recorded: Recorded, region: str) -> None:
    handler = f"arn:aws:lambda:{region}:000000000000:function:{PREFIX}-websocket-handler"

    found = messages(
        changed(recorded(STACK), "react-machine", definition=only_calls(handler)),
        region,
        "stack-machine-does-the-work",
    )

    assert any(
        "the only call, of the function 'streaming-gateway', which an API invokes" in message for message in found
    )
