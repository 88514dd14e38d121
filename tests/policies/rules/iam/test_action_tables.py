"""The tables of actions agree with each other."""

import re

import pytest

from policies.rules.aws_limits.iam import ESCALATIONS, MANAGED_POLICIES, NO_ACTIONS, SERVICE_PREFIXES, WITHOUT_RESOURCES
from policies.rules.iam.statements.resourceless import is_resourceless

NAMED = [
    *NO_ACTIONS.values(),
    *WITHOUT_RESOURCES,
    *ESCALATIONS,
    *(each for held in MANAGED_POLICIES.values() for each in held),
]
ACTIONS = sorted({action for each in NAMED for action in each.split(", ")})


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_advised_and_known_is_an_action(action: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z*]+", action)
    assert action.partition(":")[0] not in SERVICE_PREFIXES
    assert action not in NO_ACTIONS


@pytest.mark.parametrize("prefix", SERVICE_PREFIXES.values())
def test_what_is_advised_for_a_prefix_is_no_wrong_one(prefix: str) -> None:
    assert prefix not in SERVICE_PREFIXES


@pytest.mark.parametrize("action", ["xray:PutTraceSegments", "logs:CreateLogDelivery", "ecr:getauthorizationtoken"])
def test_actions_without_resources_are_told_whatever_their_case(action: str) -> None:
    assert is_resourceless(action)


@pytest.mark.parametrize("action", ["s3:GetObject", "logs:PutLogEvents", "xray:CreateGroup", "*"])
def test_other_actions_know_resources(action: str) -> None:
    assert not is_resourceless(action)
