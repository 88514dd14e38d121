"""Which headers travel between a caller and an agent."""

from collections.abc import Mapping

SESSION = "x-amzn-bedrock-agentcore-runtime-session-id"
MCP_SESSION = "mcp-session-id"
REQUEST = "x-amzn-bedrock-agentcore-runtime-request-id"

_TO_AGENT = frozenset(
    {
        *("content-type", "accept", "x-amzn-trace-id", "traceparent", "tracestate", "baggage"),
        "x-amzn-bedrock-agentcore-runtime-user-id",
    }
)
_FROM_AGENT = frozenset(
    {
        *("content-type", "content-length", "content-encoding", "cache-control"),
        *("x-amzn-trace-id", "traceparent", "tracestate", "baggage"),
    }
)
_MCP = "mcp-"


def to_agent(given: Mapping[str, str], allowed: frozenset[str]) -> dict[str, str]:
    """`given` and `allowed` (the runtime's own allow-list) have names in lower case."""
    kept = {
        name: value for name, value in given.items() if name in _TO_AGENT or name in allowed or name.startswith(_MCP)
    }
    # Bodies pass as they are, so the agent's server must not compress what the caller may be unable to read.
    return {"content-type": "application/json", "accept": "*/*", **kept, "accept-encoding": "identity"}


def from_agent(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name in _FROM_AGENT or name.startswith(_MCP)}
