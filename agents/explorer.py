"""The first agent of an analysis: explores the data, compares the groups, and plots the outcome."""

from typing import Final

from strands import Agent

from runtime.agent_context import AgentContext
from tools.analysis_tools import analysis_tools

_TOOLS: Final = ("list_tables", "profile_table", "balance_table", "plot_distribution")

_SYSTEM_PROMPT: Final = """\
You explore data for a causal question; another agent estimates the effect after you. Find out with list_tables and
profile_table which tables bear on the question, which column is the treatment (1 and 0), which the outcome, and which
columns were there before the treatment. Check missing values and odd distributions. Compare treated and controls with
balance_table, and draw the outcome by group with plot_distribution. Where another table could stand in for the
controls, do both for that comparison as well. Then say briefly: tables and columns that matter, how the treated were
chosen (by chance or not, as the notes about the data tell), how well each comparison is balanced, and what to be
careful about. Every figure comes from a tool; estimate no effect."""


def create_agent(context: AgentContext) -> Agent:
    """A fresh agent for one run."""
    return context.agent(system_prompt=_SYSTEM_PROMPT, tools=analysis_tools(context, _TOOLS))
