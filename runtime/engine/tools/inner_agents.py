"""The agents that are tools of an agent."""

from strands import Agent
from strands.types.tools import AgentTool


def agent_of(tool: AgentTool) -> Agent | None:
    """The agent that the tool is, None for any other tool."""
    inner = getattr(tool, "agent", None) if tool.tool_type == "agent" else None
    return inner if isinstance(inner, Agent) else None


def agents_of(agent: Agent) -> dict[str, Agent]:
    """The agent under "", and those that are tools of it or of another of them, each once, under the names of the
    tools that lead to it ("writer", "writer/checker")."""
    found: dict[str, Agent] = {"": agent}
    seen = {id(agent)}
    pending = [("", agent)]
    while pending:
        path, outer = pending.pop()
        for name, tool in outer.tool_registry.registry.items():
            inner = agent_of(tool)
            if inner is not None and id(inner) not in seen:
                seen.add(id(inner))
                below = f"{path}/{name}" if path else name
                found[below] = inner
                pending.append((below, inner))
    return found
