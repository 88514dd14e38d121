"""MCP servers on AgentCore for the components that use them: validation, variables and permissions."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pulumi

from components.addresses import mcp_url_problem, shown
from components.iam import Statement, allow
from components.refs import McpRef, SecretRef
from components.secret_store.permissions import read_secret
from runtime import environment

INVOKE_ACTIONS: Final = ("bedrock-agentcore:InvokeAgentRuntime",)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


def mcp_server_problems(servers: Sequence[str], *, is_private_network: bool = False) -> list[str]:
    """A message for each URL that the runtime could not call. `is_private_network` as in addresses."""
    found = ((url, mcp_url_problem(url, is_private_network=is_private_network)) for url in servers)
    return [f"mcp_servers has {shown(url)}; {wrong}" for url, wrong in found if wrong]


def mcp_runtime_problems(runtimes: Mapping[str, object]) -> list[str]:
    return [
        f"mcp_runtimes has the name {name!r}; allowed: lower-case letters, digits and _, a letter first"
        for name in runtimes
        if not _NAME.fullmatch(name)
    ]


def mcp_server_variables(servers: Sequence[str], credentials: SecretRef | None) -> dict[str, pulumi.Input[str]]:
    """The servers' URLs, and the secret with their credentials; empty without servers."""
    if not servers:
        return {}
    named: dict[str, pulumi.Input[str]] = {environment.DATA_CREDENTIALS: credentials["arn"]} if credentials else {}
    return {environment.MCP_SERVERS: ",".join(servers), **named}


def read_credentials(servers: Sequence[str], credentials: SecretRef | None) -> pulumi.Output[list[Statement]]:
    """The permission to read the servers' credentials; none without servers."""
    arn = pulumi.Output.from_input(credentials["arn"] if credentials and servers else "")
    return arn.apply(lambda known: [read_secret("ReadDataCredentials", known)] if known else [])


def mcp_variables(runtimes: Mapping[str, McpRef]) -> dict[str, pulumi.Input[str]]:
    """The environment variable from which agents read the servers; empty without servers."""
    if not runtimes:
        return {}
    is_known = all(isinstance(value, str) for address in runtimes.values() for value in address.values())
    text = json.dumps(runtimes, sort_keys=True) if is_known else pulumi.Output.json_dumps(runtimes, sort_keys=True)
    return {environment.MCP_RUNTIMES: text}


def call_mcp_runtimes(runtimes: Mapping[str, McpRef]) -> pulumi.Output[list[Statement]]:
    """Calls of their tools."""
    known: pulumi.Output[list[Any]] = pulumi.Output.all(*runtimes.values())
    return known.apply(lambda addresses: [_call(addresses)] if addresses else [])


def _call(addresses: list[Mapping[str, str]]) -> Statement:
    resources = [arn for address in addresses for arn in invoked(address["arn"], address["endpoint"])]
    return allow("CallMcpServers", INVOKE_ACTIONS, resources)


def invoked(runtime_arn: str, endpoint: str) -> list[str]:
    """The resources of a permission to invoke a runtime through an endpoint: AWS checks both."""
    return [runtime_arn, f"{runtime_arn}/runtime-endpoint/{endpoint}"]
