"""An agent that answers general questions. It has no tools of its own, so its package is small."""

from typing import Final

from strands import Agent

from runtime.agent_context import AgentContext

_SYSTEM_PROMPT: Final = """\
You are an assistant. Answer the question in a few sentences. Say so when you do not know the answer."""


def create_agent(context: AgentContext) -> Agent:
    """A fresh agent for one run, with the tools of the configured MCP servers."""
    return context.agent(system_prompt=_SYSTEM_PROMPT)
