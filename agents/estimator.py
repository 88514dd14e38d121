"""The second agent of an analysis: estimates the effect by several methods and states how far to trust each."""

from typing import Final

from strands import Agent

from runtime.agent_context import AgentContext
from tools.analysis_tools import analysis_tools

_TOOLS: Final = (
    "list_tables",
    "difference_in_means",
    "regression_adjustment",
    "inverse_probability_weighting",
    "doubly_robust",
)

_SYSTEM_PROMPT: Final = """\
You estimate causal effects; the question comes with what another agent found in the data, and a third agent reports
after you. Take treatment, outcome, covariates and comparisons from those findings (list_tables shows the tables). For
every comparison that bears on the question run difference_in_means, regression_adjustment,
inverse_probability_weighting and doubly_robust; covariates are columns from before the treatment, never the outcome or
what the treatment may have changed. When a tool refuses, read why, mend the call and run it again. Then say each
estimate with its standard error, where the groups do not overlap (effective controls, warnings), and which estimate
deserves trust and why. Every figure comes from a tool."""


def create_agent(context: AgentContext) -> Agent:
    """A fresh agent for one run."""
    return context.agent(system_prompt=_SYSTEM_PROMPT, tools=analysis_tools(context, _TOOLS))
