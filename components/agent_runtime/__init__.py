"""AgentRuntime: an agent, or an MCP server, on Bedrock AgentCore, where a session lives for up to eight hours."""

from components.agent_runtime.agent_runtime import AgentRuntime
from components.agent_runtime.args import AgentRuntimeArgs

__all__ = ["AgentRuntime", "AgentRuntimeArgs"]
