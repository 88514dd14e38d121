"""An agent that answers questions about the CSV files of the data bucket, with SQL."""

from typing import Final

from strands import Agent

from runtime.agent_context import AgentContext
from tools.sql.tools import SqlTools, shared_source

_SYSTEM_PROMPT: Final = """\
You are a data analyst. Answer questions about the tables of a data set by running SQL on them. Look at list_tables and
describe_table before you query what you do not know yet. Compute every figure with run_sql; never guess one. When a
query fails, read the error, mend the query and run it again. Say in the answer which figures come from which table,
round them sensibly, and say what they do not show."""


def create_agent(context: AgentContext) -> Agent:
    """A fresh agent for one run; the tables are shared by the runs of the process."""
    source = shared_source(context.s3, context.data_bucket)
    if context.is_warm_up:  # a run starts the process only when it needs a table
        source.prepare()
    tools = SqlTools(source)
    return context.agent(system_prompt=_SYSTEM_PROMPT, tools=[tools.list_tables, tools.describe_table, tools.run_sql])
