"""An agent that plans a causal study with its user: it explores, asks which estimator to use, and estimates with it.

In a workflow the tools of the analysis run in containers of their own; elsewhere their libraries must be installed.
"""

from typing import Final

from strands import Agent

from runtime.agent_context import AgentContext
from tools.analysis_tools import analysis_tools
from tools.ask_user import ask_user
from tools.sql.tools import SqlTools, shared_source

_ANALYSIS: Final = (
    *("profile_table", "balance_table", "plot_distribution"),
    *("difference_in_means", "regression_adjustment", "inverse_probability_weighting", "doubly_robust"),
)

_SYSTEM_PROMPT: Final = """\
You plan and carry out a causal study with the user. Look at list_tables and describe_table, and use run_sql for simple
figures. Find treatment (1 and 0), outcome and the columns from before the treatment; the user says whom the treated are
compared with. Which estimator answers the question is the user's decision: before you estimate, ask with ask_user once,
with the options regression_adjustment, inverse_probability_weighting and doubly_robust; its answer is the name of the
tool. Do not ask again for what was answered, and ask nothing that the data can tell. Then check with balance_table how
alike the groups are, run difference_in_means for the raw comparison and the chosen tool for the estimate; several calls
may go in one message. When a tool refuses, read why, correct the call and run it again. Answer with the chosen estimate
and its standard error against the raw difference, name poor overlap as what it is, and say how far to trust it. Every
figure comes from a tool; never guess one."""


def create_agent(context: AgentContext) -> Agent:
    """A fresh agent for one run; the tables are shared by the runs of the process."""
    sql = SqlTools(shared_source(context.s3, context.data_bucket))
    tables = [sql.list_tables, sql.describe_table, sql.run_sql]
    return context.agent(system_prompt=_SYSTEM_PROMPT, tools=[ask_user, *tables, *analysis_tools(context, _ANALYSIS)])
