"""AgentCore's data plane at AWS's wire level: InvokeAgentRuntime, GetAgentCard and StopRuntimeSession."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from policies.rules.aws_limits import AGENTCORE_REQUEST
from sandbox.sidecar.agent_sessions.agent_client import AgentCall
from sandbox.sidecar.agent_sessions.errors import AgentCoreError, agent_failed, invalid
from sandbox.sidecar.agent_sessions.session import Session, Turn
from sandbox.sidecar.agent_sessions.sessions import Sessions
from sandbox.sidecar.agent_sessions.version import Target
from sandbox.sidecar.agentcore import headers
from sandbox.sidecar.agentcore.a2a_errors import a2a_error
from sandbox.sidecar.agentcore.catalogue import DEFAULT_ENDPOINT, Catalogue
from sandbox.sidecar.agentcore.mcp_sessions import McpSessions, server_error
from sandbox.sidecar.agentcore.relayed_reply import RelayedReply
from sandbox.sidecar.agentcore.session_ids import valid_session_id

PAYLOAD_BYTES = 100_000_000
REPLY_SECONDS = float(AGENTCORE_REQUEST.maximum)
"""The time that AgentCore waits for the start of a reply."""

_MCP = "MCP"
_A2A = "A2A"

Handler = Callable[[Request], Awaitable[Response]]


class DataPlane:
    """The service's routes over the sessions of one sandbox."""

    def __init__(self, catalogue: Catalogue, sessions: Sessions) -> None:
        self._catalogue = catalogue
        self._sessions = sessions
        self._mcp = McpSessions()

    def routes(self) -> list[Route]:
        operations = [
            ("invocations/.well-known/{card}", "GET", self._card),
            ("invocations", "POST", self._invoke),
            ("invocations/", "POST", self._invoke),  # A2A's clients
            ("stopruntimesession", "POST", self._stop),
        ]
        routes = [
            Route(f"/runtimes/{{runtime:path}}/{name}", _guarded(operation), methods=[method])
            for name, method, operation in operations
        ]
        # An MCP client that opens a stream or ends its session goes on after this answer, and after no other.
        refused = Route("/runtimes/{runtime:path}/invocations", _not_allowed, methods=["GET", "DELETE"])
        return [*routes, refused]

    async def _invoke(self, request: Request) -> Response:
        body = await _payload(request)
        target = await self._target(request)
        try:
            return await self._call(request, target, body)
        except AgentCoreError as error:
            if target.version.protocol != _A2A:
                raise
            return a2a_error(error, body)

    async def _card(self, request: Request) -> Response:
        """Returns the card of an A2A agent."""
        target = await self._target(request)
        if target.version.protocol != _A2A:
            raise invalid(
                f"Agent runtime {target.version.runtime_id} uses {target.version.protocol}; only A2A has cards."
            )
        return await self._call(request, target, b"", f"/.well-known/{request.path_params['card']}")

    async def _call(self, request: Request, target: Target, body: bytes, path: str = "") -> Response:
        session = self._sessions.get(target, self._session_id(request, target))
        turn = await session.enter()
        try:
            return await self._relay(request, session, turn, (body, path))
        except BaseException:
            turn.end()
            raise

    async def _relay(self, request: Request, session: Session, turn: Turn, content: tuple[bytes, str]) -> Response:
        target, session_id = session.target, session.identity.session_id
        given = headers.to_agent(request.headers, target.version.headers)
        given |= {headers.SESSION: session_id, headers.REQUEST: str(uuid.uuid4())}
        body, path = content
        reply = await _reply_start(session.send(turn, AgentCall(given, body, request.method, path)))
        answer = headers.from_agent(reply.headers) | {headers.SESSION: session_id}
        if target.version.protocol == _MCP:
            made = answer.setdefault(headers.MCP_SESSION, given.get(headers.MCP_SESSION, session_id))
            self._mcp.remember(target.version.runtime_id, made, session_id)
        if not reply.is_error:
            return RelayedReply(reply, answer, turn.end)
        await reply.aclose()
        turn.end()
        code = reply.status_code
        message = f"Received error ({code}) from runtime. Please check your CloudWatch logs for more information."
        if target.version.protocol != _MCP:
            raise agent_failed(message)
        wrapped = server_error(message)
        wrapped.headers[headers.SESSION] = session_id
        return wrapped

    async def _stop(self, request: Request) -> Response:
        target = await self._target(request)
        session_id = request.headers.get(headers.SESSION)
        if not session_id:
            raise invalid(f"The header {headers.SESSION} is missing.")
        self._sessions.stop(target, session_id)
        return JSONResponse({}, headers={headers.SESSION: session_id})

    async def _target(self, request: Request) -> Target:
        asked = request.query_params
        endpoint = asked.get("qualifier") or DEFAULT_ENDPOINT
        return await self._catalogue.find(request.path_params["runtime"], asked.get("accountId", ""), endpoint)

    def _session_id(self, request: Request, target: Target) -> str:
        """Returns the caller's session id, validated, or a new one."""
        if given := request.headers.get(headers.SESSION):
            return valid_session_id(given)
        if target.version.protocol == _MCP and (given := request.headers.get(headers.MCP_SESSION)):
            return self._mcp.runtime_session(target.version.runtime_id, given)
        return str(uuid.uuid4())


async def _reply_start(reply: Awaitable[httpx.Response]) -> httpx.Response:
    try:
        async with asyncio.timeout(REPLY_SECONDS):
            return await reply
    except TimeoutError as error:
        raise agent_failed(f"The agent did not start its reply within {REPLY_SECONDS:g} s.") from error


async def _payload(request: Request) -> bytes:
    """Returns the body. A too large one is read to its end before it is rejected, because clients read no response
    earlier."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= PAYLOAD_BYTES:
            chunks.append(chunk)
        else:
            chunks.clear()
    if size > PAYLOAD_BYTES:
        raise invalid(f"The payload has {size:,} bytes; allowed: up to {PAYLOAD_BYTES:,}.")
    return b"".join(chunks)


def _require_signature(request: Request) -> None:
    if "authorization" not in request.headers:
        raise AgentCoreError("MissingAuthenticationTokenException", "Missing Authentication Token")


async def _not_allowed(_: Request) -> Response:
    return JSONResponse({"message": "Method Not Allowed"}, 405, {"allow": "POST"})


def _guarded(operation: Handler) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            _require_signature(request)
            response = await operation(request)
        except AgentCoreError as error:
            response = JSONResponse({"message": error.message}, error.status, {"x-amzn-errortype": error.kind})
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        return response

    return handle
