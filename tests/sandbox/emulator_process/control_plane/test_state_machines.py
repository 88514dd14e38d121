"""Step Functions, as the AWS provider validates, creates, reads, tags, updates and deletes state machines."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator_process.control_plane.services import (
    ROLE,
    TAGS,
    Services,
    listed,
    mapped,
    name,
    require_error,
    require_tags,
)

pytestmark = pytest.mark.sandbox

DEFINITION = json.dumps({"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}})
OTHER = json.dumps({"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}})
GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:any:*"
LOGGED = {
    "level": "ERROR",
    "includeExecutionData": False,
    "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}],
}
SETTINGS = {
    "definition": OTHER,
    "roleArn": f"{ROLE}-2",
    "loggingConfiguration": {**LOGGED, "level": "ALL", "includeExecutionData": True},
    "tracingConfiguration": {"enabled": True},
    "encryptionConfiguration": {
        "type": "CUSTOMER_MANAGED_KMS_KEY",
        "kmsKeyId": "alias/any",
        "kmsDataKeyReusePeriodSeconds": 300,
    },
}


@pytest.fixture
def states(services: Services) -> Any:  # noqa: ANN401
    return services.stepfunctions


def created(states: Any, **settings: object) -> str:  # noqa: ANN401
    given = {"name": name(), "definition": DEFINITION, "roleArn": ROLE, **settings}
    return str(states.create_state_machine(**given)["stateMachineArn"])


def described(states: Any, machine: str) -> dict[str, Any]:  # noqa: ANN401
    return dict(states.describe_state_machine(stateMachineArn=machine))


def test_a_state_machine_returns_the_settings_that_it_was_created_with(states: Any) -> None:  # noqa: ANN401
    found = described(states, created(states, **SETTINGS))

    assert {key: found[key] for key in SETTINGS} == SETTINGS


def test_a_state_machine_without_settings_returns_the_defaults(states: Any) -> None:  # noqa: ANN401
    found = described(states, created(states))

    assert found["tracingConfiguration"] == {"enabled": False}
    assert found["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}
    assert found["encryptionConfiguration"] == {"type": "AWS_OWNED_KEY"}


@pytest.mark.parametrize("setting", SETTINGS)
def test_an_update_changes_one_setting(states: Any, setting: str) -> None:  # noqa: ANN401
    machine = created(states, loggingConfiguration=LOGGED)
    before = described(states, machine)

    required = {"definition": DEFINITION, "roleArn": ROLE}
    states.update_state_machine(stateMachineArn=machine, **{**required, setting: SETTINGS[setting]})

    found = described(states, machine)
    assert found[setting] == SETTINGS[setting]
    assert [key for key in SETTINGS if found[key] != before[key]] == [setting]


def test_tracing_stays_until_an_update_names_it(states: Any) -> None:  # noqa: ANN401
    machine = created(states, tracingConfiguration={"enabled": True})

    states.update_state_machine(stateMachineArn=machine, definition=OTHER)
    assert described(states, machine)["tracingConfiguration"] == {"enabled": True}
    states.update_state_machine(stateMachineArn=machine, definition=OTHER, tracingConfiguration={"enabled": False})
    assert described(states, machine)["tracingConfiguration"] == {"enabled": False}


def test_a_version_returns_the_tracing_it_was_published_with(states: Any) -> None:  # noqa: ANN401
    machine = created(states, tracingConfiguration={"enabled": True}, publish=True)

    states.update_state_machine(stateMachineArn=machine, definition=OTHER, tracingConfiguration={"enabled": False})

    assert described(states, f"{machine}:1")["tracingConfiguration"] == {"enabled": True}


def test_logging_is_switched_off(states: Any) -> None:  # noqa: ANN401
    machine = created(states, loggingConfiguration=LOGGED)

    states.update_state_machine(stateMachineArn=machine, definition=DEFINITION, loggingConfiguration={"level": "OFF"})

    found = described(states, machine)["loggingConfiguration"]
    assert (found["level"], found["includeExecutionData"]) == ("OFF", False)


def test_tags_change(states: Any) -> None:  # noqa: ANN401
    machine = created(states, tags=listed(TAGS, "key", "value"))

    require_tags(
        lambda: mapped(states.list_tags_for_resource(resourceArn=machine)["tags"]),
        lambda tags: states.tag_resource(resourceArn=machine, tags=listed(tags, "key", "value")),
        lambda keys: states.untag_resource(resourceArn=machine, tagKeys=keys),
    )


def test_a_deleted_state_machine_is_gone_and_can_be_deleted_again(states: Any) -> None:  # noqa: ANN401
    machine = created(states)

    for _ in range(2):
        states.delete_state_machine(stateMachineArn=machine)

    require_error("StateMachineDoesNotExist", states.describe_state_machine, stateMachineArn=machine)
    require_error("ResourceNotFound", states.list_tags_for_resource, resourceArn=machine)
    require_error("ResourceNotFound", states.tag_resource, resourceArn=machine, tags=[{"key": "a", "value": ""}])


def machine_of(states: dict[str, Any], **settings: object) -> str:
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": "First", "States": states, **settings})


PASS = {"Type": "Pass", "End": True}
WAIT_FOR_TOKEN = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Arguments": {"QueueUrl": "https://any", "MessageBody": "{% $states.context.Task.Token %}"},
    "End": True,
}
INVALID = {
    "no JSON": ("StartAt: First", "INVALID_JSON_DESCRIPTION", "/"),
    "no states": ('{"StartAt": "First"}', "INVALID_JSON_DESCRIPTION", "/"),
    "a start that is no state": (machine_of({"Other": PASS}), "MISSING_TRANSITION_TARGET", "/StartAt"),
    "a Next that is no state": (
        machine_of({"First": {"Type": "Pass", "Next": "Absent"}}),
        "MISSING_TRANSITION_TARGET",
        "/States/First/Next",
    ),
    "a state that nothing leads to": (
        machine_of({"First": PASS, "Lost": PASS}),
        "MISSING_TRANSITION_TARGET",
        "/States/Lost",
    ),
    "a field of another type of state": (
        machine_of({"First": {**PASS, "TimeoutSeconds": 3}}),
        "SCHEMA_VALIDATION_FAILED",
        "/States/First/TimeoutSeconds",
    ),
    "a field of the other query language": (
        machine_of({"First": {**PASS, "ResultPath": "$"}}),
        "SCHEMA_VALIDATION_FAILED",
        "/States/First/ResultPath",
    ),
    "an expression that ends too early": (
        machine_of({"First": {**PASS, "Output": {"a": ["{% 1 + %}"]}}}),
        "INVALID_JSONATA_EXPRESSION",
        "/States/First/Output/a/0",
    ),
    "an inner state without an end": (
        machine_of({"First": {"Type": "Parallel", "End": True, "Branches": [json.loads(machine_of({"First": {}}))]}}),
        "SCHEMA_VALIDATION_FAILED",
        "/States/First/Branches[0]/States/First/Type",
    ),
}


@pytest.mark.parametrize(("definition", "code", "location"), INVALID.values(), ids=INVALID)
def test_a_definition_that_aws_rejects_is_rejected_everywhere(
    states: Any,  # noqa: ANN401
    definition: str,
    code: str,
    location: str,
) -> None:
    machine = created(states)

    diagnosed = states.validate_state_machine_definition(definition=definition)
    with pytest.raises(ClientError) as caught:
        created(states, definition=definition)
    require_error("InvalidDefinition", states.update_state_machine, stateMachineArn=machine, definition=definition)

    assert diagnosed["result"] == "FAIL"
    assert (code, location) in [(one["code"], one["location"]) for one in diagnosed["diagnostics"]]
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidDefinition"
    assert error["Message"].startswith("Invalid State Machine Definition: '")
    assert f"{code}: " in error["Message"]
    assert f" at {location}" in error["Message"]
    assert described(states, machine)["definition"] == DEFINITION


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_the_type_decides_what_a_state_machine_may_do(states: Any, kind: str) -> None:  # noqa: ANN401
    definition = machine_of({"First": WAIT_FOR_TOKEN})
    is_valid = kind == "STANDARD"
    machine = created(states, type=kind)

    found = states.validate_state_machine_definition(definition=definition, type=kind)
    assert (found["result"] == "OK") == is_valid
    if is_valid:
        states.update_state_machine(stateMachineArn=machine, definition=definition)
    else:
        require_error("InvalidDefinition", states.update_state_machine, stateMachineArn=machine, definition=definition)


def test_a_valid_definition_is_diagnosed_as_such(states: Any) -> None:  # noqa: ANN401
    found = states.validate_state_machine_definition(definition=DEFINITION)

    assert (found["result"], found["diagnostics"], found["truncated"]) == ("OK", [], False)
    many = machine_of({"First": PASS, **{f"Lost{number}": PASS for number in range(5)}})
    found = states.validate_state_machine_definition(definition=many, maxResults=2)
    assert (found["result"], len(found["diagnostics"]), found["truncated"]) == ("FAIL", 2, True)
