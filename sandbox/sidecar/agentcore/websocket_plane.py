"""AgentCore's WebSocket endpoint: connects a caller with `/ws` of a session's server."""

import asyncio
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from policies.rules.aws_limits import WEBSOCKET_FRAME
from sandbox.sidecar.agent_sessions.errors import AgentCoreError, agent_failed, invalid
from sandbox.sidecar.agent_sessions.session import Session
from sandbox.sidecar.agent_sessions.sessions import Sessions
from sandbox.sidecar.agentcore import headers
from sandbox.sidecar.agentcore.catalogue import DEFAULT_ENDPOINT, Catalogue
from sandbox.sidecar.agentcore.relayed_reply import STREAM_SECONDS
from sandbox.sidecar.agentcore.session_ids import valid_session_id

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

_PROTOCOLS = ("HTTP", "AGUI")
_CUSTOM = "x-amzn-bedrock-agentcore-runtime-"
_NOT_SENT = frozenset({1005, 1006, 1015})
"""Close codes that stand for the absence of a close frame."""

_GOING_AWAY = 1001
_BROKEN = 1011
_NORMAL = 1000
_TOO_LONG = f"the connection has lasted {STREAM_SECONDS:g} s"


class WebSocketPlane:
    """The route over the sessions of one sandbox."""

    def __init__(self, catalogue: Catalogue, sessions: Sessions) -> None:
        self._catalogue = catalogue
        self._sessions = sessions

    def routes(self) -> list[WebSocketRoute]:
        return [WebSocketRoute("/runtimes/{runtime:path}/ws", self._serve)]

    async def _serve(self, caller: WebSocket) -> None:
        try:
            session = await self._session(caller)
            agent = await self._connected(session, caller)
        except AgentCoreError as error:
            await caller.send_denial_response(
                JSONResponse({"message": error.message}, error.status, {"x-amzn-errortype": error.kind})
            )
            return
        async with agent:
            given = [(headers.SESSION.encode(), session.identity.session_id.encode())]
            await caller.accept(agent.subprotocol, given)
            await _exchange(caller, agent, session)

    async def _session(self, caller: WebSocket) -> Session:
        """Returns the session that the caller names, or a new one. Raises AgentCoreError."""
        given, asked = _given(caller), caller.query_params
        if "authorization" not in given and "X-Amz-Signature" not in asked:
            raise AgentCoreError("MissingAuthenticationTokenException", "Missing Authentication Token")
        endpoint = asked.get("qualifier") or DEFAULT_ENDPOINT
        target = await self._catalogue.find(caller.path_params["runtime"], asked.get("accountId", ""), endpoint)
        if target.version.protocol not in _PROTOCOLS:
            raise invalid(
                f"Agent runtime {target.version.runtime_id} uses {target.version.protocol}, without WebSockets."
            )
        session_id = given.get(headers.SESSION)
        return self._sessions.get(target, valid_session_id(session_id) if session_id else str(uuid.uuid4()))

    async def _connected(self, session: Session, caller: WebSocket) -> "ClientConnection":
        from websockets.exceptions import InvalidStatus, WebSocketException  # noqa: PLC0415  few sandboxes need it

        client = await session.join()
        sent = headers.to_agent(_given(caller), session.target.version.headers)
        sent |= {headers.SESSION: session.identity.session_id, headers.REQUEST: str(uuid.uuid4())}
        for name in ("content-type", "accept", "accept-encoding"):
            del sent[name]
        try:
            return await client.websocket(sent, caller.scope.get("subprotocols") or (), WEBSOCKET_FRAME.maximum)
        except InvalidStatus as error:
            raise agent_failed(
                f"The agent's server answered {error.response.status_code} to the WebSocket handshake on /ws; serve it "
                f"on port {session.target.version.port}."
            ) from error
        except (OSError, WebSocketException) as error:
            raise agent_failed(f"The agent's server did not accept the WebSocket ({error}).") from error


def _given(caller: WebSocket) -> Mapping[str, str]:
    """Returns the caller's headers; those of AgentCore may also be parameters of the URL, which browsers can set."""
    asked = {name.lower(): value for name, value in caller.query_params.items()}
    return {**{name: value for name, value in asked.items() if name.startswith(_CUSTOM)}, **caller.headers}


async def _exchange(caller: WebSocket, agent: "ClientConnection", session: Session) -> None:
    """Passes messages on until one side closes, and its code to the other."""
    to_agent = asyncio.create_task(_to_agent(caller, agent, session))
    to_caller = asyncio.create_task(_to_caller(agent, caller, session))
    try:
        async with asyncio.timeout(STREAM_SECONDS):
            has_left = await _first_end(to_agent, to_caller)
            if not has_left:
                await to_caller  # which passes the agent's code on
    except TimeoutError:
        await _close_caller(caller, _GOING_AWAY, _TOO_LONG)
    finally:
        for task in (to_agent, to_caller):
            task.cancel()
        await asyncio.wait({to_agent, to_caller})


async def _first_end(to_agent: asyncio.Task[bool], to_caller: asyncio.Task[None]) -> bool:
    """Waits until one side has ended; returns whether it was the caller."""
    await asyncio.wait({to_agent, to_caller}, return_when=asyncio.FIRST_COMPLETED)
    return to_agent.done() and to_agent.result()


async def _to_agent(caller: WebSocket, agent: "ClientConnection", session: Session) -> bool:
    """Returns whether the caller has left; otherwise the agent has."""
    from websockets.exceptions import ConnectionClosed  # noqa: PLC0415  few sandboxes need it

    try:
        while True:
            message = await caller.receive()
            if message["type"] == "websocket.disconnect":
                code = message.get("code", _NORMAL)
                await agent.close(_NORMAL if code in _NOT_SENT else code, message.get("reason") or "")
                return True
            session.touch()
            text = message.get("text")
            await agent.send(message["bytes"] if text is None else text)
    except ConnectionClosed:
        return False
    except WebSocketDisconnect:
        return True


async def _to_caller(agent: "ClientConnection", caller: WebSocket, session: Session) -> None:
    from websockets.exceptions import ConnectionClosed  # noqa: PLC0415  few sandboxes need it

    try:
        while True:
            message = await agent.recv()
            session.touch()
            if isinstance(message, str):
                await caller.send_text(message)
            else:
                await caller.send_bytes(message)
    except ConnectionClosed as closed:
        code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (_BROKEN, "the agent broke off")
        if closed.sent and not closed.rcvd_then_sent:
            code, reason = closed.sent.code, closed.sent.reason
        await _close_caller(caller, _NORMAL if code in _NOT_SENT else code, reason)
    except (WebSocketDisconnect, RuntimeError):
        return  # the caller has left


async def _close_caller(caller: WebSocket, code: int, reason: str) -> None:
    with suppress(RuntimeError):  # it has left
        await caller.close(code, reason)
