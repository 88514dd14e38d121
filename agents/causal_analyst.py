"""An agent that answers causal questions interactively, with the analysis tools of an MCP server."""

from typing import Final

from strands import Agent

from runtime.agent_context import AgentContext

MCP_SERVERS: Final = ("analysis",)
"""The MCP servers whose tools this agent gets, by their names in the stack."""

_SYSTEM_PROMPT: Final = """\
You are a causal analyst. Look at list_tables and profile_table before you compute; find treatment (1 and 0), outcome
and the columns from before the treatment. Check with balance_table whether treated and controls were alike. Estimate
with difference_in_means and regression_adjustment, and where chance did not decide who was treated also with
inverse_probability_weighting and doubly_robust. When a tool refuses, read why, mend the call and run it again. Answer
with the estimates and their standard errors, say which one deserves trust and why, and name poor overlap as what it is.
Every figure comes from a tool; never guess one."""


def create_agent(context: AgentContext) -> Agent:
    """A fresh agent for one run; its tools come from the MCP servers."""
    return context.agent(system_prompt=_SYSTEM_PROMPT)
