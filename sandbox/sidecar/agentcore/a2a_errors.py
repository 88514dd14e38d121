"""AgentCore's errors for callers of an A2A agent, who expect JSON-RPC."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from starlette.responses import JSONResponse, Response

from sandbox.sidecar.agent_sessions.errors import AgentCoreError

_CODES: Mapping[str, int] = MappingProxyType(
    {
        "ResourceNotFoundException": -32501,
        "ValidationException": -32052,
        "ThrottlingException": -32053,
        "ServiceQuotaExceededException": -32053,
        "RetryableConflictException": -32054,
        "RuntimeClientError": -32055,
    }
)
"""By AgentCore's service contract for A2A."""

_INTERNAL = -32603


def a2a_error(error: AgentCoreError, body: bytes) -> Response:
    """Returns the error as the response to the JSON-RPC request in `body`, with status 200."""
    try:
        asked = json.loads(body)
    except ValueError:
        asked = None
    given = asked.get("id") if isinstance(asked, dict) else None
    described = {"code": _CODES.get(error.kind, _INTERNAL), "message": error.message}
    return JSONResponse({"jsonrpc": "2.0", "id": given, "error": described})
