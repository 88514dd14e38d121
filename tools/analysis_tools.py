"""The analysis tools for an agent in this process: tables come from the data bucket, files are stored with the run."""

import json
from collections.abc import Sequence
from typing import Any

from strands.tools.tools import PythonAgentTool
from strands.types.tools import AgentTool, ToolResult, ToolSpec, ToolUse

from runtime.agent_context import AgentContext
from runtime.process.logs import log
from tools.analysis.catalogue import TOOLS, AnalysisTool
from tools.analysis.errors import AnalysisError
from tools.analysis.workspace import FileSink, TableSource, Workspace
from tools.data_bucket.files import DataFiles
from tools.data_bucket.tables import BucketTables


def analysis_tools(context: AgentContext, names: Sequence[str]) -> list[AgentTool]:
    """The catalogue's tools with these names, for one run. They block; Strands runs them in threads."""
    known = {tool.name: tool for tool in TOOLS}
    tables = BucketTables(DataFiles(context.s3, context.data_bucket))
    return [_strands_tool(known[name], tables, context.files) for name in names]


def _strands_tool(tool: AnalysisTool, tables: TableSource, files: FileSink) -> AgentTool:
    def call(tool_use: ToolUse, **state: Any) -> ToolResult:  # noqa: ANN401  as Strands passes it
        workspace = Workspace(tables, files, state["agent"].cancel_signal)
        try:
            result = tool.run(workspace, tool_use["input"])
        except AnalysisError as error:
            return _tool_result(tool_use, "error", f"Error: {error}")
        except Exception:
            # The exception's text goes to the log only: the model and the user read the tool's result.
            log("analysis.tool_failed", level="ERROR", tool=tool.name, exc_info=True)
            return _tool_result(tool_use, "error", f"Error: the tool {tool.name} failed; the agent's log tells why")
        return _tool_result(tool_use, "success", json.dumps(result, ensure_ascii=False))

    spec: ToolSpec = {"name": tool.name, "description": tool.description, "inputSchema": {"json": tool.input_schema}}
    return PythonAgentTool(tool.name, spec, call)


def _tool_result(tool_use: ToolUse, status: Any, text: str) -> ToolResult:  # noqa: ANN401  a Literal of Strands
    return {"toolUseId": tool_use["toolUseId"], "status": status, "content": [{"text": text}]}
