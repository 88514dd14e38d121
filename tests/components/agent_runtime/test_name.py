"""The name that AgentCore knows a runtime by: always valid, always the same, and different where things differ."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.agent_runtime.name import runtime_name
from policies.rules.aws_limits import AGENTCORE_NAME


@pytest.mark.parametrize(
    ("project", "stack", "name", "readable"),
    [
        ("longrun", "dev", "analysts", "longrun_dev_analysts"),
        ("long-run", "feature/x.1", "data-tools", "long_run_feature_x_1_data_tools"),
        ("7th", "dev", "tools", "r_7th_dev_tools"),
        ("p" * 60, "dev", "tools", "p" * 39),
        ("a" * 38, "b", "tools", "a" * 38),
    ],
)
def test_name_can_be_read_and_ends_in_a_hash(project: str, stack: str, name: str, readable: str) -> None:
    made = runtime_name(project, stack, name, "code")

    assert re.fullmatch(rf"{readable}_[0-9a-f]{{8}}", made)


@given(st.text(), st.text(), st.text())
def test_name_is_one_that_agentcore_takes(project: str, stack: str, name: str) -> None:
    assert AGENTCORE_NAME.allows(runtime_name(project, stack, name, "code"))


def test_name_is_the_same_at_every_deployment() -> None:
    assert runtime_name("longrun", "dev", "analysts", "code") == runtime_name("longrun", "dev", "analysts", "code")


@pytest.mark.parametrize(
    "other",
    [
        ("longrun", "dev", "a-b", "image"),
        ("longrun", "dev", "a_b", "code"),
        ("longrun", "dev-a", "b", "code"),
        ("longrun-dev", "a", "b", "code"),
        ("longrun", "prod", "a-b", "code"),
    ],
)
def test_what_differs_has_another_name(other: tuple[str, str, str, str]) -> None:
    assert runtime_name(*other) != runtime_name("longrun", "dev", "a-b", "code")
