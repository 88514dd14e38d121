"""Which runtime session an MCP client means: it knows the `Mcp-Session-Id` that it was given, and perhaps no other."""

from collections import OrderedDict

from starlette.responses import JSONResponse, Response

_REMEMBERED = 10_000
_SERVER_ERROR = -32010
"""AgentCore's JSON-RPC code for what an MCP server answers with an HTTP error."""


class McpSessions:
    """Remembers the ids that stateful servers have made; a client of a stateless one is given the runtime session's."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()

    def runtime_session(self, runtime_id: str, mcp_session_id: str) -> str:
        return self._known.get((runtime_id, mcp_session_id), mcp_session_id)

    def remember(self, runtime_id: str, mcp_session_id: str, session_id: str) -> None:
        self._known[runtime_id, mcp_session_id] = session_id
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def server_error(message: str) -> Response:
    """An MCP server's HTTP error reaches the client in a reply that went well."""
    return JSONResponse({"jsonrpc": "2.0", "id": None, "error": {"code": _SERVER_ERROR, "message": message}})
