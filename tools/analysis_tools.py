"""The analysis tools for an agent in this process: tables come from the data bucket, files are stored with the run."""

import json
from collections.abc import Sequence
from typing import Any, Final

from strands.tools.tools import PythonAgentTool
from strands.types.tools import AgentTool, ToolFunc, ToolResult, ToolSpec, ToolUse

from runtime.agent_context import AgentContext
from runtime.process.logs import log
from tools.analysis.catalogue import TOOLS, AnalysisTool
from tools.analysis.errors import AnalysisError
from tools.analysis.workspace import FileSink, TableSource, Workspace
from tools.data_bucket.files import DataFiles
from tools.data_bucket.tables import BucketTables

_NOT_HERE: Final = (
    "the tool {tool} needs the library {library}, which this function does not have; run the agent as a workflow or in "
    "the background, or give it the tools of the MCP server"
)


class CatalogueTool(PythonAgentTool):
    """A tool of the catalogue. `kind` names the state that runs it where each step of the agent is a state."""

    def __init__(self, tool: AnalysisTool, spec: ToolSpec, call: ToolFunc) -> None:
        super().__init__(tool.name, spec, call)
        self.kind = tool.limits.kind.value


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
        except ModuleNotFoundError as error:
            log("analysis.library_missing", level="ERROR", tool=tool.name, library=error.name)
            return _tool_result(tool_use, "error", f"Error: {_NOT_HERE.format(tool=tool.name, library=error.name)}")
        except Exception:
            # The exception's text goes to the log only: the model and the user read the tool's result.
            log("analysis.tool_failed", level="ERROR", tool=tool.name, exc_info=True)
            return _tool_result(tool_use, "error", f"Error: the tool {tool.name} failed; the agent's log tells why")
        return _tool_result(tool_use, "success", json.dumps(result, ensure_ascii=False))

    spec: ToolSpec = {"name": tool.name, "description": tool.description, "inputSchema": {"json": tool.input_schema}}
    return CatalogueTool(tool, spec, call)


def _tool_result(tool_use: ToolUse, status: Any, text: str) -> ToolResult:  # noqa: ANN401  a Literal of Strands
    return {"toolUseId": tool_use["toolUseId"], "status": status, "content": [{"text": text}]}
