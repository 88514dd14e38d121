"""What a runtime speaks."""

from collections.abc import Iterable

from policies.rules.agentcore.runtime import REFUSED, RUNTIMES
from policies.rules.aws_limits.agentcore import PROTOCOLS
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import text


def _check(runtime: Resource) -> Iterable[Finding]:
    given = text(runtime.properties, "protocolConfiguration", "serverProtocol")
    if given is None or given in PROTOCOLS:
        return []
    return [
        Finding(
            property="protocolConfiguration.serverProtocol",
            value=repr(given),
            allowed=", ".join(PROTOCOLS),
            why=REFUSED,
            fix="Write HTTP for an agent and MCP for a server of tools, in capitals",
        )
    ]


RULE = ResourceRule(
    name="agentcore-runtime-protocol",
    description="An AgentCore runtime speaks HTTP, MCP, A2A or AGUI.",
    remediation="Write HTTP for an agent and MCP for a server of tools, in capitals.",
    types=RUNTIMES,
    check=_check,
)
