"""MCP servers on AgentCore as their users see them."""

import json

import pytest

from components.mcp_runtime import invoked, mcp_runtime_problems, mcp_variables
from runtime.environment import MCP_RUNTIMES, RuntimeAddress
from tests.components.harness import RUNTIMES

ARN = f"{RUNTIMES}/tools-id"


def test_users_read_the_addresses_that_they_are_given() -> None:
    text = mcp_variables({"analysis": {"arn": ARN, "endpoint": "live"}})[MCP_RUNTIMES]

    assert isinstance(text, str)
    assert RuntimeAddress.from_json(json.loads(text)["analysis"]) == RuntimeAddress(ARN, "live")


def test_without_servers_there_is_no_variable() -> None:
    assert mcp_variables({}) == {}


@pytest.mark.parametrize("name", ["", "Analysis", "data-tools", "1st"])
def test_name_that_no_module_could_ask_for_is_rejected(name: str) -> None:
    (problem,) = mcp_runtime_problems({name: {}})

    assert f"mcp_runtimes has the name {name!r}; allowed: lower-case letters" in problem


def test_permission_names_runtime_and_endpoint() -> None:
    assert invoked(ARN, "live") == [ARN, f"{ARN}/runtime-endpoint/live"]
