"""Maps an MCP client's `Mcp-Session-Id` to the runtime session, whose id the client may not know."""

from collections import OrderedDict

from starlette.responses import JSONResponse, Response

_REMEMBERED = 10_000
_SERVER_ERROR = -32010
"""AgentCore's JSON-RPC code for an HTTP error of an MCP server."""


class McpSessions:
    """Stores the ids that stateful servers have created; with a stateless server the two ids are the same."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()

    def runtime_session(self, runtime_id: str, mcp_session_id: str) -> str:
        return self._known.get((runtime_id, mcp_session_id), mcp_session_id)

    def remember(self, runtime_id: str, mcp_session_id: str, session_id: str) -> None:
        self._known[runtime_id, mcp_session_id] = session_id
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def server_error(message: str) -> Response:
    """Returns an MCP server's HTTP error as a JSON-RPC error in a response with status 200."""
    return JSONResponse({"jsonrpc": "2.0", "id": None, "error": {"code": _SERVER_ERROR, "message": message}})
