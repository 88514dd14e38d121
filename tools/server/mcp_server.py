"""The tools as an MCP server: stateless, over streamable HTTP, as AgentCore hosts it."""

import base64
import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import anyio.to_thread
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ContentBlock,
    ImageContent,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
)
from starlette.applications import Starlette

from tools.analysis.catalogue import TOOLS, AnalysisTool
from tools.analysis.errors import AnalysisError
from tools.analysis.workspace import Workspace

PATH: Final = "/mcp"
"""The path that AgentCore requests."""

SESSION_HEADER: Final = "x-amzn-bedrock-agentcore-runtime-session-id"
"""AgentCore sets it on every request that it forwards."""

OpenWorkspace = Callable[[str], Workspace]
"""Opens the workspace of one call in the session of that id, which is empty outside AgentCore. Blocks."""

_MAX_CONCURRENT: Final = 4
"""Analyses that run at the same time; more would only compete for the processor."""

_log = logging.getLogger(__name__)


class ReturnedFiles:
    """Returns pictures with the result if there is no place to store files; MCP has no content for other files."""

    def __init__(self) -> None:
        self.content: list[ContentBlock] = []

    def put(self, _name: str, body: bytes, content_type: str, /) -> None:
        if content_type.startswith("image/"):
            data = base64.b64encode(body).decode()
            self.content.append(ImageContent(type="image", data=data, mime_type=content_type))


def create_app(open_workspace: OpenWorkspace) -> Starlette:
    """The application for uvicorn."""
    server = _create_server(open_workspace)
    # Stateless: AgentCore may answer two requests of one session from two machines.
    return server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        json_response=True,
        host="0.0.0.0",  # noqa: S104  as AgentCore requires
    )


def _create_server(open_workspace: OpenWorkspace) -> Server[Any]:
    known = {tool.name: tool for tool in TOOLS}
    limiter = anyio.CapacityLimiter(_MAX_CONCURRENT)

    async def list_tools(_: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_mcp_tool(tool) for tool in TOOLS])

    async def call_tool(context: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
        tool = known.get(params.name)
        if tool is None:
            return _error_result(f"there is no tool {params.name}; there are {', '.join(known)}")
        session_id = context.request.headers.get(SESSION_HEADER, "") if context.request is not None else ""
        workspace = await anyio.to_thread.run_sync(open_workspace, session_id)
        call = partial(_call_result, tool, workspace, params.arguments or {})
        try:
            return await anyio.to_thread.run_sync(call, abandon_on_cancel=True, limiter=limiter)
        except anyio.get_cancelled_exc_class():
            workspace.cancelled.set()
            raise

    return Server("analysis", on_list_tools=list_tools, on_call_tool=call_tool)


def _mcp_tool(tool: AnalysisTool) -> Tool:
    return Tool(name=tool.name, description=tool.description, input_schema=tool.input_schema)


def _call_result(tool: AnalysisTool, workspace: Workspace, arguments: Mapping[str, Any]) -> CallToolResult:
    try:
        result = tool.run(workspace, arguments)
    except AnalysisError as error:
        return _error_result(str(error))
    except Exception:
        # The exception's text goes to the log only: the model and the user read the tool's result.
        _log.exception("the tool %s failed", tool.name)
        return _error_result(f"the tool {tool.name} failed; the server's log tells why")
    files = workspace.files
    pictures = files.content if isinstance(files, ReturnedFiles) else []
    text = json.dumps(result, ensure_ascii=False)
    return CallToolResult(content=[TextContent(type="text", text=text), *pictures])


def _error_result(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=f"Error: {message}")], is_error=True)
