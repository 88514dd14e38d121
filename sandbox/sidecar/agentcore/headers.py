"""The headers that are passed between a caller and an agent."""

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
_PROTOCOLS = ("mcp-", "a2a-", "x-a2a-")
"""The headers of MCP and of A2A, in both directions."""


def to_agent(given: Mapping[str, str], allowed: frozenset[str]) -> dict[str, str]:
    """Returns the headers for the agent; `given` and `allowed` (the runtime's allow-list) have lower-case names."""
    kept = {
        name: value
        for name, value in given.items()
        if name in _TO_AGENT or name in allowed or name.startswith(_PROTOCOLS)
    }
    # Bodies are passed unchanged, so the agent's server must not compress: the caller may not accept that.
    return {"content-type": "application/json", "accept": "*/*", **kept, "accept-encoding": "identity"}


def from_agent(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name in _FROM_AGENT or name.startswith(_PROTOCOLS)}
