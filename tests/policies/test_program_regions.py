"""The shipped program in regions of three partitions: it breaks no rule, and names nothing of another partition."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest

from policies.catalogue import HAND_WRITTEN
from policies.check import Registration, Violation, evaluate
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.values import texts
from tests.policies.conftest import TOOL_IMAGE, registrations, tool_image

pytestmark = pytest.mark.sandbox

REGIONS = {
    "us-east-1": ("aws", "amazonaws.com", "us.anthropic.claude-sonnet-4-6"),
    "eu-central-1": ("aws", "amazonaws.com", "eu.anthropic.claude-sonnet-4-6"),
    "ap-southeast-5": ("aws", "amazonaws.com", "global.anthropic.claude-sonnet-4-6"),
    "us-gov-west-1": ("aws-us-gov", "amazonaws.com", "us-gov.anthropic.claude-sonnet-4-6"),
    "cn-north-1": ("aws-cn", "amazonaws.com.cn", "anthropic.claude-sonnet-4-6"),
}
"""Partition, DNS suffix and the model that the program chooses."""

PRINCIPALS = {
    *("apigateway.amazonaws.com", "bedrock-agentcore.amazonaws.com", "ecs-tasks.amazonaws.com"),
    *("events.amazonaws.com", "lambda.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com"),
}
"""The service principals of the program: they are the same in every partition."""


@cache
def recorded(region: str) -> list[Registration]:
    return registrations("dev", {"aws:region": region, TOOL_IMAGE: tool_image(region)})


@cache
def violations(region: str) -> list[Violation]:
    return evaluate(recorded(region), region)


def all_texts(region: str) -> Iterator[str]:
    for resource in recorded(region):
        yield from (value for _, value in texts(resource["properties"]))


def machines(region: str) -> dict[str, Any]:
    """The definitions of the state machines by the name of the component around each."""
    return {
        each["name"].removesuffix("-machine"): json.loads(str(each["properties"]["definition"]))
        for each in recorded(region)
        if each["type"] == "aws:sfn/stateMachine:StateMachine"
    }


def integrations(definition: dict[str, Any]) -> Iterator[str]:
    """What the tasks call, those inside a map included."""
    for state in definition["States"].values():
        if state["Type"] == "Task":
            yield state["Resource"]
        if state["Type"] == "Map":
            yield from integrations(state["ItemProcessor"])


@pytest.mark.parametrize("region", REGIONS)
def test_the_program_breaks_no_rule(region: str) -> None:
    assert violations(region) == []


@pytest.mark.parametrize("region", REGIONS)
def test_every_arn_is_of_the_regions_partition_and_region(region: str) -> None:
    found = {match for text in all_texts(region) for match in re.findall(r"\barn:([\w*-]+):[\w*-]+:([\w*-]*):", text)}

    assert {partition for partition, _ in found} == {REGIONS[region][0]}
    # S3, IAM and the integrations have no region, and a profile's model may be anywhere that Bedrock routes to.
    assert {place for _, place in found} <= {region, "", "*"}


@pytest.mark.parametrize("region", REGIONS)
def test_every_name_on_aws_ends_in_the_suffix_of_the_partition(region: str) -> None:
    names = {name for text in all_texts(region) for name in re.findall(r"[\w.-]+\.(?:amazonaws|api)\.[\w.]+", text)}
    endpoints = names - PRINCIPALS

    assert names >= PRINCIPALS
    assert endpoints
    assert {name for name in endpoints if not name.endswith(f".{region}.{REGIONS[region][1]}")} == set()


@pytest.mark.parametrize("region", REGIONS)
def test_every_state_calls_an_integration_of_the_partition(region: str) -> None:
    prefix = f"arn:{REGIONS[region][0]}:states:::"
    called = {name: set(integrations(definition)) for name, definition in machines(region).items()}

    assert called == {
        "background": {
            f"{prefix}lambda:invoke",
            f"{prefix}lambda:invoke.waitForTaskToken",
            f"{prefix}aws-sdk:dynamodb:query",
        },
        "react": {
            f"{prefix}lambda:invoke",
            f"{prefix}lambda:invoke.waitForTaskToken",
            f"{prefix}ecs:runTask.waitForTaskToken",
        },
    }


@pytest.mark.parametrize("region", REGIONS)
def test_functions_post_to_the_regions_api_and_ask_a_model_that_it_has(region: str) -> None:
    _, suffix, model = REGIONS[region]
    (worker,) = [each for each in recorded(region) if each["type"] == FUNCTION and each["name"] == "streaming-worker"]
    variables = worker["properties"]["environment"]["variables"]  # type: ignore[index]

    host = urlsplit(variables["LONGRUN_CALLBACK_URL"]).hostname
    assert host is not None
    assert host.endswith(f".execute-api.{region}.{suffix}")
    assert (variables["LONGRUN_MODEL_ID"], variables["LONGRUN_MODEL_REGION"]) == (model, region)


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1"])
def test_the_program_of_another_partition_is_rejected(region: str) -> None:
    found = evaluate(recorded("us-east-1"), region, HAND_WRITTEN)

    rules = {violation.rule for violation in found}
    assert {"stack-partition-alignment", "stack-region-alignment"} <= rules
    machine = [each for each in found if each.rule == "stack-partition-alignment" and each.property == "definition"]
    assert any("arn:aws:states:" in each.message for each in machine)
