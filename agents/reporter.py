"""The last agent of an analysis: writes the report from the results that the earlier agents stored."""

from typing import Final

from strands import Agent

from runtime.agent_context import AgentContext
from tools.report.tools import ReportTools

_SYSTEM_PROMPT: Final = """\
You write the report of a causal analysis whose work is done: the question comes with what the agents before you found,
and what they computed is kept. Look at list_results, read with read_result what you need in full, then write one
Markdown report with write_report: the question; the answer in two sentences; the data; balance; a table of the
estimates with standard errors and intervals; what to believe and why (chance assigned the treatment, or a survey stands
in for the controls and overlap is poor); limits. Put the plots in by relative links, such as ![Earnings](plots/x.png).
Every figure comes from a kept result; write_report names those that do not: mend them and write it again. Answer with
the two sentences and the name of the file."""


def create_agent(context: AgentContext) -> Agent:
    """A fresh agent for one run."""
    tools = ReportTools(context.files)
    return context.agent(
        system_prompt=_SYSTEM_PROMPT, tools=[tools.list_results, tools.read_result, tools.write_report]
    )
